/** Closing a consumer in every state: it ends within its time, every promise settles, and the event loop goes on. */
import { readdirSync, readFileSync } from "node:fs";
import type { Consumer, KafkaError, Message } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assertEquals, assertGreaterOrEqual, assertLess } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { ErrorList, fill, openAssigned, openConsumer, read } from "../support/group.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

const topic = "t";
const quickGroup = { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 };
const forever = () => new Promise<void>(() => {});

async function start(partitions = 1): Promise<MockCluster> {
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions });
  await fill(cluster.bootstrapServers, { topic, partitions, each: 100 });
  return cluster;
}

/** Closes, and says how long it took and the event loop's longest pause in that time, in milliseconds. */
async function closing(consumer: Consumer, timeoutMs?: number): Promise<{ took: number; paused: number }> {
  const started = performance.now();
  let last = started;
  let paused = 0;
  const look = () => {
    const now = performance.now();
    paused = Math.max(paused, now - last);
    last = now;
  };
  const timer = setInterval(look, 5);
  await consumer.close(timeoutMs === undefined ? {} : { timeoutMs });
  look();
  clearInterval(timer);
  return { took: performance.now() - started, paused };
}

test("Consumer.close() twice waits for the same end, and closing again later does nothing", async () => {
  await using cluster = await start();
  let isRevoked = false;
  const consumer = openConsumer(cluster.bootstrapServers, {}, {
    onRevoke: async () => {
      await delay(200);
      isRevoked = true;
    },
  });
  consumer.subscribe([topic]);
  await read(consumer, 1);
  const first = consumer.close();
  await consumer.close();
  assertEquals(isRevoked, true);
  await first;
  await consumer.close();
  await consumer[Symbol.asyncDispose]();
});

test("Consumer.close() right after opening, assigning or subscribing is quick", async () => {
  await using cluster = await start();
  const setUps: ((consumer: Consumer) => void)[] = [
    () => {},
    (consumer) => consumer.assign([{ topic, partition: 0 }]),
    (consumer) => consumer.subscribe([topic]),
    (consumer) => {
      consumer.subscribe([topic]);
      consumer.unsubscribe();
    },
  ];
  for (const setUp of setUps) {
    for (const waitMs of [0, 5, 50]) {
      const consumer = openConsumer(cluster.bootstrapServers);
      setUp(consumer);
      if (waitMs > 0) await consumer.poll({ timeoutMs: waitMs });
      const { took, paused } = await closing(consumer);
      assertLess(took, 6000, String(setUp));
      assertLess(paused, 2000, String(setUp));
    }
  }
});

test("Consumer.close() without a broker there is quick", async () => {
  for (const waitMs of [0, 300]) {
    const errors = new ErrorList();
    const consumer = openConsumer("127.0.0.1:1", {}, { onError: errors.onError, onLog: false });
    consumer.subscribe([topic]);
    await consumer.poll({ timeoutMs: waitMs });
    const { took, paused } = await closing(consumer);
    assertLess(took, 5000);
    assertLess(paused, 2000);
  }
});

test("Consumer.close() ends every reading call that waits", async () => {
  await using cluster = await start();
  const calls: [string, (consumer: Consumer) => Promise<unknown>, unknown][] = [
    ["poll", (consumer) => consumer.poll(), null],
    ["consume", (consumer) => consumer.consume(10), []],
    ["messages", (consumer) => consumer.messages().next(), { done: true, value: undefined }],
    ["batches", (consumer) => consumer.batches({ maxWaitMs: 60_000 }).next(), { done: true, value: undefined }],
    ["for await", async (consumer) => {
      const messages: Message[] = [];
      for await (const message of consumer) messages.push(message);
      return messages;
    }, []],
  ];
  for (const [name, call, expected] of calls) {
    const consumer = openAssigned(cluster.bootstrapServers, { topic });
    await read(consumer, 100);
    const reading = call(consumer);
    await delay(20);
    assertLess((await closing(consumer)).took, 6000, name);
    assertEquals(await reading, expected, name);
  }
});

test("Consumer.close() in the body of a loop ends the loop, and nothing is stored any more", async () => {
  // The step after the close once stored an offset in a client that was gone.
  await using cluster = await start();
  const errors = new ErrorList();
  const consumer = openAssigned(cluster.bootstrapServers, { topic }, {}, { onError: errors.onError });
  const offsets: number[] = [];
  for await (const { offset } of consumer) {
    if (offsets.push(offset) < 5) continue;
    await consumer.close();
    await delay(150);
  }
  assertEquals(offsets, [0, 1, 2, 3, 4]);
  assertEquals(errors.names, []);
});

test("Consumer.close() rejects requests that were not answered", async () => {
  await using cluster = await start();
  const before = librdkafkaThreads();
  const consumer = openAssigned(cluster.bootstrapServers, { topic });
  await read(consumer, 1);
  cluster.setRoundTripTime(1, 2500);
  const committing = consumer.commit([{ topic, partition: 0, offset: 1 }]);
  const asking = consumer.getWatermarkOffsets({ topic, partition: 0 });
  const outcomes = Promise.allSettled([committing, asking]);
  const { took } = await closing(consumer, 200);
  assertLess(took, 2000);
  const results = await outcomes;
  assertEquals(results.map(({ status }) => status), ["rejected", "rejected"]);
  for (const result of results) assertEquals((result as { reason: KafkaError }).reason.codeName, "_DESTROY");
  cluster.setRoundTripTime(1, 0);
  // librdkafka waits for the commit behind our back, and ends when it is answered.
  await waitFor(() => librdkafkaThreads() <= before, { what: "the end of librdkafka's threads", timeoutMs: 15_000 });
});

test("Consumer.close() leaves the group at once, and stores and commits what is done", async () => {
  await using cluster = await start();
  const config = { ...quickGroup, "group.id": randomName("group") };
  const first = openConsumer(cluster.bootstrapServers, config);
  first.subscribe([topic]);
  let count = 0;
  for await (const _ of first) if (++count === 40) break;
  await first.close();
  await using second = openConsumer(cluster.bootstrapServers, config);
  second.subscribe([topic]);
  const started = performance.now();
  // The fortieth was still in hand.
  assertEquals((await read(second, 61))[0]?.offset, 39);
  assertLess(performance.now() - started, 5000);
});

test("Consumer.close() takes no partitions any more", async () => {
  // onAssign was told of partitions that librdkafka refused for the closing consumer, and that nothing took back.
  await using cluster = await start();
  const events: string[] = [];
  const consumer = openConsumer(cluster.bootstrapServers, {}, {
    onAssign: () => void events.push("assign"),
    onRevoke: () => void events.push("revoke"),
  });
  consumer.subscribe([topic]);
  // Nobody reads, so the assignment waits for its answer.
  await waitFor(() => consumer.rebalanceProtocol !== "NONE", { what: "the group" });
  await delay(300);
  await consumer.close();
  assertEquals(events, []);
});

test("Consumer.close() runs onRevoke, which may still use the consumer", async () => {
  await using cluster = await start();
  const config = { ...quickGroup, "group.id": randomName("group"), "enable.auto.commit": false };
  const events: string[] = [];
  const consumer = openConsumer(cluster.bootstrapServers, config, {
    onRevoke: async (partitions) => {
      consumer.storeOffsets(partitions.map((each) => ({ ...each, offset: 77 })));
      const [answer] = await consumer.commit();
      events.push(`committed ${answer?.offset} ${answer?.error}`);
      assertEquals(consumer.assignment().length, 1);
    },
  });
  consumer.subscribe([topic]);
  await read(consumer, 10);
  await consumer.close();
  assertEquals(events, ["committed 77 null"]);
  await using next = openConsumer(cluster.bootstrapServers, config);
  next.subscribe([topic]);
  assertEquals((await read(next, 1))[0]?.offset, 77);
});

test("Consumer.close() that a rebalance handler waits for does not wait for the handler", async () => {
  await using cluster = await start();
  for (const handler of ["onAssign", "onRevoke"] as const) {
    for (const how of ["at once", "later"]) {
      const errors = new ErrorList();
      let closed = Infinity;
      const started = performance.now();
      const consumer = openConsumer(cluster.bootstrapServers, {}, {
        onError: errors.onError,
        [handler]: async () => {
          if (how === "later") await delay(1);
          await consumer.close({ timeoutMs: 2000 });
          closed = performance.now() - started;
        },
      });
      consumer.subscribe([topic]);
      if (handler === "onRevoke") {
        await read(consumer, 10);
        consumer.unsubscribe();
      }
      for await (const _ of consumer);
      await waitFor(() => closed < Infinity, { what: `the end of close() in ${handler}, ${how}` });
      // Called at once, it is known who calls; later it is not, and the time has to run out.
      if (how === "at once") assertEquals(errors.names, []);
      else assertEquals(errors.list.map(({ name }) => name), ["HandlerError"]);
      assertLess(closed, 5000);
    }
  }
});

test("Consumer.close() is bounded while a rebalance handler hangs, and the reader's call ends", async () => {
  await using cluster = await start();
  for (const timeoutMs of [0, 200, 1500]) {
    const errors = new ErrorList();
    let isCalled = false;
    const consumer = openConsumer(cluster.bootstrapServers, {}, {
      onError: errors.onError,
      onAssign: () => {
        isCalled = true;
        return forever();
      },
    });
    consumer.subscribe([topic]);
    const reading = consumer.poll();
    await waitFor(() => isCalled, { what: "the handler" });
    const { took, paused } = await closing(consumer, timeoutMs);
    assertLess(took, timeoutMs + 4000);
    assertLess(paused, 2000);
    assertEquals(await reading, null);
    assertEquals(errors.list.map(({ name }) => name), ["HandlerError"]);
  }
});

test("Consumer.close() is bounded when onRevoke hangs", async () => {
  await using cluster = await start();
  for (const timeoutMs of [0, 200, 1500]) {
    const errors = new ErrorList();
    const consumer = openConsumer(cluster.bootstrapServers, {}, { onError: errors.onError, onRevoke: forever });
    consumer.subscribe([topic]);
    await read(consumer, 10);
    const { took, paused } = await closing(consumer, timeoutMs);
    assertLess(took, timeoutMs + 4000);
    assertLess(paused, 2000);
    if (timeoutMs > 0) assertEquals(errors.list.map(({ name }) => name), ["HandlerError"]);
  }
});

test("Consumer.close() waits for a handler that takes its time", async () => {
  await using cluster = await start();
  let isDone = false;
  const consumer = openConsumer(cluster.bootstrapServers, {}, {
    onRevoke: async () => {
      await delay(700);
      isDone = true;
    },
  });
  consumer.subscribe([topic]);
  await read(consumer, 10);
  const { took } = await closing(consumer);
  assertEquals(isDone, true);
  assertGreaterOrEqual(took, 695);
  assertLess(took, 5000);
});

test("Consumer.close() is bounded when the brokers are gone", async () => {
  for (const isStopped of [false, true]) {
    const cluster = await start();
    const errors = new ErrorList();
    const consumer = openConsumer(cluster.bootstrapServers, {}, { onError: errors.onError, onLog: false });
    consumer.subscribe([topic]);
    await read(consumer, 10);
    // They answer no more, or they refuse connections.
    if (isStopped) cluster.stopBroker(1);
    else cluster.setRoundTripTime(1, 60_000);
    await delay(50);
    const { took, paused } = await closing(consumer, 1000);
    assertLess(took, 6000);
    assertLess(paused, 2000);
    await cluster.close();
  }
});

test("Consumer.close() of many consumers leaves no file open", async () => {
  await using cluster = await start();
  for (let round = 0; round < 30; round++) {
    const consumer = openAssigned(cluster.bootstrapServers, { topic });
    if (round % 3 === 0) await read(consumer, 1);
    await consumer.close();
  }
  const before = openFiles();
  for (let round = 0; round < 30; round++) {
    const consumer = openAssigned(cluster.bootstrapServers, { topic });
    if (round % 3 === 0) await read(consumer, 1);
    await consumer.close();
  }
  // The cluster closes its ends of the connections in its own time.
  await waitFor(() => openFiles() <= before + 2, { what: `${before} open files` });
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

function librdkafkaThreads(): number {
  const names = readdirSync("/proc/self/task").map((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, "utf8");
    } catch {
      return ""; // It ended between the listing and the look.
    }
  });
  return names.filter((name) => name.startsWith("rdk:")).length;
}
