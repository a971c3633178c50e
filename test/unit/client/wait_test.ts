/** Waiting that ends: by a time, by a signal, or by being woken. */
import { bounded, checkTimeout, Gate, nextTurn } from "../../../src/client/wait.ts";
import { test } from "../../harness.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../../support/assert.ts";
import { KafkaError } from "../../../mod.ts";

const never = (): Promise<never> => new Promise(() => {});

test("checkTimeout() refuses what is no time", () => {
  for (const value of [-1, NaN, "5", null, -Infinity, 5n]) {
    const refused = assertThrows(() => checkTimeout(value as number), RangeError);
    assertEquals(
      (refused as Error).message,
      `Cannot use ${String(value)} as timeoutMs: milliseconds from 0 on are wanted`,
    );
  }
  assertEquals([checkTimeout(undefined), checkTimeout(0), checkTimeout(Infinity)], [undefined, 0, Infinity]);
});

test("bounded() passes on how a promise settles", async () => {
  assertEquals(await bounded(Promise.resolve(7), "Cannot wait", { timeoutMs: 1000 }), 7);
  const error = new Error("no");
  assertStrictEquals(
    await assertRejects(() => bounded(Promise.reject(error), "Cannot wait", { timeoutMs: 1000 })),
    error,
  );
});

test("bounded() rejects with _TIMED_OUT when the time is up", async () => {
  const error = await assertRejects(() => bounded(never(), "Cannot wait", { timeoutMs: 5 }), KafkaError);
  assertEquals([error.codeName, error.isRetriable], ["_TIMED_OUT", false]);
  assertEquals(error.message, "Cannot wait: no answer within 5 ms");
});

test("bounded() rejects with the signal's reason when it is aborted", async () => {
  const stop = new AbortController();
  const reason = new Error("stop");
  const waiting = assertRejects(() => bounded(never(), "Cannot wait", { signal: stop.signal }));
  stop.abort(reason);
  assertStrictEquals(await waiting, reason);
});

test("bounded() with limits that end it at once leaves no rejection behind", async () => {
  // Without care the promise that nobody waits for any more ends the process when it is rejected.
  const failing = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("too late to matter")), 1));
  const signal = AbortSignal.abort(new Error("stop"));
  await assertRejects(() => bounded(failing, "Cannot wait", { signal }), Error, "stop");
  await assertRejects(() => bounded(failing, "Cannot wait", { timeoutMs: -1 }), RangeError);
  await new Promise((resolve) => setTimeout(resolve, 20));
});

test("bounded() with an endless time has none", async () => {
  for (const timeoutMs of [Infinity, 2 ** 31, Number.MAX_VALUE]) {
    const slow = new Promise((resolve) => setTimeout(() => resolve("done"), 20));
    assertEquals(await bounded(slow, "Cannot wait", { timeoutMs }), "done");
  }
});

test("bounded() leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (
    ...args: Parameters<typeof addEventListener>
  ) => (listeners++, addEventListener.apply(signal, args));
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => (
    listeners--, removeEventListener.apply(signal, args)
  );
  await bounded(Promise.resolve(), "Cannot wait", { signal });
  await assertRejects(() => bounded(never(), "Cannot wait", { signal, timeoutMs: 1 }));
  assertEquals(listeners, 0);
});

test("Gate.notify() ends every wait that is under way, and none that comes later", async () => {
  const gate = new Gate();
  const waits = [gate.wait(), gate.wait(), gate.waitFor(10_000)];
  gate.notify();
  await Promise.all(waits);
  assertEquals(await gate.waitFor(5), false);
  gate.notify();
});

test("Gate.waitFor() says whether it was notified", async () => {
  const gate = new Gate();
  assertEquals(await gate.waitFor(0), false);
  for (const timeoutMs of [1000, Infinity]) {
    const came = gate.waitFor(timeoutMs);
    gate.notify();
    assertEquals(await came, true);
  }
});

test("nextTurn() lets timers run and loses no millisecond", async () => {
  let ran = false;
  setTimeout(() => ran = true, 0);
  const start = performance.now();
  let turns = 0;
  while (!ran) {
    await nextTurn();
    if (++turns > 1_000_000) break;
  }
  assert(ran, "the timer never ran");
  const first = performance.now();
  for (let i = 0; i < 1000; i++) await nextTurn();
  // With setTimeout(0) these would take a second or more.
  assertLess(performance.now() - first, 500);
  assertLess(first - start, 1000);
});

/** Each wait that its time had ended went on looking, and 90,000 of them took a quarter of a gigabyte. */
test("Gate.until() looks after each notify, and no more once its time or its signal has ended it", async () => {
  const gate = new Gate();
  let looks = 0;
  const isMet = (): boolean => ++looks > 3;
  const met = gate.until(isMet, "Cannot wait");
  for (let i = 0; i < 5; i++) gate.notify();
  await met;
  assertEquals(looks, 4);

  let isLooked = 0;
  const never = (): boolean => ++isLooked < 0;
  const late = await assertRejects(() => gate.until(never, "Cannot wait", { timeoutMs: 5 }), KafkaError);
  assertEquals(late.codeName, "_TIMED_OUT");
  const stop = new AbortController();
  const stopped = gate.until(never, "Cannot wait", { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assertRejects(() => stopped, Error, "enough");
  isLooked = 0;
  gate.notify();
  assertEquals(isLooked, 0);

  const broken = gate.until(() => {
    if (++isLooked === 2) throw new Error("broken");
    return false;
  }, "Cannot wait");
  gate.notify();
  await assertRejects(() => broken, Error, "broken");
});
