/**
 * However a process ends while clients are open, it ends as it would without them.
 *
 * The story: a runtime that unloads shared libraries at its end took librdkafka's code away from under its threads, and the
 * process died of SIGSEGV after its last line. Node 26 freed what describes its fast calls while its compiler still read it, and
 * one busy program in seven died of SIGTRAP (`ffi/node_exit.ts`). `scripts/stress_ends.ts` does the same hundreds of times.
 */
import { test } from "../harness.ts";
import { assertEquals, assertLess } from "../support/assert.ts";
import { complaint, endBy, waysOf } from "../support/ends/ways.ts";
import { type ProgramEnd, runProgram } from "../support/program.ts";
import { thisRuntime } from "../support/this_runtime.ts";

const runs = 3;

for (const way of waysOf(thisRuntime)) {
  test(`A process with open clients ends as it would without: ${way.name}`, { timeoutMs: 60_000 }, async () => {
    const bare = await endBy(way, thisRuntime, "bare");
    const ends: ProgramEnd[] = [];
    for (let i = 0; i < runs; i++) ends.push(await endBy(way, thisRuntime));
    assertEquals(ends.map((ended) => complaint(ended, bare)), Array.from({ length: runs }, () => null));
    // Nothing waits for a time to be up: the runtime itself takes half a second to start at worst.
    for (const { ms } of ends) assertLess(ms, bare.ms + 6000);
  });
}

test("A consumer being read keeps the process alive", async () => {
  let aliveAfterMs = 0;
  const { end, output } = await runProgram(thisRuntime, "ends/end.mjs", {
    args: ["a consumer being read"],
    async onReady(program) {
      const ready = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      program.kill("SIGKILL");
      aliveAfterMs = performance.now() - ready;
    },
  });
  // Had it ended before, by itself, the kill would have met nobody.
  assertEquals(end, "SIGKILL", output);
  assertEquals(aliveAfterMs >= 1500, true);
});
