/** Reads in batches, and commits each once it is stored: the fast way to copy a topic somewhere else. */
import { Consumer, type Message, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

const total = 2000;

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `measurements-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send(Array.from({ length: total }, (_, i) => ({ topic, value: String(i) })));

  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    "group.id": `warehouse-${topic}`,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": false,
  });
  consumer.subscribe([topic]);

  let sum = 0;
  let stored = 0;
  for await (const batch of consumer.batches({ maxMessages: 500, maxWaitMs: 50 })) {
    sum += store(batch);
    // For every partition in the batch, the offset after its last message. Whoever takes over starts there.
    await consumer.commit(offsetsAfter(batch));
    stored += batch.length;
    if (stored === total) break;
  }
  console.log(`stored ${stored} measurements, their sum is ${sum}`);
}

function store(batch: readonly Message[]): number {
  const decoder = new TextDecoder();
  return batch.reduce((sum, { value }) => sum + Number(decoder.decode(value ?? undefined)), 0);
}

function offsetsAfter(batch: readonly Message[]): { topic: string; partition: number; offset: number }[] {
  const last = new Map(batch.map((message) => [`${message.topic}:${message.partition}`, message]));
  return [...last.values()].map(({ topic, partition, offset }) => ({ topic, partition, offset: offset + 1 }));
}

if (import.meta.main) await main(bootstrapServers());
