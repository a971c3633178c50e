/** Reads without a group's assignment: from the beginning, from a time, and the last few records. */
import { Consumer, Offset, type OffsetLike, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `log-${crypto.randomUUID()}`;
  const noon = Date.UTC(2024, 0, 1, 12);
  await using producer = new Producer({ "bootstrap.servers": servers });
  // One after the other, so that the times rise with the offsets.
  for (let i = 0; i < 6; i++) {
    await producer.send({ topic, partition: 0, value: `line ${i}`, timestamp: noon + i * 60_000 });
  }

  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    // Needed to be a consumer at all; nothing is committed under it.
    "group.id": `replay-of-${topic}`,
    "enable.auto.commit": false,
  });
  const partition = { topic, partition: 0 };
  const { low, high } = await consumer.getWatermarkOffsets(partition);
  console.log(`the log has offsets ${low} to ${high - 1}`);

  const read = async (what: string, offset: OffsetLike, count: number): Promise<void> => {
    consumer.assign([{ ...partition, offset }]);
    const messages = await consumer.consume(count, { timeoutMs: 15_000 });
    console.log(`${what}: ${messages.map(({ value }) => new TextDecoder().decode(value ?? undefined)).join(", ")}`);
  };
  await read("from the beginning", Offset.beginning, 6);
  await read("the last two", Offset.tail(2), 2);
  const [at] = await consumer.offsetsForTimes([{ ...partition, timestamp: noon + 3 * 60_000 }]);
  if (at === undefined || at.offset === null) console.log("from 12:03: nothing is that young");
  else await read("from 12:03", at.offset, 3);
}

if (import.meta.main) await main(bootstrapServers());
