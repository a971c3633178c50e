/** Consumer.run(): handlers side by side, their order, their errors, and what counts as done. */
import type { Consumer, Message, RunContext } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../support/assert.ts";
import { assertContiguous, fill, offsetsOf, openAssigned, openConsumer, partitionsOf, read } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

const quickGroup = { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 };

/** A promise that is kept from outside. */
function latch(): { promise: Promise<void>; open: () => void } {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => open = resolve);
  return { promise, open };
}

const stored = async (consumer: Consumer, topic: string, partitions = 1): Promise<(number | null)[]> => {
  await consumer.commit();
  return (await consumer.committed(partitionsOf(topic, partitions))).map(({ offset }) => offset);
};

test("Consumer.run() hands over everything, in the order of each partition, and resolves when it is stopped", async () => {
  for (const orderBy of ["partition", "key"] as const) {
    await using mock = mockTopic(4);
    await fill(mock.servers, { topic: mock.topic, partitions: 4, each: 300 });
    await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 4 });
    const messages: Message[] = [];
    let atOnce = 0;
    let most = 0;
    await consumer.run({
      concurrency: 3,
      orderBy,
      eachMessage: async (message) => {
        most = Math.max(most, ++atOnce);
        await Promise.resolve();
        atOnce--;
        messages.push(message);
        if (messages.length === 1200) consumer.stop();
      },
    });
    if (orderBy === "key") messages.sort((a, b) => a.offset - b.offset);
    assertContiguous(messages, { topic: mock.topic, partitions: 4, to: 300 });
    assertEquals(most, 3);
    assertEquals(await stored(consumer, mock.topic, 4), [300, 300, 300, 300]);
    assertEquals(consumer.position().map(({ offset }) => offset), [300, 300, 300, 300]);
  }
});

test("Consumer.run() with eachBatch hands over batches of one partition, capped by maxMessages", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 100 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  const batches: Message[][] = [];
  await consumer.run({
    maxMessages: 30,
    eachBatch: (batch) => {
      batches.push(batch);
      if (batches.flat().length === 200) consumer.stop();
    },
  });
  assertContiguous(batches.flat(), { topic: mock.topic, partitions: 2, to: 100 });
  for (const batch of batches) {
    assert(batch.length > 0 && batch.length <= 30, `a batch of ${batch.length}`);
    assertEquals(new Set(batch.map(({ partition }) => partition)).size, 1);
  }
});

test("Consumer.stop() lets handlers come to their end, and the next run goes on where the last one stopped", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 50 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  const messages: Message[] = [];
  for (let round = 1; round <= 4; round++) {
    const hold = latch();
    const stop = new AbortController();
    let told = 0;
    const running = consumer.run({
      concurrency: 2,
      signal: stop.signal,
      eachMessage: async (message, { signal }) => {
        signal.addEventListener("abort", () => told++);
        if (messages.length >= 10 * round) await hold.promise;
        messages.push(message);
      },
    });
    await waitFor(() => messages.length >= 10 * round, { what: "messages" });
    await assertRejects(() => consumer.poll(), Error, "another call is reading");
    await assertRejects(() => consumer.run({ eachMessage: () => {} }), Error, "another call is reading");
    if (round % 2 === 0) consumer.stop();
    else stop.abort();
    let isOver = false;
    void running.then(() => isOver = true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals([isOver, told > 0], [false, true]);
    hold.open();
    await running;
  }
  // A loop goes on there too.
  messages.push(...await read(consumer, 100 - messages.length));
  assertContiguous(messages, { topic: mock.topic, partitions: 2, to: 50 });
  assertEquals(await stored(consumer, mock.topic, 2).then((offsets) => offsets.length), 2);
});

test("Consumer.run() ends with what a handler throws, once the others have ended, and it is handed over again", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 20 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  const other = latch();
  const hold = latch();
  const seen: string[] = [];
  const failure = new Error("broken");
  const running = consumer.run({
    concurrency: 2,
    eachMessage: async ({ partition, offset }) => {
      if (partition === 0 && offset === 7) {
        // Its partition may have come long before the other one.
        await other.promise;
        throw failure;
      }
      if (partition === 1 && offset === 3) {
        other.open();
        await hold.promise;
      }
      seen.push(`${partition}/${offset}`);
    },
  });
  const outcome = running.then(() => "resolved", (error: unknown) => error);
  await waitFor(() => seen.includes("0/6") && seen.includes("1/2"), { what: "both to be there" });
  hold.open();
  assertEquals(await outcome, failure);
  assert(seen.includes("1/3") && !seen.includes("1/4"), `unexpected: ${seen.join(" ")}`);
  assertEquals(consumer.position().map(({ offset }) => offset), [7, 4]);
  assertEquals(await stored(consumer, mock.topic, 2), [7, 4]);
  const left = await read(consumer, 29);
  assertEquals(offsetsOf(left)[`${mock.topic}:0`]![0], 7);
  assertEquals(offsetsOf(left)[`${mock.topic}:1`]![0], 4);
});

test("Consumer.run() asks onError: retry calls the handler again, skip counts the message as done", async () => {
  await using mock = mockTopic(1);
  await fill(mock.servers, { topic: mock.topic, each: 10 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const seen: number[] = [];
  const asked: string[] = [];
  let tries = 0;
  await consumer.run({
    eachMessage: ({ offset }) => {
      if (offset === 3 && ++tries < 3) throw new Error("not yet");
      if (offset === 5) throw new Error("never");
      seen.push(offset);
      if (offset === 9) consumer.stop();
    },
    onError: async (error, messages) => {
      await Promise.resolve();
      asked.push(`${(error as Error).message} ${messages.map(({ offset }) => offset)}`);
      return (error as Error).message === "never" ? "skip" : "retry";
    },
  });
  assertEquals(seen, [0, 1, 2, 3, 4, 6, 7, 8, 9]);
  assertEquals(asked, ["not yet 3", "not yet 3", "never 5"]);
  assertEquals(await stored(consumer, mock.topic), [10]);
  await fill(mock.servers, { topic: mock.topic, each: 1, from: 10 });
  const thrown = await assertRejects(() =>
    consumer.run({
      eachMessage: () => Promise.reject(new Error("first")),
      onError: () => {
        throw new Error("second");
      },
    })
  );
  assertEquals((thrown as Error).message, "second");
});

test("Consumer.run() keeps what a batch has said to be done before it failed", async () => {
  await using mock = mockTopic(1);
  await fill(mock.servers, { topic: mock.topic, each: 10 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  await waitFor(async () => (await consumer.getWatermarkOffsets({ topic: mock.topic, partition: 0 })).high === 10, {
    what: "the messages",
  });
  const error = await assertRejects(() =>
    consumer.run({
      eachBatch: (batch, { done }) => {
        for (const message of batch) {
          if (message.offset === 6) throw new Error("at six");
          done(message);
        }
      },
    })
  );
  assertEquals([(error as Error).message, await stored(consumer, mock.topic)], ["at six", [6]]);
  assertEquals((await read(consumer, 4)).map(({ offset }) => offset), [6, 7, 8, 9]);
});

test("Consumer.pause() within run() takes effect at once, and a slow partition does not hold up the others", async () => {
  await using mock = mockTopic(2);
  // More than a partition may have waiting.
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 3000, bytes: 1500 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic, partitions: 2 });
  const slow = latch();
  const messages: Message[] = [];
  let pausedAt = -1;
  const running = consumer.run({
    concurrency: 2,
    eachMessage: (message) => {
      const wait = message.partition === 0 && message.offset === 5 ? slow.promise : undefined;
      if (message.partition === 1 && message.offset === 100) {
        consumer.pause([message]);
        pausedAt = messages.length;
        setTimeout(() => consumer.resume([message]), 100);
      }
      messages.push(message);
      if (messages.length === 6000) consumer.stop();
      return wait;
    },
  });
  await waitFor(() => pausedAt >= 0, { what: "the pause" });
  assertEquals(consumer.paused(), [{ topic: mock.topic, partition: 1 }]);
  await waitFor(() => messages.filter(({ partition }) => partition === 1).length === 3000, {
    what: "all of the fast partition",
  });
  assertEquals(messages.filter(({ partition }) => partition === 0).length, 6);
  assertEquals(consumer.paused(), []);
  slow.open();
  await running;
  assertContiguous(messages, { topic: mock.topic, partitions: 2, to: 3000 });
});

test("Consumer.seek() within run() drops what waits, and nothing from before counts as done", async () => {
  await using mock = mockTopic(1);
  await fill(mock.servers, { topic: mock.topic, each: 100 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const seen: number[] = [];
  await consumer.run({
    eachMessage: async ({ offset }) => {
      seen.push(offset);
      if (seen.length === 10) consumer.seek({ topic: mock.topic, partition: 0, offset: 50 });
      await Promise.resolve();
      if (offset === 99) consumer.stop();
    },
  });
  assertEquals(seen, [...Array(10).keys(), ...Array.from({ length: 50 }, (_, i) => 50 + i)]);
  assertEquals(await stored(consumer, mock.topic), [100]);
});

test("Consumer.close() ends run(): handlers are waited for, and what they did is committed", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 20 });
  const group = randomName("group");
  const consumer = openConsumer(mock.servers, { ...quickGroup, "group.id": group });
  consumer.subscribe([mock.topic]);
  const hold = latch();
  const seen: Message[] = [];
  const running = consumer.run({
    concurrency: 2,
    eachMessage: async (message) => {
      if (message.offset === 5) await hold.promise;
      seen.push(message);
    },
  });
  await waitFor(() => seen.length === 10, { what: "both to wait" });
  const closed = consumer.close();
  setTimeout(hold.open, 50);
  await Promise.all([closed, running]);
  assertEquals(seen.length, 12);
  consumer.stop();
  await using next = openConsumer(mock.servers, { ...quickGroup, "group.id": group });
  next.subscribe([mock.topic]);
  assertContiguous(await read(next, 28), { topic: mock.topic, partitions: 2, from: 6, to: 20 });
});

test("Consumer.run() tells the handlers of a partition that is given back, and waits for them before it answers", async () => {
  await using mock = mockTopic(2);
  await fill(mock.servers, { topic: mock.topic, partitions: 2, each: 10 });
  const group = randomName("group");
  const events: string[] = [];
  await using first = openConsumer(mock.servers, { ...quickGroup, "group.id": group }, {
    onRevoke: () => void events.push("revoked"),
  });
  first.subscribe([mock.topic]);
  const running = first.run({
    concurrency: 2,
    eachMessage: async ({ offset }, { signal }: RunContext) => {
      if (offset < 4) return;
      if (offset > 4) throw new Error("started after the end");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await new Promise((resolve) => setTimeout(resolve, 50));
      events.push("handled");
    },
  });
  await waitFor(() => first.position().every(({ offset }) => offset === 5) && first.assignment().length === 2, {
    what: "both handlers",
  });
  await using second = openConsumer(mock.servers, { ...quickGroup, "group.id": group });
  second.subscribe([mock.topic]);
  const own = second.run({ eachMessage: () => {} });
  await waitFor(() => events.includes("revoked"), { what: "the rebalance" });
  assertEquals(events.slice(0, 3), ["handled", "handled", "revoked"]);
  first.stop();
  second.stop();
  await Promise.allSettled([running, own]);
});

test("Consumer.run() does not count as done what a handler gave up when it was told to end", async () => {
  await using mock = mockTopic(1);
  await fill(mock.servers, { topic: mock.topic, each: 10 });
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  let isWaiting = false;
  const running = consumer.run({
    eachMessage: async ({ offset }, { signal }) => {
      if (offset < 4) return;
      isWaiting = true;
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  await waitFor(() => isWaiting, { what: "the handler" });
  consumer.stop();
  await running;
  assertEquals(await stored(consumer, mock.topic), [4]);
  assertEquals((await read(consumer, 6))[0]!.offset, 4);
});

test("Consumer.run() loses its partitions to a handler that takes longer than max.poll.interval.ms, and comes back", async () => {
  await using mock = mockTopic(1);
  await fill(mock.servers, { topic: mock.topic, each: 3 });
  const lost: number[] = [];
  const errors: string[] = [];
  const config = { ...quickGroup, "max.poll.interval.ms": 1500, "auto.commit.interval.ms": 100 };
  await using consumer = openConsumer(mock.servers, config, {
    onLost: (partitions) => void lost.push(partitions.length),
    onError: ({ codeName }) => void errors.push(codeName),
    onLog: false,
  });
  consumer.subscribe([mock.topic]);
  const hold = latch();
  const seen: number[] = [];
  const running = consumer.run({
    eachMessage: async ({ offset }) => {
      seen.push(offset);
      if (seen.length === 2) await hold.promise;
      if (offset === 2) consumer.stop();
    },
  });
  await waitFor(() => seen.length === 2, { what: "the handler" });
  const start = performance.now();
  setTimeout(hold.open, 3500);
  await running;
  assertGreater(performance.now() - start, 3000);
  assertEquals(lost, [1]);
  assert(errors.includes("_MAX_POLL_EXCEEDED"), `errors: ${errors}`);
  // The one in hand was not done when the partition was lost.
  assertEquals(seen, [0, 1, 1, 2]);
});

test("Consumer.run() refuses options that cannot be used", async () => {
  await using mock = mockTopic(1);
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const each = { eachMessage: () => {} };
  const bad: [unknown, new (...args: never[]) => Error][] = [
    [{}, TypeError],
    [{ ...each, eachBatch: () => {} }, TypeError],
    [{ eachMessage: 1 }, TypeError],
    [{ ...each, orderBy: "value" }, TypeError],
    [{ ...each, concurrency: 0 }, RangeError],
    [{ ...each, concurrency: "2" }, RangeError],
    [{ eachBatch: () => {}, maxMessages: 0.5 }, RangeError],
  ];
  for (const [options, type] of bad) await assertRejects(() => consumer.run(options as typeof each), type);
  const start = performance.now();
  await consumer.run({ ...each, signal: AbortSignal.abort() });
  assertLess(performance.now() - start, 1000);
  await consumer.close();
  await assertRejects(() => consumer.run(each), Error, "closed");
});
