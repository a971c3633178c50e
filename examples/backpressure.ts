/** Produces faster than Kafka takes it: `produce()` says when the queue is full, `ready()` waits for room. */
import { Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

const total = 20_000;

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `clicks-${crypto.randomUUID()}`;
  let delivered = 0;
  let failed = 0;
  await using producer = new Producer({
    "bootstrap.servers": servers,
    // Small, to see it fill: the default is 100,000 messages and 1 GiB.
    "queue.buffering.max.messages": 1000,
  }, {
    // The report of every message; without this handler only failures are told, to onError.
    onDelivery: ({ error }) => error === null ? delivered++ : failed++,
  });

  let waits = 0;
  for (let i = 0; i < total; i++) {
    while (!producer.produce({ topic, value: `click ${i}` })) {
      waits++;
      await producer.ready();
    }
  }
  await producer.flush();
  console.log(`${delivered} delivered, ${failed} failed, the loop ${waits > 0 ? "waited for room" : "never waited"}`);
}

if (import.meta.main) await main(bootstrapServers());
