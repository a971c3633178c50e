/** Makes of all runs the figures that are shown, and says whether each reaches what was asked of it. */
import type { Machine } from "../machine.ts";
import { type Spread, spread } from "../summary.ts";
import { type Outcome, plainOf, type Workload } from "./job.ts";

/** One run, as it is written to the output. */
export interface RunRecord extends Partial<Outcome> {
  readonly type: "run";
  readonly workload: Workload;
  readonly client: string;
  readonly round: number;
  /** Why it failed; such a run is not counted. */
  readonly error?: string;
}

/** The figures of one client in one workload. */
export interface Summary {
  readonly type: "summary";
  readonly workload: Workload;
  readonly client: string;
  readonly runs: number;
  readonly failed: number;
  /** Operations per second of processor time. */
  readonly rate?: Spread;
  /** Of ours: the rate divided by that of another in the same round. */
  readonly ofPython?: Spread;
  readonly ofJavascript?: Spread;
  /** Of ours: what those are at least to be, and whether their medians are. */
  readonly bar?: Bar;
  readonly reachesBar?: boolean;
}

/** How many times as fast as each of the others; 0 where nothing was asked. */
export interface Bar {
  readonly python: number;
  readonly javascript: number;
}

const bars: Readonly<Record<Workload, Bar>> = {
  "avro-serialize": { python: 10, javascript: 10 },
  "avro-serialize-sync": { python: 15, javascript: 15 },
  "avro-encode-into": { python: 20, javascript: 20 },
  "avro-deserialize": { python: 10, javascript: 10 },
  "avro-deserialize-sync": { python: 10, javascript: 10 },
  "json-serialize": { python: 5, javascript: 5 },
  "json-deserialize": { python: 5, javascript: 5 },
  "protobuf-serialize": { python: 2, javascript: 10 },
  "protobuf-deserialize": { python: 5, javascript: 0 },
};

/** One summary for each client in each workload that it did. */
export function summarize(records: readonly RunRecord[], ours: readonly string[]): Summary[] {
  const groups = Map.groupBy(records, ({ workload, client }) => `${workload} ${client}`);
  return [...groups.values()].map((group) => {
    const { workload, client } = group[0]!;
    const good = group.filter(({ error }) => error === undefined);
    const known = { type: "summary", workload, client, runs: good.length, failed: group.length - good.length } as const;
    const rate = over(good, rateOf);
    if (!ours.includes(client)) return { ...known, ...rate && { rate } };
    const ofPython = over(good, (run) => ratio(run, "python", records));
    const ofJavascript = over(good, (run) => ratio(run, "javascript", records));
    const bar = bars[workload];
    const reachesBar = (ofPython?.median ?? 0) >= bar.python && (ofJavascript?.median ?? 0) >= bar.javascript;
    return {
      ...known,
      ...rate && { rate },
      ...ofPython && { ofPython },
      ...ofJavascript && { ofJavascript },
      ...ofPython && ofJavascript && { bar, reachesBar },
    };
  });
}

function over(runs: readonly RunRecord[], figure: (run: RunRecord) => number | undefined): Spread | undefined {
  return spread(runs.map(figure).filter((value) => value !== undefined));
}

function ratio(run: RunRecord, client: string, records: readonly RunRecord[]): number | undefined {
  const other = records.find((one) =>
    one.client === client && one.round === run.round && one.workload === plainOf(run.workload)
  );
  const [rate, unit] = [rateOf(run), other && rateOf(other)];
  return rate === undefined || unit === undefined ? undefined : rate / unit;
}

function rateOf({ counted, cpuSeconds }: RunRecord): number | undefined {
  return counted === undefined || !cpuSeconds ? undefined : counted / cpuSeconds;
}

/** Writes the facts and one row for each client of each workload. */
export function formatTable(machine: SerdeMachine, records: readonly RunRecord[], all: readonly Summary[]): string {
  const nameOf = (client: string): string =>
    records.find((run) => run.client === client && run.runtime)?.runtime ?? client;
  const facts = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.system}, ${machine.kernel}`,
    `measured on ${machine.date.slice(0, 10)}, load before the first run ${machine.loadBefore.toFixed(2)}`,
  ];
  const head = ["Workload", "Serdes", "k per CPU second", "of Python", "of JavaScript", "Bar"];
  const rows = all.map((one) => [
    one.workload,
    nameOf(one.client),
    show(one.rate, (value) => (value / 1e3).toFixed(0)),
    show(one.ofPython, times),
    show(one.ofJavascript, times),
    one.bar === undefined ? "" : `${textOf(one.bar)} ${one.reachesBar ? "reached" : "**missed**"}`,
  ]);
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${facts.map((fact) => `- ${fact}`).join("\n")}\n\n${lines.join("\n")}\n`;
}

/** What is said of the machine. */
export type SerdeMachine = Omit<Machine, "java" | "kafka" | "compiler">;

function textOf({ python, javascript }: Bar): string {
  if (javascript === 0) return `${python}× Python`;
  return python === javascript ? `${python}×` : `${python}× and ${javascript}×`;
}

function times(value: number): string {
  return `${value.toFixed(1)}×`;
}

function show(figure: Spread | undefined, format: (value: number) => string): string {
  if (figure === undefined) return "";
  return `${format(figure.median)} [${format(figure.min).replace("×", "")}–${format(figure.max).replace("×", "")}]`;
}
