/** The workloads that read: in batches and one by one. The first message, or batch of them, starts the clock uncounted. */
import type { Consumer, Message } from "../../mod.ts";
import type { Library, Measured } from "./client.ts";
import { checkHeaders, Ledger } from "./content.ts";
import { hasHeader, type Job, settingsFor } from "./job.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Opens a consumer of the job's topic. */
export function openConsumer(library: Library, job: Job): Consumer {
  const settings = { ...settingsFor(job, "consumer"), "group.id": job.group };
  const consumer = new library.Consumer(settings, { libraryPath: job.library });
  consumer.subscribe([job.topic]);
  return consumer;
}

/** Looks at every part of a message, as a program would that does something with it. */
export function enter(ledger: Ledger, message: Message, job: Job): void {
  if (message.topic !== job.topic) throw new Error(`Unexpected topic "${message.topic}"`);
  if (message.key !== null) throw new Error("Unexpected key");
  checkHeaders(message.headers, message.value, hasHeader(job.workload));
  ledger.enter(message.partition, message.offset, message.value);
}

/** `for await (const batch of consumer.batches())`. */
export async function consumeBatch(library: Library, job: Job): Promise<Measured> {
  const ledger = new Ledger(job);
  const consumer = openConsumer(library, job);
  const stopwatch = new Stopwatch();
  let first = 0;
  for await (const batch of consumer.batches({ maxMessages: job.batchSize })) {
    for (const message of batch) enter(ledger, message, job);
    if (first === 0 && ledger.count > 0) {
      first = ledger.count;
      stopwatch.start();
    }
    if (ledger.count >= job.messages) {
      stopwatch.stop();
      break;
    }
  }
  return await finish(consumer, ledger, stopwatch, job.messages - first);
}

/** `for await (const message of consumer)`. */
export async function consumeEach(library: Library, job: Job): Promise<Measured> {
  const ledger = new Ledger(job);
  const consumer = openConsumer(library, job);
  const stopwatch = new Stopwatch();
  let first = 0;
  for await (const message of consumer) {
    enter(ledger, message, job);
    if (first === 0 && ledger.count > 0) {
      first = ledger.count;
      stopwatch.start();
    }
    if (ledger.count >= job.messages) {
      stopwatch.stop();
      break;
    }
  }
  return await finish(consumer, ledger, stopwatch, job.messages - first);
}

async function finish(consumer: Consumer, ledger: Ledger, stopwatch: Stopwatch, counted: number): Promise<Measured> {
  ledger.close();
  await consumer.close();
  return { counted, seconds: stopwatch.seconds, cpuSeconds: stopwatch.cpuSeconds };
}
