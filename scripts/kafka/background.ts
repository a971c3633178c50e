/** Clusters that outlive the command that started them, remembered by name in the cache folder. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "../../ffi/library.ts";
import { run, SetupError } from "../setup/command.ts";
import type { KafkaSecurity } from "./security.ts";
import { directoryPrefix, startKafka } from "./server.ts";

/** What is remembered of a cluster. */
export interface Background {
  readonly bootstrapServers: string;
  readonly brokers: number;
  /** With the listeners for TLS and SASL, if it has them. */
  readonly security?: KafkaSecurity;
  /** The Schema Registry, if it has one. */
  readonly schemaRegistry?: { readonly url: string; readonly pid: number };
  readonly pids: readonly number[];
  readonly directory: string;
}

/** Starts a cluster and remembers it, or answers with the one of that name that runs already. */
export async function startBackground(
  name: string,
  { brokers, secure, registry }: { brokers: 1 | 3; secure: boolean; registry: boolean },
): Promise<Background> {
  const running = await findBackground(name);
  if (running !== undefined) {
    for (
      const [option, isMissing] of [
        ["--secure", secure && running.security === undefined],
        ["--registry", registry && running.schemaRegistry === undefined],
      ]
    ) {
      if (!isMissing) continue;
      throw new SetupError(
        `Cannot start Kafka "${name}" with ${option}: it runs without; stop it, or use another --name`,
      );
    }
    if (running.brokers === brokers && running.pids.length === brokers) return running;
    throw new SetupError(
      `Cannot start Kafka "${name}" with ${brokers} broker(s): it runs with ${running.pids.length}; stop it, or use another --name`,
    );
  }
  const server = await startKafka({ brokers, secure, registry });
  const { bootstrapServers, directory, pids, security, schemaRegistry: { url, pid } = {} } = server;
  const schemaRegistry = url === undefined || pid === undefined ? undefined : { url, pid };
  const state: Background = {
    bootstrapServers,
    brokers,
    pids,
    directory,
    ...(security && { security }),
    ...(schemaRegistry && { schemaRegistry }),
  };
  try {
    mkdirSync(dirname(stateFile(name)), { recursive: true });
    writeAtomically(stateFile(name), JSON.stringify(state));
  } catch (error) {
    await server.stop();
    throw error;
  }
  await server.release();
  return state;
}

/** The cluster of that name with the brokers that still run, or `undefined` if none does. */
export async function findBackground(name: string): Promise<Background | undefined> {
  const state = readState(name);
  if (state === undefined) return undefined;
  const { schemaRegistry, ...rest } = state;
  const running = await runningPids(state);
  const pids = running.filter((pid) => pid !== schemaRegistry?.pid);
  if (pids.length === 0) return undefined;
  const isServed = schemaRegistry !== undefined && running.includes(schemaRegistry.pid);
  return { ...rest, pids, ...(isServed && { schemaRegistry }) };
}

/** Kills the cluster of that name and deletes what it wrote; `false` if there was none. */
export async function stopBackground(name: string): Promise<boolean> {
  const state = readState(name);
  if (state === undefined) return false;
  for (const pid of await runningPids(state)) process.kill(pid, "SIGKILL");
  while ((await runningPids(state)).length > 0) await sleep(20);
  if (!basename(state.directory).startsWith(directoryPrefix)) {
    throw new SetupError(`Cannot delete "${state.directory}": it is not a directory of ours`);
  }
  rmSync(state.directory, { recursive: true, force: true });
  rmSync(stateFile(name), { force: true });
  return true;
}

/** Writes a file so that a reader sees either nothing or all of it. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

function stateFile(name: string): string {
  if (!/^[\w.-]+$/.test(name)) {
    throw new SetupError(`Cannot use the name "${name}": letters, digits, ".", "_" and "-" only`);
  }
  return join(cacheFolder(), "kafka", `running-${name}.json`);
}

function readState(name: string): Background | undefined {
  const file = stateFile(name);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as Background : undefined;
}

/** A number may have gone to another process since: only one whose command line names our directory is ours. */
async function runningPids(state: Background): Promise<number[]> {
  const pids = [...state.pids, ...state.schemaRegistry === undefined ? [] : [state.schemaRegistry.pid]];
  const commands = await Promise.all(pids.map(commandLine));
  return pids.filter((_, index) => commands[index]!.includes(state.directory));
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === "linux") {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return ""; // no such process
    }
  }
  const outcome = await run("ps", ["-ww", "-o", "args=", "-p", String(pid)]);
  if (outcome === undefined) throw new SetupError('Cannot look for running brokers: "ps" was not found');
  return outcome.stdout;
}
