/** The producer's queue: how it says that it is full, who waits for room, and what the waiting costs. */
import process from "node:process";
import { type DeliveryReport, KafkaError, type ProducerMessage } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { Oracle } from "../support/oracle.ts";
import { residentBytes } from "../support/process.ts";
import { openProducer, outcome } from "../support/producing.ts";
import { readAll, readBack } from "../support/read_back.ts";
import { waitFor } from "../support/wait.ts";

test("Producer.pending counts the messages without a report", async () => {
  await using at = mockTopic();
  at.cluster.setRoundTripTime(1, 200);
  await using opened = openProducer({ "bootstrap.servers": at.servers, "queue.buffering.max.messages": 5 });
  const { producer } = opened;
  assertEquals(producer.pending, 0);
  const sent = Array.from({ length: 7 }, () => producer.send({ topic: at.topic }));
  sent.push(producer.send([{ topic: at.topic }, { topic: at.topic }]).then((reports) => reports[0]!));
  assertEquals(producer.pending, 9);
  await Promise.all(sent);
  assertEquals(producer.pending, 0);
});

test("Producer.produce() says that the queue is full, and takes messages again after ready()", async () => {
  await using at = mockTopic();
  at.cluster.setRoundTripTime(1, 100);
  await using opened = openProducer({ "bootstrap.servers": at.servers, "queue.buffering.max.messages": 10 });
  const { producer } = opened;
  const message = { topic: at.topic, value: "v" };
  let taken = 0;
  while (producer.produce(message)) assertLess(++taken, 11);
  assertEquals([taken, producer.pending, producer.produce(message)], [10, 10, false]);
  for (let round = 0; round < 3; round++) {
    await producer.ready();
    while (producer.produce(message)) taken++;
  }
  assertGreater(taken, 12);
  assertEquals(await producer.flush(), 0);
  await readAll(at.servers, { topic: at.topic, count: taken });
  assertEquals(opened.errors, []);
});

test("Producer.produce() counts the bytes that wait", async () => {
  await using at = mockTopic();
  await using opened = openProducer({
    "bootstrap.servers": at.servers,
    "queue.buffering.max.kbytes": 100,
    "linger.ms": 500,
  });
  const { producer } = opened;
  const message = { topic: at.topic, value: new Uint8Array(30_000) };
  let taken = 0;
  while (producer.produce(message)) assertLess(++taken, 10);
  // The one that reaches the limit is the last that is taken.
  assertEquals(taken, 4);
  assertEquals(await producer.flush(), 0);
  assertEquals(opened.errors, []);
  await readAll(at.servers, { topic: at.topic, count: 4 });
});

for (
  const [what, config, size] of [
    ["messages", { "queue.buffering.max.messages": 10 }, 10],
    ["bytes", { "queue.buffering.max.kbytes": 100 }, 30_000],
  ] as const
) {
  test(`Producer.send() waits for room in order while the queue is full of ${what}`, async () => {
    await using at = mockTopic();
    const oracle = new Oracle();
    await using opened = openProducer({ "bootstrap.servers": at.servers, "linger.ms": 0, ...config });
    const { producer } = opened;
    const sent: Promise<void>[] = [];
    for (let i = 0; i < 20; i++) {
      const headers = { pad: new Uint8Array(i % 3 === 0 ? 0 : 5) };
      const next = (): ProducerMessage => {
        const message = oracle.next({ topic: at.topic, ...(i % 4 === 0 ? { headers } : {}) });
        return { ...message, key: new Uint8Array(10) };
      };
      sent.push(oracle.settle(producer.send(pad(next(), size))));
      const some = Array.from({ length: 5 }, next).map((message) => pad(message, size));
      sent.push(producer.send(some).then((reports) => reports.forEach((report) => oracle.report(report))));
      // While others wait, nobody may overtake them.
      if (i > 4) assertEquals(producer.produce({ topic: at.topic }), false);
    }
    await Promise.all(sent);
    await readBack(at.servers, { topic: at.topic, count: 120 }, (message) => oracle.see(message));
    oracle.assertExactlyOnce(120);
    assertEquals(opened.errors, []);
  });
}

/** The oracle reads a value up to its first space. */
function pad(message: ProducerMessage, size: number): ProducerMessage {
  return { ...message, value: `${message.value as string}`.padEnd(size, " ") };
}

test("Producer.send() of a message larger than the whole queue goes alone", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers, "queue.buffering.max.kbytes": 10 });
  const value = new Uint8Array(50_000);
  const reports = await Promise.all([1, 2, 3].map(() => opened.producer.send({ topic: at.topic, value })));
  assertEquals(reports.map(({ offset }) => offset), [0, 1, 2]);
});

test("Producer.ready() is answered at once while there is room", async () => {
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1" });
  await opened.producer.ready({ timeoutMs: 1 });
});

test("Producer.ready() ends with its time or its signal", async () => {
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 1 });
  const { producer } = opened;
  assert(producer.produce({ topic: "t" }));
  const late = await assertRejects(() => producer.ready({ timeoutMs: 20 }), KafkaError);
  assertEquals(late.codeName, "_TIMED_OUT");
  const stop = new AbortController();
  const waiting = assertRejects(() => producer.ready({ signal: stop.signal }), Error, "stop");
  stop.abort(new Error("stop"));
  await waiting;
  await assertRejects(() => producer.ready({ signal: AbortSignal.abort(new Error("at once")) }), Error, "at once");
  // The wait is over for everybody when the producer is closed.
  const closed = assertRejects(() => producer.ready(), KafkaError, "closed");
  await producer.close({ timeoutMs: 0 });
  await closed;
});

test("Producer.send() of a million messages takes bounded memory and loses none", { timeoutMs: 120_000 }, async () => {
  await using at = mockTopic(4);
  at.cluster.setRoundTripTime(1, 20);
  await using opened = openProducer({ "bootstrap.servers": at.servers, "linger.ms": 5 });
  const { producer } = opened;
  const count = 1_000_000;
  let delivered = 0;
  const settled = (report: DeliveryReport): void => {
    if (report.error === null) delivered++;
  };
  // Nobody waits for anything: what librdkafka has no room for waits on our side.
  const value = new Uint8Array(10);
  const before = residentBytes();
  let highest = before;
  const sample = setInterval(() => highest = Math.max(highest, residentBytes()), 50);
  try {
    let last: Promise<unknown> = Promise.resolve();
    for (let i = 0; i < count; i++) last = producer.send({ topic: at.topic, value }).then(settled);
    assertEquals(producer.pending, count);
    await last;
    assertEquals(await producer.flush(), 0);
    await waitFor(() => delivered === count, { what: `${count} promises` });
  } finally {
    clearInterval(sample);
  }
  // A promise, its callbacks and a place in the line: some 700 bytes on V8, never a kilobyte and a half.
  assertLess(Math.max(highest, residentBytes()) - before, 1_500 * count);
});

test(
  "Producer.produce() of a million messages with ready() keeps the queue within its limit",
  { timeoutMs: 60_000 },
  async () => {
    await using at = mockTopic(4);
    at.cluster.setRoundTripTime(1, 5);
    await using opened = openProducer({ "bootstrap.servers": at.servers, "queue.buffering.max.messages": 20_000 });
    const { producer } = opened;
    const message = { topic: at.topic, value: new Uint8Array(10) };
    let highest = 0;
    let waits = 0;
    for (let i = 0; i < 1_000_000; i++) {
      while (!producer.produce(message)) {
        waits++;
        highest = Math.max(highest, producer.pending);
        await producer.ready();
      }
    }
    assertEquals(await producer.flush(), 0);
    assertEquals(highest, 20_000);
    // Each wait was for room, not for luck: at least some hundred messages were taken after each.
    assertLess(waits, 10_000);
    assertEquals(opened.errors, []);
  },
);

test("Producer that waits for room, for reports and for its queue uses no processor time", async () => {
  await using opened = openProducer({
    "bootstrap.servers": "127.0.0.1:1",
    "queue.buffering.max.messages": 10,
    "linger.ms": 50,
  });
  const { producer } = opened;
  const sent = Array.from({ length: 1_000 }, () => outcome(producer.send({ topic: "t" })));
  const waits = [producer.ready({ timeoutMs: 1_000 }), producer.flush({ timeoutMs: 1_000 })];
  const before = process.cpuUsage();
  await Promise.allSettled(waits);
  const { user, system } = process.cpuUsage(before);
  // Microseconds. What is used goes to looking for the broker again and again.
  assertLess(user + system, 250_000);
  producer.purge();
  assert((await Promise.all(sent)).every(({ error }) => error?.codeName === "_PURGE_QUEUE"));
});
