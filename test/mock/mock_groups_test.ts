/** The mock cluster's groups as a kit for tests: coordinators, assignments and limits; and the assignors that need no Kafka. */
import { KafkaError, type TopicPartition } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertEquals, assertGreater, assertThrows } from "../support/assert.ts";
import { ErrorList, fill, openConsumer } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { deliveries, openShareConsumer, take } from "../support/sharing.ts";
import { waitFor } from "../support/wait.ts";

test("MockCluster.setCoordinator() moves a group and a transactional id to a broker", async () => {
  await using mock = mockTopic(1, 3);
  mock.cluster.trackRequests();
  for (const broker of [2, 3]) {
    const group = randomName("group");
    mock.cluster.setCoordinator({ group }, broker);
    await using consumer = openConsumer(mock.servers, { "group.id": group });
    consumer.subscribe([mock.topic]);
    await waitFor(async () => {
      await consumer.poll({ timeoutMs: 50 });
      return consumer.assignment().length > 0;
    }, { what: "an assignment" });
    const joined = mock.cluster.requests().filter(({ request }) => request === "JoinGroup").map(({ broker }) => broker);
    assertEquals([...new Set(joined)], [broker]);
    const id = randomName("txn");
    mock.cluster.setCoordinator({ transactionalId: id }, broker);
    mock.cluster.clearRequests();
    await using opened = openProducer({ "bootstrap.servers": mock.servers, "transactional.id": id });
    await opened.producer.initTransactions();
    await opened.producer.beginTransaction();
    await opened.producer.send({ topic: mock.topic });
    await opened.producer.commitTransaction();
    const ended = mock.cluster.requests().filter(({ request }) => request === "EndTxn").map(({ broker }) => broker);
    assertEquals(ended, [broker]);
    mock.cluster.clearRequests();
  }
});

test("MockCluster keeps groups of KIP-848 as it is told, and gives members what it is told", async () => {
  await using mock = mockTopic(4);
  mock.cluster.setConsumerGroups({ heartbeatIntervalMs: 100, sessionTimeoutMs: 2000 });
  mock.cluster.trackRequests();
  const group = randomName("group");
  const config = { "group.id": group, "group.protocol": "consumer" as const };
  await using one = openConsumer(mock.servers, config);
  await using two = openConsumer(mock.servers, config);
  one.subscribe([mock.topic]);
  two.subscribe([mock.topic]);
  const partitions = (consumer: typeof one) => consumer.assignment().map(({ partition }) => partition).sort();
  const until = (first: number[], second: number[]) =>
    waitFor(async () => {
      await Promise.all([one.poll({ timeoutMs: 20 }), two.poll({ timeoutMs: 20 })]);
      return `${partitions(one)}/${partitions(two)}` === `${first}/${second}`;
    }, { what: `${first} and ${second}` });
  await waitFor(async () => {
    await Promise.all([one.poll({ timeoutMs: 20 }), two.poll({ timeoutMs: 20 })]);
    return partitions(one).length === 2 && partitions(two).length === 2;
  }, { what: "a fair share" });
  const each = (...list: number[]): TopicPartition[] => list.map((partition) => ({ topic: mock.topic, partition }));
  mock.cluster.setTargetAssignment(group, { [one.memberId]: each(3), [two.memberId]: each(0, 1, 2) });
  await until([3], [0, 1, 2]);
  mock.cluster.setTargetAssignment(group, { [one.memberId]: each(0, 1, 2, 3), [two.memberId]: [], nobody: each(1) });
  await until([0, 1, 2, 3], []);
  const beats = mock.cluster.requests().filter(({ request }) => request === "ConsumerGroupHeartbeat");
  assertGreater(beats.length, 6);
});

test("MockCluster.setShareAssignment() gives members of a share group what it is told", async () => {
  await using mock = mockTopic(2);
  mock.cluster.setShareGroups({ autoOffsetReset: "earliest", heartbeatIntervalMs: 100 });
  const group = randomName("group");
  assertEquals(assertThrows(() => mock.cluster.shareMembers(group), KafkaError).codeName, "GROUP_ID_NOT_FOUND");
  const config = { "group.id": group, "share.acknowledgement.mode": "implicit" as const };
  await using one = openShareConsumer(mock.servers, config);
  one.subscribe([mock.topic]);
  await waitFor(async () => {
    await one.poll({ timeoutMs: 20 });
    try {
      return mock.cluster.shareMembers(group).length === 1;
    } catch {
      return false;
    }
  }, { what: "a member" });
  const [member] = mock.cluster.shareMembers(group);
  mock.cluster.setShareAssignment(group, { [member!]: [{ topic: mock.topic, partition: 1 }] });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 5 });
  const messages = await take(one, 5);
  assertEquals([...new Set(messages.map(({ partition }) => partition))], [1]);
  assertEquals(await one.poll({ timeoutMs: 300 }), []);
});

test("MockCluster.setShareGroups() limits members, locks and deliveries", async () => {
  await using mock = mockTopic();
  const settings = { autoOffsetReset: "earliest", heartbeatIntervalMs: 100, maxDeliveries: 2 } as const;
  mock.cluster.setShareGroups({ ...settings, maxLockedMessages: 3, maxMembers: 1, maxSessions: 10 });
  await fill(mock.servers, { topic: mock.topic, each: 6 });
  const group = randomName("group");
  await using one = openShareConsumer(mock.servers, { "group.id": group });
  one.subscribe([mock.topic]);
  const first = await one.poll({ timeoutMs: 10_000 });
  assertEquals(deliveries(first), ["0x1", "1x1", "2x1"]);
  const errors = new ErrorList();
  await using two = openShareConsumer(mock.servers, { "group.id": group }, { onError: errors.onError });
  two.subscribe([mock.topic]);
  await waitFor(async () => {
    await two.poll({ timeoutMs: 20 }).catch((error) => void errors.list.push(error));
    return errors.names.includes("GROUP_MAX_SIZE_REACHED");
  }, { what: "a refusal" });
  one.acknowledge(first, "release");
  const rest = await take(one, 6, (message) => one.acknowledge(message, message.offset === 0 ? "release" : "accept"));
  // Twice delivered is enough.
  assertEquals(deliveries(rest).sort(), ["0x2", "1x2", "2x2", "3x1", "4x1", "5x1"]);
  assertEquals(await one.poll({ timeoutMs: 300 }), []);
});

test("Consumers with partition.assignment.strategy=roundrobin deal partitions out one by one", async () => {
  await using mock = mockTopic(3);
  const other = `${mock.topic}-b`;
  mock.cluster.createTopic(other, { partitions: 3 });
  const shares: Record<string, string[]> = {};
  for (const strategy of ["roundrobin", "range"] as const) {
    const config = {
      "group.id": randomName("group"),
      "partition.assignment.strategy": strategy,
      "session.timeout.ms": 1500,
      "heartbeat.interval.ms": 100,
    };
    await using one = openConsumer(mock.servers, config);
    await using two = openConsumer(mock.servers, config);
    const consumers = [one, two];
    for (const consumer of consumers) consumer.subscribe([mock.topic, other]);
    const shareOf = (consumer: typeof one) =>
      consumer.assignment().map(({ topic, partition }) => `${topic === other ? "b" : "a"}${partition}`).sort().join(
        " ",
      );
    await waitFor(async () => {
      await Promise.all(consumers.map((consumer) => consumer.poll({ timeoutMs: 20 })));
      return consumers.flatMap((consumer) => consumer.assignment()).length === 6 &&
        consumers.every((consumer) => consumer.assignment().length > 0);
    }, { what: "a share for each" });
    shares[strategy] = consumers.map(shareOf).sort();
  }
  assertEquals(shares, { roundrobin: ["a0 a2 b1", "a1 b0 b2"], range: ["a0 a1 b0 b1", "a2 b2"] });
});
