/** The producer against librdkafka's own brokers: what is sent arrives whole and in order, by every path. */
import type { DeliveryReport, ProducerMessage } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertStrictEquals } from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { withSpies } from "../support/native/spies.ts";
import { Oracle } from "../support/oracle.ts";
import { openProducer, paths, produceQuietly } from "../support/producing.ts";
import { readAll, readBack } from "../support/read_back.ts";
import { waitFor } from "../support/wait.ts";

const text = (bytes: Uint8Array | null): string | null => bytes === null ? null : new TextDecoder().decode(bytes);
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

const noUtf8 = bytes(0, 255, 254, 0xc3, 0x28, 0);

/** Every kind of key, value, header and timestamp, for one partition each. */
const kinds: readonly Omit<ProducerMessage, "topic">[] = [
  {},
  { value: null, key: null, headers: null, timestamp: null, partition: null },
  { value: "", key: "" },
  { value: bytes(), key: bytes() },
  { value: noUtf8, key: noUtf8 },
  { value: "žluťoučký 😀 \0 kůň", key: "k\0k" },
  { value: "v", headers: [["b", "1"], ["a", null], ["b", ""], ["a", bytes(0, 255)], ["", "no name"]] },
  { value: "v", headers: { ž: "1", b: noUtf8 } },
  { value: null, key: "gone", headers: [["why", "tombstone"]] },
  { value: "", key: "empty", headers: [["why", "not a tombstone"]] },
  { value: "old", timestamp: 1 },
  { value: "later", timestamp: 2 ** 42 + 1, key: "k" },
  { value: "both", timestamp: 1234567890123, headers: [["h", null]] },
  { value: "no headers", headers: [] },
  { value: "x".repeat(300_000) },
];

for (const path of [...paths, { name: "produce() alone", produce: produceQuietly }]) {
  test(`Producer.${path.name} keeps keys, values, headers, timestamps and partitions`, async () => {
    await using at = mockTopic(2);
    const partition = (index: number): number => index % 2;
    const messages = kinds.map((kind, i): ProducerMessage => ({ topic: at.topic, ...kind, partition: partition(i) }));
    const before = Date.now();
    const reports = await path.produce({ "bootstrap.servers": at.servers }, messages);
    const after = Date.now();

    const read = await readAll(at.servers, { topic: at.topic, count: messages.length, partitions: 2 });
    const encode = (data: unknown): Uint8Array | null =>
      typeof data === "string" ? new TextEncoder().encode(data) : (data ?? null) as Uint8Array | null;
    for (const partition of [0, 1]) {
      const sent = messages.filter((message) => message.partition === partition);
      const here = read.filter((message) => message.partition === partition);
      assertEquals(here.map(({ offset }) => offset), sent.map((_, i) => i));
      for (const [i, message] of sent.entries()) {
        const found = here[i]!;
        const { headers } = message;
        const pairs = headers === null || headers === undefined
          ? []
          : Symbol.iterator in headers
          ? [...headers]
          : Object.entries(headers);
        assertEquals(
          { key: copy(found.key), value: copy(found.value), headers: found.headers.map(([n, v]) => [n, copy(v)]) },
          { key: encode(message.key), value: encode(message.value), headers: pairs.map(([n, v]) => [n, encode(v)]) },
        );
        assertEquals(found.timestampType, "CREATE_TIME");
        const given = message.timestamp ?? null;
        if (given !== null) assertEquals(found.timestamp, given);
        else assert(found.timestamp! >= before - 1 && found.timestamp! <= after + 1, `${found.timestamp}`);
      }
    }
    if (reports === undefined) return;
    assertEquals(reports.length, messages.length);
    for (const [i, report] of reports.entries()) {
      // The message itself comes back with its report: who asks about a header finds it there.
      assertStrictEquals(report.message, messages[i]!);
      const found = read.find(({ partition, offset }) => partition === report.partition && offset === report.offset)!;
      assertEquals(
        // The timestamp is left to the real Kafka: these brokers make one up.
        [report.topic, report.partition, report.status, report.error],
        [at.topic, partition(i), "PERSISTED", null],
      );
      assertEquals(copy(found.value), encode(messages[i]!.value));
    }
  });
}

/** Without the memory that it shares with others. */
function copy(data: Uint8Array | null): Uint8Array | null {
  return data === null ? null : new Uint8Array(data);
}

test("Producer.send() keeps 1000 headers in their order", async () => {
  await using at = mockTopic();
  const headers = Array.from({ length: 1000 }, (_, i) => [`h${i % 10}`, i % 7 === 0 ? null : `${i}`] as const);
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  await opened.producer.send({ topic: at.topic, headers });
  const [read] = await readAll(at.servers, { topic: at.topic, count: 1 });
  assertEquals(read!.headers.map(([name, value]) => [name, text(value)]), headers.map((header) => [...header]));
});

test("Producer.send() copies the bytes before it returns", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  const buffer = new TextEncoder().encode("first");
  const sent = [opened.producer.send({ topic: at.topic, value: buffer, key: buffer, headers: [["h", buffer]] })];
  buffer.fill(0x78);
  sent.push(opened.producer.send({ topic: at.topic, value: buffer }));
  await Promise.all(sent);
  const read = await readAll(at.servers, { topic: at.topic, count: 2 });
  assertEquals(read.map(({ value }) => text(value)), ["first", "xxxxx"]);
  assertEquals([text(read[0]!.key), text(read[0]!.headers[0]![1])], ["first", "first"]);
});

for (const linger of [0, 5]) {
  for (const path of paths) {
    test(
      `Producer.${path.name} keeps the order of each partition with linger.ms ${linger}`,
      { timeoutMs: 30_000 },
      async () => {
        await using at = mockTopic(4);
        const oracle = new Oracle();
        // Some cross one by one and some together: neither may overtake the other.
        const messages = Array.from(
          { length: path.name.includes("onDelivery") ? 2_000 : 10_000 },
          (_, i) =>
            oracle.next({
              topic: at.topic,
              partition: i % 4,
              ...(i % 5 === 0 ? { headers: { i: `${i}` } } : i % 11 === 0 ? { timestamp: 1 + i } : {}),
            }),
        );
        const reports = await path.produce({ "bootstrap.servers": at.servers, "linger.ms": linger }, messages);
        for (const [i, report] of reports.entries()) {
          assertStrictEquals(report.message, messages[i]!);
          oracle.report(report);
        }
        await readBack(at.servers, { topic: at.topic, count: messages.length, partitions: 4 }, (m) => oracle.see(m));
        oracle.assertExactlyOnce(messages.length);
      },
    );
  }
}

test("Producer.send() with no messages is answered at once", async () => {
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1" });
  assertEquals(await opened.producer.send([]), []);
  assertEquals(opened.producer.pending, 0);
});

test("Producer.send() of many in one turn crosses together", async () => {
  await using at = mockTopic();
  const calls: number[] = [];
  await withSpies({
    rd_kafka_produce_batch: (original) => (...args) => {
      calls.push(args[4]);
      return original(...args);
    },
    rd_kafka_produceva: (original) => (...args) => {
      calls.push(1);
      return original(...args);
    },
  }, async () => {
    await using opened = openProducer({ "bootstrap.servers": at.servers });
    const { producer } = opened;
    const sent = Array.from({ length: 500 }, (_, i) => producer.send({ topic: at.topic, value: `${i}` }));
    for (let i = 0; i < 500; i++) assert(producer.produce({ topic: at.topic, value: `q${i}` }));
    assertEquals(calls, []);
    await Promise.all(sent);
    assertEquals(calls, [1000]);
    await producer.send(Array.from({ length: 300 }, (_, i) => ({ topic: at.topic, value: `${i}` })));
    assertEquals(calls, [1000, 300]);
  });
});

test("Producer.produce() from a delivery handler is delivered too", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  let reports = 0;
  const next = (report?: DeliveryReport): void => {
    if (report !== undefined) reports++;
    if (reports < 20) assert(producer.produce({ topic: at.topic, value: `${reports}` }, next));
  };
  next();
  await waitFor(() => reports === 20, { what: "20 reports" });
  assertEquals(producer.pending, 0);
});

test("Producer.produce() with delivery.report.only.error tells of failures only", async () => {
  await using at = mockTopic();
  const reports: DeliveryReport[] = [];
  await using opened = openProducer({
    "bootstrap.servers": at.servers,
    "delivery.report.only.error": true,
    "message.max.bytes": 2000,
  }, { onDelivery: (report) => void reports.push(report) });
  const { producer } = opened;
  assert(producer.produce({ topic: at.topic, value: "small" }));
  assert(producer.produce({ topic: at.topic, value: "x".repeat(3000) }));
  // A promise was asked for its report, whatever it is.
  assertEquals((await producer.send({ topic: at.topic })).status, "PERSISTED");
  assertEquals(await producer.flush(), 0);
  assertEquals(reports.map(({ error }) => error?.codeName), ["MSG_SIZE_TOO_LARGE"]);
});

test("Producer with acks 0 knows neither the offset nor whether a message was written", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers, acks: 0 });
  const { offset, status, error } = await opened.producer.send({ topic: at.topic });
  assertEquals([offset, status, error], [null, "POSSIBLY_PERSISTED", null]);
});
