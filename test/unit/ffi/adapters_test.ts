/** The adapter of the runtime that runs, against the real library; and all adapters side by side. */
import { readFileSync } from "node:fs";
import { openLibrary } from "../../../ffi/mod.ts";
import { MissingFunctionError } from "../../../ffi/libc.ts";
import type { Block, Signature, Word } from "../../../ffi/runtime.ts";
import { test } from "../../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../../support/assert.ts";
import { runProgram } from "../../support/program.ts";
import { thisRuntime } from "../../support/this_runtime.ts";
import { waitFor } from "../../support/wait.ts";

const table = {
  memcpy: { parameters: ["pointer", "pointer", "size"], result: "pointer" },
  memcmp: { parameters: ["pointer", "pointer", "size"], result: "i32" },
  strlen: { parameters: ["pointer"], result: "size" },
  malloc: { parameters: ["size"], result: "pointer" },
  // long long strtoll(const char *text, char **end, int base), and the same for unsigned numbers and for double
  strtoll: { parameters: ["pointer", "pointer", "i32"], result: "i64" },
  strtoull: { parameters: ["pointer", "pointer", "i32"], result: "u64" },
  strtod: { parameters: ["pointer", "pointer"], result: "f64" },
  llabs: { parameters: ["i64"], result: "i64" },
  abs: { parameters: ["i32"], result: "i32" },
  // uint16_t htons(uint16_t), uint32_t htonl(uint32_t)
  htons: { parameters: ["u16"], result: "u16" },
  htonl: { parameters: ["u32"], result: "u32" },
  // ssize_t write(int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "pointer", "size"], result: "ssize" },
} as const satisfies Record<string, Signature>;

const { library } = openLibrary();
const c = library.bind(table);

/** A block with a C string in it. */
function textBlock(text: string): Block {
  const block = library.block(text.length + 1);
  block.bytes.set(new TextEncoder().encode(`${text}\0`));
  return block;
}

test("The adapters have the same members in the same order", () => {
  const members = ["deno", "bun", "node_ffi", "koffi"].map((name) => {
    const source = readFileSync(new URL(`../../../ffi/${name}.ts`, import.meta.url), "utf8");
    const [body = ""] = /^class \w+Library extends \w+ implements Library \{[\s\S]*?^\}/m.exec(source) ?? [];
    const fields = [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field]) => field);
    const methods = [...body.matchAll(/^ {2}(?:async )?(\w+)(?:<.*>)?\(/gm)].map(([, method]) => method);
    return [...fields, ...methods];
  });
  const port = ["path", "runtime", "interface", "constructor", "bind", "block", "wake", "callAway", "callback"];
  assertEquals(members[0], port);
  for (const others of members.slice(1)) assertEquals(others, members[0]);
});

test("Library says what it is", () => {
  const names = {
    deno: ["deno", "Deno.dlopen"],
    bun: ["bun", "bun:ffi"],
    node26: ["node", "node:ffi"],
    node20: ["node", "koffi"],
  };
  assertEquals([library.runtime, library.interface], names[thisRuntime.name]);
  assertGreater(library.path.length, 0);
});

test("Library.block() has the address that C reads and writes", () => {
  for (const byteLength of [1, 8, 4096, 5000, 1 << 20]) {
    const from = library.block(byteLength);
    const to = library.block(byteLength);
    assertStrictEquals(from.address, library.number(from.pointer as Word));
    assertStrictEquals(from.address % 8, 0);
    for (let i = 0; i < byteLength; i++) from.bytes[i] = i * 31;
    const returned = c.memcpy(to.pointer, from.pointer, library.word(byteLength));
    assertStrictEquals(library.number(returned as Word), to.address);
    assertEquals(to.bytes.subarray(0, byteLength), from.bytes.subarray(0, byteLength));
    assertStrictEquals(c.memcmp(to.pointer, from.pointer, library.word(byteLength)), 0);
    to.bytes[byteLength - 1]! ^= 1;
    assert(c.memcmp(to.pointer, from.pointer, library.word(byteLength)) !== 0);
  }
});

test("Library.block() is new memory, all zero", () => {
  const blocks = Array.from({ length: 50 }, () => library.block(4096));
  assertEquals(new Set(blocks.map(({ address }) => address)).size, 50);
  for (const { bytes } of blocks) assert(bytes.every((byte) => byte === 0));
});

test("Library.add() and pointerAt() lead to the same memory as JavaScript's views", () => {
  const block = library.block(64);
  block.bytes.set(new TextEncoder().encode("hello, world\0"), 16);
  assertStrictEquals(library.number(c.strlen(library.add(block.pointer, 16))), 12);
  assertStrictEquals(library.number(c.strlen(library.add(block.pointer, 23))), 5);
  const slots = library.block(16);
  slots.u64[1] = BigInt(block.address + 23);
  assertStrictEquals(library.number(c.strlen(library.pointerAt(slots, 1))), 5);
});

test("64-bit values come through calls exactly, and beyond 2^53 as a RangeError", () => {
  const parse = (text: string): number => library.number(c.strtoll(textBlock(text).pointer, library.nullPointer, 10));
  for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, -(2 ** 53) + 1]) {
    assertStrictEquals(parse(String(value)), value);
    assertStrictEquals(library.number(c.llabs(library.word(value))), Math.abs(value));
  }
  for (const value of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 53n) - 1n, -(2n ** 63n)]) {
    assertThrows(() => parse(String(value)), RangeError, String(value));
  }
  const unsigned = (text: string): number =>
    library.number(c.strtoull(textBlock(text).pointer, library.nullPointer, 10));
  assertStrictEquals(unsigned(String(2 ** 53 - 1)), 2 ** 53 - 1);
  assertThrows(() => unsigned(String(2n ** 63n + 1n)), RangeError);
});

test("Narrow and floating values come through calls", () => {
  assertStrictEquals(c.abs(-2147483647), 2147483647);
  assertStrictEquals(c.htons(0x1234), 0x3412);
  assertStrictEquals(c.htonl(0x01020384), 0x84030201);
  assertStrictEquals(c.strtod(textBlock("-0.1").pointer, library.nullPointer), -0.1);
});

test("A pointer that C returns is null or not", () => {
  assert(library.isNull(library.nullPointer));
  assert(!library.isNull(library.block(8).pointer));
  // More than any machine has.
  assert(library.isNull(c.malloc(library.word(2 ** 52))));
});

test("Library.bind() refuses a name that does not exist, unless it may be missing", () => {
  const signature = { parameters: ["pointer"], result: "i32" } as const;
  assertThrows(() => library.bind({ rd_kafka_no_such_thing: signature }), Error, "rd_kafka_no_such_thing");
  const bound = library.bind({
    rd_kafka_no_such_thing: { ...signature, since: "9.9" },
    rd_kafka_version: { parameters: [], result: "i32", since: "0.1" },
  });
  assertGreater(bound.rd_kafka_version(), 0x02080000);
  const error = assertThrows(() => bound.rd_kafka_no_such_thing(library.nullPointer), MissingFunctionError);
  assertEquals([error.function, error.since], ["rd_kafka_no_such_thing", "9.9"]);
  assertStringIncludes(error.message, library.path);
});

test("Wake calls back after each write, until it is closed", async () => {
  const wakes: Wakes = { count: 0 };
  const wake = library.wake(() => wakes.count++);
  const one = library.block(1);
  const write = (): number => library.number(c.write(wake.fd, one.pointer, library.word(1)));
  wake.ref();
  for (let i = 1; i <= 20; i++) {
    assertStrictEquals(write(), 1);
    await waitFor(() => wakes.count >= i, { what: `wake-up ${i}` });
  }
  // Many writes before the event loop's turn may be one call, but not none.
  const before = wakes.count;
  for (let i = 0; i < 100; i++) assertStrictEquals(write(), 1);
  await waitFor(() => wakes.count > before, { what: "a wake-up after many writes" });
  // Unreferenced, it still calls while the loop runs.
  wake.unref();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const unreferenced = wakes.count;
  assertStrictEquals(write(), 1);
  await waitFor(() => wakes.count > unreferenced, { what: "a wake-up after unref()" });
  assertStrictEquals(write(), 1);
  wake.close();
  const closed = wakes.count;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertStrictEquals(wakes.count, closed);
});

interface Wakes {
  count: number;
}

test("Wake keeps the process alive from ref() to unref()", async () => {
  const run = (state: string, onReady?: (program: { kill(signal: "SIGKILL"): void }) => Promise<void>) =>
    runProgram(thisRuntime, "ffi/wake.mjs", { args: [state], ...(onReady === undefined ? {} : { onReady }) });
  for (const state of ["new", "unref"]) {
    const { end, output } = await run(state);
    assertEquals(end, 0, output);
  }
  const { end, output } = await run("ref", async (program) => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    program.kill("SIGKILL");
  });
  assertEquals(end, "SIGKILL", output);
});
