/** Reading: one by one, in batches and by hand, with every way to stop waiting. */
import { Consumer, KafkaError, type Message, Offset } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { delay } from "../support/async.ts";
import {
  assertContiguous,
  ErrorList,
  fill,
  offsetsOf,
  openAssigned,
  openConsumer,
  partitionsOf,
  read,
  text,
} from "../support/group.ts";
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

/** How long something takes, in milliseconds. */
async function timed(what: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await what();
  return performance.now() - started;
}

test("new Consumer() refuses a configuration without group.id", () => {
  for (const config of [{}, { "group.id": "" }]) {
    const error = assertThrows(() => new Consumer({ "bootstrap.servers": "127.0.0.1:1", ...config }), KafkaError);
    assertEquals(error.codeName, "_INVALID_ARG");
    assertMatch(error.message, /"group\.id" is not set/);
  }
});

test("Consumer iterates over messages one by one, in order", async () => {
  await using cluster = await start({ partitions: 3, each: 1500 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 3 });
  const messages: Message[] = [];
  for await (const message of consumer) {
    assertEquals(text(message), `${message.partition}/${message.offset}`);
    if (messages.push(message) === 4500) break;
  }
  assertContiguous(messages, { topic, partitions: 3, to: 1500 });
});

test("Consumer can be read again after a loop was left by break or by an error", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const messages: Message[] = [];
  for await (const message of consumer) {
    if (messages.push(message) === 10) break;
  }
  const loop = async () => {
    for await (const message of consumer) {
      if (messages.push(message) === 20) throw new Error("enough");
    }
  };
  await assertRejects(loop, Error, "enough");
  for await (const batch of consumer.batches({ maxMessages: 7 })) {
    messages.push(...batch);
    if (messages.length > 40) break;
  }
  messages.push((await consumer.poll({ timeoutMs: 1000 }))!);
  messages.push(...await read(consumer, 100 - messages.length));
  assertContiguous(messages, { topic, to: 100 });
});

test("Consumer.messages() that was left by return() does not go on", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const messages = consumer.messages();
  assertEquals((await messages.next()).value?.offset, 0);
  assertEquals(await messages.return!(), { done: true, value: undefined });
  assertEquals(await messages.next(), { done: true, value: undefined });
  assertEquals((await consumer.poll({ timeoutMs: 1000 }))?.offset, 1);
});

test("Consumer.messages() lets the event loop turn while messages are at hand", async () => {
  await using cluster = await start({ each: 5000 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  let read = 0;
  try {
    await consumer.poll({ timeoutMs: 5000 });
    turns = 0;
    for await (const _ of consumer) {
      // A handler that is busy for a while and never waits.
      for (const end = performance.now() + 0.2; performance.now() < end;);
      if (++read === 3000) break;
    }
  } finally {
    clearInterval(timer);
  }
  assertGreaterOrEqual(turns, 5);
});

test("Consumer.batches() hands over at most maxMessages, never none, and waits maxWaitMs for more", async () => {
  await using cluster = await start({ each: 250 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const take = async (count: number, options: { maxMessages: number; maxWaitMs: number }) => {
    const batches: Message[][] = [];
    for await (const batch of consumer.batches(options)) {
      batches.push(batch);
      if (batches.flat().length >= count) return batches;
    }
    throw new Error("The batches came to an end");
  };
  const full = await take(250, { maxMessages: 125, maxWaitMs: 60_000 });
  assertEquals(full.map(({ length }) => length), [125, 125]);
  assertContiguous(full.flat(), { topic, to: 250 });
  // One message waits for a second until the time is up, and no longer than until it comes.
  await fill(cluster.bootstrapServers, { topic, each: 1, from: 250 });
  assertGreaterOrEqual(await timed(() => take(1, { maxMessages: 2, maxWaitMs: 200 })), 195);
  await fill(cluster.bootstrapServers, { topic, each: 1, from: 251 });
  const second = delay(100).then(() => fill(cluster.bootstrapServers, { topic, each: 1, from: 252 }));
  assertEquals((await take(1, { maxMessages: 2, maxWaitMs: 60_000 })).map((batch) => batch.map(text)), [[
    "0/251",
    "0/252",
  ]]);
  await second;
  // Without it, what is there is handed over at once.
  await fill(cluster.bootstrapServers, { topic, each: 1, from: 253 });
  assertLess(await timed(() => take(1, { maxMessages: 1000, maxWaitMs: 0 })), 5000);
});

test("Consumer.batches() refuses sizes and times that are none", async () => {
  await using cluster = await start({ each: 0 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  for (const maxMessages of [0, -1, 0.5, NaN, "5" as unknown as number]) {
    assertThrows(() => consumer.batches({ maxMessages }), RangeError, "maxMessages");
  }
  for (const maxWaitMs of [-1, NaN]) assertThrows(() => consumer.batches({ maxWaitMs }), RangeError, "maxWaitMs");
  for (const count of [0, -1, 0.5, NaN, 1_000_001]) {
    await assertRejects(() => consumer.consume(count, { timeoutMs: 1 }), RangeError);
  }
  for (const timeoutMs of [-1, NaN, "5" as unknown as number]) {
    await assertRejects(() => consumer.poll({ timeoutMs }), RangeError, "timeoutMs");
  }
});

test("Consumer.poll() returns null when the time is up, and a message as soon as it comes", async () => {
  await using cluster = await start({ each: 0 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  let message: Message | null | undefined;
  const waited = await timed(async () => message = await consumer.poll({ timeoutMs: 300 }));
  assertEquals(message, null);
  assertGreaterOrEqual(waited, 295);
  assertLess(waited, 2000);
  assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
  const reading = consumer.poll({ timeoutMs: 60_000 });
  await fill(cluster.bootstrapServers, { topic, each: 1 });
  assertEquals((await reading)?.offset, 0);
});

test("Consumer.poll() with timeoutMs 0 gets messages in the end", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const message = await waitFor(() => consumer.poll({ timeoutMs: 0 }), { what: "a message" });
  assertEquals(message.offset, 0);
});

test("Consumer.consume() waits for the count, and returns fewer when the time is up", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  assertContiguous(await consumer.consume(30), { topic, to: 30 });
  assertContiguous(await consumer.consume(1000, { timeoutMs: 1000 }), { topic, from: 30, to: 100 });
  assertEquals(await consumer.consume(10, { timeoutMs: 50 }), []);
});

test("Consumer reading calls reject with the signal's reason, and what they had collected is not lost", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, { "enable.auto.commit": false });
  const first = await read(consumer, 10);
  const reason = new Error("no longer wanted");
  const aborted = AbortSignal.abort(reason);
  assertEquals(await assertRejects(() => consumer.poll({ signal: aborted })), reason);
  assertEquals(await assertRejects(() => consumer.messages({ signal: aborted }).next()), reason);
  assertEquals(await assertRejects(() => consumer.batches({ signal: aborted }).next()), reason);
  for (
    const call of [
      (signal: AbortSignal) => consumer.consume(1000, { signal }),
      (signal: AbortSignal) => consumer.batches({ maxMessages: 1000, maxWaitMs: 60_000, signal }).next(),
    ]
  ) {
    const stop = new AbortController();
    const reading = call(stop.signal);
    setTimeout(() => stop.abort(reason), 50);
    assertEquals(await assertRejects(() => reading), reason);
  }
  assertEquals((await consumer.commit()).map(({ offset }) => offset), [10]);
  assertContiguous([...first, ...await read(consumer, 90)], { topic, to: 100 });
  const stop = new AbortController();
  const waiting = consumer.poll({ signal: stop.signal });
  stop.abort(reason);
  assertEquals(await assertRejects(() => waiting), reason);
});

test("Consumer refuses a second reader while the first one waits", async () => {
  await using cluster = await start({ each: 0 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const reading = consumer.poll({ timeoutMs: 300 });
  for (const call of [() => consumer.poll(), () => consumer.messages().next(), () => consumer.batches().next()]) {
    const error = await assertRejects(call, KafkaError);
    assertEquals(error.codeName, "_CONFLICT");
  }
  assertEquals(await reading, null);
  assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
});

test("Consumer.assign(), incrementalAssign() and their opposites change the assignment", async () => {
  await using cluster = await start({ partitions: 4, each: 10 });
  await using consumer = openConsumer(cluster.bootstrapServers);
  const all = partitionsOf(topic, 4).map((each) => ({ ...each, offset: Offset.beginning }));
  const assigned = () => consumer.assignment().map(({ partition }) => partition).sort();
  assertEquals(assigned(), []);
  consumer.assign(all.slice(0, 2));
  assertEquals(assigned(), [0, 1]);
  assertContiguous(await read(consumer, 20), { topic, partitions: 2, to: 10 });
  consumer.incrementalAssign(all.slice(2));
  assertEquals(assigned(), [0, 1, 2, 3]);
  assertEquals(Object.keys(offsetsOf(await read(consumer, 20))).sort(), [`${topic}:2`, `${topic}:3`]);
  consumer.incrementalUnassign(all.slice(0, 3));
  assertEquals(assigned(), [3]);
  await fill(cluster.bootstrapServers, { topic, partitions: 4, each: 1, from: 10 });
  assertEquals((await read(consumer, 1)).map(text), ["3/10"]);
  assertEquals(await consumer.poll({ timeoutMs: 200 }), null);
  consumer.incrementalAssign([{ topic, partition: 0, offset: 8 }]);
  assertEquals((await read(consumer, 3)).map(text), ["0/8", "0/9", "0/10"]);
  consumer.unassign();
  assertEquals(assigned(), []);
  assertEquals(await consumer.poll({ timeoutMs: 100 }), null);
});

test("Consumer.assign() of the same partitions again starts where it says", async () => {
  await using cluster = await start({ partitions: 2 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 2 });
  await read(consumer, 5);
  for (const offset of [50, 0, 99]) {
    consumer.assign(partitionsOf(topic, 2).map((each) => ({ ...each, offset })));
    assertContiguous(await read(consumer, 2 * (100 - offset)), { topic, partitions: 2, from: offset, to: 100 });
  }
});

test("Consumer.assign() of the same partition does not store the message in hand", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, { "enable.auto.commit": false });
  await read(consumer, 50);
  consumer.assign([{ topic, partition: 0, offset: 10 }]);
  assertEquals(await consumer.commit(), []);
  assertContiguous(await read(consumer, 5), { topic, from: 10, to: 15 });
});

test("Consumer.assign() refuses what is no partition or no offset, and keeps what it had", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const before = await read(consumer, 1);
  assertThrows(() => consumer.assign([{ topic, partition: -1 }]), RangeError);
  assertThrows(() => consumer.assign([{ topic, partition: 0, offset: -2 }]), RangeError);
  assertThrows(() => consumer.assign([{ topic: "a\0b", partition: 0 }]), TypeError);
  assertEquals(consumer.assignment(), [{ topic, partition: 0 }]);
  assertContiguous([...before, ...await read(consumer, 99)], { topic, to: 100 });
});

test("Consumer.position() is after the last message that was handed over, whatever was read ahead", async () => {
  await using cluster = await start({ partitions: 2 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 2 });
  const at = () => consumer.position().map(({ offset }) => offset);
  assertEquals(at(), [null, null]);
  const messages = await read(consumer, 7);
  const expected = [0, 1].map((number) => messages.filter(({ partition }) => partition === number).length || null);
  assertEquals(at(), expected);
  assertEquals(consumer.position([{ topic: "other", partition: 3 }])[0]?.offset, null);
});

test("Consumer tells onError of a topic that does not exist, and reads the others", async () => {
  await using cluster = await start();
  const errors = new ErrorList();
  await using consumer = openConsumer(cluster.bootstrapServers, {}, { onError: errors.onError });
  consumer.subscribe([topic, "no-such-topic"]);
  cluster.setTopicError("no-such-topic", 3);
  assertContiguous(await read(consumer, 100), { topic, to: 100 });
  await waitFor(async () => {
    await consumer.poll({ timeoutMs: 10 });
    return errors.names.includes("UNKNOWN_TOPIC_OR_PART");
  }, { what: "the error" });
  assertMatch(errors.list.find(({ code }) => code === 3)!.message, /no-such-topic/);
});

test("Consumer methods refuse once it is closed", async () => {
  await using cluster = await start();
  const consumer = openAssigned(cluster.bootstrapServers, { topic });
  const [message] = await read(consumer, 1);
  await consumer.close();
  const partitions = [{ topic, partition: 0 }];
  const calls: (() => unknown)[] = [
    () => consumer.subscribe([topic]),
    () => consumer.unsubscribe(),
    () => consumer.subscription(),
    () => consumer.assign(partitions),
    () => consumer.incrementalAssign(partitions),
    () => consumer.unassign(),
    () => consumer.incrementalUnassign(partitions),
    () => consumer.assignment(),
    () => consumer.messages(),
    () => consumer[Symbol.asyncIterator](),
    () => consumer.batches(),
    () => consumer.poll(),
    () => consumer.consume(1),
    () => consumer.storeOffsets(message!),
    () => consumer.commit(message!),
    () => consumer.committed(partitions),
    () => consumer.position(partitions),
    () => consumer.seek({ topic, partition: 0, offset: 0 }),
    () => consumer.pause(partitions),
    () => consumer.resume(partitions),
    () => consumer.paused(),
    () => consumer.getWatermarkOffsets(partitions[0]!),
    () => consumer.offsetsForTimes([{ topic, partition: 0, timestamp: 0 }]),
    () => consumer.memberId,
    () => consumer.rebalanceProtocol,
    () => consumer.assignmentLost,
  ];
  for (const call of calls) {
    const error = await assertRejects(async () => await call(), KafkaError, "the consumer is closed");
    assertEquals(error.codeName, "_DESTROY", String(call));
  }
  assert(consumer.library.version);
  assertEquals(consumer.fatalError, null);
});

test("Consumer.assign() of a thousand partitions again leaves none of them silent", async () => {
  const partitions = 1000;
  await using cluster = await start({ partitions, each: 1 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions });
  assertContiguous(await read(consumer, partitions), { topic, partitions, to: 1 });
  for (let round = 0; round < 3; round++) {
    consumer.assign(partitionsOf(topic, partitions).map((each) => ({ ...each, offset: 0 })));
    assertContiguous(await read(consumer, partitions), { topic, partitions, to: 1 });
  }
});
