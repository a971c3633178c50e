/** Reads, transforms and writes in transactions: each message's result is there once, whatever fails in between. */
import { Consumer, type ConsumerConfig, KafkaError, type Message, Offset, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

const count = 100;

/** Runs the example; `settings` are added to those of the consumers. */
export async function main(servers: string, settings: ConsumerConfig = {}): Promise<void> {
  const source = `words-${crypto.randomUUID()}`;
  const target = `shouts-${crypto.randomUUID()}`;
  await write(servers, source);

  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    ...settings,
    "group.id": `shouters-of-${source}`,
    "auto.offset.reset": "earliest",
    // The transactions commit what was read.
    "enable.auto.commit": false,
  });
  await using producer = new Producer({
    "bootstrap.servers": servers,
    // One for each process that works for the group; a process that takes another's place has its id.
    "transactional.id": `shouter-1-of-${source}`,
  });
  await producer.initTransactions();
  consumer.subscribe([source]);

  let done = 0;
  for await (const batch of consumer.batches({ maxMessages: 25 })) {
    if (await shout(batch, { consumer, producer, target })) done += batch.length;
    if (done >= count) break;
  }
  console.log(`${done} words shouted`);
  console.log(`the first is ${await first(servers, target, settings)}`);
}

/** Writes what the messages become, and that they are read, both or neither; says whether it was both. */
async function shout(
  batch: readonly Message[],
  { consumer, producer, target }: { consumer: Consumer; producer: Producer; target: string },
): Promise<boolean> {
  try {
    await producer.withTransaction(async (transaction) => {
      const words = batch.map(({ value }) => new TextDecoder().decode(value ?? undefined));
      await producer.send(words.map((word) => ({ topic: target, partition: 0, value: word.toUpperCase() })));
      // Who has lost the partitions meanwhile may not commit for them: the metadata tells.
      await transaction.sendOffsets(consumer.position(), consumer.consumerGroupMetadata());
    });
    return true;
  } catch (error) {
    if (!(error instanceof KafkaError) || error.isFatal) throw error;
    // Nothing of it was written. The consumer is past these messages, and has to go back to them.
    const committed = await consumer.committed();
    consumer.seek(committed.map((each) => ({ ...each, offset: each.offset ?? Offset.beginning })));
    return false;
  }
}

async function write(servers: string, topic: string): Promise<void> {
  await using producer = new Producer({ "bootstrap.servers": servers, "enable.idempotence": true });
  await producer.send(Array.from({ length: count }, (_, i) => ({ topic, value: `word ${i}`, partition: 0 })));
}

async function first(servers: string, topic: string, settings: ConsumerConfig): Promise<string> {
  await using consumer = new Consumer({ "bootstrap.servers": servers, ...settings, "group.id": `readers-of-${topic}` });
  consumer.assign([{ topic, partition: 0, offset: Offset.beginning }]);
  const message = await consumer.poll({ timeoutMs: 10_000 });
  return new TextDecoder().decode(message?.value ?? undefined);
}

if (import.meta.main) await main(bootstrapServers());
