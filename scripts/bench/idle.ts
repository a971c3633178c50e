/** The workload that does nothing: a connected producer, and a consumer that waits for messages which do not come. */
import type { Library, Measured } from "./client.ts";
import { enter, openConsumer } from "./consuming.ts";
import { Ledger } from "./content.ts";
import type { Job } from "./job.ts";
import { openProducer } from "./producing.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Both have settled for a second before the clock starts. */
export async function idle(library: Library, job: Job): Promise<Measured> {
  const sent = new Ledger({ ...job, messages: 0 });
  const producer = await openProducer(library, job, sent);
  const received = new Ledger({ ...job, messages: 0 });
  const consumer = openConsumer(library, job);
  let connected: (() => void) | undefined;
  const whenConnected = new Promise<void>((resolve) => connected = resolve);
  const reading = (async () => {
    for await (const message of consumer) {
      enter(received, message, job);
      if (received.warmCount === job.partitions) connected?.();
    }
  })();
  await Promise.race([whenConnected, reading]);
  if (received.warmCount !== job.partitions) throw new Error("The consumer ended before it was connected");
  await sleep(1000);

  const stopwatch = new Stopwatch();
  stopwatch.start();
  await sleep(job.idleSeconds * 1000);
  stopwatch.stop();
  await consumer.close();
  await reading;
  await producer.close();
  return { counted: 0, seconds: stopwatch.seconds, cpuSeconds: stopwatch.cpuSeconds };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
