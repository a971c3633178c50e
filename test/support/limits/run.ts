/** Runs a program of this folder and reads the one line of JSON that it prints. */
import { type ProgramOptions, runProgram } from "../program.ts";
import { thisRuntime } from "../this_runtime.ts";

/** Runs `<program>.mjs`, which may ask for garbage collections. Rejects with its output if it fails. */
export async function runLimit<T>(
  program: string,
  args: readonly number[],
  options: ProgramOptions = {},
): Promise<T> {
  const flag = thisRuntime.name === "deno" ? "--v8-flags=--expose-gc" : "--expose-gc";
  const { end, output } = await runProgram(thisRuntime, `limits/${program}.mjs`, {
    args: args.map(String),
    flags: thisRuntime.name === "bun" ? [] : [flag],
    // With one arena, what librdkafka's threads free is used again by others, and memory that grows is memory that is lost.
    env: { MALLOC_ARENA_MAX: "1" },
    timeoutMs: 55_000,
    ...options,
  });
  if (end !== 0) throw new Error(`${program}.mjs ended with ${end}; it wrote\n${output}`);
  const line = output.split("\n").find((text) => text.startsWith("{"));
  if (line === undefined) throw new Error(`${program}.mjs printed no result; it wrote\n${output}`);
  return JSON.parse(line) as T;
}
