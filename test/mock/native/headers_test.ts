/** Headers that are read where they were fetched to, beside what librdkafka says of the same messages. */
import { Consumer, errorCodes, type Message, Producer, type ProducerMessage } from "../../../mod.ts";
import { openNative } from "../../../src/native/native.ts";
import { MockCluster } from "../../../testing.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertGreater, assertLess } from "../../support/assert.ts";

type Function = (...args: readonly unknown[]) => unknown;

/** Counts the calls of `rd_kafka_message_headers` while something is done. With `lies`, those that compare find none. */
async function counting<T>(run: () => Promise<T>, lies = false): Promise<{ result: T; calls: number }> {
  const c = openNative().c as unknown as { rd_kafka_message_headers: Function };
  const real = c.rd_kafka_message_headers;
  let calls = 0;
  c.rd_kafka_message_headers = (...args) => {
    calls++;
    return lies && /agrees/.test(new Error().stack ?? "") ? notFound : real(...args);
  };
  try {
    return { result: await run(), calls };
  } finally {
    c.rd_kafka_message_headers = real;
  }
}

const notFound = errorCodes._NOENT;
const partitions = 2;
const count = 3000;

/** Each has headers, or a third of them has none. */
function messageOf(topic: string, i: number, haveAll: boolean): ProducerMessage {
  const header = (n: number) => [`h${n}`, n % 3 === 0 ? null : `${i} ${"x".repeat(n * i % 90)}`] as const;
  return {
    topic,
    partition: i % partitions,
    key: i % 5 === 0 ? null : `${i}`,
    value: `value ${i}`,
    headers: i % 3 === 2 && !haveAll ? null : Array.from({ length: 1 + i % 4 }, (_, n) => header(n)),
  };
}

async function start(haveAll = false): Promise<{ cluster: MockCluster; topic: string }> {
  const topic = "headers";
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions });
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  await producer.send(Array.from({ length: count }, (_, i) => messageOf(topic, i, haveAll)));
  return { cluster, topic };
}

async function readAll(cluster: MockCluster, topic: string): Promise<Message[]> {
  await using consumer = new Consumer({ "bootstrap.servers": cluster.bootstrapServers, "group.id": topic });
  consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })));
  const messages: Message[] = [];
  while (messages.length < count) messages.push(...await consumer.consume(count, { timeoutMs: 10_000 }));
  return messages.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

const decoder = new TextDecoder();
const shown = ({ headers }: Message) =>
  headers.map(([name, value]) => [name, value === null ? null : decoder.decode(value)]);

/** What was sent, in the order in which it is read. */
function expected(topic: string, haveAll = false): unknown[] {
  const sent = Array.from({ length: count }, (_, i) => messageOf(topic, i, haveAll));
  return sent.sort((a, b) => a.partition! - b.partition!).map(({ headers }) => headers ?? []);
}

test("Consumer reads headers without asking librdkafka about each message", async () => {
  const { cluster, topic } = await start();
  await using _ = cluster;
  const { result, calls } = await counting(() => readAll(cluster, topic));
  assertEquals(result.map(shown), expected(topic));
  assertLess(calls, count / 10);
});

test("Consumer asks librdkafka about all messages of a read in which it has said something else", async () => {
  const { cluster, topic } = await start(true);
  await using _ = cluster;
  const { result, calls } = await counting(() => readAll(cluster, topic), true);
  assertEquals(result.map(shown), expected(topic, true));
  assertGreater(calls, count / 2);
});

test("Consumer gives headers without keeping or showing what else was fetched", async () => {
  const { cluster, topic } = await start();
  await using _ = cluster;
  const messages = await readAll(cluster, topic);
  const all = messages.reduce(
    (bytes, { headers }) => bytes + headers.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0),
    0,
  );
  for (const { headers } of messages) {
    for (const [, value] of headers) assertLess(value?.buffer.byteLength ?? 0, all + 1);
  }
});
