/** The producer against a real Kafka: byte for byte, exactly once, and through the broker's death. */
import process from "node:process";
import { type DeliveryReport, errorCodes, KafkaError, ProduceError, type ProducerMessage } from "../../mod.ts";
import { startKafka } from "../support/scripts/kafka.ts";
import { test, testBroker } from "../harness.ts";
import { assert, assertEquals, assertLess, assertRejects, assertStrictEquals } from "../support/assert.ts";
import { Oracle } from "../support/oracle.ts";
import { openProducer, outcome, paths, produceQuietly } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readAll, readBack } from "../support/read_back.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const encode = (data: unknown): Uint8Array | null =>
  typeof data === "string" ? new TextEncoder().encode(data) : (data ?? null) as Uint8Array | null;
const copy = (data: Uint8Array | null): Uint8Array | null => data === null ? null : new Uint8Array(data);
const allBytes = new Uint8Array(256).map((_, i) => i);

/** Every kind of message that Kafka can hold. The first ones are plain, so that more than one kind of call is used. */
const kinds: readonly Omit<ProducerMessage, "topic">[] = [
  {},
  { value: "", key: "" },
  { value: allBytes, key: allBytes },
  { value: "žluťoučký 😀 \0 kůň", key: "\0" },
  { value: "v", headers: [["b", "1"], ["a", null], ["b", ""], ["a", allBytes], ["", "no name"], ["ž😀", "name"]] },
  { value: null, key: "gone", headers: [["why", "tombstone"]] },
  { value: "", key: "empty", headers: { why: "not a tombstone" } },
  { value: "old", timestamp: 1 },
  // Kafka takes times up to an hour ahead.
  { value: "new", timestamp: Date.now() + 600_000, key: bytes(0) },
  { value: "both", timestamp: 1_234_567_890_123, headers: [["h", null]] },
  { value: "x".repeat(500_000) },
  { headers: Array.from({ length: 1000 }, (_, i) => [`h${i % 10}`, i % 7 === 0 ? null : `${i}`] as const) },
];

for (const path of [...paths, { name: "produce() alone", produce: produceQuietly }]) {
  testBroker(`Producer.${path.name} round-trips every kind of message byte for byte`, async ({ bootstrapServers }) => {
    const topic = randomName("t");
    const messages = kinds.map((kind): ProducerMessage => ({ topic, ...kind, partition: 0 }));
    const before = Date.now();
    const reports = await path.produce({ "bootstrap.servers": bootstrapServers }, messages);
    const after = Date.now();
    const read = await readAll(bootstrapServers, { topic, count: messages.length });
    for (const [i, message] of messages.entries()) {
      const found = read[i]!;
      const { headers } = message;
      const pairs = headers === undefined || headers === null
        ? []
        : Symbol.iterator in headers
        ? [...headers]
        : Object.entries(headers);
      assertEquals(
        {
          offset: found.offset,
          key: copy(found.key),
          value: copy(found.value),
          headers: found.headers.map(([name, value]) => [name, copy(value)]),
        },
        {
          offset: i,
          key: encode(message.key),
          value: encode(message.value),
          headers: pairs.map(([name, value]) => [name, encode(value)]),
        },
      );
      assertEquals(found.timestampType, "CREATE_TIME");
      if (typeof message.timestamp === "number") assertEquals(found.timestamp, message.timestamp);
      else assert(found.timestamp! >= before - 1 && found.timestamp! <= after + 1, `${found.timestamp}`);
      if (reports === undefined) continue;
      const report = reports[i]!;
      assertStrictEquals(report.message, message);
      assertEquals(
        [report.topic, report.partition, report.offset, report.timestamp, report.status, report.error],
        [topic, 0, i, found.timestamp, "PERSISTED", null],
      );
    }
  });
}

/** Sends 100,000 messages to the four partitions that our Kafka gives a new topic, and reads them back. */
async function sendMany(bootstrapServers: string, config: Record<string, string | number | boolean>): Promise<void> {
  const topic = randomName("t");
  const oracle = new Oracle({ timestamps: true });
  const count = 100_000;
  {
    await using opened = openProducer({ "bootstrap.servers": bootstrapServers, ...config });
    const { producer } = opened;
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < count / 2; i++) {
      const extra = i % 10 === 0 ? { headers: { i: `${i}` } } : i % 13 === 0 ? { timestamp: i + 1 } : {};
      sent.push(oracle.settle(producer.send(oracle.next({ topic, partition: i % 4, ...extra }))));
    }
    const rest = Array.from({ length: count / 2 }, (_, i) => oracle.next({ topic, partition: i % 4 }));
    sent.push(producer.send(rest).then((reports) => reports.forEach((report) => oracle.report(report))));
    await Promise.all(sent);
    assertEquals(opened.errors, []);
  }
  await readBack(
    bootstrapServers,
    { topic, count, partitions: 4, timeoutMs: 40_000 },
    (message) => oracle.see(message),
  );
  oracle.assertExactlyOnce(count);
}

testBroker(
  "Producer.send() of 100,000 messages loses none, doubles none and keeps their order",
  ({ bootstrapServers }) => sendMany(bootstrapServers, { "enable.idempotence": true }),
);

testBroker(
  "Producer.send() of 100,000 messages that are compressed loses none",
  ({ bootstrapServers }) => sendMany(bootstrapServers, { "compression.type": "lz4", acks: 1 }),
);

testBroker("Producer.send() spreads keys as Java's client does with murmur2_random", async ({ bootstrapServers }) => {
  const topic = randomName("t");
  await using opened = openProducer({ "bootstrap.servers": bootstrapServers, partitioner: "murmur2_random" });
  const keys = ["a", "b", "c", "42", "kafka", ""];
  const reports = await opened.producer.send(keys.map((key) => ({ topic, key })));
  // Utils.toPositive(Utils.murmur2(key)) % 4 of org.apache.kafka.common.utils.
  assertEquals(reports.map(({ partition }) => partition), keys.map((key) => (murmur2(encode(key)!) & 0x7fffffff) % 4));
});

/** Kafka's 32-bit murmur2, as its protocol guide and clients describe it. */
function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ data.length;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let i = 0;
  for (; i + 4 <= data.length; i += 4) {
    let k = Math.imul(view.getInt32(i, true), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const left = data.length - i;
  if (left === 3) h ^= data[i + 2]! << 16;
  if (left >= 2) h ^= data[i + 1]! << 8;
  if (left >= 1) h = Math.imul(h ^ data[i]!, m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}

testBroker(
  "Producer.send() of a message above the broker's limit rejects it with MSG_SIZE_TOO_LARGE",
  async ({ bootstrapServers }) => {
    const topic = randomName("t");
    // The broker takes batches up to 1 MiB and a little; the client is told otherwise.
    await using opened = openProducer({
      "bootstrap.servers": bootstrapServers,
      "message.max.bytes": 10_000_000,
      "linger.ms": 0,
    });
    const { producer } = opened;
    assertEquals((await producer.send({ topic, value: "before" })).offset, 0);
    const error = await assertRejects(() => producer.send({ topic, value: new Uint8Array(2_000_000) }), ProduceError);
    assertEquals([error.codeName, error.status], ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED"]);
    const [small, large, after] = await Promise.all([
      producer.send({ topic, value: "small" }),
      outcome(producer.send({ topic, value: new Uint8Array(2_000_000) })),
      outcome(producer.send({ topic, value: "after" })),
    ]);
    assertEquals(small.status, "PERSISTED");
    assertEquals(large.error?.codeName, "MSG_SIZE_TOO_LARGE");
    assertEquals(after.error, null);
  },
);

testBroker(
  "Producer.send() to a topic whose name Kafka refuses rejects with TOPIC_EXCEPTION",
  async ({ bootstrapServers }) => {
    await using opened = openProducer({ "bootstrap.servers": bootstrapServers });
    const { producer } = opened;
    const names = ["a b", "../etc", "x".repeat(250), "ž", "."];
    const start = performance.now();
    const reports = await Promise.all(names.map((topic) => outcome(producer.send({ topic, value: "v" }))));
    assertEquals(reports.map(({ error, status }) => [error?.codeName, status]), [
      ["TOPIC_EXCEPTION", "NOT_PERSISTED"],
      ["TOPIC_EXCEPTION", "NOT_PERSISTED"],
      ["TOPIC_EXCEPTION", "NOT_PERSISTED"],
      ["TOPIC_EXCEPTION", "NOT_PERSISTED"],
      ["TOPIC_EXCEPTION", "NOT_PERSISTED"],
    ]);
    assertLess(performance.now() - start, 10_000);
    // What librdkafka itself cannot hold.
    await assertRejects(() => producer.send({ topic: "x".repeat(513) }), KafkaError);
  },
);

testBroker(
  "Producer.send() to a partition that does not exist rejects that message alone",
  async ({ bootstrapServers }) => {
    const topic = randomName("t");
    const { producer } = openProducer({ "bootstrap.servers": bootstrapServers });
    assertEquals((await producer.send({ topic, partition: 0 })).offset, 0);
    const report = await outcome(producer.send({ topic, partition: 77 }));
    assertEquals(report.error?.code, errorCodes._UNKNOWN_PARTITION);
    assertEquals((await producer.send({ topic, partition: 0 })).offset, 1);
    const start = performance.now();
    await producer.close();
    assertLess(performance.now() - start, 2_000);
  },
);

testBroker("Producer.send() awaited one by one is quick with linger.ms 0", async ({ bootstrapServers }) => {
  const topic = randomName("t");
  await using opened = openProducer({ "bootstrap.servers": bootstrapServers, "linger.ms": 0 });
  const { producer } = opened;
  await producer.send({ topic });
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    await producer.send({ topic, value: `${i}` });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  // A wake-up that is lost, or a timer in the way, costs far more than this, also on a busy machine.
  assertLess(times[100]!, 20);
});

test(
  "Producer that is idempotent loses and doubles nothing when its only broker is killed",
  { timeoutMs: 150_000 },
  async () => {
    if (process.platform === "win32") return;
    await using kafka = await startKafka();
    const { bootstrapServers } = kafka;
    const topic = randomName("t");
    const oracle = new Oracle();
    const reports: DeliveryReport[] = [];
    let sent = 0;
    {
      await using opened = openProducer({ "bootstrap.servers": bootstrapServers, "enable.idempotence": true });
      const { producer, errors } = opened;
      let isBack = false;
      const faults = (async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        await kafka.killBroker(1);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await kafka.restartBroker(1);
        isBack = true;
      })();
      let more = 50_000;
      // Until the broker is back, and some more: about ten thousand a second, as a service would.
      while (!isBack || more > 0) {
        for (let i = 0; i < 200; i++) {
          const message = oracle.next({ topic, partition: sent++ % 4 });
          while (!producer.produce(message, (report) => void reports.push(report))) await producer.ready();
        }
        if (isBack) more -= 200;
        else await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await faults;
      const start = performance.now();
      assertEquals(await producer.flush({ timeoutMs: 60_000 }), 0);
      assertLess(performance.now() - start, 15_000);
      assertEquals(producer.fatalError, null);
      assert(errors.every(({ isFatal }) => !isFatal));
    }
    for (const report of reports) oracle.report(report);
    await readBack(
      bootstrapServers,
      { topic, count: sent, partitions: 4, timeoutMs: 40_000 },
      (message) => oracle.see(message),
    );
    oracle.assertExactlyOnce(sent);
  },
);
