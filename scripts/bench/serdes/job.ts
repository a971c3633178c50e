/** What one run of a serde is asked to do, as the runner writes it on a command line, and what it prints. */

/** The names of the workloads, in the order they are run. */
export const workloads = [
  "avro-serialize",
  "avro-serialize-sync",
  "avro-encode-into",
  "avro-deserialize",
  "avro-deserialize-sync",
  "json-serialize",
  "json-deserialize",
  "protobuf-serialize",
  "protobuf-deserialize",
] as const;

/** One of {@link workloads}. */
export type Workload = (typeof workloads)[number];

/** Which of its serdes a client measures. */
export type Format = "avro" | "json" | "protobuf";

/** The format of a workload. */
export function formatOf(workload: Workload): Format {
  return workload.split("-")[0] as Format;
}

/** The plain call that a workload without a promise stands beside: what others have is measured in that one. */
export function plainOf(workload: Workload): Workload {
  return workload.startsWith("avro-deserialize")
    ? "avro-deserialize"
    : workload.startsWith("avro-")
    ? "avro-serialize"
    : workload;
}

/** One run of one client. */
export interface Job {
  readonly workload: Workload;
  /** How long is measured, after half as long to warm up. */
  readonly seconds: number;
  /** The file with what `content.ts` makes. */
  readonly content: string;
}

/** What a client prints, as one JSON line. */
export interface Outcome {
  /** The client's name and version, with the runtime's. */
  readonly runtime: string;
  /** Operations that were measured. */
  readonly counted: number;
  readonly seconds: number;
  /** User and system time of the whole process meanwhile. */
  readonly cpuSeconds: number;
  /** The bytes of all records together. */
  readonly wireBytes: number;
}

/** Writes a job as arguments: the workload, the seconds and the file. */
export function formatJob({ workload, seconds, content }: Job): string[] {
  return [workload, String(seconds), content];
}

/** Reads what {@link formatJob} wrote. */
export function parseJob([workload, seconds, content]: readonly string[]): Job {
  if (workload === undefined || seconds === undefined || content === undefined) {
    throw new Error("Cannot measure: a workload, the seconds and a file are wanted");
  }
  return { workload: workload as Workload, seconds: Number(seconds), content };
}
