/** A pipe from one topic to another, with streams of the web's kind: what is written slowly is read slowly. */
import { Consumer, type Message, Producer, type ProducerMessage } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const id = crypto.randomUUID();
  const [raw, loud] = [`whispers-${id}`, `shouts-${id}`];
  const config = { "bootstrap.servers": servers };
  await using producer = new Producer(config);
  await producer.send(Array.from({ length: 100 }, (_, i) => ({ topic: raw, partition: 0, value: `psst ${i}` })));

  await using consumer = new Consumer({ ...config, "group.id": `listeners-${id}` });
  consumer.assign([{ topic: raw, partition: 0, offset: 0 }]);
  const decoder = new TextDecoder();
  const shout = new TransformStream<Message, ProducerMessage>({
    transform(message, controller): void {
      controller.enqueue({ topic: loud, partition: 0, value: decoder.decode(message.value!).toUpperCase() });
      if (message.offset === 99) controller.terminate();
    },
  });
  // The stream ends without an error only when every message has been written. That the reader is left is no mistake here.
  await consumer.readable().pipeThrough(shout).pipeTo(producer.writable());

  consumer.assign([{ topic: loud, partition: 0, offset: 0 }]);
  const shouts = await consumer.consume(100, { timeoutMs: 10_000 });
  console.log(`${shouts.length} shouts, the last is ${decoder.decode(shouts.at(-1)?.value ?? undefined)}`);
}

if (import.meta.main) await main(bootstrapServers());
