/** Watches a producer at work through librdkafka's own statistics. */
import { setTimeout } from "node:timers/promises";
import { Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `visits-${crypto.randomUUID()}`;
  let sent = 0;
  let slowestMs = 0;
  await using producer = new Producer({ "bootstrap.servers": servers, "statistics.interval.ms": 100 }, {
    // The names are librdkafka's, and so are the units: its latencies are microseconds. The JSON text is the second argument.
    onStatistics: ({ txmsgs, brokers }) => {
      const windows = Object.values(brokers).map(({ rtt }) => rtt).filter(({ cnt }) => cnt > 0);
      slowestMs = Math.max(slowestMs, ...windows.map(({ max }) => max / 1000));
      sent = txmsgs;
    },
  });
  await producer.send(Array.from({ length: 1000 }, (_, i) => ({ topic, partition: 0, value: `visit ${i}` })));
  // Listening alone keeps no program alive: it would be over now.
  while (sent < 1000) await setTimeout(50);
  console.log(`${sent} messages were sent`);
  console.log(slowestMs > 0 ? "the brokers' answers were timed" : "no broker has answered yet");
}

if (import.meta.main) await main(bootstrapServers());
