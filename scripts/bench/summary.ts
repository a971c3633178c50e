/** Makes of all runs the few figures that are shown: median and spread for each client and workload. */
import type { Outcome, Workload } from "./job.ts";

/** One run, as it is written to the output. */
export interface RunRecord extends Partial<Outcome> {
  readonly type: "run";
  readonly workload: Workload;
  readonly client: string;
  readonly round: number;
  /** A run of a warm-up round is not counted. */
  readonly warmUp: boolean;
  /** Why it failed; such a run is not counted either. */
  readonly error?: string;
}

/** A median and what it lies between. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The figures of one client in one workload. */
export interface Summary {
  readonly type: "summary";
  readonly workload: Workload;
  readonly client: string;
  readonly runs: number;
  readonly failed: number;
  /** Messages per second. */
  readonly rate?: Spread;
  /** The rate divided by that of C in the same round; for `send-latency` the median latency divided by C's. */
  readonly ofC?: Spread;
  /** The rate divided by that of AIOProducer in the same round. */
  readonly ofAio?: Spread;
  readonly cpuSecondsPerMillion?: Spread;
  /** For `idle`, in the seconds it lasted. */
  readonly cpuSeconds?: Spread;
  readonly p50Ms?: Spread;
  readonly p99Ms?: Spread;
  /** What a statistics handler costs at one call a second, in percent of one processor core. */
  readonly statisticsPercent?: Spread;
  readonly peakRssBytes?: Spread;
}

/** Median, least and greatest of some figures. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined || min === undefined || max === undefined) return undefined;
  return { median: (low + high) / 2, min, max };
}

/** One summary for each of these clients in each workload that it did. */
export function summarize(records: readonly RunRecord[], clients: readonly string[]): Summary[] {
  const counted = records.filter((record) => !record.warmUp);
  const workloads = [...new Set(counted.map((record) => record.workload))];
  return workloads.flatMap((workload) =>
    clients.flatMap((client) => {
      const group = counted.filter((record) => record.workload === workload && record.client === client);
      return group.length === 0 ? [] : [summarizeGroup(group, counted)];
    })
  );
}

function summarizeGroup(group: readonly RunRecord[], all: readonly RunRecord[]): Summary {
  const { workload, client } = group[0]!;
  const good = group.filter((run) => run.error === undefined);
  const over = (figure: (run: RunRecord) => number | undefined): Spread | undefined =>
    spread(good.map(figure).filter((value) => value !== undefined));
  const timed = workload === "send-latency" ? (run: RunRecord) => run.p50Ms : rateOf;
  const ratioTo = (other: string) => (run: RunRecord): number | undefined => {
    const sameRound = all.filter((one) => one.workload === workload && one.round === run.round);
    const unit = sameRound.find((one) => one.client === other && one.error === undefined);
    return divide(timed(run), unit && timed(unit));
  };
  const figures = {
    rate: over(rateOf),
    ofC: workload === "idle" ? undefined : over(ratioTo("c")),
    ofAio: client.startsWith("aio") ? undefined : over(ratioTo("aio")),
    cpuSecondsPerMillion: over((run) => divide(run.cpuSeconds, run.counted && run.counted / 1e6)),
    cpuSeconds: workload === "idle" ? over((run) => run.cpuSeconds) : undefined,
    p50Ms: over((run) => run.p50Ms),
    p99Ms: over((run) => run.p99Ms),
    statisticsPercent: over((run) => run.statisticsPercent),
    peakRssBytes: over((run) => run.peakRssBytes),
  };
  const known = Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
  return { type: "summary", workload, client, runs: good.length, failed: group.length - good.length, ...known };
}

function rateOf(run: RunRecord): number | undefined {
  return divide(run.counted, run.seconds) || undefined;
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || !b ? undefined : a / b;
}
