/**
 * The workload that listens to statistics while it sends: what a handler costs, librdkafka's making of the text included.
 *
 * Flat out, the time for a message varies more with the size of the batches than by what is looked for, so this load is an
 * even one. And once a second is too rare to be told from noise: in every other part of the run the statistics come every
 * 20 ms, and what they add is divided by 50.
 */
import type { Statistics } from "../../mod.ts";
import type { Library, Measured } from "./client.ts";
import { Ledger } from "./content.ts";
import type { Job } from "./job.ts";
import { newProducer, sendBatches } from "./producing.ts";
import { Stopwatch } from "./stopwatch.ts";

const intervalMs = 20;
const batchSize = 1000;
const batchEveryMs = 10;

/** Whether each part listens. The first is not counted: the runtime compiles its code there. */
const parts = [true, false, true, true, false];

/** `onStatistics` beside `send(messages)`. */
export async function statistics(library: Library, job: Job): Promise<Measured> {
  const ledger = new Ledger(job);
  const listening = { counted: 0, seconds: 0, cpuSeconds: 0 };
  const plain = { counted: 0, seconds: 0, cpuSeconds: 0 };
  for (const [index, listens] of parts.entries()) {
    const part = await sendPart(library, job, { ledger, index, listens });
    if (index === 0) continue;
    const sum = listens ? listening : plain;
    sum.counted += part.counted;
    sum.seconds += part.seconds;
    sum.cpuSeconds += part.cpuSeconds;
  }
  ledger.close();
  const added = listening.cpuSeconds / listening.seconds - plain.cpuSeconds / plain.seconds;
  return { ...listening, statisticsPercent: added * 100 * intervalMs / 1000 };
}

interface Part {
  readonly ledger: Ledger;
  readonly index: number;
  readonly listens: boolean;
}

async function sendPart(library: Library, job: Job, { ledger, index, listens }: Part): Promise<Measured> {
  const from = Math.floor(job.messages * index / parts.length);
  const to = Math.floor(job.messages * (index + 1) / parts.length);
  let heard = 0;
  const onStatistics = ({ type }: Statistics): void => {
    if (type === "producer") heard++;
  };
  const settings = { ...job.settings, "producer.statistics.interval.ms": String(intervalMs) };
  const producer = listens ? newProducer(library, { ...job, settings }, { onStatistics }) : newProducer(library, job);
  const small = { ...job, batchSize, batchesInFlight: 1 };
  // The first batch connects it, unmeasured.
  const first = Math.min(from + batchSize, to);
  await sendBatches(producer, ledger, small, from, first);
  const stopwatch = new Stopwatch();
  heard = 0;
  stopwatch.start();
  let due = performance.now();
  for (let next = first; next < to; next += batchSize) {
    await sendBatches(producer, ledger, small, next, Math.min(next + batchSize, to));
    due += batchEveryMs;
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
  }
  stopwatch.stop();
  if (listens && heard < stopwatch.seconds * 1000 / intervalMs / 2) throw new Error(`Only ${heard} statistics came`);
  await producer.close();
  return { counted: to - first, seconds: stopwatch.seconds, cpuSeconds: stopwatch.cpuSeconds };
}
