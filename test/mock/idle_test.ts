/** Clients with nothing to do cost next to nothing, and hold nothing that other work needs. */
import { test } from "../harness.ts";
import { assertLess } from "../support/assert.ts";
import { runLimit } from "../support/limits/run.ts";

interface Cost {
  readonly cpuPercent: number;
  readonly readingBefore: Reading;
  readonly readingAfter: Reading;
}
interface Reading {
  readonly median: number;
  readonly many: number;
}

test("A producer and a waiting consumer use less than 1 % of a processor", { timeoutMs: 60_000 }, async () => {
  const { cpuPercent } = await runLimit<Cost>("idle", [1, 5]);
  assertLess(cpuPercent, 1);
});

test("32 idle clients use next to no processor, and files are read as fast as before", {
  timeoutMs: 60_000,
}, async () => {
  const { cpuPercent, readingBefore, readingAfter } = await runLimit<Cost>("idle", [16, 3]);
  assertLess(cpuPercent, 5);
  // A client that held a thread of the runtime's pool would let these wait for it, for as long as it is idle.
  assertLess(readingAfter.median, readingBefore.median * 3 + 5);
  assertLess(readingAfter.many, readingBefore.many * 3 + 50);
});
