/** Lists of partitions: through librdkafka's own memory and back, and what is refused on the way. */
import { openNative } from "../../../src/native/native.ts";
import {
  checkPartition,
  nativeOffset,
  readPartitionList,
  withPartitionList,
} from "../../../src/native/partition_list.ts";
import { Offset, type OffsetLike } from "../../../src/kafka/offset.ts";
import type { TopicPartitionOffset } from "../../../src/kafka/topic_partition.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "../../support/assert.ts";

function roundTrip(partitions: readonly TopicPartitionOffset[]) {
  const native = openNative();
  return withPartitionList(native, partitions, (list) => readPartitionList(native, list, "Cannot read"));
}

test("withPartitionList() carries names, partitions, offsets, metadata and leader epochs", () => {
  const rows = [
    { topic: "a", partition: 0, offset: 0, metadata: null, leaderEpoch: null },
    { topic: "a", partition: 2 ** 31 - 1, offset: 2 ** 53 - 1, metadata: "æ ok", leaderEpoch: 0 },
    { topic: "x".repeat(249), partition: 7, offset: 2 ** 32, metadata: "m".repeat(5000), leaderEpoch: 2 ** 31 - 1 },
    { topic: "a", partition: 1, offset: 2 ** 32 - 1, metadata: null, leaderEpoch: null },
  ];
  assertEquals(roundTrip(rows), rows.map((row) => ({ ...row, error: null })));
});

test("withPartitionList() carries an empty list, and one of a thousand", () => {
  assertEquals(roundTrip([]), []);
  const many = Array.from({ length: 1000 }, (_, i) => ({ topic: `t${i % 7}`, partition: i, offset: i * 1_000_003 }));
  assertEquals(roundTrip(many).map(({ topic, partition, offset }) => ({ topic, partition, offset })), many);
});

test("readPartitionList() gives null for every logical offset", () => {
  const offsets: (OffsetLike | null)[] = [Offset.beginning, Offset.end, Offset.stored, Offset.tail(5), null];
  const read = roundTrip(offsets.map((offset, partition) => ({ topic: "t", partition, offset })));
  assertEquals(read.map(({ offset }) => offset), [null, null, null, null, null]);
});

test("nativeOffset() knows librdkafka's numbers of the logical offsets", () => {
  const numbers = [Offset.beginning, Offset.end, Offset.stored, Offset.tail(0), Offset.tail(10), null, undefined, 7];
  assertEquals(numbers.map(nativeOffset), [-2, -1, -1000, -2000, -2010, -1000, -1000, 7]);
});

test("nativeOffset() refuses what is no offset", () => {
  for (const offset of [-1, -2, 0.5, NaN, Infinity, 2 ** 53]) {
    assertStringIncludes(
      assertThrows(() => nativeOffset(offset), RangeError).message,
      `Cannot use ${offset} as offset`,
    );
  }
  for (const offset of ["5", 5n, {}, { kind: "middle" }] as unknown as OffsetLike[]) {
    assertMatch(assertThrows(() => nativeOffset(offset), TypeError).message, /as offset: a number, or one of Offset's/);
  }
});

test("checkPartition() refuses what is no partition", () => {
  assertEquals([checkPartition(0), checkPartition(2 ** 31 - 1)], [0, 2 ** 31 - 1]);
  for (const partition of [-1, 2 ** 31]) assertThrows(() => checkPartition(partition), RangeError, String(partition));
  for (const partition of [0.5, NaN, "0", null, undefined, 0n]) {
    assertThrows(() => checkPartition(partition), TypeError);
  }
});

test("withPartitionList() refuses a topic that C would cut short, and leaves the next list alone", () => {
  for (const topic of ["a\0b", 5, null, undefined] as string[]) {
    assertMatch(assertThrows(() => roundTrip([{ topic, partition: 0 }]), TypeError).message, /topic/);
  }
  assertThrows(() => roundTrip([{ topic: "t", partition: 0, metadata: "a\0b" }]), TypeError, "metadata");
  assertEquals(roundTrip([{ topic: "ok", partition: 1 }]).map(({ topic }) => topic), ["ok"]);
});

const at = { topic: "t", partition: 0 };

test("nativeOffset() refuses a tail that is no count of records", () => {
  for (const count of [-1, 1.5, NaN, Infinity, 2 ** 53 - 2000, 2 ** 60, "5", null] as number[]) {
    if (count === null) assertEquals(nativeOffset({ kind: "tail", count }), -2000);
    else assertThrows(() => nativeOffset({ kind: "tail", count }), RangeError, `the count ${count}`);
    if (count !== null) assertThrows(() => Offset.tail(count), RangeError, `the count ${count}`);
  }
  assertEquals(nativeOffset({ kind: "tail", count: 2 ** 53 - 2001 }), -(2 ** 53 - 1));
});

test("withPartitionList() refuses what is no list of partitions, naming what is wrong", () => {
  const refused: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [5, TypeError, "5 as partitions"],
    [null, TypeError, "null as partitions"],
    [[null], TypeError, "null as partition: an object"],
    [["t"], TypeError, '"t" as partition'],
    [[[]], TypeError, "an array as partition"],
    [[{ partition: 0 }], TypeError, "undefined as topic"],
    [[{ topic: "t" }], TypeError, "undefined as partition: a whole number"],
    [[{ topic: "t\0", partition: 0 }], TypeError, "as topic"],
    [[at, { ...at, metadata: 5 }], TypeError, "5 as metadata"],
    [[{ ...at, leaderEpoch: 1.5 }], RangeError, "1.5 as leaderEpoch"],
    [[{ ...at, leaderEpoch: 2 ** 40 }], RangeError, `${2 ** 40} as leaderEpoch`],
    [[{ ...at, leaderEpoch: -1 }], RangeError, "-1 as leaderEpoch"],
    [[{ ...at, leaderEpoch: NaN }], RangeError, "NaN as leaderEpoch"],
    [[{ ...at, leaderEpoch: "x" }], TypeError, '"x" as leaderEpoch'],
    [[{ ...at, offset: "5" }], TypeError, "as offset"],
    [[{ ...at, offset: { kind: "tail", count: -5 } }], RangeError, "tail offset"],
  ];
  const native = openNative();
  for (const [list, kind, text] of refused) {
    let isUsed = false;
    const use = (): void => void (isUsed = true);
    assertThrows(() => withPartitionList(native, list as TopicPartitionOffset[], use), kind, text);
    assertEquals(isUsed, false);
  }
});
