/** What one run of one client is asked to do, as the runner writes it on a command line and every client reads it. */

/** The names of the workloads, in the order they are run. */
export const workloads = [
  "produce-batch",
  "produce-header",
  "produce-each",
  "send-each",
  "send-each-header",
  "consume-batch",
  "consume-header",
  "consume-each",
  "send-latency",
  "statistics",
  "idle",
] as const;

/** One of {@link workloads}. */
export type Workload = (typeof workloads)[number];

/** Whether each message of a workload has a header. */
export function hasHeader(workload: Workload): boolean {
  return workload.endsWith("-header");
}

/** One run of one client. */
export interface Job {
  readonly workload: Workload;
  readonly topic: string;
  readonly group: string;
  readonly partitions: number;
  /** Messages to send or to read; for `send-latency` the sends that are measured. */
  readonly messages: number;
  readonly valueSize: number;
  /** Messages in one call, for clients that send or read several at once. */
  readonly batchSize: number;
  /** Batches sent and not yet answered, for clients that send in batches. */
  readonly batchesInFlight: number;
  /** Messages sent and not yet answered, for clients that send them one by one and wait for answers. */
  readonly window: number;
  readonly idleSeconds: number;
  /** librdkafka's properties for both roles; `producer.` or `consumer.` before a name keeps it to one role. */
  readonly settings: Readonly<Record<string, string>>;
  /** The shared library to use. */
  readonly library: string;
}

/** What a client prints, as one JSON line, when every message was accounted for. */
export interface Outcome {
  /** The runtime and its version. */
  readonly runtime: string;
  readonly librdkafka?: string;
  readonly messages: number;
  /** The messages that passed while the clock ran: the first message read (or batch of them) starts it and is not among them. */
  readonly counted: number;
  readonly seconds: number;
  /** User and system time of the whole process while the clock ran. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** What a statistics handler costs at one call a second, in percent of one processor core. */
  readonly statisticsPercent?: number;
}

/** Writes a job as `name=value` arguments: names that begin with `bench.` are ours, all others are librdkafka's. */
export function formatJob(job: Job): string[] {
  return [
    `bench.workload=${job.workload}`,
    `bench.topic=${job.topic}`,
    `bench.group=${job.group}`,
    `bench.partitions=${job.partitions}`,
    `bench.messages=${job.messages}`,
    `bench.value.size=${job.valueSize}`,
    `bench.batch.size=${job.batchSize}`,
    `bench.batches.in.flight=${job.batchesInFlight}`,
    `bench.window=${job.window}`,
    `bench.idle.seconds=${job.idleSeconds}`,
    `bench.library=${job.library}`,
    ...Object.entries(job.settings).map(([name, value]) => `${name}=${value}`),
  ];
}

/** Reads what {@link formatJob} wrote. */
export function parseJob(args: readonly string[]): Job {
  const ours = new Map<string, string>();
  const settings: Record<string, string> = {};
  for (const argument of args) {
    const equals = argument.indexOf("=");
    if (equals < 0) throw new Error(`Cannot read the argument "${argument}": expected name=value`);
    const name = argument.slice(0, equals);
    if (name.startsWith("bench.")) ours.set(name.slice("bench.".length), argument.slice(equals + 1));
    else settings[name] = argument.slice(equals + 1);
  }
  const text = (name: string): string => {
    const value = ours.get(name);
    if (value === undefined) throw new Error(`Cannot start without the argument "bench.${name}"`);
    return value;
  };
  const count = (name: string): number => {
    const value = Number(text(name));
    if (!Number.isSafeInteger(value)) {
      throw new Error(`Cannot use "bench.${name}=${text(name)}": expected a whole number`);
    }
    return value;
  };
  const workload = workloads.find((name) => name === text("workload"));
  if (workload === undefined) throw new Error(`Unknown workload "${text("workload")}"`);
  return {
    workload,
    topic: text("topic"),
    group: text("group"),
    partitions: count("partitions"),
    messages: count("messages"),
    valueSize: count("value.size"),
    batchSize: count("batch.size"),
    batchesInFlight: count("batches.in.flight"),
    window: count("window"),
    idleSeconds: count("idle.seconds"),
    settings,
    library: text("library"),
  };
}

/** The properties of a job that one role takes, with numbers and booleans as such. */
export function settingsFor(job: Job, role: "producer" | "consumer"): Record<string, string | number | boolean> {
  const other = role === "producer" ? "consumer." : "producer.";
  const result: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(job.settings)) {
    if (name.startsWith(other)) continue;
    const own = name.startsWith(`${role}.`) ? name.slice(role.length + 1) : name;
    if (value === "true" || value === "false") result[own] = value === "true";
    else result[own] = /^-?\d+$/.test(value) ? Number(value) : value;
  }
  return result;
}
