/**
 * The clients that can be measured, and how each is started.
 *
 * A contender is any program that takes a job's arguments (`formatJob()`) and prints an `Outcome` as its last line, after it
 * has checked every message as `baseline.c` does. To measure a client of another make, write that program and list it here.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { must, root } from "../checks/process.ts";
import { bun, deno, node20, node26, toolModules } from "../checks/tools.ts";
import { pythonClient } from "../checks/python.ts";
import type { Baseline, Command } from "./baseline.ts";
import { formatJob, type Job, type Workload, workloads } from "./job.ts";

/** A client to measure. */
export interface Contender {
  readonly name: string;
  /** The workloads it can do; without it, all. */
  readonly workloads?: readonly Workload[];
  /** It cannot send headers, and sends the messages of such a workload without them. */
  readonly refusesHeaders?: boolean;
  command(job: Job): Command;
}

/** What contenders are made from. */
export interface Workshop {
  readonly baseline: Baseline;
  /** A folder to build in, removed at the end. */
  readonly folder: string;
}

/** How to make each contender; one that cannot run here throws, saying what is missing. */
export const makers: Readonly<Record<string, (workshop: Workshop) => Contender | Promise<Contender>>> = {
  c: ({ baseline }) => ({
    name: "c",
    workloads: workloads.filter((name) => name !== "statistics"),
    command: (job) => baseline.command(job),
  }),
  deno: () => fromSource("deno", deno, ["run", "-A", "--no-check"]),
  bun: () => fromSource("bun", bun, ["run"]),
  node26: () => fromSource("node26", node26, ["--disable-warning=ExperimentalWarning"]),
  node20: async ({ folder }) => {
    const built = `${root}npm/esm/mod.js`;
    if (!existsSync(built)) {
      throw new Error('Cannot measure the npm package before it is built: run "deno task build:npm"');
    }
    const client = await stripTypes(folder);
    // koffi is found by NODE_PATH: npm/ has no node_modules of its own.
    const env = { BENCH_MODULE: pathToFileURL(built).href, NODE_PATH: toolModules };
    return { name: "node20", command: (job) => ({ file: node20, args: [client, ...formatJob(job)], env }) };
  },
  aio: () => aioProducer("aio", "callback"),
  "aio-poll": () => aioProducer("aio-poll", "poll"),
};

function fromSource(name: string, file: string, args: readonly string[]): Contender {
  const client = `${root}scripts/bench/client.ts`;
  return { name, command: (job) => ({ file, args: [...args, client, ...formatJob(job)] }) };
}

/** confluent-kafka-python's asynchronous producer, used in one of the forms of `aio_producer.py`. */
async function aioProducer(name: string, form: "callback" | "poll"): Promise<Contender> {
  const env = await pythonClient();
  const program = `${root}scripts/bench/aio_producer.py`;
  return {
    name,
    workloads: ["send-each", "send-each-header"],
    refusesHeaders: true,
    command: (job) => ({ file: env["PYTHON_CLIENT"]!, args: [program, form, ...formatJob(job)], env }),
  };
}

/** Node 20 reads no TypeScript, so the client goes there without its types. Returns the path of its main file. */
async function stripTypes(folder: string): Promise<string> {
  const target = join(folder, "client");
  mkdirSync(target);
  writeFileSync(join(target, "package.json"), '{ "type": "module" }\n');
  for (const name of ["client", "producing", "consuming", "idle", "statistics", "content", "job", "stopwatch"]) {
    const source = JSON.stringify(`${root}scripts/bench/${name}.ts`);
    const script = `const { stripTypeScriptTypes } = require("node:module");
      process.stdout.write(stripTypeScriptTypes(require("node:fs").readFileSync(${source}, "utf8")));`;
    const text = await must(node26, ["--disable-warning=ExperimentalWarning", "-e", script]);
    writeFileSync(join(target, `${name}.js`), text.replaceAll(/(from "\.\/\w+)\.ts"/g, '$1.js"'));
  }
  return join(target, "client.js");
}
