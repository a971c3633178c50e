/** Calls off the event loop: what comes through them, and what they leave alone. */
import { openLibrary } from "../../../ffi/mod.ts";
import { Turns } from "../../../ffi/away.ts";
import { MissingFunctionError } from "../../../ffi/libc.ts";
import type { Block, Pointer, Signature, Word } from "../../../ffi/runtime.ts";
import { test } from "../../harness.ts";
import {
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "../../support/assert.ts";
import { runProgram } from "../../support/program.ts";
import { thisRuntime } from "../../support/this_runtime.ts";

const table = {
  // unsigned sleep(unsigned seconds), int usleep(useconds_t usec)
  sleep: { parameters: ["u32"], result: "u32" },
  usleep: { parameters: ["u32"], result: "i32" },
  memcpy: { parameters: ["pointer", "pointer", "size"], result: "pointer" },
  malloc: { parameters: ["size"], result: "pointer" },
  free: { parameters: ["pointer"], result: "void" },
  strtoll: { parameters: ["pointer", "pointer", "i32"], result: "i64" },
  strtod: { parameters: ["pointer", "pointer"], result: "f64" },
  abs: { parameters: ["i32"], result: "i32" },
  rd_kafka_no_such_thing: { parameters: ["pointer", "i32"], result: "i32" },
} as const satisfies Record<string, Signature>;

const { library } = openLibrary();

function textBlock(text: string): Block {
  const block = library.block(text.length + 1);
  block.bytes.set(new TextEncoder().encode(`${text}\0`));
  return block;
}

test("Library.callAway() leaves the event loop free, and makes calls side by side", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 10);
  const start = performance.now();
  await Promise.all([1, 2, 3].map(() => library.callAway("sleep", table.sleep, [1])));
  clearInterval(timer);
  const ms = performance.now() - start;
  assertGreater(ms, 990);
  assertLess(ms, 1900);
  assertGreater(turns, 30);
});

test("Library.callAway() passes and returns values of every kind exactly", async () => {
  const parse = async (text: string): Promise<number> =>
    library.number(await library.callAway("strtoll", table.strtoll, [textBlock(text), library.nullPointer, 10]));
  for (const value of [0, -1, 2 ** 32 + 1, 2 ** 53 - 1, -(2 ** 53) + 1]) {
    assertStrictEquals(await parse(String(value)), value);
  }
  await assertRejects(() => parse(String(2n ** 62n)), RangeError);
  assertStrictEquals(await library.callAway("strtod", table.strtod, [textBlock("-0.1"), library.nullPointer]), -0.1);
  assertStrictEquals(await library.callAway("abs", table.abs, [-2147483647]), 2147483647);
  const taken = await library.callAway("malloc", table.malloc, [library.word(64)]);
  assertStrictEquals(library.isNull(taken), false);
  await library.callAway("free", table.free, [taken]);
  assertStrictEquals(library.isNull(await library.callAway("malloc", table.malloc, [library.word(2 ** 52)])), true);
});

test("Library.callAway() takes a block for its address, and C writes into it", async () => {
  const from = textBlock("written elsewhere");
  const to = library.block(32);
  const returned = await library.callAway("memcpy", table.memcpy, [to, from.pointer, library.word(18)]);
  assertStrictEquals(library.number(returned as Word), to.address);
  assertStringIncludes(new TextDecoder().decode(to.bytes), "written elsewhere\0");
});

test("Library.callAway() makes more calls than it has threads for, in their order", async () => {
  const done: number[] = [];
  const calls = Array.from({ length: 40 }, async (_, i) => {
    assertStrictEquals(await library.callAway("abs", table.abs, [-1 - i]), i + 1);
    done.push(i);
  });
  await Promise.all(calls);
  assertStrictEquals(done.length, 40);
  // More long calls than threads: none is lost.
  const start = performance.now();
  const slept = await Promise.all(Array.from({ length: 12 }, () => library.callAway("usleep", table.usleep, [50_000])));
  assertEquals(slept, Array.from({ length: 12 }, () => 0));
  assertGreater(performance.now() - start, 95);
});

test("Library.callAway() rejects for a name that does not exist, and goes on", async () => {
  const call = (signature: Signature): Promise<unknown> =>
    library.callAway("rd_kafka_no_such_thing", signature, [library.nullPointer, 1] as never);
  await assertRejects(() => call(table.rd_kafka_no_such_thing), Error, "rd_kafka_no_such_thing");
  const error = await assertRejects(() => call({ ...table.rd_kafka_no_such_thing, since: "9.9" }));
  assertStrictEquals(error instanceof MissingFunctionError, true, String(error));
  assertEquals((error as MissingFunctionError).since, "9.9");
  // A function of one pointer and no result goes another way on some runtimes.
  await assertRejects(() => library.callAway("rd_kafka_no_such_thing", table.free, [library.nullPointer as Pointer]));
  assertStrictEquals(await library.callAway("abs", table.abs, [-7]), 7);
});

test("Turns lets in as many as it may, the others in their order", async () => {
  const turns = new Turns(2);
  const events: string[] = [];
  const ends: (() => void)[] = [];
  const run = (name: string): Promise<string> =>
    turns.run(async () => {
      events.push(`${name} begins`);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (name === "b") throw new Error("b failed");
      return name;
    });
  const all = ["a", "b", "c", "d"].map((name) => run(name).catch((error: Error) => error.message));
  await Promise.resolve();
  assertEquals([events, turns.isBusy], [["a begins", "b begins"], true]);
  ends[1]!();
  assertEquals(await all[1], "b failed");
  assertEquals(events, ["a begins", "b begins", "c begins"]);
  ends[0]!();
  await all[0];
  assertEquals(events.at(-1), "d begins");
  ends[2]!();
  ends[3]!();
  assertEquals(await Promise.all(all), ["a", "b failed", "c", "d"]);
  assertStrictEquals(turns.isBusy, false);
});

test("A process ends at once while a call off the event loop is under way", { timeoutMs: 60_000 }, async () => {
  const run = (way: string) => runProgram(thisRuntime, "ffi/away.mjs", { args: [way] });
  // It calls sleep(8) in each, and 8 seconds are what nobody may wait for.
  const exited = await run("exit");
  assertEquals(exited.end, 3, exited.output);
  assertStringIncludes(exited.output, "the last exit handler");
  assertLess(exited.ms, 6000);
  const inWorker = await run("worker");
  assertEquals(inWorker.end, 0, inWorker.output);
  assertStringIncludes(inWorker.output, "the worker has called");
});

test("A call off the event loop keeps the process alive until it has returned, and no longer", async () => {
  const { end, output, ms } = await runProgram(thisRuntime, "ffi/away.mjs", { args: ["wait"] });
  assertEquals(end, 0, output);
  assertStringIncludes(output, "returned 0");
  assertGreater(ms, 1000);
});

test("An uncaught error is shown although a call off the event loop is under way", async () => {
  const { end, output } = await runProgram(thisRuntime, "ffi/away.mjs", { args: ["throw"] });
  assertEquals(end, 1, output);
  assertStringIncludes(output, "nobody catches this");
});
