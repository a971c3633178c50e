/** Consumer.partitions(): a reader for each partition, their order, their ends, and what counts as done. */
import { type Consumer, DeserializationError, KafkaError, type Message, type PartitionLane } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, fill, offsetsOf, openAssigned, openConsumer, partitionsOf, read } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";
import { numbers, slowNumbers } from "../support/serdes.ts";
import { open, upTo, write } from "../support/typed.ts";
import { waitFor } from "../support/wait.ts";

const quickGroup = { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 };

const stored = async (consumer: Consumer, topic: string, partitions = 1): Promise<(number | null)[]> => {
  await consumer.commit();
  return (await consumer.committed(partitionsOf(topic, partitions))).map(({ offset }) => offset);
};

/** Reads all lanes, each by a task of its own, until the iteration ends and they do. */
async function readAll(
  consumer: Consumer,
  take: (message: Message, lane: PartitionLane) => unknown,
  options: { readonly signal?: AbortSignal } = {},
): Promise<PartitionLane[]> {
  const lanes: PartitionLane[] = [];
  const tasks: Promise<void>[] = [];
  for await (const lane of consumer.partitions(options)) {
    lanes.push(lane);
    tasks.push((async () => {
      for await (const message of lane.messages) await take(message, lane);
    })());
  }
  await Promise.all(tasks);
  return lanes;
}

test("Consumer.partitions() gives a lane for each partition, whose messages come in order", async () => {
  await using mock = mockTopic(4);
  await fill(mock.servers, { topic: mock.topic, partitions: 4, each: 1500 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 4 });
  const messages: Message[] = [];
  let atOnce = 0;
  let most = 0;
  const lanes = await readAll(consumer, async (message, { topic, partition, signal }) => {
    assertEquals([message.topic, message.partition, signal.aborted], [topic, partition, false]);
    most = Math.max(most, ++atOnce);
    if (message.offset % 100 === 0) await delay(Math.random() * 5);
    else await Promise.resolve();
    atOnce--;
    if (messages.push(message) === 6000) consumer.stop();
  });
  assertContiguous(messages, { topic: mock.topic, partitions: 4, to: 1500 });
  assertEquals(lanes.map(({ partition }) => partition).sort(), [0, 1, 2, 3]);
  assert(lanes.every(({ signal }) => signal.aborted));
  assertGreater(most, 1);
  assertEquals(await stored(consumer, mock.topic, 4), [1500, 1500, 1500, 1500]);
  assertEquals(consumer.position().map(({ offset }) => offset), [1500, 1500, 1500, 1500]);
  assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
});

test(
  "Consumer.partitions() does not hold up a partition for the slow reader of another",
  { timeoutMs: 40_000 },
  async () => {
    await using mock = mockTopic(2);
    // More than is kept of a partition that nobody reads.
    await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 1000, bytes: 5000 });
    await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
    let release!: () => void;
    const hold = new Promise<void>((resolve) => release = resolve);
    const messages: Message[] = [];
    const running = readAll(consumer, async (message) => {
      if (message.partition === 0 && message.offset === 3) await hold;
      if (messages.push(message) === 2000) consumer.stop();
    });
    await waitFor(() => (offsetsOf(messages)[`${mock.topic}:1`] ?? []).length === 1000, {
      what: "the quick partition",
    });
    assertEquals(offsetsOf(messages)[`${mock.topic}:0`], [0, 1, 2]);
    await waitFor(async () => `${await stored(consumer, mock.topic, 2)}` === "3,1000", { what: "what is done" });
    release();
    await running;
    assertContiguous(messages, { topic: mock.topic, partitions: 2, to: 1000 });
    assertEquals(await stored(consumer, mock.topic, 2), [1000, 1000]);
  },
);

test("Consumer.partitions() can be read one lane after the other, and a lane that was left goes on", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 20 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  const messages: Message[] = [];
  for await (const { messages: lane } of consumer.partitions()) {
    for await (const message of lane) if (messages.push(message) % 20 === 7) break;
    for await (const message of lane) if (messages.push(message) % 20 === 0) break;
    if (messages.length === 40) break;
  }
  assertContiguous(messages, { topic: mock.topic, partitions: 2, to: 20 });
  // What was in hand when the loop was left is not done.
  const again = await read(consumer, 2);
  assertEquals(again.map(({ partition, offset }) => [partition, offset]).sort(), [[0, 19], [1, 19]]);
});

test("Consumer.partitions() left by break frees the reader, and what was not done comes again", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 50 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic }, { "enable.auto.commit": false });
  const iterator = consumer.partitions();
  const { value: lane } = await iterator.next() as { value: PartitionLane };
  const messages = lane.messages[Symbol.asyncIterator]();
  for (let i = 0; i < 5; i++) assertEquals((await messages.next()).value?.offset, i);
  const second = iterator.next();
  await assertRejects(() => consumer.poll(), KafkaError, "another call is reading");
  await assertRejects(() => consumer.partitions().next(), KafkaError, "another call is reading");
  assertEquals(await iterator.return!(), { done: true, value: undefined });
  assertEquals((await second).done, true);
  assertEquals([lane.signal.aborted, (await messages.next()).done], [true, true]);
  // Messages 0 to 3 are done, for the next one was asked for.
  assertEquals(await stored(consumer, mock.topic), [4]);
  assertContiguous(await read(consumer, 46), { topic: mock.topic, from: 4, to: 50 });
});

test("Consumer.partitions() that is stopped lets the readers put down what they have in hand", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 50 });
  for (const way of ["stop", "signal"]) {
    await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
    const stop = new AbortController();
    const messages: Message[] = [];
    let release!: () => void;
    const hold = new Promise<void>((resolve) => release = resolve);
    let isOver = false;
    const running = readAll(consumer, async (message, { signal }) => {
      if (message.offset === 10) {
        await hold;
        assert(signal.aborted);
      }
      messages.push(message);
    }, { signal: stop.signal }).then(() => isOver = true);
    await waitFor(() => messages.length === 20, { what: "the first messages" });
    await delay(20);
    if (way === "stop") consumer.stop();
    else stop.abort();
    await delay(50);
    assertEquals(isOver, false);
    release();
    await running;
    assertContiguous(messages, { topic: mock.topic, partitions: 2, to: 11 });
    assertEquals(await stored(consumer, mock.topic, 2), [11, 11]);
    assertContiguous(await read(consumer, 78), { topic: mock.topic, partitions: 2, from: 11, to: 50 });
  }
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  assertEquals((await consumer.partitions({ signal: AbortSignal.abort() }).next()).done, true);
  assertEquals((await read(consumer, 1)).length, 1);
});

test("Consumer.partitions() ends the lane of a partition that is given back, and waits for its reader", async () => {
  await using mock = mockTopic(4);
  const each = 300;
  await fill(mock.servers, { topic: mock.topic, partitions: 4, each });
  const config = { ...quickGroup, "group.id": randomName("group"), "auto.commit.interval.ms": 50 };
  const revoked: string[] = [];
  const inHand = new Set<string>();
  const seen: string[] = [];
  const last = new Map<PartitionLane, number>();
  const take = async ({ partition, offset }: Message, lane: PartitionLane): Promise<void> => {
    const { signal } = lane;
    assertEquals(offset, (last.get(lane) ?? offset - 1) + 1);
    last.set(lane, offset);
    inHand.add(`${partition}`);
    await delay(5);
    if (signal.aborted) await delay(50);
    seen.push(`${partition}/${offset}`);
    inHand.delete(`${partition}`);
  };
  await using one = openConsumer(mock.servers, config, {
    onRevoke: (partitions) =>
      void revoked.push(...partitions.map(({ partition }) => `${partition}:${inHand.has(`${partition}`)}`)),
  });
  one.subscribe([mock.topic]);
  const first = readAll(one, take);
  await waitFor(() => seen.length > 40, { what: "the first member to read" });
  await using two = openConsumer(mock.servers, config);
  two.subscribe([mock.topic]);
  const second = readAll(two, take);
  await waitFor(() => two.assignment().length === 2 && one.assignment().length === 2, { what: "a share for each" });
  // The mock cluster may let its group change more than once.
  assertEquals([...new Set(revoked)].sort(), ["0:false", "1:false", "2:false", "3:false"]);
  await waitFor(() => new Set(seen).size === 4 * each, { what: "everything", timeoutMs: 15_000 });
  one.stop();
  two.stop();
  const lanes = [...await first, ...await second];
  // Each was given to the first at the beginning, and again to one of the two. What the mock cluster refused to commit while its
  // group changed was read twice.
  assert(lanes.length >= 8, `${lanes.length} lanes`);
});

test("Consumer.partitions() follows assign() and unassign() while it is under way", async () => {
  await using mock = mockTopic(3);
  await fill(mock.servers, { topic: mock.topic, partitions: 3, each: 10 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 1 });
  const messages: Message[] = [];
  const ended: number[] = [];
  const running = (async () => {
    for await (const { partition, messages: lane } of consumer.partitions()) {
      void (async () => {
        for await (const message of lane) messages.push(message);
        ended.push(partition);
      })();
    }
  })();
  await waitFor(() => messages.length === 10, { what: "the first partition" });
  consumer.incrementalAssign([{ topic: mock.topic, partition: 2, offset: 5 }]);
  await waitFor(() => messages.length === 15, { what: "the other partition" });
  consumer.incrementalUnassign([{ topic: mock.topic, partition: 0 }]);
  await waitFor(() => ended.length === 1, { what: "the first to end" });
  consumer.unassign();
  await waitFor(() => ended.length === 2, { what: "the other to end" });
  consumer.assign([{ topic: mock.topic, partition: 0, offset: 8 }]);
  await waitFor(() => messages.length === 17, { what: "the first partition again" });
  consumer.stop();
  await running;
  assertEquals(offsetsOf(messages), { [`${mock.topic}:0`]: [...upTo(10), 8, 9], [`${mock.topic}:2`]: upTo(10, 5) });
});

test("Consumer.partitions() obeys seek(), pause() and resume()", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 1500 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  const offsets: number[][] = [[], []];
  const paused = { topic: mock.topic, partition: 0 };
  const running = readAll(consumer, async ({ partition, offset }) => {
    offsets[partition]!.push(offset);
    await Promise.resolve();
    if (partition === 0 && offset === 4) consumer.pause([paused]);
    if (partition === 1 && offset === 9) consumer.seek({ topic: mock.topic, partition: 1, offset: 1400 });
  });
  await waitFor(() => offsets[1]!.at(-1) === 1499, { what: "the partition that was sought" });
  await delay(100);
  assertEquals(offsets, [upTo(5), [...upTo(10), ...upTo(1500, 1400)]]);
  consumer.resume([paused]);
  await waitFor(() => offsets[0]!.length === 1500, { what: "the partition that was paused" });
  assertEquals(offsets[0], upTo(1500));
  consumer.stop();
  await running;
});

test("Consumer.close() ends partitions(), and what the readers have done is committed", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 100 });
  const config = { ...quickGroup, "group.id": randomName("group") };
  const consumer = openConsumer(mock.servers, config);
  consumer.subscribe([mock.topic]);
  const messages: Message[] = [];
  const running = readAll(consumer, async (message) => {
    await delay(5);
    messages.push(message);
  });
  await waitFor(() => messages.length > 20, { what: "some messages" });
  const start = performance.now();
  await consumer.close();
  await running;
  assertLess(performance.now() - start, 5000);
  await using next = openConsumer(mock.servers, config);
  next.subscribe([mock.topic]);
  messages.push(...await read(next, 200 - messages.length));
  assertContiguous(messages, { topic: mock.topic, partitions: 2, to: 100 });
  await assertRejects(async () => await consumer.partitions().next(), KafkaError);
});

test("Consumer.partitions() gives typed messages, and ends a lane with the error of one that cannot be deserialized", async () => {
  await using mock = mockTopic();
  await write(mock.servers, mock.topic, [0, 1, "bad", 3, "bad", 5]);
  for (const valueDeserializer of [numbers(), slowNumbers(() => Math.random() * 3)]) {
    await using consumer = open(mock.servers, mock.topic, {
      valueDeserializer,
      onDeserializationError: ({ offset }) => offset === 4 ? "skip" : "throw",
      onError: () => {},
    });
    const seen: unknown[] = [];
    for await (const { messages } of consumer.partitions()) {
      const error = await assertRejects(async () => {
        for await (const { value } of messages) seen.push(value);
      }, DeserializationError);
      assertEquals([error.offset, seen], [2, [0, 1]]);
      for await (const { value } of messages) {
        seen.push(value);
        if (value === 5) break;
      }
      break;
    }
    assertEquals(seen, [0, 1, 3, 5]);
    assertEquals((await consumer.poll({ timeoutMs: 5000 }))?.value, 5);
    await consumer.commit();
  }
});

test("Consumer.partitions() loses its partitions to a reader that takes longer than max.poll.interval.ms", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 10 });
  const config = { ...quickGroup, "max.poll.interval.ms": 1500 };
  const lost: number[] = [];
  await using consumer = openConsumer(mock.servers, config, {
    onLost: (partitions) => void lost.push(partitions.length),
  });
  consumer.subscribe([mock.topic]);
  const offsets: number[] = [];
  let isSlow = true;
  const lanes = await readAll(consumer, async ({ offset }, { signal }) => {
    offsets.push(offset);
    if (offset === 2 && isSlow) {
      isSlow = false;
      // It was looked at for half of this at most, and librdkafka looks at its clock but now and then.
      await delay(5000);
      // Nobody has looked at the group so far.
      assertEquals(signal.aborted, false);
    }
    if (offset === 9) consumer.stop();
  });
  assertEquals([lost, lanes.length], [[1], 2]);
  // What was in hand is not done, and is read again.
  assertEquals(offsets.slice(0, 3), [0, 1, 2]);
  assertEquals(offsets.slice(offsets.lastIndexOf(2)), upTo(10, 2));
});
