/** Sends ten orders and shows where each was written. */
import { ProduceError, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  // `await using` closes the producer at the end of the block: what is left is sent first.
  await using producer = new Producer({ "bootstrap.servers": servers });

  // One message, awaited. Messages with the same key go to the same partition, and stay in order there.
  const { partition, offset } = await producer.send({ topic: "orders", key: "ada", value: "cheese" });
  console.log(`the first order: partition ${partition}, offset ${offset}`);

  // Many at once are one call, and much faster than one after the other.
  const customers = ["grace", "alan", "edsger"];
  const messages = Array.from({ length: 9 }, (_, i) => ({
    topic: "orders",
    key: customers[i % 3]!,
    value: `sandwich ${i + 1}`,
  }));
  try {
    const reports = await producer.send(messages);
    for (const { message, partition, offset } of reports) console.log(message.key, message.value, partition, offset);
  } catch (error) {
    if (!(error instanceof ProduceError)) throw error;
    // Each message has its own outcome: some may have been written.
    const failed = error.reports.filter((report) => report.error !== null);
    console.error(`${failed.length} orders were not delivered: ${error.message}`);
  }
}

if (import.meta.main) await main(bootstrapServers());
