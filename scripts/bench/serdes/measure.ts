/** Checks a serde, warms it up and measures it, in every client that runs JavaScript. */
import { Stopwatch } from "../stopwatch.ts";
import type { Job, Outcome } from "./job.ts";

/** One pass over all records; it may have to be waited for. */
export type Pass = () => Promise<void> | void;

/** What a client has to offer for one workload. */
export interface Bench {
  /** How many operations one pass is. */
  readonly records: number;
  readonly pass: Pass;
  readonly wireBytes: number;
}

/** A pass takes about a tenth of a millisecond: the clock is looked at after some. */
const passesAtOnce = 16;

/** Measures a workload, and gives what the client prints. */
export async function measure({ seconds }: Job, runtime: string, bench: Bench): Promise<Outcome> {
  await repeat(seconds / 2, bench.pass);
  const watch = new Stopwatch();
  watch.start();
  const passes = await repeat(seconds, bench.pass);
  watch.stop();
  return {
    runtime,
    counted: passes * bench.records,
    seconds: watch.seconds,
    cpuSeconds: watch.cpuSeconds,
    wireBytes: bench.wireBytes,
  };
}

async function repeat(seconds: number, pass: Pass): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let passes = 0;
  for (; performance.now() < end; passes += passesAtOnce) {
    for (let i = 0; i < passesAtOnce; i++) {
      const waiting = pass();
      if (waiting !== undefined) await waiting;
    }
  }
  return passes;
}

/** Makes sure that what was read is what was written. Fields of a message that are no records' are not looked at. */
export function checkSame(wanted: unknown, got: unknown, path = "the record"): void {
  if (wanted instanceof Date && got instanceof Date && wanted.getTime() === got.getTime()) return;
  if (typeof wanted === "object" && wanted !== null && !(wanted instanceof Date)) {
    if (typeof got !== "object" || got === null) throw new Error(`${path} differs`);
    for (const [key, value] of Object.entries(wanted)) {
      checkSame(value, (got as Readonly<Record<string, unknown>>)[key], `${path}.${key}`);
    }
    return;
  }
  if (!Object.is(wanted, got)) throw new Error(`${path} differs`);
}
