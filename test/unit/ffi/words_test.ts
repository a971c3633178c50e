/** 64-bit values as numbers and as bigints, and blocks of memory. */
import type { Pointer, Word, Words } from "../../../ffi/runtime.ts";
import { BigintWords, newBlock, NumberWords } from "../../../ffi/words.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../support/assert.ts";

const kinds: readonly [name: string, words: Words, raw: (value: bigint) => unknown][] = [
  ["BigintWords", new BigintWords(), (value) => value],
  ["NumberWords", new NumberWords(), (value) => Number.isSafeInteger(Number(value)) ? Number(value) : value],
];
const safe = [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, -(2 ** 32) - 1, 2 ** 53 - 1, -(2 ** 53) + 1];

for (const [name, words, raw] of kinds) {
  test(`${name}.number() gives back what word() was given`, () => {
    for (const value of safe) assertStrictEquals(words.number(words.word(value)), value);
  });

  test(`${name}.number() refuses what a number cannot hold`, () => {
    for (const value of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 53n) - 1n, -(2n ** 63n)]) {
      assertThrows(() => words.number(raw(value) as Word), RangeError, `Cannot represent ${value}`);
    }
  });

  test(`${name}.isNull() knows the null pointer only`, () => {
    assert(words.isNull(words.nullPointer));
    assert(words.isNull(words.word(0) as Pointer));
    assert(!words.isNull(words.word(8) as Pointer));
    assert(!words.isNull(words.word(2 ** 32) as Pointer));
  });

  test(`${name}.add() carries over 32 bits`, () => {
    assertStrictEquals(words.number(words.add(words.word(2 ** 32 - 8) as Pointer, 16)), 2 ** 32 + 8);
    assertStrictEquals(words.number(words.add(words.word(0x7fff_ffff_f000) as Pointer, 0x1000)), 0x8000_0000_0000);
  });

  test(`${name}.pointerAt() reads an address from memory`, () => {
    const block = newBlock(16, words, () => words.word(4096) as Pointer);
    block.u32[2] = 0xfedc_ba98;
    block.u32[3] = 0x7fff;
    assertStrictEquals(words.number(words.pointerAt(block, 1)), 0x7fff_fedc_ba98);
    assertStrictEquals(words.number(words.pointerAt(block, 0)), 0);
  });
}

test("newBlock() gives views of one buffer at one address", () => {
  const words = new NumberWords();
  let asked: Uint8Array | undefined;
  const block = newBlock(10, words, (bytes) => {
    asked = bytes;
    return words.word(0x7f00_0000_1000) as Pointer;
  });
  assertStrictEquals(asked, block.bytes);
  assertEquals(block.address, 0x7f00_0000_1000);
  assertEquals(words.number(block.pointer), block.address);
  for (const view of [block.i32, block.u32, block.u64]) assertStrictEquals(view.buffer, block.bytes.buffer);
  block.i32[1] = -2;
  assertEquals([...block.bytes.subarray(4, 8)], [0xfe, 0xff, 0xff, 0xff]);
});

test("newBlock() makes buffers that engines keep outside the garbage-collected heap", () => {
  const words = new NumberWords();
  for (const size of [0, 1, 64, 4095]) {
    assertEquals(newBlock(size, words, () => words.nullPointer).bytes.length, 4096);
  }
  assertEquals(newBlock(4097, words, () => words.nullPointer).bytes.length, 4104);
});
