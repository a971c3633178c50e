/** Functions of ours that C calls, on the runtime that runs: by libc's `qsort`, which calls one many times within one call. */
import { openLibrary } from "../../../ffi/mod.ts";
import type { Pointer, Signature } from "../../../ffi/runtime.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertGreater } from "../../support/assert.ts";

const { library } = openLibrary();
const c = library.bind(
  {
    memcpy: { parameters: ["pointer", "pointer", "size"], result: "pointer" },
    // void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
    qsort: { parameters: ["pointer", "size", "size", "pointer"], result: "void" },
  } as const satisfies Record<string, Signature>,
);
const comparison = { parameters: ["pointer", "pointer"], result: "i32" } as const satisfies Signature;

/** Calls C to read the two numbers, as a function that is called back has to. */
function compareWith(calls: { count: number }): (a: Pointer, b: Pointer) => number {
  const left = library.block(4);
  const right = library.block(4);
  return (a, b) => {
    calls.count++;
    c.memcpy(left.pointer, a, library.word(4));
    c.memcpy(right.pointer, b, library.word(4));
    // Garbage, so that memory is collected while C is below on the stack.
    return [left.i32[0]!].concat([right.i32[0]!]).reduce((x, y) => x - y);
  };
}

test("Library.callback() is called by C, also by a call that the compiler has optimized", () => {
  const calls = { count: 0 };
  const callback = library.callback(comparison, compareWith(calls));
  const numbers = library.block(64 * 4);
  for (let round = 0; round < 2000; round++) {
    const values = Array.from({ length: 64 }, (_, i) => (i * 7919 + round * 31) % 1009 - 500);
    numbers.i32.set(values);
    c.qsort(numbers.pointer, library.word(64), library.word(4), callback.pointer);
    assertEquals([...numbers.i32.subarray(0, 64)], values.sort((a, b) => a - b));
  }
  assertGreater(calls.count, 2000 * 64);
  callback.close();
});

test("Library.callback() passes numbers and addresses as C functions return them", () => {
  const signature = { parameters: ["pointer", "pointer"], result: "i32" } as const satisfies Signature;
  const seen: number[] = [];
  const callback = library.callback(signature, (a, b) => {
    seen.push(library.number(a), library.number(b), library.number(library.add(a, 4)));
    return -1;
  });
  const two = library.block(8);
  c.qsort(two.pointer, library.word(2), library.word(4), callback.pointer);
  assertEquals(seen.slice(0, 3).sort(), [two.address, two.address + 4, seen[0]! + 4].sort());
  callback.close();
});

test("Library.callback() can be made and closed again and again", () => {
  const calls = { count: 0 };
  const numbers = library.block(8);
  // koffi has room for 8192 at a time.
  for (let i = 0; i < 9000; i++) {
    const callback = library.callback(comparison, compareOnce);
    numbers.i32.set([2, 1]);
    c.qsort(numbers.pointer, library.word(2), library.word(4), callback.pointer);
    callback.close();
  }
  assertGreater(calls.count, 8999);

  function compareOnce(): number {
    return ++calls.count % 2;
  }
});
