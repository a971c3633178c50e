/** The serdes that can be measured, and how each is started; those of others are installed into `.cache` first. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { must, root } from "../../checks/process.ts";
import { bun, deno, node26 } from "../../checks/tools.ts";
import { serdePeers } from "../../pins.ts";
import type { Command } from "../baseline.ts";
import { formatJob, type Job, plainOf, type Workload } from "./job.ts";

/** Serdes to measure. */
export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** Whether it can do a workload. */
  does(workload: Workload): boolean;
  command(job: Job): Command;
}

const folder = `${root}scripts/bench/serdes/`;
const quietNode = "--disable-warning=ExperimentalWarning";

/** How to make each contender; one that cannot run here throws, saying what is missing. */
export const makers: Readonly<Record<string, () => Contender | Promise<Contender>>> = {
  deno: () => ours("deno", deno, ["run", "-A", "--no-check"]),
  bun: () => ours("bun", bun, ["run"]),
  node26: () => ours("node26", node26, [quietNode]),
  python: async () => {
    const { name, version, extras } = serdePeers.python;
    const target = `${root}.cache/${name}-serdes-${version}`;
    const file = process.env["PYTHON_CLIENT"] ?? "python3";
    const options = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--only-binary=:all:"];
    await install(target, async (unfinished) => {
      const wanted = `${name}[${extras.join()}]==${version}`;
      await must(file, ["-m", "pip", "install", ...options, "--target", unfinished, wanted]);
    });
    return others("python", (job) => ({
      file,
      args: [`${folder}peer.py`, ...formatJob(job)],
      env: { PYTHONPATH: target },
    }));
  },
  javascript: async () => {
    const { name, version } = serdePeers.javascript;
    const target = `${root}.cache/bench-peer-${version}`;
    await install(target, async (unfinished) => {
      writeFileSync(`${unfinished}/package.json`, '{ "private": true }\n');
      // What it needs for Kafka itself is built by an install script, and is not needed here.
      const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
      await must("npm", ["install", ...options, `${name}@${version}`], { cwd: unfinished });
    });
    return others("javascript", (job) => ({
      file: node26,
      args: [quietNode, `${folder}peer.ts`, ...formatJob(job)],
      env: { BENCH_PEER: target },
    }));
  },
};

function ours(name: string, file: string, args: readonly string[]): Contender {
  const command = (job: Job): Command => ({ file, args: [...args, `${folder}client.ts`, ...formatJob(job)] });
  return { name, isOurs: true, does: () => true, command };
}

function others(name: string, command: Contender["command"]): Contender {
  return { name, isOurs: false, does: (workload) => plainOf(workload) === workload, command };
}

/** A folder that is there is complete: it gets its name last. */
async function install(target: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
  if (existsSync(target)) return;
  console.error(`Installing into ${target}`);
  const unfinished = `${target}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await fill(unfinished);
  renameSync(unfinished, target);
}
