/**
 * Clients work in workers, and a worker that is terminated takes nothing else with it.
 *
 * It happens in a process of its own: what the terminated workers leave behind cannot be closed by anybody.
 */
import { test } from "../harness.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { runProgram } from "../support/program.ts";
import { thisRuntime } from "../support/this_runtime.ts";

test("A process survives 8 workers that are terminated with busy clients", { timeoutMs: 60_000 }, async () => {
  const { end, output } = await runProgram(thisRuntime, "ends/workers.mjs", { args: ["8"], timeoutMs: 50_000 });
  assertEquals(end, 0, output);
  assertStringIncludes(output, "8 workers terminated");
});
