/** The ways in which a process with open clients can end, and how each has to look from outside. */
import { type ProgramEnd, type ProgramRuntime, runProgram } from "../program.ts";

/** One way to end. */
export interface Way {
  readonly name: string;
  /** What is sent to the program once its traffic flows. */
  readonly signal?: NodeJS.Signals;
  /** Only where this runtime runs. */
  readonly only?: "deno";
}

/** The ways; `end.mjs` knows them by the same names. */
export const ways: readonly Way[] = [
  { name: "the end of the program, clients closed" },
  { name: "the end of the program, an idle producer open" },
  { name: "the end of the program, an unread consumer open" },
  { name: "the end of the program, busy until then" },
  { name: "an exit call" },
  { name: "Deno.exit()", only: "deno" },
  { name: "an uncaught error" },
  { name: "an unhandled rejection" },
  { name: "a worker that is terminated" },
  { name: "the end of the program, a worker running" },
  { name: "SIGINT", signal: "SIGINT" },
  { name: "SIGTERM", signal: "SIGTERM" },
  { name: "SIGTERM, a handler that closes the clients", signal: "SIGTERM" },
];

/** The ways that a runtime has. */
export function waysOf({ name }: ProgramRuntime): readonly Way[] {
  return ways.filter(({ only }) => only === undefined || only === name);
}

/** Ends one process in the given way. `bare` leaves the library out: so ends the runtime by itself. */
export function endBy(way: Way, runtime: ProgramRuntime, bare?: "bare"): Promise<ProgramEnd> {
  const { signal } = way;
  return runProgram(runtime, "ends/end.mjs", {
    args: [way.name, ...(bare === undefined ? [] : [bare])],
    ...(signal === undefined ? {} : { onReady: (program) => program.kill(signal) }),
  });
}

/** What is wrong with how a process ended, or null: it has to end as the runtime does without the library. */
export function complaint(ended: ProgramEnd, bare: ProgramEnd): string | null {
  if (ended.end === bare.end) return null;
  return `it ended with ${ended.end} where the runtime alone ends with ${bare.end}; it wrote\n${ended.output}`;
}
