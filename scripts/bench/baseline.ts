/** Builds the C programs against the shared library the other clients load, and runs them. */
import { join } from "node:path";
import process from "node:process";
import { must, root } from "../checks/process.ts";
import { formatJob, type Job } from "./job.ts";

/** A program to start for one run. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The C programs, built for one library. */
export interface Baseline {
  /** What the compiler says it is. */
  readonly compiler: string;
  command(job: Job): Command;
  createTopic(bootstrapServers: string, topic: string, partitions: number): Promise<void>;
  deleteTopic(bootstrapServers: string, topic: string): Promise<void>;
}

/** Compiles `baseline.c` and `topics.c` into a folder; `CC` names another compiler than `cc`. */
export async function buildBaseline(library: string, folder: string): Promise<Baseline> {
  const cc = process.env["CC"] ?? "cc";
  const compiler = (await must(cc, ["--version"])).split("\n")[0]!;
  for (const program of ["baseline", "topics"]) {
    const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"];
    await must(cc, [...flags, `${root}scripts/bench/${program}.c`, library, "-o", join(folder, program)]);
  }
  // The library's name for itself is not that of its file, so the loader would not find it; preloaded, it is there already.
  const env = { LD_PRELOAD: library };
  const topics = async (...args: string[]): Promise<void> => {
    await must(join(folder, "topics"), args, { env, timeoutMs: 90_000 });
  };
  return {
    compiler,
    command: (job) => ({ file: join(folder, "baseline"), args: formatJob(job), env }),
    createTopic: (servers, topic, partitions) => topics(servers, "create", topic, String(partitions)),
    deleteTopic: (servers, topic) => topics(servers, "delete", topic, "0"),
  };
}
