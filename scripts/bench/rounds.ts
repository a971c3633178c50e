/** Plays the rounds of a workload: every client once in each, in an order that changes, on topics made for the purpose. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../checks/process.ts";
import type { Baseline, Command } from "./baseline.ts";
import type { Contender } from "./contenders.ts";
import { hasHeader, type Job, type Outcome, type Workload } from "./job.ts";
import { settingsOf } from "./settings.ts";
import type { RunRecord } from "./summary.ts";

/** How much of everything. */
export interface Plan {
  readonly bootstrapServers: string;
  readonly library: string;
  readonly messages: number;
  /** Sends that are measured one by one. */
  readonly latencySends: number;
  readonly batchSize: number;
  readonly batchesInFlight: number;
  readonly window: number;
  readonly idleSeconds: number;
  readonly rounds: number;
  /** Rounds before those that count. */
  readonly warmUpRounds: number;
  /** A rest after each run, in which the broker finishes what it was given. */
  readonly pauseMs: number;
}

const partitions = 4;
const valueSize = 100;
const runTimeoutMs = 180_000;

/** Has the broker's own compiler do its work before anything is measured: cold, it takes half the messages. */
export async function warmBroker(baseline: Baseline, plan: Plan): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const job = newJob("produce-batch", plan);
    await withTopic(baseline, plan, job.topic, async () => {
      await start(baseline.command(job));
      await start(baseline.command({ ...newJob("consume-batch", plan), topic: job.topic }));
      await sleep(plan.pauseMs);
    });
  }
}

/** Plays all rounds of a workload and hands out each run's record as it ends. */
export async function playRounds(
  workload: Workload,
  contenders: readonly Contender[],
  { baseline, plan, onRecord }: { baseline: Baseline; plan: Plan; onRecord: (record: RunRecord) => void },
): Promise<void> {
  const able = contenders.filter((contender) => contender.workloads?.includes(workload) ?? true);
  for (let round = 1 - plan.warmUpRounds; round <= plan.rounds; round++) {
    const play = async (contender: Contender, job: Job): Promise<void> => {
      const known = { type: "run", workload, client: contender.name, round, warmUp: round < 1 } as const;
      try {
        const outcome = await start(contender.command(job));
        if (workload !== "idle" && outcome.messages !== job.messages) {
          throw new Error(`The client reports ${outcome.messages} messages instead of ${job.messages}`);
        }
        if (writes(workload)) {
          const reading = hasHeader(workload) && !contender.refusesHeaders ? "consume-header" : "consume-batch";
          await start(baseline.command({ ...verification(job, plan), workload: reading }));
        }
        onRecord({ ...known, ...outcome });
      } catch (error) {
        onRecord({ ...known, error: error instanceof Error ? error.message : String(error) });
      }
      await sleep(plan.pauseMs);
    };
    const order = orderOf(able, round + plan.warmUpRounds - 1);
    if (workload.startsWith("consume-")) {
      const filling = newJob(hasHeader(workload) ? "produce-header" : "produce-batch", plan);
      await withTopic(baseline, plan, filling.topic, async () => {
        await start(baseline.command(filling));
        await sleep(plan.pauseMs);
        for (const contender of order) await play(contender, { ...newJob(workload, plan), topic: filling.topic });
      });
    } else {
      for (const contender of order) {
        const job = newJob(workload, plan);
        await withTopic(baseline, plan, job.topic, () => play(contender, job));
      }
    }
  }
}

/** Every other round runs backwards, and each pair of rounds begins with another client: ABBA for two of them. */
export function orderOf<T>(items: readonly T[], round: number): T[] {
  const first = (round >> 1) % items.length;
  const rotated = [...items.slice(first), ...items.slice(0, first)];
  return round % 2 === 0 ? rotated : rotated.reverse();
}

function newJob(workload: Workload, plan: Plan): Job {
  const name = `bench-${workload}-${randomUUID()}`;
  return {
    workload,
    topic: name,
    group: name,
    partitions,
    messages: workload === "send-latency" ? plan.latencySends : plan.messages,
    valueSize,
    batchSize: plan.batchSize,
    batchesInFlight: plan.batchesInFlight,
    window: plan.window,
    idleSeconds: plan.idleSeconds,
    settings: settingsOf(workload, plan.bootstrapServers),
    library: plan.library,
  };
}

function writes(workload: Workload): boolean {
  return workload.startsWith("produce-") || workload.startsWith("send-") || workload === "statistics";
}

/** What the C program reads back after a client has sent: the reports alone are the client's own word. */
function verification(job: Job, plan: Plan): Job {
  // The sends before the measured ones are in the topic too.
  const messages = job.workload === "send-latency" ? job.messages + Math.floor(job.messages / 10) : job.messages;
  return { ...newJob("consume-batch", plan), topic: job.topic, messages };
}

async function withTopic(baseline: Baseline, plan: Plan, topic: string, body: () => Promise<void>): Promise<void> {
  await baseline.createTopic(plan.bootstrapServers, topic, partitions);
  try {
    await body();
  } finally {
    await baseline.deleteTopic(plan.bootstrapServers, topic);
  }
}

async function start({ file, args, env = {} }: Command): Promise<Outcome> {
  const output = await must(file, args, { env, timeoutMs: runTimeoutMs });
  const line = output.trimEnd().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`"${file}" printed no outcome but "${output}"`);
  return JSON.parse(line) as Outcome;
}
