/** What a consumer hands over: messages with all that is in them, the ends of partitions, from wherever their leader is. */
import { type Message, Producer } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assertEquals, assertLess } from "../support/assert.ts";
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
import { delay } from "../support/async.ts";
import { waitFor } from "../support/wait.ts";

const topic = "t";

/** A cluster with messages 0 to `each - 1` in its one partition. */
async function start(options: { each: number }): Promise<MockCluster> {
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions: 1 });
  if (options.each > 0) await fill(cluster.bootstrapServers, { topic, each: options.each });
  return cluster;
}

test("Consumer tells the end of a partition after its last message, and again when there was more", async () => {
  await using cluster = await start({ each: 1500 });
  let read = 0;
  const ends: string[] = [];
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, { "enable.partition.eof": true }, {
    onPartitionEof: (end) => void ends.push(`${end.topic}:${end.partition} ${end.offset} after ${read}`),
  });
  const readTo = async (count: number) => {
    while (ends.length < count) {
      const message = await consumer.poll({ timeoutMs: 100 });
      if (message === null) continue;
      read++;
      // The group is looked at meanwhile, and the end may have been met long ago.
      if (read % 100 === 0) await delay(60);
    }
  };
  await readTo(1);
  await fill(cluster.bootstrapServers, { topic, each: 1, from: 1500 });
  await readTo(2);
  assertEquals(ends, [`${topic}:0 1500 after 1500`, `${topic}:0 1501 after 1501`]);
});

test("Consumer tells null from empty in keys, values and headers", async () => {
  await using cluster = await start({ each: 0 });
  const headers: [string, Uint8Array | string | null][] = [
    ["a", "1"],
    ["a", ""],
    ["a", null],
    ["ø", new Uint8Array([0, 255, 10])],
    ["", "empty name"],
  ];
  const rows = [null, "", "æ", new Uint8Array([0]), new Uint8Array([0xff, 0xfe, 0])].flatMap((key) =>
    [null, "", "value", new Uint8Array([0, 0])].map((value) => ({ key, value }))
  );
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  await producer.send(rows.map((row, i) => ({ topic, partition: 0, ...row, ...(i % 2 === 0 ? { headers } : {}) })));
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const bytes = (data: Uint8Array | string | null) => typeof data === "string" ? new TextEncoder().encode(data) : data;
  const messages = await read(consumer, rows.length);
  messages.forEach((message, i) => {
    assertEquals(message.key, bytes(rows[i]!.key), `key ${i}`);
    assertEquals(message.value, bytes(rows[i]!.value), `value ${i}`);
    assertEquals(
      message.headers,
      i % 2 === 0 ? headers.map(([name, value]) => [name, bytes(value)]) : [],
      `headers ${i}`,
    );
  });
});

test("Consumer messages carry the producer's timestamp and the type of it", async () => {
  await using cluster = await start({ each: 0 });
  const times = [0, 1, 1_700_000_000_123, 2 ** 40];
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  // The mock keeps a batch's first timestamp: each message is a batch of its own.
  for (const timestamp of times.slice(1)) await producer.send({ topic, partition: 0, value: "x", timestamp });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const messages = await read(consumer, 3);
  assertEquals(messages.map(({ timestamp }) => timestamp), times.slice(1));
  assertEquals(new Set(messages.map(({ timestampType }) => timestampType)), new Set(["CREATE_TIME"]));
});

test("Consumer reads many topics at once, each in order", async () => {
  await using cluster = new MockCluster({ brokers: 3 });
  const topics = Array.from({ length: 30 }, (_, i) => `topic-${i}`);
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  for (const name of topics) cluster.createTopic(name, { partitions: 2 });
  await producer.send(
    Array.from(
      { length: 6000 },
      (_, i) => ({ topic: topics[i % 30]!, partition: Math.floor(i / 30) % 2, value: `${i}` }),
    ),
  );
  await using consumer = openConsumer(cluster.bootstrapServers);
  consumer.assign(topics.flatMap((name) => partitionsOf(name, 2).map((each) => ({ ...each, offset: 0 }))));
  const messages: Message[] = [];
  for await (const batch of consumer.batches({ maxMessages: 77 })) {
    messages.push(...batch);
    if (messages.length >= 6000) break;
  }
  for (const name of topics) assertContiguous(messages, { topic: name, partitions: 2, to: 100 });
  for (const message of messages) {
    const number = Number(text(message));
    assertEquals([message.topic, message.partition], [topics[number % 30], Math.floor(number / 30) % 2]);
  }
});

test("Consumer follows a partition to another broker, and back", async () => {
  await using cluster = new MockCluster({ brokers: 3 });
  cluster.createTopic(topic, { partitions: 1, replicationFactor: 3 });
  cluster.setLeader(topic, 0, 1);
  const errors = new ErrorList();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, {}, {
    onError: errors.onError,
    onLog: false,
  });
  const messages: Message[] = [];
  for (const [round, broker] of [2, 3, 1].entries()) {
    await fill(cluster.bootstrapServers, { topic, each: 1500, from: round * 1500 });
    // Some of it is read ahead when the leader moves.
    messages.push(...await read(consumer, 700));
    cluster.setLeader(topic, 0, broker);
    messages.push(...await read(consumer, 800));
  }
  assertContiguous(messages, { topic, to: 4500 });
});

test("Consumer that is opened while all brokers are down reads once they are up", async () => {
  await using cluster = await start({ each: 50 });
  cluster.stopBroker(1);
  const errors = new ErrorList();
  const logs: string[] = [];
  await using consumer = openConsumer(cluster.bootstrapServers, {}, {
    onError: errors.onError,
    onLog: ({ message }) => void logs.push(message),
  });
  consumer.subscribe([topic]);
  await waitFor(async () => {
    assertEquals(await consumer.poll({ timeoutMs: 50 }), null);
    return errors.names.includes("_ALL_BROKERS_DOWN");
  }, { what: "the error" });
  assertEquals(await consumer.poll({ timeoutMs: 1500 }), null);
  cluster.startBroker(1);
  assertContiguous(await read(consumer, 50), { topic, to: 50 });
  // It is told of each attempt, and attempts become rare: in a tight loop it would be thousands.
  assertLess(errors.list.length, 100);
  assertLess(logs.length, 100);
  assertEquals(consumer.fatalError, null);
});
