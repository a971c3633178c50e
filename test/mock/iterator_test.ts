/** Leaving an iteration by hand: a step that is under way ends, the reader is free, and no message is lost. */
import { KafkaError, type Message } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertEquals, assertLess, assertRejects } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, fill, openAssigned, openConsumer, read } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openShareConsumer } from "../support/sharing.ts";

const done: IteratorResult<never, undefined> = { done: true, value: undefined };

// `const p = it.next(); await it.return(); await consumer.poll()` threw _CONFLICT: the step went on reading behind the back of
// whoever had left, and swallowed the next message.
test("Consumer.messages() left by return() with a step pending ends the step and frees the reader", async () => {
  await using mock = mockTopic();
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  for (const wait of [0, 50]) {
    for (const start of [() => consumer.messages(), () => consumer.batches({ maxMessages: 10, maxWaitMs: 60_000 })]) {
      const iterator = start();
      const step = iterator.next();
      if (wait > 0) await delay(wait);
      assertEquals(await iterator.return!(), done);
      assertEquals(await step, done);
      assertEquals(await iterator.next(), done);
      assertEquals(await iterator.return!(), done);
      assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
    }
  }
  await fill(mock.servers, { topic: mock.topic, each: 3 });
  assertContiguous(await read(consumer, 3), { topic: mock.topic, to: 3 });
});

test(
  "Consumer.messages() that is left in the moment in which a message comes loses none",
  { timeoutMs: 60_000 },
  async () => {
    const slow = { deserialize: async (data: Uint8Array) => (await delay(Math.random() * 3), data) };
    for (const options of [{}, { valueDeserializer: slow }]) {
      await using mock = mockTopic();
      const count = 300;
      await fill(mock.servers, { topic: mock.topic, each: count });
      const config = { "enable.auto.commit": false };
      await using consumer = openAssigned(mock.servers, { topic: mock.topic }, config, options);
      const messages: Message[] = [];
      let left = 0;
      while (messages.length < count) {
        const iterator = consumer.messages();
        const step = iterator.next();
        // Some of these turns fall between the arrival and the reader.
        for (let turns = Math.floor(Math.random() * 12); turns > 0; turns--) await Promise.resolve();
        if (Math.random() < 0.3) await delay(Math.random() * 3);
        await iterator.return!();
        const result = await step;
        if (result.done) left++;
        else messages.push(result.value);
        if (messages.length < count && left % 3 === 0) messages.push((await consumer.poll({ timeoutMs: 5000 }))!);
      }
      assertContiguous(messages, { topic: mock.topic, to: count });
      assertEquals(consumer.position().map(({ offset }) => offset), [count]);
    }
  },
);

test("Consumer.messages() gives a message back that is under way to a step that is left", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 10 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic }, { "enable.auto.commit": false });
  assertContiguous(await read(consumer, 2), { topic: mock.topic, to: 2 });
  let givenBack = 0;
  for (let turns = 0; turns < 20; turns++) {
    // A look at the group is due, so that the step is made by a promise although its message is here.
    const iterator = consumer.batches({ maxMessages: 1 });
    const step = iterator.next();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const leaving = iterator.return!();
    const { done: isOver, value } = await step;
    await leaving;
    if (isOver) {
      givenBack++;
      assertEquals(consumer.position().map(({ offset }) => offset), [2]);
      continue;
    }
    assertEquals(value?.[0]?.offset, 2);
    consumer.seek({ topic: mock.topic, partition: 0, offset: 2 });
  }
  assertContiguous(await read(consumer, 8), { topic: mock.topic, from: 2, to: 10 });
  assertLess(0, givenBack);
});

test("Consumer.messages() left by return() rejects its step with the signal's reason if that came first", async () => {
  await using mock = mockTopic();
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const stop = new AbortController();
  const iterator = consumer.messages({ signal: stop.signal });
  const step = iterator.next();
  const reason = new Error("no longer wanted");
  stop.abort(reason);
  const leaving = iterator.return!();
  assertEquals(await assertRejects(() => step), reason);
  assertEquals(await leaving, done);
  assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
});

test("Consumer.messages() can be left within a rebalance handler that its own step has called", async () => {
  await using mock = mockTopic();
  await fill(mock.servers, { topic: mock.topic, each: 1 });
  let leave: () => Promise<unknown> = () => Promise.resolve();
  await using consumer = openConsumer(mock.servers, {}, { onAssign: async () => void await leave() });
  consumer.subscribe([mock.topic]);
  const iterator = consumer.messages();
  leave = () => iterator.return!();
  assertEquals(await iterator.next(), done);
  assertEquals((await read(consumer, 1)).length, 1);
});

test("Consumer.messages() that is asked twice at once refuses the second step, and the first gets its message", async () => {
  await using mock = mockTopic();
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const iterator = consumer.messages();
  const step = iterator.next();
  assertEquals((await assertRejects(() => iterator.next(), KafkaError)).codeName, "_CONFLICT");
  await fill(mock.servers, { topic: mock.topic, each: 1 });
  assertEquals((await step).value?.offset, 0);
});

test("ShareConsumer.messages() left by return() with a step pending ends the step and frees the reader", async () => {
  await using mock = mockTopic();
  mock.cluster.setShareGroups({ autoOffsetReset: "earliest", heartbeatIntervalMs: 100 });
  await using consumer = openShareConsumer(mock.servers, { "share.acknowledgement.mode": "implicit" });
  consumer.subscribe([mock.topic]);
  for (const start of [() => consumer.messages(), () => consumer.batches()]) {
    const iterator = start();
    const step = iterator.next();
    await delay(20);
    assertEquals(await iterator.return!(), done);
    assertEquals(await step, done);
    assertEquals(await iterator.next(), done);
    assertEquals(await consumer.poll({ timeoutMs: 0 }), []);
  }
  await fill(mock.servers, { topic: mock.topic, each: 30 });
  const offsets: number[] = [];
  while (offsets.length < 30) {
    const iterator = consumer.messages();
    const step = iterator.next();
    for (let turns = Math.floor(Math.random() * 12); turns > 0; turns--) await Promise.resolve();
    if (Math.random() < 0.3) await delay(Math.random() * 3);
    await iterator.return!();
    const result = await step;
    if (!result.done) offsets.push(result.value.offset);
    else if (Math.random() < 0.2) {
      offsets.push(...(await consumer.poll({ timeoutMs: 5000 })).map(({ offset }) => offset));
    }
  }
  assertEquals(offsets, Array.from({ length: 30 }, (_, i) => i));
});
