/** The facts of the machine and its software, without which the figures say nothing. */
import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, release, totalmem, type } from "node:os";
import { must } from "../checks/process.ts";
import { findJava } from "../kafka/jars.ts";

/** What the figures were measured on. The runtimes' versions are in the lines of the runs. */
export interface Machine {
  readonly type: "machine";
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly system: string;
  readonly java: string;
  /** Kafka's version, or "given" if the cluster was running already. */
  readonly kafka: string;
  readonly compiler: string;
  /** Runnable processes over the last minute, before the first run: near 0 on a quiet machine. */
  readonly loadBefore: number;
}

/** Asks the machine. */
export async function describeMachine(known: { kafka: string; compiler: string }): Promise<Machine> {
  const java = await must(await findJava(), ["--version"]);
  return { ...machineFacts(), java: java.split("\n")[0] ?? "unknown", ...known };
}

/** The facts of the machine alone. */
export function machineFacts(): Omit<Machine, "java" | "kafka" | "compiler"> {
  const processors = cpus();
  return {
    type: "machine",
    date: new Date().toISOString(),
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()} ${arch()}`,
    system: /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown",
    loadBefore: loadavg()[0] ?? 0,
  };
}
