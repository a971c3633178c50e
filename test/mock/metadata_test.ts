/** `metadata()` of every client, against the mock cluster. */
import { Consumer, KafkaError, Producer } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "../support/assert.ts";
import { randomName } from "../support/random.ts";

const unreachable = { "bootstrap.servers": "127.0.0.1:1" };
const silent = { onLog: false, onError: () => {} } as const;

test("KafkaClient.metadata() tells of brokers, topics and partitions", async () => {
  await using cluster = new MockCluster({ brokers: 3 });
  const [one, two] = [randomName("a"), randomName("b")];
  cluster.createTopic(one, { partitions: 3, replicationFactor: 3 });
  cluster.createTopic(two, { partitions: 1, replicationFactor: 1 });
  cluster.setLeader(one, 2, null);
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  await using producer = new Producer(servers);
  await using consumer = new Consumer({ ...servers, "group.id": "any" });
  for (const client of [producer, consumer]) {
    const metadata = await client.metadata();
    assertEquals(metadata.brokers.map(({ id, host }) => [id, host]), [1, 2, 3].map((id) => [id, "127.0.0.1"]));
    const addresses = metadata.brokers.map(({ host, port }) => `${host}:${port}`).sort();
    assertEquals(addresses, cluster.bootstrapServers.split(",").sort());
    assert(typeof metadata.clusterId === "string" && metadata.clusterId.length > 0, String(metadata.clusterId));
    assert(metadata.brokers.some(({ id }) => id === metadata.controllerId), String(metadata.controllerId));
    // Null is one whose number librdkafka has not learnt yet.
    const { id } = metadata.answeredBy;
    assert(id === null || metadata.brokers.some((broker) => broker.id === id), String(id));
    assert(metadata.answeredBy.name.startsWith("127.0.0.1:"), metadata.answeredBy.name);
    assertEquals(metadata.topics.map(({ topic, partitions }) => [topic, partitions.length]), [[one, 3], [two, 1]]);
    for (const { topic, partitions, error } of metadata.topics) {
      assertStrictEquals(error, null);
      const copies = topic === one ? 3 : 1;
      for (const [i, each] of partitions.entries()) {
        assertEquals([each.partition, each.replicas.length, new Set(each.replicas).size], [i, copies, copies]);
        assert(each.isrs.every((id) => each.replicas.includes(id)));
      }
    }
    const [first, , last] = metadata.topics[0]!.partitions;
    assert(first!.replicas.includes(first!.leader!));
    assertStrictEquals(last!.leader, null);
  }
});

test("KafkaClient.metadata() tells of the topics that are asked for, and of those that do not exist", async () => {
  await using cluster = new MockCluster();
  const [one, two, none] = [randomName("a"), randomName("b"), randomName("none")];
  for (const topic of [one, two, randomName("c")]) cluster.createTopic(topic, { partitions: 2 });
  await using consumer = new Consumer({ "bootstrap.servers": cluster.bootstrapServers, "group.id": "any" });
  const { topics } = await consumer.metadata({ topics: [two, none, one, two] });
  assertEquals(topics.map(({ topic }) => topic), [one, two, none].sort());
  for (const { topic, partitions, error } of topics) {
    if (topic !== none) assertEquals([partitions.length, error], [2, null]);
    else assertEquals([partitions.length, error?.codeName], [0, "UNKNOWN_TOPIC_OR_PART"]);
  }
});

test("KafkaClient.metadata() refuses what is no list of topics, and a closed client", async () => {
  await using cluster = new MockCluster();
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers }, silent);
  await assertRejects(() => producer.metadata({ topics: [] }), TypeError);
  await assertRejects(() => producer.metadata({ topics: "orders" as never }), TypeError);
  await assertRejects(() => producer.metadata({ topics: ["a\0b"] }), TypeError);
  await assertRejects(() => producer.metadata({ topics: [""] }), TypeError);
  await assertRejects(() => producer.metadata({ timeoutMs: -1 }), RangeError);
  await producer.close();
  const error = await assertRejects(() => producer.metadata(), KafkaError) as KafkaError;
  assertEquals(error.codeName, "_DESTROY");
});

test("KafkaClient.metadata() rejects in its time if no broker answers, and holds nothing up", async () => {
  await using producer = new Producer(unreachable, silent);
  let turns = 0;
  const timer = setInterval(() => turns++, 10);
  const start = performance.now();
  const error = await assertRejects(() => producer.metadata({ timeoutMs: 300 }), KafkaError) as KafkaError;
  const ms = performance.now() - start;
  clearInterval(timer);
  assert(["_TRANSPORT", "_TIMED_OUT"].includes(error.codeName), error.codeName);
  assert(error.isRetriable);
  assert(error.message.includes("no answer within 300 ms"), error.message);
  assertGreater(ms, 250);
  assertLess(ms, 2000);
  assertGreater(turns, 5);
});

test("KafkaClient.metadata() ends with its signal, and before a client is destroyed", async () => {
  await using producer = new Producer(unreachable, silent);
  const start = performance.now();
  const abort = new AbortController();
  const aborted = assertRejects(() => producer.metadata({ signal: abort.signal }), Error, "never mind");
  const asked = assertRejects(() => producer.metadata(), KafkaError);
  setTimeout(() => abort.abort(new Error("never mind")), 50);
  await aborted;
  assertLess(performance.now() - start, 900);
  // Within the end of the first attempts, after a second.
  await producer.close();
  const error = await asked as KafkaError;
  assertEquals(error.codeName, "_DESTROY");
  assertLess(performance.now() - start, 3000);
});

test("KafkaClient.metadata() waits for brokers that are slow", async () => {
  await using cluster = new MockCluster();
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers }, silent);
  await producer.metadata();
  cluster.setRoundTripTime(1, 1300);
  const start = performance.now();
  const { brokers } = await producer.metadata();
  assertEquals(brokers.length, 1);
  assertGreater(performance.now() - start, 1200);
  cluster.setRoundTripTime(1, 0);
});
