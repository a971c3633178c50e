/** Transactions against a real Kafka: what readers see, fencing, and reading and writing exactly once. */
import { type Consumer, KafkaError, type Message, Offset, Producer } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../support/assert.ts";
import { fill, openAssigned, openConsumer, partitionsOf, text } from "../support/group.ts";
import { outcome } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readAll } from "../support/read_back.ts";
import { ending, openTransactional, watchBeat } from "../support/transactions.ts";
import { waitFor } from "../support/wait.ts";

const partitions = 4;

/** What a reader of everything sees of a topic whose last message is a plain one with the value `end`. */
async function readUncommitted(bootstrapServers: string, topic: string): Promise<(string | null)[]> {
  await using producer = new Producer({ "bootstrap.servers": bootstrapServers });
  await producer.send({ topic, partition: 0, value: "end" });
  await using consumer = openAssigned(bootstrapServers, { topic }, { "isolation.level": "read_uncommitted" });
  const values: (string | null)[] = [];
  for await (const message of consumer) {
    if (text(message) === "end") break;
    values.push(text(message));
  }
  return values;
}

testBroker("A reader of committed messages sees those alone, and an abort publishes nothing that was waiting", async ({
  bootstrapServers,
}) => {
  const topic = randomName("t");
  await using opened = await openTransactional(bootstrapServers, { "linger.ms": 20_000 });
  const { producer } = opened;
  const send = (value: string): Promise<unknown> => producer.send({ topic, partition: 0, value });
  const numbers = (prefix: string): string[] => Array.from({ length: 50 }, (_, i) => `${prefix} ${i}`);
  await producer.withTransaction(() => void numbers("committed").map(send));
  // Delivered, and then aborted: in the log, and marked.
  await producer.beginTransaction();
  const delivered = numbers("aborted").map(send);
  await producer.flush();
  await Promise.all(delivered);
  await producer.abortTransaction();
  // Aborted while they were waiting: in librdkafka, and in front of it.
  await producer.beginTransaction();
  const waiting = numbers("never").map((value) => outcome(producer.send({ topic, partition: 0, value })));
  await new Promise((resolve) => setTimeout(resolve, 20));
  waiting.push(...numbers("never").map((value) => outcome(producer.send({ topic, partition: 0, value }))));
  await producer.abortTransaction();
  for (const { error, status } of await Promise.all(waiting)) {
    assertEquals([error?.codeName, status], ["_PURGE_QUEUE", "NOT_PERSISTED"]);
  }
  await producer.withTransaction(() => void numbers("later").map(send));

  const committed = [...numbers("committed"), ...numbers("later")];
  assertEquals((await readAll(bootstrapServers, { topic, partitions })).map(text), committed);
  const all = [...numbers("committed"), ...numbers("aborted"), ...numbers("later")];
  assertEquals(await readUncommitted(bootstrapServers, topic), all);
});

testBroker("Messages of an open transaction are not seen before it is committed", async ({ bootstrapServers }) => {
  const topic = randomName("t");
  await using opened = await openTransactional(bootstrapServers);
  await using transaction = await opened.producer.transaction();
  await opened.producer.send({ topic, partition: 0, value: "v" });
  await using consumer = openAssigned(bootstrapServers, { topic });
  assertEquals(await consumer.poll({ timeoutMs: 500 }), null);
  assertEquals((await consumer.getWatermarkOffsets({ topic, partition: 0 })).high, 0);
  await transaction.commit();
  assertEquals(text((await consumer.poll({ timeoutMs: 10_000 }))!), "v");
});

testBroker("A commit of many messages leaves the event loop free", async ({ bootstrapServers }) => {
  const topic = randomName("t");
  await using opened = await openTransactional(bootstrapServers);
  const { producer } = opened;
  const messages = Array.from({ length: 50_000 }, (_, i) => ({ topic, value: String(i), partition: i % partitions }));
  await producer.beginTransaction();
  const sent = producer.send(messages);
  await new Promise((resolve) => setTimeout(resolve, 0));
  const beat = watchBeat();
  await producer.commitTransaction();
  assertLess(beat.stop(), 300);
  await sent;
  assertEquals((await readAll(bootstrapServers, { topic, partitions })).length, messages.length);
});

testBroker("A second producer of a transactional id fences the first within a second", async ({ bootstrapServers }) => {
  const topic = randomName("t");
  const config = { "transactional.id": randomName("tx") };
  for (const way of ["send", "commit", "offsets"] as const) {
    await using first = await openTransactional(bootstrapServers, config);
    await first.producer.beginTransaction();
    await first.producer.send({ topic, value: "of the first" });
    await using second = await openTransactional(bootstrapServers, config);
    const start = performance.now();
    const pending = way === "send" ? outcome(first.producer.send({ topic, value: "late" })) : null;
    const metadata = { groupId: randomName("g"), generationId: -1, memberId: "", groupInstanceId: null };
    const ended = await ending(
      way === "offsets"
        ? first.producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: 1 }], metadata)
        : first.producer.commitTransaction(),
    );
    assertEquals(ended, "_FENCED fatal", way);
    await pending;
    assertLess(performance.now() - start, 1500);
    await waitFor(() => first.producer.fatalError !== null, { what: "the fatal error" });
    assertEquals(first.producer.fatalError!.codeName, "_FENCED");
    assertEquals(await ending(first.producer.withTransaction(() => {})), "_FENCED fatal");
    const closing = performance.now();
    await first.producer.close();
    assertLess(performance.now() - closing, 3000);
    await second.producer.withTransaction(() => void second.producer.send({ topic, value: way }));
  }
  const read = await readAll(bootstrapServers, { topic, partitions });
  assertEquals(read.map(text).sort(), ["commit", "offsets", "send"]);
});

testBroker("Producer.sendOffsetsToTransaction() commits offsets with the transaction or not at all", async ({
  bootstrapServers,
}) => {
  for (const protocol of ["classic", "consumer"] as const) {
    const topic = randomName("t");
    await fill(bootstrapServers, { topic, partitions, each: 5 });
    await using opened = await openTransactional(bootstrapServers);
    const { producer } = opened;
    const config = { "group.protocol": protocol, "enable.auto.commit": false, "group.instance.id": "one" };
    await using consumer = openConsumer(bootstrapServers, config);
    consumer.subscribe([topic]);
    const read = await consumer.consume(5 * partitions, { timeoutMs: 20_000 });
    assertEquals(read.length, 5 * partitions);
    const metadata = consumer.consumerGroupMetadata();
    assertEquals([metadata.memberId, metadata.groupInstanceId], [consumer.memberId, "one"]);
    assertGreater(metadata.generationId, 0);
    const committed = async () => (await consumer.committed()).map(({ offset, metadata }) => [offset, metadata]);
    const positions = consumer.position().map((position) => ({ ...position, metadata: "with the transaction" }));
    await producer.beginTransaction();
    await producer.sendOffsetsToTransaction(positions, metadata);
    await producer.abortTransaction();
    assertEquals(await committed(), partitionsOf(topic, partitions).map(() => [null, null]));
    // A plain value is all that it takes: it could come from another thread.
    await producer.withTransaction((transaction) => transaction.sendOffsets(positions, structuredClone(metadata)));
    assertEquals(await committed(), partitionsOf(topic, partitions).map(() => [5, "with the transaction"]));

    const stale = { ...metadata, generationId: metadata.generationId - 1 };
    await producer.beginTransaction();
    const error = await assertRejects(() => producer.sendOffsetsToTransaction(positions, stale), KafkaError);
    assertEquals([error.txnRequiresAbort, error.isFatal], [true, false], error.message);
    assert(/ILLEGAL_GENERATION|STALE_MEMBER_EPOCH|FENCED_INSTANCE_ID/.test(error.codeName), error.codeName);
    await producer.abortTransaction();
  }
});

/** Copies a topic within transactions until it is told to stop. */
class Copier {
  readonly #consumer: Consumer;
  readonly producer: Producer;
  readonly #target: string;
  #isOver = false;
  copied = 0;
  /** Is called when all is sent and nothing committed. */
  beforeCommit: () => Promise<void> = () => Promise.resolve();
  readonly work: Promise<void>;

  constructor(consumer: Consumer, producer: Producer, target: string) {
    this.#consumer = consumer;
    this.producer = producer;
    this.#target = target;
    this.work = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const batch = await this.#consumer.consume(100, { timeoutMs: 100 });
      if (batch.length > 0) await this.#copy(batch);
    }
  }

  async #copy(batch: readonly Message[]): Promise<void> {
    try {
      await this.producer.withTransaction(async (transaction) => {
        await this.producer.send(batch.map(({ value, partition }) => ({ topic: this.#target, value, partition })));
        await transaction.sendOffsets(this.#consumer.position(), this.#consumer.consumerGroupMetadata());
        await this.beforeCommit();
      });
      this.copied += batch.length;
    } catch (error) {
      if (!(error instanceof KafkaError) || error.isFatal) throw error;
      // The transaction is aborted, and its messages are read again: by whoever has their partitions then.
      const committed = await this.#consumer.committed();
      this.#consumer.seek(committed.map((each) => ({ ...each, offset: each.offset ?? Offset.beginning })));
    }
  }

  /** Leaves the group without another look at what is under way. */
  leave(): Promise<void> {
    return this.#consumer.close();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.work;
    await Promise.all([this.#consumer.close(), this.producer.close()]);
  }
}

testBroker("Reading, writing and committing in transactions copies each message once, through a crash and rebalances", {
  timeoutMs: 90_000,
}, async ({ bootstrapServers }) => {
  const source = randomName("source");
  const target = randomName("target");
  const group = randomName("g");
  const each = 500;
  await fill(bootstrapServers, { topic: source, partitions, each });
  const start = async (id: string): Promise<Copier> => {
    const consumer = openConsumer(bootstrapServers, {
      "group.id": group,
      "partition.assignment.strategy": "cooperative-sticky",
      // Members are asked to come together at their heartbeats.
      "heartbeat.interval.ms": 200,
      "enable.auto.commit": false,
    });
    consumer.subscribe([source]);
    const { producer } = await openTransactional(bootstrapServers, { "transactional.id": `${target}-${id}` });
    return new Copier(consumer, producer, target);
  };
  const first = await start("a");
  await waitFor(() => first.copied > 0, { what: "the first copies", timeoutMs: 30_000 });
  // It stops in the middle of a transaction, with everything sent, and never comes back: as good as dead.
  const crashed = new Promise<void>((resolve) => {
    first.beforeCommit = () => {
      resolve();
      return new Promise(() => {});
    };
  });
  await crashed;
  const dead = first.copied;
  // Its partitions would go to others when its session is up; this is quicker, and commits nothing.
  await first.leave();
  // Whoever takes its place aborts what it had begun.
  const second = await start("a");
  assertEquals(await ending(first.producer.commitTransaction()), "_FENCED fatal");
  await first.producer.close();
  const third = await start("b");
  await waitFor(() => second.copied + third.copied > 0, { what: "copies by the others", timeoutMs: 30_000 });
  const fourth = await start("c");
  await waitFor(() => fourth.copied > 0 || dead + second.copied + third.copied === partitions * each, {
    what: "copies by the latest",
    timeoutMs: 30_000,
  });
  await fourth.stop();
  const copied = (): number => dead + second.copied + third.copied + fourth.copied;
  await waitFor(() => copied() >= partitions * each, { what: "all copies", timeoutMs: 40_000 });
  await Promise.all([second.stop(), third.stop()]);

  const read = await readAll(bootstrapServers, { topic: target, partitions });
  for (const { partition } of partitionsOf(target, partitions)) {
    const values = read.filter((message) => message.partition === partition).map(text);
    assertEquals(values, Array.from({ length: each }, (_, i) => `${partition}/${i}`));
  }
});
