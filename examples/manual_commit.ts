/** Commits by hand, after each message is dealt with: a reader that dies loses nothing. */
import { Consumer, type ConsumerConfig, type Message, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example; `settings` are added to those of both readers. */
export async function main(servers: string, settings: ConsumerConfig = {}): Promise<void> {
  const topic = `payments-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send(["a", "b", "c", "d"].map((value) => ({ topic, partition: 0, value })));

  // The first reader dies with "c" in hand.
  const config = { "bootstrap.servers": servers, ...settings };
  await read(config, topic, (value) => {
    if (value === "c") throw new Error("the printer is on fire");
    console.log(`first reader: ${value}`);
  }).catch((error: Error) => console.log(`first reader: ${error.message}`));

  // The second gets "c" again: at least once, never not at all.
  await read(config, topic, (value) => console.log(`second reader: ${value}`));
}

async function read(config: ConsumerConfig, topic: string, handle: (value: string) => void): Promise<void> {
  await using consumer = new Consumer({
    ...config,
    "group.id": `cashier-of-${topic}`,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": false,
  });
  consumer.subscribe([topic]);
  for await (const message of consumer) {
    const value = textOf(message);
    handle(value);
    // Waits for the coordinator. Commits the offset after this message.
    const [answer] = await consumer.commit(message);
    if (answer?.error) throw answer.error;
    if (value === "d") return;
  }
}

function textOf({ value }: Message): string {
  return new TextDecoder().decode(value ?? undefined);
}

if (import.meta.main) await main(bootstrapServers());
