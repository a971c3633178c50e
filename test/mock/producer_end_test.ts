/** How a producer's waits end: by their time, their signal, flush(), purge() and close(). */
import { KafkaError, ProduceError, Producer } from "../../mod.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStrictEquals,
} from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer, outcome } from "../support/producing.ts";
import { readAll } from "../support/read_back.ts";
import { waitFor } from "../support/wait.ts";

const text = (bytes: Uint8Array | null): string | null => bytes === null ? null : new TextDecoder().decode(bytes);
test("Producer.send() ends its wait with its time or its signal, and the message is delivered all the same", async () => {
  await using at = mockTopic();
  at.cluster.setRoundTripTime(1, 300);
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  const stop = new AbortController();
  const late = assertRejects(() => producer.send({ topic: at.topic, value: "a" }, { timeoutMs: 20 }), KafkaError);
  const stopped = assertRejects(
    () => producer.send([{ topic: at.topic, value: "b" }], { signal: stop.signal }),
    Error,
    "stop",
  );
  stop.abort(new Error("stop"));
  await stopped;
  const error = await late;
  assertEquals([error.codeName, error instanceof ProduceError], ["_TIMED_OUT", false]);
  assertEquals(producer.pending, 2);
  assertEquals(await producer.flush(), 0);
  const read = await readAll(at.servers, { topic: at.topic, count: 2 });
  assertEquals(read.map(({ value }) => text(value)), ["a", "b"]);
});

test("Producer.send() with a signal that was aborted before sends nothing", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  const signal = AbortSignal.abort(new Error("before"));
  await assertRejects(() => producer.send({ topic: at.topic }, { signal }), Error, "before");
  await assertRejects(() => producer.send([{ topic: at.topic }], { signal }), Error, "before");
  await assertRejects(() => producer.send({ topic: at.topic }, { timeoutMs: -1 }), RangeError);
  assertEquals(producer.pending, 0);
  await producer.send({ topic: at.topic, value: "the only one" });
  await readAll(at.servers, { topic: at.topic, count: 1 });
});

test("Producer.flush() does not wait for linger.ms", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers, "linger.ms": 60_000 });
  const { producer } = opened;
  const sent = producer.send({ topic: at.topic });
  assert(producer.produce({ topic: at.topic }));
  const start = performance.now();
  assertEquals(await producer.flush(), 0);
  assertLess(performance.now() - start, 5_000);
  assertEquals((await sent).offset, 0);
});

test("Producer.flush() with nothing pending is answered at once", async () => {
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1", "linger.ms": 60_000 });
  assertEquals(await opened.producer.flush(), 0);
});

test("Producer.flush() returns how many are left when its time is up", async () => {
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1" });
  const { producer } = opened;
  for (let i = 0; i < 3; i++) assert(producer.produce({ topic: "t" }));
  const start = performance.now();
  assertEquals(await producer.flush({ timeoutMs: 50 }), 3);
  const took = performance.now() - start;
  assert(took >= 45 && took < 2_000, `${took}`);
  assertEquals(await producer.flush({ timeoutMs: 0 }), 3);
});

test("Producer.flush() ends with its signal", async () => {
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1" });
  const { producer } = opened;
  assert(producer.produce({ topic: "t" }));
  const stop = new AbortController();
  const waiting = assertRejects(() => producer.flush({ signal: stop.signal }), Error, "stop");
  stop.abort(new Error("stop"));
  await waiting;
  await assertRejects(() => producer.flush({ signal: AbortSignal.abort(new Error("before")) }), Error, "before");
  assertEquals(producer.pending, 1);
});

test("Producer.flush() waits for messages that wait for room", async () => {
  await using at = mockTopic();
  await using opened = openProducer({
    "bootstrap.servers": at.servers,
    "queue.buffering.max.messages": 3,
    "linger.ms": 1000,
  });
  const { producer } = opened;
  const sent = producer.send(Array.from({ length: 20 }, () => ({ topic: at.topic })));
  const start = performance.now();
  assertEquals(await producer.flush(), 0);
  assertLess(performance.now() - start, 6_000);
  assertEquals((await sent).length, 20);
});

test("Producer.purge() of queued messages rejects them with _PURGE_QUEUE", async () => {
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 3 });
  const { producer } = opened;
  const sent = Array.from({ length: 5 }, () => outcome(producer.send({ topic: "t" })));
  const start = performance.now();
  producer.purge({ inFlight: false });
  const reports = await Promise.all(sent);
  assertLess(performance.now() - start, 5_000);
  for (const { status, error, offset } of reports) {
    assertEquals([status, error?.codeName, offset], ["NOT_PERSISTED", "_PURGE_QUEUE", null]);
  }
  assertEquals(producer.pending, 0);
});

test("Producer.purge() of messages in flight rejects them with _PURGE_INFLIGHT, and says that they may be written", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers, "linger.ms": 0 });
  const { producer } = opened;
  await producer.send({ topic: at.topic });
  at.cluster.setRoundTripTime(1, 3_000);
  let produceCalls = 0;
  const sent = outcome(producer.send({ topic: at.topic, value: "in flight" }));
  await waitFor(() => {
    producer.purge({ queued: false });
    produceCalls++;
    return producer.pending === 0;
  }, { what: "the message to be in flight, and purged" });
  const { status, error } = await sent;
  assertEquals([status, error?.codeName], ["POSSIBLY_PERSISTED", "_PURGE_INFLIGHT"]);
  assertGreater(produceCalls, 0);
  at.cluster.setRoundTripTime(1, 0);
  assertEquals((await producer.send({ topic: at.topic })).status, "PERSISTED");
});

test("Producer.purge() of messages in flight leaves those that are queued", async () => {
  await using at = mockTopic();
  at.cluster.stopBroker(1);
  await using opened = openProducer({
    "bootstrap.servers": at.servers,
    "reconnect.backoff.ms": 10,
    "reconnect.backoff.max.ms": 20,
  });
  const { producer } = opened;
  const sent = producer.send({ topic: at.topic });
  await Promise.resolve();
  producer.purge({ queued: false });
  producer.purge({ queued: false, inFlight: false });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(producer.pending, 1);
  at.cluster.startBroker(1);
  assertEquals((await sent).offset, 0);
});

test("Producer.close() sends what is left, and is the same when it is called again", async () => {
  await using at = mockTopic();
  const opened = openProducer({ "bootstrap.servers": at.servers, "linger.ms": 60_000 });
  const { producer } = opened;
  const sent = Array.from({ length: 100 }, () => producer.send({ topic: at.topic }));
  const closing = producer.close();
  assertStrictEquals(producer.close({ timeoutMs: 1 }), closing);
  assertStrictEquals(producer[Symbol.asyncDispose](), closing);
  await closing;
  assertEquals((await Promise.all(sent)).map(({ offset }) => offset), Array.from({ length: 100 }, (_, i) => i));
  await producer.close();
});

test("Producer in an await using scope has delivered everything at its end", async () => {
  await using at = mockTopic();
  {
    await using producer = new Producer({ "bootstrap.servers": at.servers, "linger.ms": 200 });
    for (let i = 0; i < 50; i++) assert(producer.produce({ topic: at.topic }));
  }
  await readAll(at.servers, { topic: at.topic, count: 50 });
});

test("Producer refuses every call after close()", async () => {
  const { producer } = openProducer({ "bootstrap.servers": "127.0.0.1:1" });
  const closing = producer.close();
  const calls: [string, () => unknown][] = [
    ["send", () => producer.send({ topic: "t" })],
    ["send", () => producer.send([])],
    ["produce", () => producer.produce({ topic: "t" })],
    ["flush", () => producer.flush()],
    ["wait for room", () => producer.ready()],
    ["purge", () => producer.purge()],
  ];
  for (let round = 0; round < 2; round++) {
    for (const [what, call] of calls) {
      const error = await assertRejects(async () => await call(), KafkaError, `Cannot ${what}: the producer is closed`);
      assertEquals(error.codeName, "_DESTROY");
    }
    await closing;
  }
  assertEquals([producer.pending, producer.fatalError], [0, null]);
  assertEquals(producer.library.version.split(".").length, 3);
});

test("Producer.close() can be called by a delivery handler", async () => {
  await using at = mockTopic();
  let closing: Promise<void> | undefined;
  const { producer } = openProducer({ "bootstrap.servers": at.servers }, {
    onDelivery: () => void (closing ??= producer.close().then(() => {})),
  });
  for (let i = 0; i < 100; i++) assert(producer.produce({ topic: at.topic }));
  await waitFor(() => closing !== undefined, { what: "the handler to close" });
  await closing;
  assertEquals(producer.pending, 0);
});
