/**
 * One face over the three test runners, so that the same files run on Deno, Bun and Node:
 *
 *     deno test -A test/          bun test test/          npx vitest run
 *
 * A test that is known to fail on a runtime is named, with its reason, in `known_gaps.txt`.
 */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** Where the tests run; Node below 26 calls through koffi, Node 26 through `node:ffi`. */
export type RuntimeName = "deno" | "bun" | "node20" | "node26";

/** What a test may ask for. */
export interface TestOptions {
  /** The test fails when it takes longer. Default: 20,000, and 60,000 for a broker test. */
  timeoutMs?: number;
  /** Turns on Deno's sanitizers for timers, sockets and files; the other runners have none. Default: `false`. */
  sanitize?: boolean;
  /** The test leaves a client behind on purpose, as one about finalizers must. Default: `false`. */
  leavesClients?: boolean;
}

/** What a broker test is given. */
export interface Broker {
  /** For `"bootstrap.servers"`. */
  bootstrapServers: string;
}

/** The runtime this file was loaded in. */
export const runtimeName: RuntimeName = detectRuntime();

/**
 * Registers a test. Its name is symbol and condition: `Consumer.seek() resumes from the given offset`.
 *
 * On Linux the test fails when a librdkafka thread it started still runs a few seconds after its end, which means that
 * a client or a mock cluster was not closed.
 */
export function test(name: string, fn: () => void | Promise<void>): void;
export function test(name: string, options: TestOptions, fn: () => void | Promise<void>): void;
export function test(name: string, ...rest: TestRest<() => void | Promise<void>>): void {
  const [options, fn] = rest.length === 1 ? [{}, rest[0]] : rest;
  const gap = knownGaps.get(name);
  if (gap === undefined) return register(name, options, () => run(fn, options));
  register(`${name} [known gap: ${gap}]`, options, () => runKnownGap(fn, options, gap));
}

/**
 * Registers a test that needs a real Kafka, named by the environment variable `KAFKA_BOOTSTRAP_SERVERS`. Without one
 * the test fails: a tier that is silently skipped looks like one that passed.
 */
export function testBroker(name: string, fn: (broker: Broker) => void | Promise<void>): void;
export function testBroker(name: string, options: TestOptions, fn: (broker: Broker) => void | Promise<void>): void;
export function testBroker(name: string, ...rest: TestRest<(broker: Broker) => void | Promise<void>>): void {
  const [options, fn] = rest.length === 1 ? [{}, rest[0]] : rest;
  test(name, { timeoutMs: 60_000, ...options }, () => fn({ bootstrapServers: bootstrapServers() }));
}

type TestRest<F> = [fn: F] | [options: TestOptions, fn: F];
type Register = (name: string, options: TestOptions, fn: () => Promise<void>) => void;

const DEFAULT_TIMEOUT_MS = 20_000;
const THREADS_END_WITHIN_MS = 5_000;

const knownGaps = readKnownGaps();
const register = await findRunner();

/** Our own limit comes first, so that every runner tells it in the same words; the runner's own is a net below. */
const runnerTimeoutMs = (options: TestOptions): number =>
  (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) + THREADS_END_WITHIN_MS + 10_000;

async function findRunner(): Promise<Register> {
  // The specifiers are variables, so that no runtime has to resolve the others' test modules.
  if (runtimeName === "deno") {
    return (name, options, fn) => {
      const sanitize = options.sanitize ?? false;
      Deno.test({ name, fn, sanitizeOps: sanitize, sanitizeResources: sanitize });
    };
  }
  const runner: string = runtimeName === "bun" ? "bun:test" : "vitest";
  const module = await import(/* @vite-ignore */ runner) as {
    test: (name: string, fn: () => Promise<void>, timeoutMs: number) => void;
  };
  return (name, options, fn) => module.test(name, fn, runnerTimeoutMs(options));
}

async function run(fn: () => void | Promise<void>, options: TestOptions): Promise<void> {
  const before = librdkafkaThreads();
  await withTimeout(fn, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  if (!options.leavesClients) await noNewThreads(before);
}

async function runKnownGap(fn: () => void | Promise<void>, options: TestOptions, reason: string): Promise<void> {
  if (reason.startsWith("crashes:")) return;
  const failed = await run(fn, options).then(() => false, () => true);
  if (!failed) throw new Error(`A known gap is closed on ${runtimeName}: take its line out of test/known_gaps.txt`);
}

async function withTimeout(fn: () => void | Promise<void>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The test did not end within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([(async () => await fn())(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** librdkafka names its threads `rdk:main`, `rdk:broker1` …: where there is no `/proc` nothing is checked. */
function librdkafkaThreads(): Map<string, string> {
  const threads = new Map<string, string>();
  if (process.platform !== "linux") return threads;
  for (const id of readdirSync("/proc/self/task")) {
    const name = threadName(id);
    if (name.startsWith("rdk:")) threads.set(id, name);
  }
  return threads;
}

function threadName(id: string): string {
  try {
    return readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
  } catch {
    return ""; // It ended between the listing and the look.
  }
}

async function noNewThreads(before: Map<string, string>): Promise<void> {
  const end = performance.now() + THREADS_END_WITHIN_MS;
  for (;;) {
    const left = [...librdkafkaThreads()].filter(([id]) => !before.has(id)).map(([, name]) => name);
    if (left.length === 0) return;
    if (performance.now() >= end) throw new Error(`The test left a client open, its threads are ${left.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function bootstrapServers(): string {
  const servers = process.env["KAFKA_BOOTSTRAP_SERVERS"];
  if (servers) return servers;
  throw new Error(
    "KAFKA_BOOTSTRAP_SERVERS is not set: run `deno task kafka start` and set it to the address that it prints, or run " +
      "`deno task test`, which starts its own Kafka",
  );
}

function readKnownGaps(): Map<string, string> {
  const gaps = new Map<string, string>();
  for (const line of readFileSync(new URL("./known_gaps.txt", import.meta.url), "utf8").split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [runtime, name, reason, ...more] = line.split("|").map((part) => part.trim());
    if (!runtime || !name || !reason || more.length > 0 || !/^(deno|bun|node20|node26)$/.test(runtime)) {
      throw new Error(`Cannot read the line "${line}" of known_gaps.txt: want "runtime | test name | reason"`);
    }
    if (runtime === runtimeName) gaps.set(name, reason);
  }
  return gaps;
}

function detectRuntime(): RuntimeName {
  const versions: Record<string, string | undefined> = process.versions;
  if (versions["deno"]) return "deno";
  if (versions["bun"]) return "bun";
  return Number.parseInt(process.versions.node) >= 26 ? "node26" : "node20";
}
