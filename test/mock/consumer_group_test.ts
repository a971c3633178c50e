/** A consumer as a member of a group: subscriptions, who has which partition, and staying in by polling. */
import type { Consumer } from "../../mod.ts";
import { KafkaError } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, ErrorList, fill, openConsumer, partitionsOf, read, text } from "../support/group.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

const topic = "t";

/** A cluster with messages 0 to `each - 1` in every partition. */
async function start(options: { partitions?: number; each?: number } = {}): Promise<MockCluster> {
  const { partitions = 1, each = 100 } = options;
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions });
  if (each > 0) await fill(cluster.bootstrapServers, { topic, partitions, each });
  return cluster;
}

/** The mock holds a group together for a second less than the session's timeout before it lets new members in. */
const quickGroup = { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 };

/** Lets a consumer look at its group until something holds. */
async function pollUntil(
  consumer: Consumer,
  condition: () => boolean,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  await waitFor(async () => {
    if (condition()) return true;
    await consumer.poll({ timeoutMs: 20 });
    return condition();
  }, { what, timeoutMs, intervalMs: 0 });
}

const assigned = (consumer: Consumer) => consumer.assignment().map((each) => `${each.topic}:${each.partition}`).sort();

test("Consumer.subscribe() reads topics by name, as a member of its group", async () => {
  await using cluster = await start({ partitions: 2 });
  await using consumer = openConsumer(cluster.bootstrapServers);
  assertEquals([consumer.subscription(), consumer.memberId, consumer.rebalanceProtocol], [[], "", "NONE"]);
  consumer.subscribe([topic]);
  assertEquals(consumer.subscription(), [topic]);
  assertContiguous(await read(consumer, 200), { topic, partitions: 2, to: 100 });
  assertEquals(assigned(consumer), [`${topic}:0`, `${topic}:1`]);
  assertEquals(consumer.rebalanceProtocol, "EAGER");
  assert(consumer.memberId);
  assertEquals(consumer.assignmentLost, false);
});

test("Consumer.subscribe() takes the topics whose names a RegExp or an expression matches", async () => {
  await using cluster = new MockCluster();
  const names = ["orders", "orders-1", "old-orders", "orders.eu", "ORDERS", "order", "a_b", "tx", "s", "7"];
  for (const name of names) cluster.createTopic(name, { partitions: 1 });
  const patterns: (RegExp | string)[] = [
    /orders/,
    /^orders/,
    /orders$/,
    /^old|eu$/,
    /^[a\-z]_/,
    /^\w{5,6}$/,
    /^[^o]/,
    /(?:x|\d)$/,
    "^orders[.-]",
  ];
  await Promise.all(patterns.map(async (pattern) => {
    await using consumer = openConsumer(cluster.bootstrapServers, {}, { onError: new ErrorList().onError });
    consumer.subscribe([pattern]);
    const expected = names.filter((name) => new RegExp(pattern).test(name)).map((name) => `${name}:0`).sort();
    await pollUntil(consumer, () => assigned(consumer).length > 0, `partitions for ${pattern}`);
    assertEquals(assigned(consumer), expected, String(pattern));
    assertMatch(consumer.subscription()[0]!, /^\^/);
  }));
});

test("Consumer.subscribe() again replaces the subscription", async () => {
  await using cluster = new MockCluster();
  for (const name of ["a", "b", "c"]) {
    cluster.createTopic(name, { partitions: 1 });
    await fill(cluster.bootstrapServers, { topic: name, each: 10 });
  }
  await using consumer = openConsumer(cluster.bootstrapServers, quickGroup);
  consumer.subscribe(["a", "b"]);
  await read(consumer, 20);
  consumer.subscribe(["b", "c"]);
  assertEquals(consumer.subscription().sort(), ["b", "c"]);
  const messages = await read(consumer, 10);
  assertContiguous(messages, { topic: "c", to: 10 });
  assertEquals(assigned(consumer), ["b:0", "c:0"]);
  await fill(cluster.bootstrapServers, { topic: "a", each: 1, from: 10 });
  await fill(cluster.bootstrapServers, { topic: "b", each: 1, from: 10 });
  assertEquals((await read(consumer, 1)).map((message) => `${message.topic} ${text(message)}`), ["b 0/10"]);
  assertEquals(await consumer.poll({ timeoutMs: 200 }), null);
});

test("Consumer.subscribe() refuses what is no list of topics, and keeps the subscription", async () => {
  await using cluster = await start({ each: 0 });
  await using consumer = openConsumer(cluster.bootstrapServers);
  consumer.subscribe([topic]);
  const wrong = [topic, null, undefined, 5, [5], [null], ["a\0b"], [/a/i], [/(?=a)/]] as unknown as string[][];
  for (const topics of wrong) assertThrows(() => consumer.subscribe(topics), TypeError, undefined, String(topics));
  for (const topics of [[], [""]]) {
    assertEquals(assertThrows(() => consumer.subscribe(topics), KafkaError).codeName, "_INVALID_ARG");
  }
  assertEquals(consumer.subscription(), [topic]);
});

test("Consumer.unsubscribe() gives the partitions back and leaves the group", async () => {
  await using cluster = await start({ partitions: 2 });
  const config = { ...quickGroup, "group.id": randomName("group") };
  const events: string[] = [];
  await using consumer = openConsumer(cluster.bootstrapServers, config, {
    onRevoke: (partitions) => void events.push(`revoke ${partitions.length}`),
  });
  consumer.subscribe([topic]);
  await read(consumer, 50);
  consumer.unsubscribe();
  assertEquals(consumer.subscription(), []);
  await pollUntil(consumer, () => events.length > 0, "the revocation");
  assertEquals([events, assigned(consumer)], [["revoke 2"], []]);
  assertEquals(await consumer.poll({ timeoutMs: 100 }), null);
  await using other = openConsumer(cluster.bootstrapServers, config);
  other.subscribe([topic]);
  await pollUntil(other, () => assigned(other).length === 2, "both partitions");
  // And it can come back, from where it was.
  await other.close();
  consumer.subscribe([topic]);
  await pollUntil(consumer, () => assigned(consumer).length === 2, "both partitions again");
});

test("Consumers of a group share out the partitions, and take over what a leaving one had", async () => {
  await using cluster = await start({ partitions: 4, each: 0 });
  for (const strategy of ["range", "cooperative-sticky"]) {
    const config = { ...quickGroup, "group.id": randomName("group"), "partition.assignment.strategy": strategy };
    await using first = openConsumer(cluster.bootstrapServers, config);
    await using second = openConsumer(cluster.bootstrapServers, config);
    first.subscribe([topic]);
    await pollUntil(first, () => assigned(first).length === 4, "all partitions");
    second.subscribe([topic]);
    const isShared = () => assigned(first).length === 2 && assigned(second).length === 2;
    await waitFor(async () => {
      await Promise.all([first, second].map((each) => each.poll({ timeoutMs: 20 })));
      return isShared();
    }, { what: "two partitions each" });
    assertEquals(
      [...assigned(first), ...assigned(second)].sort(),
      partitionsOf(topic, 4).map((each) => `t:${each.partition}`),
    );
    assertEquals(first.rebalanceProtocol, strategy === "range" ? "EAGER" : "COOPERATIVE");
    await first.close();
    await pollUntil(second, () => assigned(second).length === 4, "all partitions");
  }
});

test("Consumer answers its group while it has messages at hand", async () => {
  await using cluster = await start({ partitions: 2, each: 1000 });
  const config = { ...quickGroup, "group.id": randomName("group") };
  await using slow = openConsumer(cluster.bootstrapServers, config);
  await using other = openConsumer(cluster.bootstrapServers, config);
  slow.subscribe([topic]);
  await read(slow, 1);
  // By then librdkafka has fetched all there is, and the next look takes a thousand.
  await delay(500);
  const loop = (async () => {
    for await (const _ of slow) await delay(10);
  })();
  await waitFor(() => assigned(slow).length === 2, { what: "both partitions" });
  other.subscribe([topic]);
  const started = performance.now();
  await pollUntil(other, () => assigned(other).length === 1, "one partition");
  // What was read ahead would have lasted for ten seconds.
  assertLess(performance.now() - started, 5000);
  await slow.close();
  await loop;
});

const quickPolls = { "session.timeout.ms": 1000, "heartbeat.interval.ms": 100, "max.poll.interval.ms": 1500 };

test("Consumer that waits for messages stays in its group for longer than max.poll.interval.ms", async () => {
  await using cluster = await start({ each: 1 });
  const errors = new ErrorList();
  const events: string[] = [];
  await using consumer = openConsumer(cluster.bootstrapServers, quickPolls, {
    onError: errors.onError,
    onAssign: () => void events.push("assign"),
    onRevoke: () => void events.push("revoke"),
  });
  consumer.subscribe([topic]);
  await read(consumer, 1);
  assertEquals(await consumer.poll({ timeoutMs: 4000 }), null);
  assertEquals([events, errors.names], [["assign"], []]);
});

test("Consumer whose messages take long, but none too long, stays in its group", async () => {
  await using cluster = await start({ each: 1000 });
  const errors = new ErrorList();
  await using consumer = openConsumer(cluster.bootstrapServers, quickPolls, { onError: errors.onError });
  consumer.subscribe([topic]);
  const messages = await read(consumer, 1);
  // By then librdkafka has fetched all there is: what the first steps of the loop leave at hand lasts for longer than the interval.
  await delay(500);
  for await (const message of consumer) {
    messages.push(message);
    if (messages.length === 225) break;
    if (messages.length >= 200) await delay(100);
  }
  messages.push(...await read(consumer, 775));
  // A look at the group would tell.
  assertEquals(await consumer.poll({ timeoutMs: 200 }), null);
  assertContiguous(messages, { topic, to: 1000 });
  assertEquals(errors.names, []);
  assertEquals(assigned(consumer), [`${topic}:0`]);
});

test("Consumer that is busy beyond max.poll.interval.ms loses its partitions, is told, and joins again", async () => {
  await using cluster = await start({ each: 500 });
  const errors = new ErrorList();
  const events: string[] = [];
  await using consumer = openConsumer(cluster.bootstrapServers, { ...quickPolls, "enable.auto.commit": false }, {
    onError: errors.onError,
    onLog: false,
    onAssign: () => void events.push("assign"),
    onLost: (partitions) => void events.push(`lost ${partitions.length} ${consumer.assignmentLost}`),
    onRevoke: () => void events.push("revoke"),
  });
  consumer.subscribe([topic]);
  const first = await read(consumer, 10);
  await consumer.commit([{ topic, partition: 0, offset: 4 }]);
  await delay(2500);
  const after = await read(consumer, 496);
  assertContiguous(first, { topic, to: 10 });
  // From the committed offset, and nothing of what was read ahead before.
  assertContiguous(after, { topic, from: 4, to: 500 });
  assertEquals(events, ["assign", "lost 1 true", "assign"]);
  assertEquals(errors.names, ["_MAX_POLL_EXCEEDED"]);
});

test("Consumer loses its partitions when the session times out, and joins again", async () => {
  await using cluster = await start({ each: 100 });
  const errors = new ErrorList();
  const events: string[] = [];
  await using consumer = openConsumer(cluster.bootstrapServers, { ...quickPolls, "enable.auto.commit": false }, {
    onError: errors.onError,
    onLog: false,
    onAssign: () => void events.push("assign"),
    onRevoke: (partitions) => void events.push(`revoke ${partitions.length} ${consumer.assignmentLost}`),
  });
  consumer.subscribe([topic]);
  await read(consumer, 10);
  cluster.stopBroker(1);
  // There is no onLost, so onRevoke is told.
  await pollUntil(consumer, () => events.length > 1, "the loss");
  cluster.startBroker(1);
  assertContiguous(await read(consumer, 100), { topic, to: 100 });
  assertEquals(events, ["assign", "revoke 1 true", "assign"]);
  assertGreater(errors.list.length, 0);
});

test("Consumer that fails for good ends the read that waits, and refuses the next one", async () => {
  // The reader itself met the error on its way to wait, and waited on.
  await using cluster = await start();
  const errors = new ErrorList();
  const config = { ...quickGroup, "group.instance.id": "only", "max.poll.interval.ms": 60_000 };
  let failedAt = 0;
  const onError = (error: KafkaError) => {
    errors.onError(error);
    failedAt = performance.now();
  };
  await using consumer = openConsumer(cluster.bootstrapServers, config, { onError, onLog: false });
  consumer.subscribe([topic]);
  await read(consumer, 100);
  const reading = consumer.poll({ timeoutMs: 15_000 });
  cluster.failNext("Heartbeat", [82]);
  const error = await assertRejects(() => reading, KafkaError);
  assertLess(performance.now() - failedAt, 2000);
  assertEquals([error.codeName, error.isFatal], ["FENCED_INSTANCE_ID", true]);
  assertEquals([consumer.fatalError?.codeName, errors.names], ["FENCED_INSTANCE_ID", ["FENCED_INSTANCE_ID"]]);
  await assertRejects(() => consumer.poll(), KafkaError, "has failed for good");
  await assertRejects(() => consumer.commit(), KafkaError, "has failed for good");
});
