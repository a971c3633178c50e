/** Memory for the arguments of one call, and the texts that C can take. */
import { checkText, describe, Scratch } from "../../../src/native/scratch.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../support/assert.ts";
import { FakeLibrary } from "../../support/ffi/fake_library.ts";

const address = (pointer: unknown): number => pointer as number;

test("checkText() refuses what C would cut short, naming the argument", () => {
  const error = assertThrows(() => checkText("a\0b", "topic"), TypeError, "as topic: it has a null character");
  assertStringIncludes(error.message, String.raw`"a\u0000b"`);
});

test("checkText() refuses half of a surrogate pair and takes a whole one", () => {
  for (const half of ["\ud83d", "x\ude00", "\ude00\ud83d"]) {
    assertThrows(() => checkText(half, "header name"), TypeError, "as header name: it has half of a surrogate pair");
  }
  assertEquals(checkText("\ud83d\ude00", "header name"), "😀");
});

test("checkText() refuses what is no string", () => {
  for (const value of [undefined, null, 1, {}, [], true, 1n, Symbol("s"), () => {}]) {
    assertThrows(() => checkText(value, "topic"), TypeError, "as topic: a string is wanted");
  }
});

test("describe() shows a long string in part, and what has no text by its kind", () => {
  assertEquals(describe("x".repeat(61)), `"${"x".repeat(60)}…"`);
  assertEquals(describe([1]), "an array");
  assertEquals(describe({ password: "secret" }), "an object of Object");
  assertEquals(describe(Object.create(null)), "an object of no class");
  assertEquals(describe(new Date(0)), "an object of Date");
  assertEquals(describe(() => "secret"), "a function");
  assertEquals([describe(null), describe(undefined), describe(-1n)], ["null", "undefined", "-1"]);
});

test("Scratch.text() ends a string with a null, also in memory that held another", () => {
  const library = new FakeLibrary();
  const scratch = new Scratch(library);
  scratch.text("a longer text", "a text");
  const pointer = scratch.reset().text("žluť 😀", "a text");
  assertEquals(library.readText(address(pointer)), "žluť 😀");
});

test("Scratch.take() hands out aligned pieces that do not overlap, until the reset", () => {
  const library = new FakeLibrary();
  const scratch = new Scratch(library, 4096);
  const starts = [1, 8, 9, 24].map((length) => address(scratch.take(length).pointer));
  assertEquals(starts.map((start) => start - starts[0]!), [0, 8, 16, 32]);
  assertEquals(address(scratch.reset().take(5).pointer), starts[0]);
});

test("Scratch.take() gives what does not fit memory of its own", () => {
  const library = new FakeLibrary();
  const scratch = new Scratch(library, 4096);
  scratch.take(8);
  const large = scratch.take(10_000);
  assertEquals(large.bytes.length, 10_000);
  assertEquals(address(large.pointer), library.blocks[1]!.address);
  // What fits still comes from the first block.
  assertEquals(address(scratch.take(8).pointer), library.blocks[0]!.address + 8);
  assert(scratch.take(4096).pointer !== large.pointer);
});

test("Scratch.bytes() has the length of the UTF-8 and no end mark", () => {
  const library = new FakeLibrary();
  const taken = new Scratch(library).bytes("ž", "metadata");
  assertEquals([...taken.bytes], [0xc5, 0xbe]);
  assertEquals([...library.read(address(taken.pointer), 2)], [0xc5, 0xbe]);
});
