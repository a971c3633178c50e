/** The mock cluster as a kit for tests: what it can be told, and what it tells of the requests that it got. */
import { KafkaError, ProduceError, Producer, UnsupportedFeatureError } from "../../mod.ts";
import { apiKeys, MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { fill, offsetsOf, openAssigned, openConsumer, read, text } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer, outcome } from "../support/producing.ts";
import { floorLibrary } from "../support/scripts/floor.ts";
import { waitFor } from "../support/wait.ts";

const kinds = (cluster: MockCluster, broker?: number): Set<string | null> =>
  new Set(
    cluster.requests().filter((each) => broker === undefined || each.broker === broker).map(({ request }) => request),
  );

test("MockCluster.requests() tells what each broker was asked, when, and in which order", async () => {
  await using mock = mockTopic(2, 2);
  mock.cluster.setLeader(mock.topic, 0, 1);
  mock.cluster.setLeader(mock.topic, 1, 2);
  assertEquals(mock.cluster.requests(), []);
  await using opened = openProducer({ "bootstrap.servers": mock.servers });
  await opened.producer.send({ topic: mock.topic, partition: 0 });
  assertEquals(mock.cluster.requests(), []);
  mock.cluster.trackRequests();
  for (let i = 0; i < 3; i++) await opened.producer.send({ topic: mock.topic, partition: 0 });
  await opened.producer.send({ topic: mock.topic, partition: 1 });
  const requests = mock.cluster.requests().filter(({ request }) => request === "Produce");
  assertEquals(requests.map(({ broker, apiKey }) => [broker, apiKey]), [[1, 0], [1, 0], [1, 0], [2, 0]]);
  for (let i = 1; i < requests.length; i++) assertGreaterOrEqual(requests[i]!.timeMs, requests[i - 1]!.timeMs);
  const tookMs = requests.at(-1)!.timeMs - requests[0]!.timeMs;
  assert(tookMs > 0 && tookMs < 5000, `${tookMs} ms`);
  // They are kept until somebody clears them.
  assertGreaterOrEqual(mock.cluster.requests().length, 4);
  mock.cluster.clearRequests();
  assertEquals([...kinds(mock.cluster)].includes("Produce"), false);
  await opened.producer.send({ topic: mock.topic, partition: 0 });
  assert(kinds(mock.cluster).has("Produce"));
  mock.cluster.stopTrackingRequests();
  await opened.producer.send({ topic: mock.topic, partition: 0 });
  assertEquals(mock.cluster.requests(), []);
});

test("MockCluster.answerNext() delays and replaces the answers of one broker, in order", async () => {
  await using mock = mockTopic(2, 2);
  mock.cluster.setLeader(mock.topic, 0, 1);
  mock.cluster.setLeader(mock.topic, 1, 2);
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "message.send.max.retries": 0 });
  const send = (partition: number) => outcome(opened.producer.send({ topic: mock.topic, partition }));
  await send(0);
  await send(1);
  const { broker } = { broker: 1 };
  mock.cluster.answerNext("Produce", [{ delayMs: 300 }, { code: 87 }, {}, { code: 10, delayMs: 200 }], { broker });
  assertEquals(mock.cluster.answersLeft("Produce", { broker }), 4);
  assertEquals(mock.cluster.answersLeft("Produce", { broker: 2 }), 0);
  assertEquals(mock.cluster.answersLeft("Fetch", { broker }), 0);
  const results: [string | undefined, boolean][] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const { error } = await send(0);
    results.push([error?.codeName, performance.now() - start >= 180]);
    assertEquals((await send(1)).error, null);
  }
  assertEquals(results, [
    [undefined, true],
    ["INVALID_RECORD", false],
    [undefined, false],
    ["MSG_SIZE_TOO_LARGE", true],
    [undefined, false],
  ]);
  assertEquals(mock.cluster.answersLeft("Produce", { broker }), 0);
  const error = assertThrows(() => mock.cluster.answerNext("Produce", [{ code: 1 }], { broker: 9 }), KafkaError);
  assertEquals(error.codeName, "_UNKNOWN_BROKER");
});

test("MockCluster.failNext() of a partition leaves the others alone", async () => {
  await using mock = mockTopic(2);
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "message.send.max.retries": 0 });
  const where = { topic: mock.topic, partition: 1 };
  await opened.producer.send(where);
  mock.cluster.failNext("Produce", [87, 10], where);
  const names: (string | undefined)[] = [];
  for (const partition of [0, 1, 0, 1, 1]) {
    names.push((await outcome(opened.producer.send({ topic: mock.topic, partition }))).error?.codeName);
  }
  assertEquals(names, [undefined, "INVALID_RECORD", undefined, "MSG_SIZE_TOO_LARGE", undefined]);
});

test("MockCluster.setApiVersions() makes a cluster that does not know a request, or only its early versions", async () => {
  await using mock = mockTopic();
  mock.cluster.setApiVersions("InitProducerId", null);
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "enable.idempotence": true });
  const error = await assertRejects(() => opened.producer.send({ topic: mock.topic }, { timeoutMs: 5000 }));
  assert(error instanceof KafkaError && opened.producer.fatalError !== null, String(error));
  mock.cluster.setApiVersions("InitProducerId", { max: 1 });
  await using again = openProducer({ "bootstrap.servers": mock.servers, "enable.idempotence": true });
  await again.producer.send({ topic: mock.topic });
  // Without headers and timestamps: magic 1.
  mock.cluster.setApiVersions("Produce", { min: 0, max: 2 });
  mock.cluster.setApiVersions("Fetch", { max: 3 });
  await using old = openProducer({ "bootstrap.servers": mock.servers });
  await old.producer.send({ topic: mock.topic, value: "old" });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  assertEquals((await read(consumer, 2)).map(text), [null, "old"]);
  assertThrows(() => mock.cluster.setApiVersions("Produce", { min: 3, max: 2 }), RangeError, "max");
});

test("Consumer with client.rack reads a partition from the follower that the leader names", async () => {
  await using mock = mockTopic(1, 3);
  const where = { topic: mock.topic, partition: 0 };
  mock.cluster.setLeader(mock.topic, 0, 1);
  for (const broker of [1, 2, 3]) mock.cluster.setRack(broker, `rack-${broker}`);
  await fill(mock.servers, { topic: mock.topic, each: 20 });
  mock.cluster.setFollower(where, 3);
  mock.cluster.trackRequests();
  await using consumer = openAssigned(mock.servers, { topic: mock.topic }, { "client.rack": "rack-3" });
  assertEquals((await read(consumer, 20)).map(({ offset }) => offset), Array.from({ length: 20 }, (_, i) => i));
  const fetches = mock.cluster.requests().filter(({ request }) => request === "Fetch").map(({ broker }) => broker);
  // The leader is asked first, and sends the consumer on.
  assertEquals([fetches[0], fetches.at(-1), fetches.includes(2)], [1, 3, false]);
  // From the follower it comes: it is the one whose answers are late.
  mock.cluster.setRoundTripTime(3, 600);
  await consumer.consume(1, { timeoutMs: 100 });
  mock.cluster.clearRequests();
  await fill(mock.servers, { topic: mock.topic, each: 1, from: 20 });
  const start = performance.now();
  assertEquals((await read(consumer, 1))[0]?.offset, 20);
  assertGreater(performance.now() - start, 300);
  assert(kinds(mock.cluster, 3).has("Fetch"));
  assertEquals(kinds(mock.cluster, 1).has("Fetch"), false);
});

test("MockCluster.setFollowerWatermarks() says what a follower tells of its ends", async () => {
  await using mock = mockTopic(1, 2);
  const where = { topic: mock.topic, partition: 0 };
  mock.cluster.setLeader(mock.topic, 0, 1);
  await fill(mock.servers, { topic: mock.topic, each: 5 });
  mock.cluster.setFollower(where, 2);
  mock.cluster.setFollowerWatermarks(where, { high: 9 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  await read(consumer, 5);
  const high = async () => (await consumer.getWatermarkOffsets(where, { cached: true })).high;
  assertEquals(await high(), 9);
  mock.cluster.setFollowerWatermarks(where, {});
  await fill(mock.servers, { topic: mock.topic, each: 1, from: 5 });
  await read(consumer, 1);
  assertEquals(await high(), 6);
});

test("MockCluster.pushLeader() tells clients of a leader once", async () => {
  await using mock = mockTopic(1, 2);
  const where = { topic: mock.topic, partition: 0 };
  mock.cluster.setLeader(mock.topic, 0, 1);
  await using opened = openProducer({ "bootstrap.servers": mock.servers });
  const leader = async () => {
    const { topics } = await opened.producer.metadata({ topics: [mock.topic] });
    return topics[0]!.partitions[0]!.leader;
  };
  assertEquals(await leader(), 1);
  mock.cluster.pushLeader(where, { broker: 2, epoch: 7 });
  assertEquals([await leader(), await leader()], [2, 1]);
});

test("MockCluster.deleteTopic() and deleteRecords() take away what was there", async () => {
  await using mock = mockTopic(1);
  const where = { topic: mock.topic, partition: 0 };
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "linger.ms": 0 });
  for (let i = 0; i < 6; i++) await opened.producer.send(where);
  mock.cluster.deleteRecords(where, { before: 4 });
  await using consumer = openConsumer(mock.servers);
  assertEquals(await consumer.getWatermarkOffsets(where), { low: 4, high: 6 });
  consumer.assign([{ ...where, offset: 4 }]);
  assertEquals((await read(consumer, 2)).map(({ offset }) => offset), [4, 5]);
  mock.cluster.deleteTopic(mock.topic);
  const { topics } = await opened.producer.metadata();
  assertEquals(topics.map(({ topic }) => topic).includes(mock.topic), false);
  assertEquals(assertThrows(() => mock.cluster.deleteTopic("nowhere"), KafkaError).codeName, "UNKNOWN_TOPIC_OR_PART");
});

test("MockCluster.addBroker(), removeBroker(), hideBroker() and setAddress() change what clients are told", async () => {
  await using mock = mockTopic(4, 2);
  await using opened = openProducer({ "bootstrap.servers": mock.servers });
  const brokers = async () => {
    const { brokers } = await opened.producer.metadata();
    return brokers.map(({ id }) => id).sort();
  };
  assertEquals(await brokers(), [1, 2]);
  mock.cluster.addBroker(3);
  assertEquals(await brokers(), [1, 2, 3]);
  mock.cluster.removeBroker(2);
  assertEquals(await brokers(), [1, 3]);
  assertThrows(() => mock.cluster.removeBroker(2), KafkaError);
  for (let partition = 0; partition < 4; partition++) await opened.producer.send({ topic: mock.topic, partition });
  mock.cluster.hideBroker(3);
  assertEquals(await brokers(), [1]);
  mock.cluster.setAddress(1, { host: "localhost", port: 9 });
  const { brokers: [one] } = await opened.producer.metadata();
  assertEquals([one?.host, one?.port], ["localhost", 9]);
});

test("MockCluster.setTelemetry() asks clients for metrics, which they push", async () => {
  await using mock = mockTopic();
  mock.cluster.setTelemetry({ metrics: [""], pushIntervalMs: 100 });
  mock.cluster.trackRequests();
  await using opened = openProducer({ "bootstrap.servers": mock.servers });
  await opened.producer.send({ topic: mock.topic });
  await waitFor(() => kinds(mock.cluster).has("PushTelemetry"), { what: "telemetry" });
  assert(kinds(mock.cluster).has("GetTelemetrySubscriptions"));
});

test("MockCluster refuses arguments of the wrong kind, and everything once it is closed", async () => {
  const cluster = new MockCluster();
  const where = { topic: "t", partition: 0 };
  for (const brokers of [0, 1.5, -1, NaN, "1" as unknown as number]) {
    assertThrows(() => new MockCluster({ brokers }), RangeError, "mock brokers");
  }
  assertThrows(() => cluster.failNext("Nothing" as "Fetch", [1]), TypeError, "one of apiKeys");
  assertThrows(() => cluster.failNext("Fetch", ["x" as unknown as number]), TypeError, "an error code");
  assertThrows(() => cluster.answerNext("Fetch", [{ delayMs: -1 }], { broker: 1 }), RangeError, "delayMs");
  assertThrows(() => cluster.setFollower({ topic: "t", partition: -1 }, 1), RangeError, "partition");
  assertThrows(() => cluster.setFollowerWatermarks(where, { low: -2 }), RangeError, "low");
  assertThrows(() => cluster.setRack(0, "r"), RangeError, "broker");
  assertThrows(() => cluster.setRack(1, "a\0b"), TypeError, "rack");
  assertThrows(() => cluster.setConsumerGroups({ heartbeatIntervalMs: 0.5 }), RangeError, "heartbeatIntervalMs");
  assertThrows(() => cluster.setTargetAssignment("g", { m: [{ topic: "t", partition: -1 }] }), RangeError);
  assertEquals([apiKeys.ConsumerGroupHeartbeat, apiKeys.OffsetForLeaderEpoch], [68, 23]);
  await cluster.close();
  await cluster.close();
  for (
    const call of [
      () => cluster.createTopic("t"),
      () => cluster.trackRequests(),
      () => cluster.requests(),
      () => cluster.failNext("Fetch", [1]),
      () => cluster.answersLeft("Fetch", { broker: 1 }),
      () => cluster.setTargetAssignment("g", { m: [where] }),
      () => cluster.setShareGroups({ maxMembers: 1 }),
      () => cluster.shareMembers("g"),
      () => cluster.setAddress(1, { host: "h", port: 1 }),
    ]
  ) assertEquals(assertThrows(call, KafkaError).codeName, "_DESTROY");
});

test("MockCluster names the librdkafka version that has what this one lacks", async () => {
  const libraryPath = floorLibrary();
  if (libraryPath === null) return;
  await using cluster = new MockCluster({ libraryPath });
  cluster.createTopic("t", { partitions: 1 });
  const where = { topic: "t", partition: 0 };
  const lacking: readonly [needs: string, call: () => unknown][] = [
    ["2.15", () => cluster.deleteTopic("t")],
    ["2.15", () => cluster.deleteRecords(where, { before: 1 })],
    ["2.15", () => cluster.failNext("Produce", [1], where)],
    ["2.15", () => cluster.hideBroker(1)],
    ["2.15", () => cluster.setShareGroups({ maxMembers: 1 })],
    ["2.15", () => cluster.setShareAssignment("g", {})],
    ["2.15", () => cluster.shareMembers("g")],
    ["2.10", () => cluster.addBroker(2)],
    ["2.10", () => cluster.removeBroker(1)],
    ["2.10", () => cluster.setAddress(1, { host: "h", port: 1 })],
  ];
  for (const [needs, call] of lacking) {
    const error = assertThrows(call, UnsupportedFeatureError);
    assertEquals([error.needs, error.have, error.codeName], [needs, "librdkafka 2.8.0", "_NOT_IMPLEMENTED"]);
  }
  // What it has works there as it does here.
  cluster.trackRequests();
  cluster.answerNext("Produce", [{ code: 87 }], { broker: 1 });
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers }, { libraryPath, onLog: false });
  await assertRejects(() => producer.send(where), ProduceError);
  await producer.send(where);
  assert(kinds(cluster).has("Produce"));
  cluster.setRack(1, "r");
  cluster.setFollower(where, 1);
  cluster.setConsumerGroups({ heartbeatIntervalMs: 100 });
});

test("Producer and Consumer with test.mock.num.brokers have a cluster of their own", async () => {
  await using producer = new Producer({ "test.mock.num.brokers": 3, "client.id": "alone" });
  const { brokers } = await producer.metadata();
  assertEquals(brokers.length, 3);
  assertEquals((await producer.send({ topic: "t", value: "v" })).offset, 0);
  // Its brokers listen on loopback ports: others can use them.
  const servers = brokers.map(({ host, port }) => `${host}:${port}`).join();
  await using consumer = openAssigned(servers, { topic: "t", partitions: 4 });
  const messages = await read(consumer, 1);
  assertEquals([messages.map(text), Object.keys(offsetsOf(messages)).length], [["v"], 1]);
  await using alone = openConsumer("127.0.0.1:1", { "test.mock.num.brokers": 1 });
  assertLess(0, (await alone.metadata()).brokers.length);
});
