/** Watches how far a consumer is behind while it catches up. */
import { Consumer, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. `extra` are properties to add. */
export async function main(servers: string, extra: Record<string, unknown> = {}): Promise<void> {
  const topic = `readings-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send(Array.from({ length: 1000 }, (_, i) => ({ topic, partition: 0, value: `${i}` })));

  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    "group.id": `meters-${topic}`,
    "auto.offset.reset": "earliest",
    ...extra,
  });
  const report = async (what: string): Promise<void> => {
    // While a partition is read, this asks nobody: it may be called as often as one likes.
    const all = await consumer.lag([{ topic, partition: 0 }]);
    for (const { lag, error } of all) console.log(`${what}: ${error === null ? `${lag} behind` : error.message}`);
  };
  await report("before the first message");
  consumer.subscribe([topic]);
  let count = 0;
  for await (const batch of consumer.batches({ maxMessages: 250, maxWaitMs: 5000 })) {
    count += batch.length;
    await report(`after ${count}`);
    if (count === 1000) break;
  }
}

if (import.meta.main) await main(bootstrapServers());
