/** The consumer that blocks: reading, its group, offsets and handlers within its own calls. */
import { HandlerError, KafkaError, Offset } from "../../mod.ts";
import type { Consumer } from "../../sync.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertInstanceOf, assertLess, assertThrows } from "../support/assert.ts";
import { fillBlocking, openBlockingConsumer, openBlockingProducer, readBlocking, textOf } from "../support/blocking.ts";
import { type MockTopic, mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";

/** The mock holds a group together for a second less than the session's timeout before it lets new members in. */
const quickGroup = { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 };

/** A topic with the values 0 to `count - 1` in each partition. */
function filled(count: number, partitions = 1): MockTopic {
  const mock = mockTopic(partitions);
  for (let partition = 0; partition < partitions; partition++) fillBlocking(mock.servers, mock.topic, count, partition);
  return mock;
}

function fromStart(consumer: Consumer, topic: string, partitions = 1): void {
  consumer.assign(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })));
}

function errorOf(call: () => unknown): KafkaError {
  return assertThrows(call, KafkaError);
}

/** Polls until something holds, for ten seconds at most. Nobody else runs meanwhile, so nobody else could be waited for. */
function pollUntil(consumers: readonly Consumer[], isDone: () => boolean, what: string): void {
  const until = performance.now() + 10_000;
  while (!isDone()) {
    if (performance.now() > until) throw new Error(`Timed out waiting for ${what}`);
    for (const consumer of consumers) consumer.poll(20);
  }
}

test("sync Consumer.poll() returns messages as they are, and null when its time is up", async () => {
  await using mock = mockTopic();
  const { topic, servers } = mock;
  const value = new Uint8Array([0, 255]);
  {
    using opened = openBlockingProducer({ "bootstrap.servers": servers });
    opened.producer.send([{ topic, key: "", value, headers: [["h", null], ["h", "2"]], timestamp: 5 }, { topic }]);
  }
  using opened = openBlockingConsumer(servers);
  const { consumer } = opened;
  assertEquals(consumer.poll(0), null);
  fromStart(consumer, topic);
  const message = consumer.poll()!;
  assertEquals([message.topic, message.partition, message.offset, message.timestamp], [topic, 0, 0, 5]);
  assertEquals([message.key?.length, message.value && [...message.value]], [0, [...value]]);
  assertEquals(message.headers.map(([name, data]) => [name, data && textOf({ ...message, value: data })]), [
    ["h", null],
    ["h", "2"],
  ]);
  const tombstone = consumer.poll()!;
  assertEquals([tombstone.key, tombstone.value, tombstone.headers], [null, null, []]);
  const start = performance.now();
  assertEquals(consumer.poll(250), null);
  const took = performance.now() - start;
  assert(took >= 249 && took < 2000, `${took}`);
  assertThrows(() => consumer.poll(-1), RangeError, "timeoutMs");
  assertEquals(opened.errors, []);
});

test("sync Consumer.poll() returns as soon as a message has come, however long it may wait", async () => {
  await using mock = filled(1);
  const { topic, servers } = mock;
  using sender = openBlockingProducer({ "bootstrap.servers": servers, "linger.ms": 300 });
  using opened = openBlockingConsumer(servers, { "fetch.wait.max.ms": 20 });
  const { consumer } = opened;
  fromStart(consumer, topic);
  readBlocking(consumer, 1);
  sender.producer.produce({ topic, value: "late" });
  const start = performance.now();
  // Longer than the milliseconds that C's int can hold.
  assertEquals(textOf(consumer.poll(2 ** 40)!), "late");
  const took = performance.now() - start;
  assert(took > 200 && took < 3000, `${took}`);
});

test("sync Consumer.consume() returns as many as there are in its time", async () => {
  await using mock = filled(2500, 2);
  using opened = openBlockingConsumer(mock.servers);
  const { consumer } = opened;
  fromStart(consumer, mock.topic, 2);
  const first = consumer.consume(4000);
  assertEquals(first.length, 4000);
  const rest = consumer.consume(4000, 500);
  assertEquals(rest.length, 1000);
  const values = [...first, ...rest].filter(({ partition }) => partition === 1).map(textOf);
  assertEquals(values, Array.from({ length: 2500 }, (_, i) => `${i}`));
  assertEquals(consumer.consume(1, 0), []);
  for (const count of [0, 1.5, -1, 1e9]) assertThrows(() => consumer.consume(count), RangeError, "messages");
});

test("sync Consumer iterates message by message and in batches, and goes on where a loop was left", async () => {
  await using mock = filled(100);
  using opened = openBlockingConsumer(mock.servers);
  const { consumer } = opened;
  fromStart(consumer, mock.topic);
  const read: string[] = [];
  for (const message of consumer) {
    read.push(textOf(message)!);
    if (read.length === 10) break;
  }
  for (const batch of consumer.batches({ maxMessages: 40, maxWaitMs: 1000 })) {
    assert(batch.length > 0 && batch.length <= 40, `${batch.length}`);
    for (const message of batch) read.push(textOf(message)!);
    if (read.length >= 90) break;
  }
  for (const message of consumer.messages()) {
    read.push(textOf(message)!);
    // It ends the loop.
    if (read.length === 100) consumer.close();
  }
  assertEquals(read, Array.from({ length: 100 }, (_, i) => `${i}`));
  assertEquals(errorOf(() => consumer.poll(0)).codeName, "_DESTROY");
  assertThrows(() => [...consumer.batches({ maxMessages: 0 })], RangeError, "maxMessages");
});

test("sync Consumer commits what is done, and never the message in hand", async () => {
  await using mock = filled(10);
  const { topic, servers } = mock;
  const config = { "group.id": randomName("group"), ...quickGroup };
  const where = [{ topic, partition: 0 }];
  {
    using opened = openBlockingConsumer(servers, config);
    const { consumer } = opened;
    consumer.subscribe([topic]);
    assertEquals(consumer.commit(), []);
    for (const message of consumer) if (message.offset === 4) break;
    assertEquals(consumer.position().map(({ offset }) => offset), [5]);
    consumer.close();
  }
  {
    using opened = openBlockingConsumer(servers, config);
    const { consumer } = opened;
    assertEquals(consumer.committed(where).map(({ offset }) => offset), [4]);
    consumer.subscribe([topic]);
    const [first, second] = readBlocking(consumer, 2);
    assertEquals([first!.offset, second!.offset], [4, 5]);
    const answer = consumer.commit(second!);
    assertEquals(answer.map(({ offset, error }) => [offset, error]), [[6, null]]);
    const third = consumer.poll()!;
    consumer.storeOffsets(third);
    assertEquals(consumer.commit().map(({ offset }) => offset), [7]);
    assertEquals(consumer.committed().map(({ offset }) => offset), [7]);
    assertEquals(consumer.getWatermarkOffsets(where[0]!), { low: 0, high: 10 });
    assertEquals(consumer.offsetsForTimes([]), []);
    assertThrows(() => consumer.offsetsForTimes([{ ...where[0]!, timestamp: -1 }]), RangeError, "time");
  }
});

test("sync Consumer.commit() tells of each partition whether it failed", async () => {
  await using mock = filled(1);
  const { topic, cluster } = mock;
  using opened = openBlockingConsumer(mock.servers);
  const { consumer } = opened;
  consumer.subscribe([topic]);
  readBlocking(consumer, 1);
  const unknownTopic = 3;
  // Asked together, and then one by one.
  cluster.failNext("OffsetCommit", [unknownTopic, 0, unknownTopic]);
  const answer = consumer.commit([{ topic, partition: 0, offset: 1 }, { topic: "other", partition: 7, offset: 1 }]);
  assertEquals(answer.map(({ error }) => error?.codeName ?? null).sort(), ["UNKNOWN_TOPIC_OR_PART", null]);
  const unknownMember = 25;
  cluster.failNext("OffsetCommit", [unknownMember]);
  assertEquals(errorOf(() => consumer.commit([{ topic, partition: 0, offset: 1 }])).codeName, "UNKNOWN_MEMBER_ID");
});

test("sync Consumer bounds its questions by time", async () => {
  await using mock = filled(1);
  const { topic, cluster } = mock;
  using opened = openBlockingConsumer(mock.servers);
  const { consumer } = opened;
  fromStart(consumer, topic);
  readBlocking(consumer, 1);
  cluster.setRoundTripTime(1, 3000);
  const start = performance.now();
  assertEquals(
    errorOf(() => consumer.getWatermarkOffsets({ topic, partition: 0 }, { timeoutMs: 100 })).codeName,
    "_TIMED_OUT",
  );
  assertEquals(errorOf(() => consumer.committed(undefined, { timeoutMs: 100 })).codeName, "_TIMED_OUT");
  assertLess(performance.now() - start, 2500);
  cluster.setRoundTripTime(1, 0);
});

test("sync Consumer.seek(), pause() and resume() hold for what was read ahead too", async () => {
  await using mock = filled(100, 2);
  const { topic } = mock;
  using opened = openBlockingConsumer(mock.servers);
  const { consumer } = opened;
  fromStart(consumer, topic, 2);
  readBlocking(consumer, 120);
  consumer.seek([{ topic, partition: 0, offset: 90 }, { topic, partition: 1, offset: Offset.beginning }]);
  consumer.pause([{ topic, partition: 1 }]);
  assertEquals(consumer.paused(), [{ topic, partition: 1 }]);
  assertEquals(consumer.consume(200, 500).map(({ partition, offset }) => [partition, offset]), [
    ...Array.from({ length: 10 }, (_, i) => [0, 90 + i]),
  ]);
  consumer.resume([{ topic, partition: 1 }]);
  assertEquals(readBlocking(consumer, 100).map(({ partition, offset }) => [partition, offset]), [
    ...Array.from({ length: 100 }, (_, i) => [1, i]),
  ]);
  consumer.incrementalUnassign([{ topic, partition: 0 }]);
  assertEquals(consumer.assignment(), [{ topic, partition: 1 }]);
  assertEquals(errorOf(() => consumer.pause([{ topic, partition: 0 }])).codeName, "_STATE");
  consumer.incrementalAssign([{ topic, partition: 0, offset: 99 }]);
  assertEquals(readBlocking(consumer, 1).map(({ partition, offset }) => [partition, offset]), [[0, 99]]);
  consumer.unassign();
  assertEquals([consumer.assignment(), consumer.poll(50)], [[], null]);
});

test("sync Consumer runs rebalance handlers within poll(), and begins where onAssign says", async () => {
  await using mock = filled(10);
  const { topic, servers } = mock;
  const group = randomName("group");
  const calls: string[] = [];
  using opened = openBlockingConsumer(servers, { "group.id": group }, {
    onAssign(partitions) {
      calls.push(`assign ${partitions.length}`);
      return partitions.map((each) => ({ ...each, offset: 7 }));
    },
    onRevoke(partitions) {
      calls.push(`revoke ${partitions.length}, committed ${consumer.commit()[0]?.offset}`);
      calls.push(errorOf(() => consumer.close()).codeName, errorOf(() => consumer.poll(0)).codeName);
    },
  });
  const { consumer } = opened;
  consumer.subscribe([topic]);
  assertEquals([consumer.subscription(), consumer.memberId, consumer.rebalanceProtocol], [[topic], "", "NONE"]);
  assertEquals(readBlocking(consumer, 3).map(({ offset }) => offset), [7, 8, 9]);
  assertEquals([consumer.rebalanceProtocol, consumer.memberId !== "", consumer.assignmentLost], ["EAGER", true, false]);
  assertEquals(consumer.poll(0), null);
  consumer.unsubscribe();
  pollUntil([consumer], () => calls.length > 1, "the revocation");
  assertEquals(calls, ["assign 1", "revoke 1, committed 10", "_CONFLICT", "_CONFLICT"]);
  assertEquals(opened.errors, []);
});

test("sync Consumer.close() runs onRevoke, which may still commit, and leaves the group at once", async () => {
  await using mock = filled(10);
  const { topic, servers } = mock;
  const group = randomName("group");
  const committed: (number | null)[] = [];
  const opened = openBlockingConsumer(servers, { "group.id": group, ...quickGroup }, {
    onRevoke: () => void committed.push(...opened.consumer.commit().map(({ offset }) => offset)),
  });
  opened.consumer.subscribe([topic]);
  readBlocking(opened.consumer, 10);
  assertEquals(opened.consumer.poll(0), null);
  const start = performance.now();
  opened.consumer.close();
  opened.consumer.close();
  assertLess(performance.now() - start, 3000);
  assertEquals([committed, opened.errors], [[10], []]);
  assertEquals(errorOf(() => opened.consumer.commit()).codeName, "_DESTROY");
  // Nobody waits for a session to run out.
  using next = openBlockingConsumer(servers, { "group.id": group, ...quickGroup });
  next.consumer.subscribe([topic]);
  pollUntil([next.consumer], () => next.consumer.assignment().length === 1, "the next member's assignment");
});

test("sync Consumer reports a rebalance handler that returns a promise or throws, and answers the group", async () => {
  await using mock = filled(3);
  const { topic, servers } = mock;
  using opened = openBlockingConsumer(servers, {}, {
    onAssign: (partitions) => Promise.resolve(partitions.map((each) => ({ ...each, offset: 2 }))),
    onRevoke() {
      throw new Error("a bad handler");
    },
  });
  const { consumer, errors } = opened;
  consumer.subscribe([topic]);
  assertEquals(readBlocking(consumer, 3).map(({ offset }) => offset), [0, 1, 2]);
  assertInstanceOf(errors[0], HandlerError);
  assertInstanceOf(errors[0].cause, TypeError);
  assert(/onAssign.*promise/.test(errors[0].message), errors[0].message);
  consumer.close();
  assertEquals(errors.map((error) => error instanceof HandlerError && error.handler), ["onAssign", "onRevoke"]);
});

test("sync Consumer shares partitions with another member, and nothing is lost", async () => {
  await using mock = filled(300, 4);
  const { topic, servers } = mock;
  for (const strategy of ["range", "cooperative-sticky"] as const) {
    const group = { "group.id": randomName("group"), "partition.assignment.strategy": strategy, ...quickGroup };
    const seen = new Set<string>();
    const take = (consumer: Consumer): void => {
      const batch = consumer.consume(50, 20);
      // They are done, also if the next thing that happens is a close.
      if (batch.length > 0) consumer.storeOffsets(batch);
      for (const { partition, offset } of batch) seen.add(`${partition}:${offset}`);
    };
    using first = openBlockingConsumer(servers, group);
    first.consumer.subscribe([topic]);
    pollUntil([], () => {
      take(first.consumer);
      return seen.size >= 200;
    }, "the first member's messages");
    using second = openBlockingConsumer(servers, group);
    second.consumer.subscribe([topic]);
    pollUntil([], () => {
      take(first.consumer);
      take(second.consumer);
      return second.consumer.assignment().length === 2 && first.consumer.assignment().length === 2;
    }, "both members to have two partitions");
    first.consumer.close();
    pollUntil([], () => {
      take(second.consumer);
      return seen.size === 1200 && second.consumer.assignment().length === 4;
    }, "the second member to have everything");
  }
});

test("sync Consumer tells of the ends of partitions, and of errors, within poll()", async () => {
  await using mock = filled(5);
  const { topic, cluster } = mock;
  const ends: (number | null)[] = [];
  using opened = openBlockingConsumer(mock.servers, { "enable.partition.eof": true }, {
    onPartitionEof: ({ offset }) => void ends.push(offset),
  });
  const { consumer, errors } = opened;
  fromStart(consumer, topic);
  readBlocking(consumer, 5);
  pollUntil([consumer], () => ends.length > 0, "the end");
  assertEquals(ends[0], 5);
  cluster.stopBroker(1);
  pollUntil([consumer], () => errors.some(({ codeName }) => codeName === "_ALL_BROKERS_DOWN"), "the error");
  // What is done is committed at the end, and somebody has to answer.
  cluster.startBroker(1);
});

test("sync Consumer.close() is bounded when the brokers are gone", async () => {
  await using mock = filled(1);
  const { topic, cluster } = mock;
  const opened = openBlockingConsumer(mock.servers);
  const { consumer } = opened;
  fromStart(consumer, topic);
  readBlocking(consumer, 1);
  cluster.stopBroker(1);
  const start = performance.now();
  consumer.close(1000);
  assertLess(performance.now() - start, 4000);
});

test("sync Consumer refuses what the other one refuses", () => {
  assertEquals(errorOf(() => openBlockingConsumer("127.0.0.1:1", { "group.id": "" })).codeName, "_INVALID_ARG");
  using opened = openBlockingConsumer("127.0.0.1:1");
  const { consumer } = opened;
  assertThrows(() => consumer.subscribe([/a(?=b)/]), TypeError, "no counterpart");
  assertThrows(() => consumer.storeOffsets([null as never]), TypeError);
  assertThrows(() => consumer.seek({ topic: "t", partition: 0, offset: 1 }), KafkaError, "Cannot seek");
  const start = performance.now();
  assertEquals(consumer.poll(120), null);
  assertGreater(performance.now() - start, 110);
  assert(JSON.stringify(consumer).includes('"role":"consumer"'));
});
