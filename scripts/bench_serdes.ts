/**
 * `deno task bench:serdes`: measures the serializers and deserializers of the Schema Registry's three formats on each runtime,
 * beside those of confluent-kafka-python and of `@confluentinc/schemaregistry`, in operations per second of processor time.
 *
 * One process for each run, each with a registry in memory; the clients take turns in every round, and each checks that what it
 * writes decodes to the same value before it measures. JSON lines go to stdout, the progress to stderr. Options:
 *
 *     --clients deno,bun,node26,python,javascript    default: all
 *     --workloads avro-serialize,…                   default: all, see `bench/serdes/job.ts`
 *     --rounds 5  --seconds 1                        rounds, and how long each run measures, after half as long to warm up
 *     --out FILE                                     the JSON lines, besides stdout
 *     --table FILE                                   the figures as Markdown
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machineFacts } from "./bench/machine.ts";
import { orderOf } from "./bench/rounds.ts";
import { type Contender, makers } from "./bench/serdes/contenders.ts";
import { makeContent } from "./bench/serdes/content.ts";
import { formatOf, type Job, type Outcome, type Workload, workloads } from "./bench/serdes/job.ts";
import { formatTable, type RunRecord, summarize } from "./bench/serdes/summary.ts";
import { must } from "./checks/process.ts";
import { ensureTools } from "./checks/tools.ts";
import { main, SetupError } from "./setup/command.ts";

const runTimeoutMs = 120_000;

await main(bench);

async function bench(): Promise<number> {
  const { values } = parseArgs({
    options: {
      clients: { type: "string", default: Object.keys(makers).join() },
      workloads: { type: "string", default: workloads.join() },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
      out: { type: "string" },
      table: { type: "string" },
    },
  });
  const chosen = choose("--workloads", values.workloads, workloads);
  const names = choose("--clients", values.clients, Object.keys(makers));
  const [rounds, seconds] = [amount("--rounds", values.rounds), amount("--seconds", values.seconds)];
  await ensureTools();
  const contenders: Contender[] = [];
  for (const name of names) contenders.push(await makers[name]!());

  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-bench-"));
  const lines: string[] = [];
  const write = (line: object): void => {
    lines.push(`${JSON.stringify(line)}\n`);
    console.log(JSON.stringify(line));
    // Written anew each time, so that a run that is cut short leaves what it has.
    if (values.out !== undefined) writeFileSync(values.out, lines.join(""));
  };
  try {
    const content = join(folder, "content.json");
    writeFileSync(content, JSON.stringify(makeContent()));
    const machine = machineFacts();
    write(machine);
    const records: RunRecord[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const workload of chosen) {
        const able = contenders.filter((contender) => contender.does(workload));
        for (const contender of able.length === 0 ? [] : orderOf(able, round - 1)) {
          const record = await play(contender, { workload, seconds, content }, round);
          records.push(record);
          write(record);
          console.error(describe(record));
        }
      }
    }
    checkSizes(records);
    const ours = contenders.filter(({ isOurs }) => isOurs).map(({ name }) => name);
    const summaries = summarize(inOrder(records, chosen, names), ours);
    for (const summary of summaries) write(summary);
    const table = formatTable(machine, records, summaries);
    if (values.table !== undefined) writeFileSync(values.table, table);
    console.error(table);
    return records.some(({ error }) => error !== undefined) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function play(contender: Contender, job: Job, round: number): Promise<RunRecord> {
  const known = { type: "run", workload: job.workload, client: contender.name, round } as const;
  try {
    const { file, args, env = {} } = contender.command(job);
    const output = await must(file, args, { env, timeoutMs: runTimeoutMs });
    return { ...known, ...JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Outcome };
  } catch (error) {
    return { ...known, error: error instanceof Error ? error.message : String(error) };
  }
}

/** In Avro and Protobuf the records take the same bytes whoever writes them; JSON may have spaces. */
function checkSizes(records: readonly RunRecord[]): void {
  for (const format of ["avro", "protobuf"]) {
    const runs = records.filter(({ workload, error }) => formatOf(workload) === format && error === undefined);
    const sizes = new Set(runs.map(({ wireBytes }) => wireBytes));
    if (sizes.size > 1) throw new Error(`The clients do not write the same ${format}: ${[...sizes].join()} bytes`);
  }
}

function inOrder(records: readonly RunRecord[], chosen: readonly Workload[], names: readonly string[]): RunRecord[] {
  return chosen.flatMap((workload) =>
    names.flatMap((name) => records.filter((run) => run.workload === workload && run.client === name))
  );
}

function choose<T extends string>(option: string, text: string, all: readonly T[]): T[] {
  return text.split(",").map((name) => {
    const found = all.find((one) => one === name);
    if (found === undefined) throw new SetupError(`Cannot use "${name}" for ${option}: choose from ${all.join(", ")}`);
    return found;
  });
}

function amount(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new SetupError(`Cannot use "${text}" for ${option}: expected a number above 0`);
  return value;
}

function describe(run: RunRecord): string {
  const what = `${run.workload} ${run.client} round ${run.round}`;
  if (run.error !== undefined) return `${what}: FAILED: ${run.error}`;
  const rate = (run.counted ?? 0) / (run.cpuSeconds ?? 0);
  return `${what}: ${(rate / 1000).toFixed(0)} k per CPU second (${run.cpuSeconds?.toFixed(2)} s in ${
    run.seconds?.toFixed(2)
  } s)`;
}
