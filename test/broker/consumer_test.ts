/** The consumer on a real Kafka: looking up offsets, large messages, timestamps, and memory while the reader is slow. */
import { memoryUsage } from "node:process";
import { KafkaError, type Message, Offset, Producer, type ProducerMessage } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertMatch, assertRejects } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import {
  assertContiguous,
  ErrorList,
  fill,
  openAssigned,
  openConsumer,
  partitionsOf,
  read,
  text,
} from "../support/group.ts";
import { createTopic } from "../support/peers.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

const partitions = 4;
const decoder = new TextDecoder();

/** Bytes that no codec makes smaller. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)));
  return bytes;
}

testBroker("Consumer.getWatermarkOffsets() tells the first and the next offset", async ({ bootstrapServers }) => {
  const topic = randomName("watermarks");
  await fill(bootstrapServers, { topic, each: 25 });
  await using consumer = openConsumer(bootstrapServers);
  assertEquals(await consumer.getWatermarkOffsets({ topic, partition: 0 }), { low: 0, high: 25 });
  assertEquals(await consumer.getWatermarkOffsets({ topic, partition: 1 }), { low: 0, high: 0 });
  for (const where of [{ topic, partition: 99 }, { topic: randomName("none"), partition: 0 }]) {
    const error = await assertRejects(() => consumer.getWatermarkOffsets(where, { timeoutMs: 5000 }), KafkaError);
    assertMatch(error.codeName, /^(UNKNOWN_TOPIC_OR_PART|_UNKNOWN_PARTITION|_NOENT)$/);
  }
});

testBroker("Consumer.offsetsForTimes() finds the first message at or after a time", async ({ bootstrapServers }) => {
  const topic = randomName("times");
  const first = 1_700_000_000_000;
  await using producer = new Producer({ "bootstrap.servers": bootstrapServers });
  for (const partition of [0, 1]) {
    await producer.send(
      Array.from(
        { length: 10 },
        (_, i) => ({ topic, partition, value: `${i}`, timestamp: first + 1000 * i + partition }),
      ),
    );
  }
  await using consumer = openConsumer(bootstrapServers);
  const ask = async (...times: [partition: number, timestamp: number][]) =>
    (await consumer.offsetsForTimes(times.map(([partition, timestamp]) => ({ topic, partition, timestamp }))))
      .map(({ partition, offset, error }) => [partition, offset, error]);
  assertEquals(await ask([1, first + 3000], [0, first + 3000]), [[1, 3, null], [0, 3, null]]);
  assertEquals(await ask([0, first + 3001]), [[0, 4, null]]);
  assertEquals(await ask([0, 0], [1, first + 9002]), [[0, 0, null], [1, null, null]]);
  assertEquals(await consumer.offsetsForTimes([]), []);
  for (const timestamp of [-1, 0.5, NaN]) {
    await assertRejects(() => consumer.offsetsForTimes([{ topic, partition: 0, timestamp }]), RangeError);
  }
  const [unknown] = await consumer.offsetsForTimes([{ topic, partition: 77, timestamp: 0 }], { timeoutMs: 5000 })
    .catch((error: KafkaError) => [{ offset: null, error }]);
  assert(unknown?.error, "a partition that does not exist has an error");
});

testBroker("Consumer messages carry the leader's epoch, and a commit keeps it", async ({ bootstrapServers }) => {
  const topic = randomName("epochs");
  await fill(bootstrapServers, { topic, each: 10 });
  await using consumer = openAssigned(bootstrapServers, { topic }, { "enable.auto.commit": false });
  const messages = await read(consumer, 10);
  assertEquals(new Set(messages.map(({ leaderEpoch }) => leaderEpoch)), new Set([0]));
  await consumer.commit(messages[4]!);
  assertEquals(await consumer.committed(), [
    { topic, partition: 0, offset: 5, metadata: null, leaderEpoch: 0, error: null },
  ]);
});

testBroker("Consumer messages tell whose clock a timestamp is of", async ({ bootstrapServers }) => {
  const topic = randomName("append-time");
  await createTopic(bootstrapServers, topic, { config: { "message.timestamp.type": "LogAppendTime" } });
  const before = Date.now();
  await using producer = new Producer({ "bootstrap.servers": bootstrapServers });
  const report = await producer.send({ topic, value: "x", timestamp: 1_000_000 });
  await using consumer = openAssigned(bootstrapServers, { topic });
  const [message] = await read(consumer, 1);
  assertEquals([message!.timestampType, message!.timestamp], ["LOG_APPEND_TIME", report.timestamp]);
  assertGreater(message!.timestamp!, before - 5000);
  const other = randomName("create-time");
  await producer.send({ topic: other, partition: 0, value: "x", timestamp: 1_000_000 });
  consumer.assign([{ topic: other, partition: 0, offset: 0 }]);
  const [created] = await read(consumer, 1);
  assertEquals([created!.timestampType, created!.timestamp], ["CREATE_TIME", 1_000_000]);
});

testBroker("Consumer gets messages of 5 MB though it fetches a kilobyte at a time", async ({ bootstrapServers }) => {
  const topic = randomName("large");
  await createTopic(bootstrapServers, topic, { config: { "max.message.bytes": "10000000" } });
  await using producer = new Producer({ "bootstrap.servers": bootstrapServers, "message.max.bytes": 10_000_000 });
  const values = [noise(10), noise(5_000_000), noise(0), noise(5_242_880), noise(3)];
  for (const value of values) await producer.send({ topic, partition: 0, key: value.subarray(0, 100), value });
  await using consumer = openAssigned(bootstrapServers, { topic }, {
    "fetch.message.max.bytes": 1000,
    "fetch.max.bytes": 1000,
    "message.max.bytes": 1000,
    "receive.message.max.bytes": 20_000_000,
  });
  const messages = await read(consumer, values.length, { timeoutMs: 30_000 });
  messages.forEach(({ key, value }, i) => {
    assertEquals(value?.length, values[i]!.length);
    assert(value!.every((byte, at) => byte === values[i]![at]), `the bytes of message ${i} differ`);
    assertEquals(key, values[i]!.slice(0, 100));
  });
});

/** A message unlike its neighbours: some without a key, a value or headers, some with empty ones, some with many. */
function mixed(topic: string, i: number): ProducerMessage {
  const text = `${i} ${"x".repeat(i % 300)}`;
  const header = (n: number) => [`h${n}`, n % 3 === 0 ? null : n % 3 === 1 ? "" : text] as const;
  return {
    topic,
    partition: 0,
    key: i % 3 === 0 ? null : i % 3 === 1 ? "" : `key ${text}`,
    value: i % 11 === 0 ? null : i % 7 === 0 ? "" : text,
    headers: i % 2 === 0 ? null : Array.from({ length: i % 9 }, (_, n) => header(n)),
  };
}

testBroker("Consumer reads every codec, and each message as it was sent among others", async ({ bootstrapServers }) => {
  const topic = randomName("codecs");
  const sent: ProducerMessage[] = [];
  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
    // Batches of all sizes: where one ends, no record follows.
    for (const size of [1, 3, 1000]) {
      const messages = Array.from({ length: size }, (_, i) => mixed(topic, sent.length + i));
      await using producer = new Producer({ "bootstrap.servers": bootstrapServers, "compression.type": codec });
      await producer.send(messages);
      sent.push(...messages);
    }
  }
  await using consumer = openAssigned(bootstrapServers, { topic }, { "check.crcs": true });
  const messages = await read(consumer, sent.length);
  const shown = (data: Uint8Array | null) => data === null ? null : decoder.decode(data);
  messages.forEach(({ key, value, headers }, i) => {
    const found: unknown = [shown(key), shown(value), headers.map(([name, data]) => [name, shown(data)])];
    assertEquals(found, [sent[i]!.key, sent[i]!.value, sent[i]!.headers ?? []], `message ${i}`);
  });
});

testBroker(
  "Consumer.assign() starts at the beginning, the end, a tail and the stored offset",
  async ({ bootstrapServers }) => {
    const topic = randomName("starts");
    await fill(bootstrapServers, { topic, partitions, each: 50 });
    await using consumer = openConsumer(bootstrapServers, { "enable.auto.commit": false });
    await consumer.commit([{ topic, partition: 3, offset: 45 }]);
    consumer.assign([
      { topic, partition: 0, offset: Offset.beginning },
      { topic, partition: 1, offset: Offset.end },
      { topic, partition: 2, offset: Offset.tail(7) },
      { topic, partition: 3, offset: Offset.stored },
    ]);
    const messages = await read(consumer, 50 + 7 + 5);
    const first = (number: number) => messages.find(({ partition }) => partition === number)?.offset;
    assertEquals([first(0), first(1), first(2), first(3)], [0, undefined, 43, 45]);
    await fill(bootstrapServers, { topic, partitions, each: 1, from: 50 });
    assertEquals((await read(consumer, 4)).map(({ offset }) => offset), [50, 50, 50, 50]);
  },
);

testBroker("Consumer tells onError when there is no offset to start from", async ({ bootstrapServers }) => {
  const topic = randomName("no-reset");
  await fill(bootstrapServers, { topic, each: 5 });
  const errors = new ErrorList();
  await using consumer = openConsumer(bootstrapServers, { "auto.offset.reset": "error" }, { onError: errors.onError });
  consumer.subscribe([topic]);
  await waitFor(async () => {
    assertEquals(await consumer.poll({ timeoutMs: 50 }), null);
    return errors.names.includes("_AUTO_OFFSET_RESET");
  }, { what: "the error", timeoutMs: 20_000 });
});

testBroker(
  "Consumer tells onError of a topic that does not exist, and goes on when it does",
  async ({ bootstrapServers }) => {
    const topic = randomName("later");
    const errors = new ErrorList();
    await using consumer = openConsumer(bootstrapServers, { "topic.metadata.refresh.interval.ms": 500 }, {
      onError: errors.onError,
    });
    consumer.subscribe([topic]);
    await waitFor(async () => {
      assertEquals(await consumer.poll({ timeoutMs: 50 }), null);
      return errors.names.includes("UNKNOWN_TOPIC_OR_PART");
    }, { what: "the error", timeoutMs: 20_000 });
    assertMatch(errors.list.find(({ code }) => code === 3)!.message, new RegExp(topic));
    await fill(bootstrapServers, { topic, each: 5 });
    assertContiguous(await read(consumer, 5, { timeoutMs: 20_000 }), { topic, to: 5 });
  },
);

testBroker("Consumer reads many topics of one group at once, each partition in order", async ({ bootstrapServers }) => {
  const topics = Array.from({ length: 12 }, () => randomName("many"));
  await Promise.all(topics.map((topic) => fill(bootstrapServers, { topic, partitions, each: 200 })));
  await using consumer = openConsumer(bootstrapServers);
  consumer.subscribe(topics);
  const messages: Message[] = [];
  for await (const batch of consumer.batches({ maxMessages: 333 })) {
    messages.push(...batch);
    if (messages.length >= topics.length * partitions * 200) break;
  }
  for (const topic of topics) assertContiguous(messages, { topic, partitions, to: 200 });
  for (const message of messages) assertEquals(text(message), `${message.partition}/${message.offset}`);
});

testBroker(
  "Consumer whose reader is slow keeps no more in memory than it is configured to",
  { timeoutMs: 90_000 },
  async ({ bootstrapServers }) => {
    const topic = randomName("slow");
    const megabytes = 120;
    await using producer = new Producer({ "bootstrap.servers": bootstrapServers });
    const value = noise(100_000);
    for (let written = 0; written < megabytes; written += 10) {
      await producer.send(Array.from({ length: 100 }, (_, i) => ({ topic, partition: i % partitions, value })));
    }
    await using consumer = openConsumer(bootstrapServers, {
      "queued.max.messages.kbytes": 2000,
      "fetch.message.max.bytes": 500_000,
    });
    consumer.assign(partitionsOf(topic, partitions).map((each) => ({ ...each, offset: 0 })));
    await read(consumer, 1);
    const before = memoryUsage.rss();
    let most = 0;
    let count = 0;
    const end = performance.now() + 4000;
    for await (const message of consumer) {
      assertEquals(message.value?.length, value.length);
      await delay(20);
      most = Math.max(most, memoryUsage.rss() - before);
      count++;
      if (performance.now() > end) break;
    }
    assertGreater(count, 50);
    // All of it would be 120 MB, and librdkafka's default 64.
    assertLess(most / 2 ** 20, 45);
  },
);
