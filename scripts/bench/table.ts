/** The Markdown table that shows the figures, with the facts they depend on above it. */
import type { Machine } from "./machine.ts";
import type { RunRecord, Spread, Summary } from "./summary.ts";

/** What the table is made of. */
export interface Results {
  readonly machine: Machine;
  readonly records: readonly RunRecord[];
  readonly summaries: readonly Summary[];
}

/** Writes the facts and one row for each client of each workload. */
export function formatTable({ machine, records, summaries }: Results): string {
  const runtimes = [...new Set(records.flatMap((run) => run.runtime === undefined ? [] : [run.runtime]))];
  const librdkafka = records.find((run) => run.librdkafka !== undefined)?.librdkafka ?? "unknown";
  const most = Math.max(0, ...records.map((run) => run.messages ?? 0));
  const facts = [
    `${most.toLocaleString("en")} messages a run (fewer for send-latency), values of 100 bytes, 4 partitions, acks=all`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.system}, ${machine.kernel}`,
    `librdkafka ${librdkafka}; Kafka ${machine.kafka} on ${machine.java}, one broker on the same machine`,
    `${runtimes.join(", ")}; ${machine.compiler}`,
    `measured on ${machine.date.slice(0, 10)}, load before the first run ${machine.loadBefore.toFixed(2)}`,
  ];
  const hasAio = summaries.some((summary) => summary.ofAio !== undefined);
  const rows = summaries.map((summary) => [
    summary.workload,
    nameOf(summary.client, records),
    speed(summary),
    show(summary.ofC, (value) => `${value.toFixed(2)}×`),
    ...(hasAio ? [show(summary.ofAio, (value) => `${value.toFixed(1)}×`)] : []),
    cpu(summary),
    show(summary.peakRssBytes, (value) => `${(value / 1e6).toFixed(0)} MB`),
    String(summary.runs) + (summary.failed > 0 ? ` (${summary.failed} failed)` : ""),
  ]);
  const head = [
    "Workload",
    "Client",
    "Speed",
    "of C",
    ...(hasAio ? ["of AIOProducer"] : []),
    "CPU",
    "Peak memory",
    "Runs",
  ];
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${
    facts.map((fact) => `- ${fact}`).join("\n")
  }\n\nMedian [least–greatest] of the runs; "of C" divides by the C program of the same round (for send-latency the p50: more is slower).\n\n${
    lines.join("\n")
  }\n`;
}

function nameOf(client: string, records: readonly RunRecord[]): string {
  return records.find((run) => run.client === client && run.runtime !== undefined)?.runtime ?? client;
}

function speed(summary: Summary): string {
  if (summary.workload === "send-latency") {
    const ms = (value: number): string => `${value.toFixed(3)} ms`;
    return `p50 ${show(summary.p50Ms, ms)}, p99 ${show(summary.p99Ms, ms)}`;
  }
  // One unit for a figure and its spread.
  const isMillions = (summary.rate?.median ?? 0) >= 1e6;
  return show(
    summary.rate,
    (value) => isMillions ? `${(value / 1e6).toFixed(2)} M/s` : `${(value / 1e3).toFixed(0)} k/s`,
  );
}

function cpu(summary: Summary): string {
  if (summary.statisticsPercent !== undefined) {
    return show(summary.statisticsPercent, (value) => `${value.toFixed(2)} % of a core for statistics`);
  }
  if (summary.cpuSeconds !== undefined) return show(summary.cpuSeconds, (value) => `${value.toFixed(3)} s in all`);
  return show(summary.cpuSecondsPerMillion, (value) => `${value.toFixed(2)} s per million`);
}

function show(figure: Spread | undefined, format: (value: number) => string): string {
  if (figure === undefined) return "–";
  const bare = (value: number): string => format(value).replace(/[^-\d.].*$/, "");
  return `${format(figure.median)} [${bare(figure.min)}–${bare(figure.max)}]`;
}
