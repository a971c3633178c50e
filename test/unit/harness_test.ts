/** The harness and the stand-ins, tested with themselves. */
import { test } from "../harness.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "../support/assert.ts";
import { deadline, delay } from "../support/async.ts";
import { randomName } from "../support/random.ts";
import * as stand from "../support/std_assert.ts";
import { waitFor } from "../support/wait.ts";

test("waitFor() resolves with the first truthy value", async () => {
  let looks = 0;
  assertEquals(await waitFor(() => ++looks >= 3 && "seen", { what: "three looks" }), "seen");
});

test("waitFor() tells the last failure when time is up", async () => {
  const error = await assertRejects(
    () => waitFor(() => Promise.reject(new Error("not there")), { what: "a thing", timeoutMs: 30 }),
    Error,
  );
  assertMatch(error.message, /waiting for a thing.*not there/);
});

test("randomName() keeps the prefix and does not repeat", () => {
  const names = new Set(Array.from({ length: 100 }, () => randomName("topic")));
  assertEquals(names.size, 100);
  for (const name of names) assertMatch(name, /^topic-[0-9a-f]{12}$/);
});

test("deadline() rejects with TimeoutError, and passes a value in time", async () => {
  const error = await assertRejects(() => deadline(new Promise<void>(() => {}), 10), DOMException);
  assertEquals(error.name, "TimeoutError");
  assertEquals(await deadline(Promise.resolve(7), 1000), 7);
});

test("delay() stops waiting when its signal fires", async () => {
  const stop = new AbortController();
  const waiting = delay(60_000, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
});

test("the stand-in assertions refuse what they must", async () => {
  const refused: (() => unknown)[] = [
    () => stand.assert(0),
    () => stand.assertEquals<unknown>({ a: 1 }, { a: 2 }),
    () => stand.assertEquals<unknown>(new Uint8Array([1]), [1]),
    () => stand.assertNotEquals([1], [1]),
    () => stand.assertStrictEquals({}, {}),
    () => stand.assertExists(null),
    () => stand.assertInstanceOf(1, Error),
    () => stand.assertStringIncludes("abc", "d"),
    () => stand.assertMatch("abc", /d/),
    () => stand.assertGreater(1, 1),
    () => stand.assertGreaterOrEqual(0, 1),
    () => stand.assertLess(1, 1),
    () => stand.assertLessOrEqual(2, 1),
    () => stand.assertAlmostEquals(1, 1.1),
    () => stand.assertThrows(() => {}),
    () => stand.assertThrows(() => JSON.parse("{"), RangeError),
    () => stand.assertThrows(() => JSON.parse("{"), SyntaxError, "no such words"),
    () => stand.fail(),
  ];
  for (const refuse of refused) assertThrows(refuse, stand.AssertionError);
  await assertRejects(() => stand.assertRejects(() => Promise.resolve()), stand.AssertionError);
  assert(await stand.assertRejects(() => Promise.reject(new TypeError("x")), TypeError, "x") instanceof TypeError);
});
