/** Time, processor time and memory of this process, read in the same way on Deno, Bun and Node. */
import { readFileSync } from "node:fs";
import process from "node:process";

/** Measures from {@link Stopwatch.start} to {@link Stopwatch.stop}. */
export class Stopwatch {
  #startedAt = 0;
  #startedCpu = 0;
  seconds = 0;
  cpuSeconds = 0;

  start(): void {
    this.#startedCpu = cpuSeconds();
    this.#startedAt = performance.now();
  }

  stop(): void {
    this.seconds = (performance.now() - this.#startedAt) / 1e3;
    this.cpuSeconds = cpuSeconds() - this.#startedCpu;
  }
}

/** User and system time of all threads of this process. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The most memory this process held. `getrusage` would do, but its figure survives exec() and may be the parent's. */
export function peakRssBytes(): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  if (match === null) throw new Error("Cannot read the peak memory of this process");
  return Number(match[1]) * 1024;
}

/** The runtime and its version, as "deno 2.9.6". */
export function runtimeName(): string {
  const { deno, bun, node } = process.versions;
  return deno ? `deno ${deno}` : bun ? `bun ${bun}` : `node ${node}`;
}

/** The value below which the share `p` of the sorted samples lies, by nearest rank. */
export function percentile(sorted: Float64Array, p: number): number {
  const value = sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
  if (value === undefined) throw new Error("Cannot take a percentile of no samples");
  return value;
}
