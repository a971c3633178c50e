/**
 * Runs one workload with this library on whichever runtime starts it, and prints one JSON line.
 *
 * `BENCH_MODULE` names the build to measure; without it, that is the source itself.
 */
import process from "node:process";
import { consumeBatch, consumeEach } from "./consuming.ts";
import { idle } from "./idle.ts";
import { type Job, type Outcome, parseJob, type Workload } from "./job.ts";
import { produceBatch, produceEach, sendEach, sendLatency } from "./producing.ts";
import { statistics } from "./statistics.ts";
import { peakRssBytes, runtimeName } from "./stopwatch.ts";

/** What a workload measured; the rest of the line is the same for all. */
export type Measured = Pick<Outcome, "counted" | "seconds" | "cpuSeconds" | "p50Ms" | "p99Ms" | "statisticsPercent">;

/** The library under test. */
export type Library = typeof import("../../mod.ts");

const run: Record<Workload, (library: Library, job: Job) => Promise<Measured>> = {
  "produce-batch": produceBatch,
  "produce-header": produceBatch,
  "produce-each": produceEach,
  "send-each": sendEach,
  "send-each-header": sendEach,
  "consume-batch": consumeBatch,
  "consume-header": consumeBatch,
  "consume-each": consumeEach,
  "send-latency": sendLatency,
  statistics,
  idle,
};

const job = parseJob(process.argv.slice(2));
const library: Library = await import(process.env["BENCH_MODULE"] ?? new URL("../../mod.ts", import.meta.url).href);
const measured = await run[job.workload](library, job);
const outcome: Outcome = {
  runtime: runtimeName(),
  messages: job.workload === "idle" ? 0 : job.messages,
  peakRssBytes: peakRssBytes(),
  ...measured,
};
console.log(JSON.stringify(outcome));
