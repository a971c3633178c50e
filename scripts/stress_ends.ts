/**
 * Ends processes with open clients in every way there is, many times, on every runtime, and counts those that died of it.
 *
 *     deno run -A scripts/stress_ends.ts --runs 100 --runtime deno,bun,node20,node26
 *
 * `--way TEXT` runs only the ways whose name contains it, `--parallel N` as many processes at a time (default: 2), and
 * `--no-build` takes the package for Node that is in `npm/` as it is. `test/mock/process_end_test.ts` runs a few of each.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { complaint, endBy, type Way, waysOf } from "../test/support/ends/ways.ts";
import type { ProgramRuntime } from "../test/support/program.ts";
import { must } from "./checks/process.ts";
import { runtimeNames } from "./checks/runtimes.ts";
import { bun, deno, ensureTools, node20, node26 } from "./checks/tools.ts";

/** What came of all runs of one way on one runtime. */
interface Row {
  readonly way: string;
  readonly runtime: string;
  readonly runs: number;
  /** Ended by a signal that nobody sent: SIGSEGV, SIGABRT. */
  readonly crashes: number;
  readonly hangs: number;
  /** Ended by itself, with another code than the runtime gives. */
  readonly wrong: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "100" },
      runtime: { type: "string", default: runtimeNames.join(",") },
      way: { type: "string", default: "" },
      parallel: { type: "string", default: "2" },
      "no-build": { type: "boolean", default: false },
    },
  });
  const runs = count("--runs", values.runs);
  const parallel = count("--parallel", values.parallel);
  const runtimes = values.runtime.split(",").map(runtimeOf);
  await ensureTools();
  await must(deno, ["run", "-A", "scripts/setup.ts", "--quiet"], { quiet: false });
  if (runtimes.some(({ name }) => name.startsWith("node")) && !values["no-build"]) {
    await must(deno, ["run", "-A", "scripts/build_npm.ts"], { quiet: false });
  }
  const rows: Row[] = [];
  for (const runtime of runtimes) {
    for (const way of waysOf(runtime).filter(({ name }) => name.includes(values.way))) {
      const row = await runMany(way, runtime, runs, parallel);
      console.log(line(row));
      rows.push(row);
    }
  }
  if (rows.length === 0) throw new RangeError(`Cannot end by "${values.way}": no way has that in its name`);
  const sum = (pick: (row: Row) => number): number => rows.reduce((total, row) => total + pick(row), 0);
  const bad = sum((row) => row.crashes + row.hangs + row.wrong);
  console.log(
    `${sum((row) => row.runs)} processes ended, ${sum((row) => row.crashes)} crashed, ${
      sum((row) => row.hangs)
    } hung, ` +
      `${sum((row) => row.wrong)} gave a wrong code`,
  );
  return bad === 0 ? 0 : 1;
}

async function runMany(way: Way, runtime: ProgramRuntime, runs: number, parallel: number): Promise<Row> {
  const bare = await endBy(way, runtime, "bare");
  let left = runs;
  let crashes = 0;
  let hangs = 0;
  let wrong = 0;
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const ended = await endBy(way, runtime);
      times.push(ended.ms);
      const problem = complaint(ended, bare);
      if (problem === null) continue;
      console.error(`${runtime.name}: ${way.name}: ${problem}`);
      if (ended.end === "hang") hangs++;
      else if (typeof ended.end === "string") crashes++;
      else wrong++;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  times.sort((a, b) => a - b);
  const medianMs = times[times.length >> 1] ?? 0;
  return {
    way: way.name,
    runtime: runtime.name,
    runs: times.length,
    crashes,
    hangs,
    wrong,
    medianMs,
    maxMs: times.at(-1) ?? 0,
  };
}

function line({ way, runtime, runs, crashes, hangs, wrong, medianMs, maxMs }: Row): string {
  const times = `median ${Math.round(medianMs)} ms, at most ${Math.round(maxMs)} ms`;
  return `${runtime.padEnd(7)}${
    way.padEnd(48)
  }${runs} runs, ${crashes} crashes, ${hangs} hangs, ${wrong} wrong; ${times}`;
}

function runtimeOf(name: string): ProgramRuntime {
  const known = runtimeNames.find((one) => one === name);
  if (known === undefined) {
    throw new RangeError(`Cannot use "${name}" for --runtime: choose from ${runtimeNames.join(", ")}`);
  }
  return { name: known, command: { deno, bun, node20, node26 }[known] };
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`Cannot use "${text}" for ${option}: a number from 1 on is wanted`);
}
