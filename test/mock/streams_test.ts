/** Streams of the web's kind: `consumer.readable()` and `producer.writable()`. */
import {
  DeserializationError,
  KafkaError,
  type Message,
  ProduceError,
  Producer,
  type ProducerMessage,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, fill, openAssigned, partitionsOf, read, text } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer } from "../support/producing.ts";
import { readAll } from "../support/read_back.ts";
import { numbers } from "../support/serdes.ts";
import { open, write } from "../support/typed.ts";
import { waitFor } from "../support/wait.ts";

const state = async (promise: Promise<unknown>, ms = 50): Promise<string> =>
  await Promise.race([promise.then(() => "kept", () => "broken"), delay(ms).then(() => "pending")]);

/** Reads `count` chunks and lets the stream go. */
async function take<T>(stream: ReadableStream<T>, count: number): Promise<T[]> {
  const reader = stream.getReader();
  const chunks: T[] = [];
  while (chunks.length < count) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
  }
  reader.releaseLock();
  return chunks;
}

test("Consumer.readable() gives messages in order, and what was asked for last is not done before more is", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 500 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  const messages: Message[] = [];
  for await (const message of consumer.readable()) {
    assertEquals(text(message), `${message.partition}/${message.offset}`);
    if (messages.push(message) === 1000) break;
  }
  assertContiguous(messages, { topic: mock.topic, partitions: 2, to: 500 });
  await consumer.commit();
  const committed = (await consumer.committed(partitionsOf(mock.topic, 2))).map(({ offset }) => offset);
  // The last message is in hand: leaving does not count it.
  const last = messages.at(-1)!.partition;
  assertEquals([committed[last], committed[1 - last]], [499, 500]);
});

test("Consumer.readable() with batch gives arrays, capped by maxMessages", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 100 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const batches: Message[][] = [];
  const stream = consumer.readable({ batch: true, maxMessages: 30, maxWaitMs: 200 });
  for await (const batch of stream) {
    batches.push(batch);
    if (batches.flat().length === 100) break;
  }
  assertContiguous(batches.flat(), { topic: mock.topic, to: 100 });
  assertEquals(batches.map(({ length }) => length), [30, 30, 30, 10]);
  assert(consumer.readable({ batch: true }) instanceof ReadableStream);
  await assertRejects(async () => await consumer.readable({ batch: true, maxMessages: 0 }), RangeError, "maxMessages");
});

test("Consumer.readable() reads no message before it is asked for, unless highWaterMark says so", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 10 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const lazy = consumer.readable();
  await delay(50);
  assertEquals(consumer.position().map(({ offset }) => offset), [null]);
  assertContiguous(await take(lazy, 2), { topic: mock.topic, to: 2 });
  assertEquals(consumer.position().map(({ offset }) => offset), [2]);
  await lazy.cancel();
  const eager = consumer.readable({ highWaterMark: 3 });
  await waitFor(() => consumer.position()[0]!.offset === 5, { what: "three messages to be read ahead" });
  assertContiguous(await take(eager, 8), { topic: mock.topic, from: 2, to: 10 });
  await eager.cancel();
});

test("Consumer.readable() that is cancelled ends a pending read, and the consumer can be read by other calls", async () => {
  await using mock = mockTopic();
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  for (const start of [() => consumer.readable(), () => consumer.readable({ batch: true, maxWaitMs: 60_000 })]) {
    for (const turns of [0, 1, 5, -1]) {
      const reader = (start() as ReadableStream<unknown>).getReader();
      const pending = reader.read();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      if (turns < 0) await delay(30);
      await reader.cancel(new Error("enough"));
      assertEquals((await pending).done, true);
      assertEquals((await reader.read()).done, true);
      assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
    }
  }
  const unread = consumer.readable();
  await unread.cancel();
  await fill(mock.servers, { topic: mock.topic, each: 5 });
  assertContiguous(await read(consumer, 5), { topic: mock.topic, to: 5 });
});

test("Consumer.readable() that is cancelled in the moment in which a message comes loses none", async () => {
  await using mock = mockTopic();
  const count = 200;
  await fill(mock.servers, { topic: mock.topic, each: count });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const messages: Message[] = [];
  while (messages.length < count) {
    const reader = consumer.readable().getReader();
    const pending = reader.read();
    for (let turns = Math.floor(Math.random() * 15); turns > 0; turns--) await Promise.resolve();
    if (Math.random() < 0.2) await delay(Math.random() * 3);
    await reader.cancel();
    const { done, value } = await pending;
    if (!done) messages.push(value);
    else if (Math.random() < 0.2) messages.push(...await read(consumer, 1));
  }
  assertContiguous(messages, { topic: mock.topic, to: count });
});

test("Consumer.readable() ends with the error of a message that cannot be deserialized, after all before it", async () => {
  await using mock = mockTopic();
  await write(mock.servers, mock.topic, [0, 1, 2, "bad", 4, 5]);
  for (const highWaterMark of [0, 1, 10]) {
    for (const isBatch of [false, true]) {
      await using consumer = open(mock.servers, mock.topic, { valueDeserializer: numbers() });
      const start = (): ReadableStream<Message<Uint8Array, number> | Message<Uint8Array, number>[]> =>
        isBatch
          ? consumer.readable({ highWaterMark, batch: true, maxMessages: 2 })
          : consumer.readable({ highWaterMark });
      const values: (number | null)[] = [];
      const failed = start().getReader();
      const error = await assertRejects(async () => {
        for (;;) {
          const { done, value } = await failed.read();
          if (done) return;
          values.push(...[value].flat().map(({ value }) => value));
        }
      }, DeserializationError);
      assertEquals([error.offset, values], [3, [0, 1, 2]]);
      assertEquals(await assertRejects(() => failed.closed), error);
      // Another stream goes on after it.
      const next = start();
      values.push(...(await take(next, isBatch ? 1 : 2)).flat().map(({ value }) => value));
      await next.cancel();
      assertEquals(values, [0, 1, 2, 4, 5]);
    }
  }
});

test("Consumer.readable() ends when the consumer is closed, and refuses one that is", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 1 });
  const consumer = openAssigned(mock.servers, { topic: mock.topic });
  const stream = consumer.readable();
  const reader = stream.getReader();
  assertEquals((await reader.read()).value?.offset, 0);
  const pending = reader.read();
  await delay(20);
  await consumer.close();
  assertEquals((await pending).done, true);
  await reader.closed;
  await reader.cancel();
  const error = await assertRejects(async () => await consumer.readable(), KafkaError);
  assertEquals(error.codeName, "_DESTROY");
});

test("Consumer.readable() refuses to read beside another call, which goes on", async () => {
  await using mock = mockTopic();
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const reading = consumer.poll({ timeoutMs: 5000 });
  const reader = consumer.readable().getReader();
  assertEquals((await assertRejects(() => reader.read(), KafkaError)).codeName, "_CONFLICT");
  await fill(mock.servers, { topic: mock.topic, each: 1 });
  assertEquals((await reading)?.offset, 0);
});

test("Producer.writable() sends messages and arrays in order, and close() waits for their reports", async () => {
  await using mock = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "linger.ms": 60_000 });
  const writer = opened.producer.writable().getWriter();
  for (let i = 0; i < 50; i++) {
    await writer.write({ topic: mock.topic, value: `0/${2 * i}` });
    await writer.write([{ topic: mock.topic, value: `0/${2 * i + 1}` }]);
  }
  await writer.write([]);
  await writer.write(Array.from({ length: 100 }, (_, i) => ({ topic: mock.topic, value: `0/${100 + i}` })));
  assertEquals(opened.producer.pending, 200);
  await writer.close();
  await writer.closed;
  assertEquals(opened.producer.pending, 0);
  const messages = await readAll(mock.servers, { topic: mock.topic, count: 200 });
  assertEquals(messages.map(text), Array.from({ length: 200 }, (_, i) => `0/${i}`));
  // The producer is as open as before, for another stream too.
  const again = opened.producer.writable().getWriter();
  await again.write({ topic: mock.topic });
  await again.close();
  assertEquals(opened.errors, []);
});

test("Producer.writable() takes messages no faster than there is room in the queue", async () => {
  await using mock = mockTopic();
  mock.cluster.setRoundTripTime(1, 300);
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": 5 });
  const writer = opened.producer.writable().getWriter();
  for (let i = 0; i < 5; i++) await writer.write({ topic: mock.topic });
  assertEquals([opened.producer.pending, writer.desiredSize], [5, 1]);
  const sixth = writer.write({ topic: mock.topic });
  assertEquals([await state(sixth), await state(writer.ready), writer.desiredSize], ["pending", "pending", 0]);
  assertEquals(opened.producer.pending, 5);
  await sixth;
  await writer.ready;
  // An array of more than there is room for goes in as there is room.
  let most = 0;
  const watch = setInterval(() => most = Math.max(most, opened.producer.pending), 1);
  mock.cluster.setRoundTripTime(1, 20);
  await writer.write(Array.from({ length: 30 }, () => ({ topic: mock.topic })));
  await writer.close();
  clearInterval(watch);
  mock.cluster.setRoundTripTime(1, 0);
  assertLess(most, 6);
  assertGreater(most, 3);
  await readAll(mock.servers, { topic: mock.topic, count: 36 });
});

test("Producer.writable() that is aborted gives up what waits for room at once, and what was sent goes its way", async () => {
  await using mock = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": 2 });
  await opened.producer.send({ topic: mock.topic, value: "0" });
  mock.cluster.setRoundTripTime(1, 1000);
  const writer = opened.producer.writable().getWriter();
  await writer.write({ topic: mock.topic, value: "1" });
  const array = writer.write(["2", "3", "4"].map((value) => ({ topic: mock.topic, value })));
  const after = writer.write({ topic: mock.topic, value: "5" });
  await delay(50);
  const reason = new Error("enough");
  const start = performance.now();
  const [aborted, first, second] = await Promise.allSettled([writer.abort(reason), array, after]);
  assertLess(performance.now() - start, 500);
  assertEquals([aborted.status, first.status, second.status], ["fulfilled", "rejected", "rejected"]);
  assertEquals([(first as PromiseRejectedResult).reason, (second as PromiseRejectedResult).reason], [reason, reason]);
  assertEquals(await assertRejects(() => writer.closed), reason);
  assertEquals(await assertRejects(() => writer.write({ topic: mock.topic })), reason);
  assertEquals(await opened.producer.flush(), 0);
  mock.cluster.setRoundTripTime(1, 0);
  assertEquals((await readAll(mock.servers, { topic: mock.topic, count: 3 })).map(text), ["0", "1", "2"]);
  assertEquals(opened.errors, []);
});

test("Producer.writable() ends with the first message that is not delivered", async () => {
  await using mock = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": mock.servers });
  // Told by the closing, where no write came after it.
  const closing = opened.producer.writable().getWriter();
  await closing.write({ topic: mock.topic, partition: 9, value: "nowhere" });
  const error = await assertRejects(() => closing.close(), ProduceError);
  assertEquals([error.codeName, error.reports[0]?.message.value], ["_UNKNOWN_PARTITION", "nowhere"]);
  assertEquals(await assertRejects(() => closing.closed), error);
  // Told to the writes after it.
  const writer = opened.producer.writable().getWriter();
  await writer.write({ topic: mock.topic, partition: 9 });
  await assertRejects(() => writer.closed, ProduceError);
  await assertRejects(() => writer.write({ topic: mock.topic }), ProduceError);
  await assertRejects(() => writer.close());
  // What is no message ends it too, and nothing after it in its array is sent.
  const wrong = opened.producer.writable().getWriter();
  await wrong.write([{ topic: mock.topic, value: "1" }, { topic: "" }, { topic: mock.topic, value: "2" }])
    .catch(() => {});
  await assertRejects(() => wrong.closed, TypeError);
  assertEquals(await opened.producer.flush(), 0);
  await opened.producer.send({ topic: mock.topic, value: "last" });
  assertEquals((await readAll(mock.servers, { topic: mock.topic })).map(text), ["1", "last"]);
});

test("Producer.writable() that waits for room ends at once when a message fails", async () => {
  await using mock = mockTopic();
  mock.cluster.setRoundTripTime(1, 1500);
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": 3 });
  const { producer } = opened;
  const writer = producer.writable().getWriter();
  await writer.write({ topic: mock.topic, partition: 0 });
  for (let i = 0; i < 2; i++) producer.send({ topic: mock.topic, partition: 0 }).catch(() => {});
  const waiting = writer.write({ topic: mock.topic });
  await delay(50);
  const start = performance.now();
  producer.purge({ queued: true, inFlight: true });
  await assertRejects(() => waiting, ProduceError);
  await assertRejects(() => writer.closed, ProduceError);
  assertLess(performance.now() - start, 1000);
});

test("Producer.writable() ends when the producer is closed meanwhile, and refuses one that is", async () => {
  await using mock = mockTopic();
  mock.cluster.setRoundTripTime(1, 200);
  const { producer } = openProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": 2 });
  const writer = producer.writable().getWriter();
  await writer.write([{ topic: mock.topic }, { topic: mock.topic }]);
  const waiting = writer.write({ topic: mock.topic });
  await delay(20);
  const closing = producer.close();
  const error = await assertRejects(() => waiting, KafkaError);
  assertEquals(error.codeName, "_DESTROY");
  assertEquals(await assertRejects(() => writer.closed), error);
  await closing;
  const refused = await assertRejects(async () => await producer.writable(), KafkaError);
  assertEquals(refused.codeName, "_DESTROY");
  // One that was idle is refused at its next write.
  const other = openProducer({ "bootstrap.servers": mock.servers });
  const idle = other.producer.writable().getWriter();
  await other.producer.close();
  await idle.write({ topic: mock.topic }).catch(() => {});
  assertEquals((await assertRejects(() => idle.closed, KafkaError)).codeName, "_DESTROY");
});

test("Producer.writable() takes what a pipe brings through a TransformStream from Consumer.readable()", async () => {
  await using mock = mockTopic();
  mock.cluster.createTopic("copy", { partitions: 1 });
  const count = 3000;
  await fill(mock.servers, { topic: mock.topic, each: count });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": 100 });
  const stop = new AbortController();
  let passed = 0;
  const copy = new TransformStream<Message[], ProducerMessage[]>({
    transform(messages, controller) {
      controller.enqueue(messages.map((message) => ({ topic: "copy", value: message.value })));
      if ((passed += messages.length) === count) controller.terminate();
    },
  });
  await consumer.readable({ batch: true, maxMessages: 250 }).pipeThrough(copy, { signal: stop.signal })
    .pipeTo(opened.producer.writable());
  assertEquals([passed, opened.producer.pending], [count, 0]);
  const messages = await readAll(mock.servers, { topic: "copy", count });
  assertEquals(messages.map(text), Array.from({ length: count }, (_, i) => `0/${i}`));
  // The pipe has left the consumer, which goes on.
  await fill(mock.servers, { topic: mock.topic, each: 1, from: count });
  assertEquals((await read(consumer, 1))[0]?.offset, count);
});

test("Producer.writable() that fails ends a pipe, and cancels what feeds it", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 10 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  await using opened = openProducer({ "bootstrap.servers": mock.servers });
  const copy = new TransformStream<Message, ProducerMessage>({
    transform: ({ value, offset }, controller) =>
      controller.enqueue({ topic: mock.topic, value, partition: offset === 5 ? 9 : 0 }),
  });
  await assertRejects(() => consumer.readable().pipeThrough(copy).pipeTo(opened.producer.writable()), ProduceError);
  // The pipe that failed does not wait for the one that feeds it.
  await waitFor(() => consumer.poll({ timeoutMs: 100 }), { what: "the consumer to be free" });
});

test("Producer.writable() serializes, and ends with the error of a serializer", async () => {
  await using mock = mockTopic();
  const config = { "bootstrap.servers": mock.servers };
  await using producer = new Producer(config, { valueSerializer: numbers((value) => value === 2) });
  const writer = producer.writable().getWriter();
  await writer.write({ topic: mock.topic, value: 1 });
  await writer.write({ topic: mock.topic, value: 2 }).catch(() => {});
  assertEquals((await assertRejects(() => writer.closed, KafkaError)).name, "ValueSerializationError");
  await producer.flush();
  assertEquals((await readAll(mock.servers, { topic: mock.topic })).map(text), ["1"]);
});
