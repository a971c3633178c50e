/**
 * `deno task bench`: measures this library on each runtime beside a C program on the same librdkafka, against a real Kafka.
 *
 * One process for each run; the clients take turns in every round, and every message is checked. JSON lines go to stdout, the
 * progress to stderr. With `KAFKA_BOOTSTRAP_SERVERS` set, that Kafka is used and none is started. Linux only. Options:
 *
 *     --clients c,deno,bun,node26,…        default: all
 *     --workloads produce-batch,…          default: all, see `bench/job.ts`
 *     --rounds 5  --warm-up 1              rounds that count, and rounds before them
 *     --messages 2000000                   in each run; --latency-sends 3000 and --idle-seconds 5 for those workloads
 *     --batch 8192  --in-flight 8          messages in a batch, and batches on their way at a time
 *     --window 32768                       messages on their way at a time, where they are sent one by one
 *     --pause-ms 1000                      rest after each run
 *     --out FILE                           the JSON lines, besides stdout
 *     --table FILE                         the figures as Markdown
 *     --quick                              one short round: shows that everything works, measures nothing
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { libraryCandidates } from "../ffi/library.ts";
import { buildBaseline } from "./bench/baseline.ts";
import { type Contender, makers } from "./bench/contenders.ts";
import { workloads } from "./bench/job.ts";
import { describeMachine } from "./bench/machine.ts";
import { type Plan, playRounds, warmBroker } from "./bench/rounds.ts";
import { type RunRecord, summarize } from "./bench/summary.ts";
import { formatTable } from "./bench/table.ts";
import { must } from "./checks/process.ts";
import { deno, ensureTools } from "./checks/tools.ts";
import { bootstrapVariable, startKafka } from "./kafka.ts";
import { kafka as kafkaPin } from "./pins.ts";
import { main, SetupError } from "./setup/command.ts";

await main(bench);

async function bench(): Promise<number> {
  const { values } = parseArgs({
    options: {
      clients: { type: "string", default: Object.keys(makers).join() },
      workloads: { type: "string", default: workloads.join() },
      rounds: { type: "string" },
      "warm-up": { type: "string" },
      messages: { type: "string" },
      "latency-sends": { type: "string" },
      "idle-seconds": { type: "string" },
      batch: { type: "string", default: "8192" },
      "in-flight": { type: "string", default: "8" },
      window: { type: "string", default: "32768" },
      "pause-ms": { type: "string" },
      out: { type: "string" },
      table: { type: "string" },
      quick: { type: "boolean", default: false },
    },
  });
  if (process.platform !== "linux") {
    throw new SetupError("Cannot measure here: the C program and the figures are Linux's");
  }
  const chosen = choose("--workloads", values.workloads, workloads);
  const names = choose("--clients", values.clients, Object.keys(makers));
  const or = (
    option: "rounds" | "warm-up" | "messages" | "latency-sends" | "idle-seconds" | "pause-ms",
    usual: number,
    quick: number,
  ): number => values[option] === undefined ? (values.quick ? quick : usual) : count(`--${option}`, values[option]);
  const amounts = {
    messages: or("messages", 2_000_000, 100_000),
    latencySends: or("latency-sends", 3000, 300),
    idleSeconds: or("idle-seconds", 5, 1),
    rounds: or("rounds", 5, 1),
    warmUpRounds: or("warm-up", 1, 0),
    pauseMs: or("pause-ms", 1000, 100),
    batchSize: count("--batch", values.batch),
    batchesInFlight: count("--in-flight", values["in-flight"]),
    window: count("--window", values.window),
  };

  await ensureTools();
  const library = await findLibrary();
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-bench-"));
  const given = process.env[bootstrapVariable];
  const lines: string[] = [];
  const write = (line: object): void => {
    lines.push(`${JSON.stringify(line)}\n`);
    console.log(JSON.stringify(line));
    // Written anew each time, so that a run that is cut short leaves what it has.
    if (values.out !== undefined) writeFileSync(values.out, lines.join(""));
  };
  try {
    const baseline = await buildBaseline(library, folder);
    const contenders: Contender[] = [];
    for (const name of names) contenders.push(await makers[name]!({ baseline, folder }));
    const machine = await describeMachine({ kafka: given ? "given" : kafkaPin.version, compiler: baseline.compiler });
    write(machine);
    const kafka = given ? undefined : await startKafka({ brokers: 1, javaOptions: ["-Xms1g", "-Xmx1g"] });
    try {
      const plan: Plan = { ...amounts, library, bootstrapServers: given ?? kafka!.bootstrapServers };
      write({ type: "plan", ...amounts, clients: names, workloads: chosen });
      if (!values.quick) await warmBroker(baseline, plan);
      const records: RunRecord[] = [];
      const onRecord = (record: RunRecord): void => {
        records.push(record);
        write(record);
        console.error(describe(record));
      };
      for (const workload of chosen) await playRounds(workload, contenders, { baseline, plan, onRecord });
      const summaries = summarize(records, names);
      for (const summary of summaries) write(summary);
      const table = formatTable({ machine, records, summaries });
      if (values.table !== undefined) writeFileSync(values.table, table);
      console.error(table);
      return records.some((record) => record.error !== undefined) ? 1 : 0;
    } finally {
      await kafka?.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The file of the library that every client is told to load; it is fetched if there is none. */
async function findLibrary(): Promise<string> {
  const find = (): string | undefined =>
    libraryCandidates().find(({ path }) => isAbsolute(path) && existsSync(path))?.path;
  const found = find();
  if (found !== undefined) return found;
  await must(deno, ["run", "-A", "scripts/setup.ts", "--quiet"]);
  const fetched = find();
  if (fetched === undefined) throw new SetupError("Cannot find librdkafka: name its file in LIBRDKAFKA_PATH");
  return fetched;
}

function choose<T extends string>(option: string, text: string, all: readonly T[]): T[] {
  return text.split(",").map((name) => {
    const found = all.find((one) => one === name);
    if (found === undefined) throw new SetupError(`Cannot use "${name}" for ${option}: choose from ${all.join(", ")}`);
    return found;
  });
}

function count(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new SetupError(`Cannot use "${text}" for ${option}: expected a whole number`);
  return Number(text);
}

function describe(run: RunRecord): string {
  const what = `${run.workload} ${run.client} round ${run.round}${run.warmUp ? " (warm-up)" : ""}`;
  if (run.error !== undefined) return `${what}: FAILED: ${run.error}`;
  const rate = run.counted && run.seconds ? `${Math.round(run.counted / run.seconds)}/s, ` : "";
  const latency = run.p50Ms === undefined ? "" : `p50 ${run.p50Ms.toFixed(3)} ms, p99 ${run.p99Ms?.toFixed(3)} ms, `;
  return `${what}: ${rate}${latency}${run.cpuSeconds?.toFixed(3)} s of CPU in ${run.seconds?.toFixed(3)} s`;
}
