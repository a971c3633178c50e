/** Offsets and partitions as librdkafka knows them. */
import { Offset, type OffsetLike } from "../../../mod.ts";
import { checkPartition, nativeOffset } from "../../../src/native/partition_list.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";

test("nativeOffset() turns the logical offsets into librdkafka's numbers", () => {
  const { beginning, end, stored, tail } = Offset;
  assertEquals([beginning, end, stored, tail(0), tail(10)].map(nativeOffset), [-2, -1, -1000, -2000, -2010]);
  assertEquals([nativeOffset(undefined), nativeOffset(null)], [-1000, -1000]);
});

test("nativeOffset() passes on what a number can hold and refuses the rest", () => {
  for (const offset of [0, 1, 2 ** 32, 2 ** 53 - 1]) assertEquals(nativeOffset(offset), offset);
  for (const offset of [-1, -1001, 0.5, 2 ** 53, NaN, Infinity]) {
    assertThrows(() => nativeOffset(offset), RangeError, `Cannot use ${offset} as offset`);
  }
  for (const offset of ["1", 1n, {}, { kind: "middle" }, true]) {
    assertThrows(() => nativeOffset(offset as OffsetLike), TypeError, "as offset");
  }
});

test("Offset.tail() refuses what is no count", () => {
  for (const count of [-1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => Offset.tail(count), RangeError, String(count));
  }
});

test("Offset's values cannot be changed", () => {
  assert(Object.isFrozen(Offset) && Object.isFrozen(Offset.beginning) && Object.isFrozen(Offset.tail(1)));
});

test("checkPartition() takes the numbers that Kafka has", () => {
  assertEquals([checkPartition(0), checkPartition(2147483647)], [0, 2147483647]);
  for (const partition of [-1, -0.5 - 0.5, 2147483648, 2 ** 32]) {
    assertThrows(() => checkPartition(partition), RangeError, `Cannot use ${partition} as partition`);
  }
  for (const partition of [0.5, NaN, Infinity, "0", 0n, null, undefined, {}, true]) {
    assertThrows(() => checkPartition(partition), TypeError, "as partition: a whole number is wanted");
  }
});
