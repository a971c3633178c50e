/** Offsets: which ones count as done, how they are stored and committed, and what a commit says when it fails. */
import { type Consumer, KafkaError, type Message, type PartitionOffset } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import {
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, fill, openAssigned, openConsumer, partitionsOf, read } from "../support/group.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

const topic = "t";
const byHand = { "enable.auto.commit": false };
const manual = { "enable.auto.commit": false, "enable.auto.offset.store": false };
const quickGroup = { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 };

async function start(partitions = 1): Promise<MockCluster> {
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions });
  await fill(cluster.bootstrapServers, { topic, partitions, each: 100 });
  return cluster;
}

const plain = (offsets: readonly PartitionOffset[]) =>
  offsets.map(({ partition, offset, error }) => `${partition}:${offset}${error === null ? "" : ` ${error.codeName}`}`);

/** Reads `count` messages, and says that they are done by asking for more: there is nothing more while it is paused. */
async function readAndFinish(consumer: Consumer, count: number, partitions = 1): Promise<Message[]> {
  const messages = await read(consumer, count);
  consumer.pause(partitionsOf(topic, partitions));
  assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
  return messages;
}

test("Consumer.commit() commits what is done, which the messages in hand are not", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  await read(consumer, 10);
  assertEquals(plain(await consumer.commit()), []);
  await read(consumer, 5);
  assertEquals(plain(await consumer.commit()), ["0:10"]);
  assertEquals(plain(await consumer.committed()), ["0:10"]);
  // Once committed, there is nothing new.
  assertEquals(plain(await consumer.commit()), []);
});

test("Consumer.commit() of a message commits the offset after it", async () => {
  await using cluster = await start(2);
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 2 }, byHand);
  const messages = await read(consumer, 20);
  const last = messages.at(-1)!;
  const [answer, ...more] = await consumer.commit(last);
  assertEquals([answer?.partition, answer?.offset, answer?.error, more], [last.partition, last.offset + 1, null, []]);
  const other = 1 - last.partition;
  const expected = [null, null] as (number | null)[];
  expected[last.partition] = last.offset + 1;
  assertEquals((await consumer.committed()).map(({ offset }) => offset), expected, `partition ${other} has nothing`);
});

test("Consumer.commit() of a list carries metadata, and takes the partitions in any order", async () => {
  await using cluster = await start(3);
  await using consumer = openConsumer(cluster.bootstrapServers);
  const answer = await consumer.commit([
    { topic, partition: 2, offset: 7, metadata: "seven: ✓" },
    { topic, partition: 0, offset: 0 },
    { topic, partition: 1, offset: 2 ** 40 },
  ]);
  assertEquals(plain(answer).sort(), ["0:0", "1:1099511627776", "2:7"]);
  const committed = await consumer.committed([2, 1, 0].map((partition) => ({ topic, partition })));
  assertEquals(plain(committed), ["2:7", "1:1099511627776", "0:0"]);
  assertEquals(committed.map(({ metadata }) => metadata || null), ["seven: ✓", null, null]);
});

test("Consumer.commit() with nothing to commit is answered with nothing", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  assertEquals(await consumer.commit(), []);
  assertEquals(await consumer.commit([]), []);
  assertEquals(await consumer.commit(null), []);
  assertEquals(await consumer.committed([]), []);
});

test("Consumer.commit() tells of each partition whether it failed", async () => {
  await using cluster = await start();
  await using consumer = openConsumer(cluster.bootstrapServers);
  const answer = await consumer.commit([{ topic, partition: 0, offset: 5 }, { topic, partition: 77, offset: 5 }]);
  assertEquals(plain(answer), ["0:5", "77:null UNKNOWN_TOPIC_OR_PART"]);
  assertEquals(plain(await consumer.committed([{ topic, partition: 0 }])), ["0:5"]);
  // Where none succeeds, the commit as a whole has failed.
  const error = await assertRejects(
    () => consumer.commit([77, 78].map((partition) => ({ topic, partition, offset: 5 }))),
    KafkaError,
  );
  assertEquals(error.codeName, "UNKNOWN_TOPIC_OR_PART");
});

test("Consumer.commit() refuses what cannot be an offset", async () => {
  await using cluster = await start();
  await using consumer = openConsumer(cluster.bootstrapServers);
  for (const offset of [-1, -1001, 0.5, NaN, 2 ** 53]) {
    await assertRejects(() => consumer.commit([{ topic, partition: 0, offset }]), RangeError);
  }
  for (const partition of [-1, 2 ** 31]) {
    await assertRejects(() => consumer.commit([{ topic, partition, offset: 1 }]), RangeError);
  }
  for (const what of [5, "t", {}] as unknown as Message[]) await assertRejects(() => consumer.commit(what), TypeError);
  assertEquals(plain(await consumer.committed([{ topic, partition: 0 }])), ["0:null"]);
});

test("Consumer.commit() is tried again while the coordinator moves or loads", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  let offset = 0;
  for (const codes of [[14], [15], [16], [7], [14, 16, 15]]) {
    cluster.failNext("OffsetCommit", codes);
    const answer = await consumer.commit([{ topic, partition: 0, offset: ++offset }]);
    assertEquals(plain(answer), [`0:${offset}`], `after ${codes}`);
  }
  assertEquals(plain(await consumer.committed()), [`0:${offset}`]);
});

test("Consumer.commit() rejects when the group has moved on", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  for (
    const [code, name] of [[22, "ILLEGAL_GENERATION"], [25, "UNKNOWN_MEMBER_ID"], [
      29,
      "TOPIC_AUTHORIZATION_FAILED",
    ]] as const
  ) {
    cluster.failNext("OffsetCommit", [code]);
    const error = await assertRejects(() => consumer.commit([{ topic, partition: 0, offset: 5 }]), KafkaError);
    assertEquals(error.codeName, name);
    assertMatch(error.message, /^Cannot commit/);
  }
  assertEquals(plain(await consumer.committed([{ topic, partition: 0 }])), ["0:null"]);
});

test("Consumer.commit() ends its wait by time and by signal", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  await read(consumer, 1);
  cluster.setRoundTripTime(1, 1000);
  const offsets = [{ topic, partition: 0, offset: 1 }];
  const started = performance.now();
  const late = await assertRejects(() => consumer.commit(offsets, { timeoutMs: 100 }), KafkaError);
  assertEquals(late.codeName, "_TIMED_OUT");
  const reason = new Error("enough");
  const stop = new AbortController();
  setTimeout(() => stop.abort(reason), 50);
  assertEquals(await assertRejects(() => consumer.commit(offsets, { signal: stop.signal })), reason);
  assertLess(performance.now() - started, 900);
  cluster.setRoundTripTime(1, 0);
  // What was not waited for is committed all the same.
  await waitFor(async () => (await consumer.committed())[0]?.offset === 1, { what: "the commit" });
});

test("Consumer.commit() many times at once settles each of them, and the last one stands", async () => {
  await using cluster = await start();
  await using consumer = openConsumer(cluster.bootstrapServers);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => consumer.commit([{ topic, partition: 0, offset: i }])),
  );
  assertEquals(answers.map(([answer]) => answer?.offset), answers.map((_, i) => i));
  assertEquals(plain(await consumer.committed([{ topic, partition: 0 }])), ["0:199"]);
});

test("Consumer.storeOffsets() decides alone what is committed with enable.auto.offset.store=false", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, manual);
  const messages = await readAndFinish(consumer, 20);
  assertEquals(await consumer.commit(), []);
  consumer.storeOffsets(messages[4]!);
  assertEquals(plain(await consumer.commit()), ["0:5"]);
  consumer.storeOffsets([{ topic, partition: 0, offset: 9, metadata: "nine" }]);
  assertEquals(plain(await consumer.commit()), ["0:9"]);
  assertEquals((await consumer.committed())[0]?.metadata, "nine");
});

test("Consumer.storeOffsets() is not overwritten by the message in hand", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  await read(consumer, 20);
  consumer.storeOffsets([{ topic, partition: 0, offset: 50, metadata: "skips thirty" }]);
  consumer.pause(partitionsOf(topic, 1));
  assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
  assertEquals(plain(await consumer.commit()), ["0:50"]);
  consumer.seek({ topic, partition: 0, offset: 50 });
  consumer.resume(partitionsOf(topic, 1));
  // And what comes later counts again.
  await readAndFinish(consumer, 10);
  assertEquals(plain(await consumer.commit()), ["0:60"]);
});

test("Consumer.commit() and storeOffsets() of messages take the last one of each partition", async () => {
  await using cluster = await start(2);
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 2 }, manual);
  for await (const batch of consumer.batches({ maxMessages: 30 })) {
    const last = (number: number) => batch.filter(({ partition }) => partition === number).at(-1)?.offset ?? -1;
    const expected = [0, 1].filter((number) => last(number) >= 0).map((number) => `${number}:${last(number) + 1}`);
    assertEquals(plain(await consumer.commit(batch)).sort(), expected);
    consumer.storeOffsets(batch);
    if (last(0) === 99 || last(1) === 99) break;
  }
});

test("Consumer.storeOffsets() counts the last message before a loop is left", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  for await (const message of consumer) {
    if (message.offset < 6) continue;
    consumer.storeOffsets(message);
    break;
  }
  assertEquals(plain(await consumer.commit()), ["0:7"]);
});

test("Consumer.storeOffsets() refuses a partition that is not assigned", async () => {
  await using cluster = await start(2);
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, manual);
  const [message] = await read(consumer, 1);
  for (const wrong of [[{ topic, partition: 1, offset: 5 }], [{ ...message!, partition: 1 }]]) {
    assertEquals(assertThrows(() => consumer.storeOffsets(wrong), KafkaError).codeName, "_STATE");
  }
  assertThrows(() => consumer.storeOffsets([{ topic: "unknown", partition: 0, offset: 5 }]), KafkaError);
  assertThrows(() => consumer.storeOffsets([{ topic, partition: 0, offset: -1 }]), RangeError);
  for (const what of [5, "t", {}, undefined] as unknown as Message[]) {
    assertThrows(() => consumer.storeOffsets(what), TypeError);
  }
  assertEquals(await consumer.commit(), []);
});

test("Consumer.committed() asks for the assignment, and is null where nothing is committed", async () => {
  await using cluster = await start(3);
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 2 }, byHand);
  await consumer.commit([{ topic, partition: 1, offset: 4 }]);
  assertEquals(plain(await consumer.committed()), ["0:null", "1:4"]);
  assertEquals(plain(await consumer.committed([{ topic, partition: 2 }])), ["2:null"]);
});

test("Consumer.committed() and getWatermarkOffsets() end their wait by time and by signal", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, byHand);
  await read(consumer, 1);
  const where = { topic, partition: 0 };
  assertEquals(await consumer.getWatermarkOffsets(where), { low: 0, high: 100 });
  cluster.setRoundTripTime(1, 1000);
  for (
    const ask of [
      (options: { timeoutMs?: number; signal?: AbortSignal }) => consumer.committed([where], options),
      (options: { timeoutMs?: number; signal?: AbortSignal }) => consumer.getWatermarkOffsets(where, options),
    ]
  ) {
    const started = performance.now();
    assertEquals((await assertRejects(() => ask({ timeoutMs: 100 }), KafkaError)).codeName, "_TIMED_OUT");
    assertLess(performance.now() - started, 900);
    const reason = new Error("enough");
    assertEquals(await assertRejects(() => ask({ signal: AbortSignal.abort(reason) })), reason);
  }
});

test("Consumer commits on its own what is done, and never the message in hand", async () => {
  await using cluster = await start();
  const config = { ...quickGroup, "group.id": randomName("group"), "auto.commit.interval.ms": 50 };
  await using consumer = openConsumer(cluster.bootstrapServers, config);
  await using watcher = openConsumer(cluster.bootstrapServers, { "group.id": config["group.id"] });
  const partition = { topic, partition: 0 };
  consumer.subscribe([topic]);
  const seen: number[] = [];
  for await (const { offset } of consumer) {
    await delay(40);
    const committed = (await watcher.committed([partition]))[0]?.offset ?? 0;
    assertLess(committed, offset + 1);
    seen.push(committed);
    if (offset === 20) break;
  }
  assertGreaterOrEqual(seen.at(-1)!, 10);
});

test("Consumer that fails at a message gives it to the next member of its group", async () => {
  await using cluster = await start();
  const config = { ...quickGroup, "group.id": randomName("group") };
  const work = async () => {
    await using consumer = openConsumer(cluster.bootstrapServers, config);
    consumer.subscribe([topic]);
    for await (const { offset } of consumer) if (offset === 42) throw new Error("cannot digest this one");
  };
  await assertRejects(work, Error, "cannot digest");
  await using next = openConsumer(cluster.bootstrapServers, config);
  next.subscribe([topic]);
  assertContiguous(await read(next, 58), { topic, from: 42, to: 100 });
});
