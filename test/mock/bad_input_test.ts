/** What a producer is given and cannot use: it is refused by name, before anything starts, and nothing is cut short. */
import {
  type DeliveryReport,
  KafkaError,
  ProduceError,
  Producer,
  type ProducerConfig,
  type ProducerMessage,
} from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../support/assert.ts";
import { descriptorCount, librdkafkaThreadCount } from "../support/process.ts";
import { withSpies } from "../support/native/spies.ts";
import { openProducer } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readAll } from "../support/read_back.ts";

const servers = { "bootstrap.servers": "127.0.0.1:1" };

/** What a configuration is refused with; no librdkafka client is made for it, and nothing of a try is left. */
async function refusal(config: unknown, mayAskLibrdkafka = false): Promise<KafkaError> {
  let opened = 0;
  const before = { threads: librdkafkaThreadCount(), descriptors: descriptorCount() };
  const error = await withSpies({
    rd_kafka_new: (original) => (...args) => {
      opened++;
      return original(...args);
    },
  }, () => Promise.resolve(assertThrows(() => new Producer(config as ProducerConfig), KafkaError)));
  assertEquals(opened, mayAskLibrdkafka ? 1 : 0);
  assertEquals({ threads: librdkafkaThreadCount(), descriptors: descriptorCount() }, before);
  assertEquals([error.codeName, error.isFatal], ["_INVALID_ARG", false]);
  return error;
}

test("Producer with a wrong configuration names every wrong property at once", async () => {
  // A good one first: whatever the first client of a process opens for good is open then.
  await openProducer(servers).producer.close();
  const { message } = await refusal({
    ...servers,
    "linger.mss": 5,
    "queue.buffering.max.messages": -1,
    "compression.type": "rar",
    "enable.idempotence": "perhaps",
    "message.max.bytes": "10kB",
    "group.id": "g",
    acks: 7000,
  });
  const lines = message.split("\n");
  const names = ["linger.mss", "queue.buffering.max.messages", "compression.type", "enable.idempotence"];
  assertEquals(lines.map((line) => /^Cannot set "([^"]+)"/.exec(line)?.[1]), [
    ...names,
    "message.max.bytes",
    "group.id",
    "acks",
  ]);
  assert(lines[0]!.includes('did you mean "linger.ms"?'), lines[0]);
  assert(lines[1]!.includes("the range is 0 to 2147483647"), lines[1]);
});

test("Producer with properties that contradict each other is refused by librdkafka's own rule", async () => {
  await openProducer(servers).producer.close();
  const { message } = await refusal({ ...servers, acks: 1, "enable.idempotence": true }, true);
  assert(message.startsWith("Cannot open the producer: ") && message.includes("acks"), message);
});

test("Producer that cannot be opened leaves nothing behind, however often", async () => {
  await openProducer(servers).producer.close();
  for (let i = 0; i < 30; i++) await refusal({ ...servers, acks: 1, "enable.idempotence": true }, true);
});

test("Producer without an object as configuration is refused", () => {
  for (const config of [undefined, null, "bootstrap.servers=x", 7, [], () => {}]) {
    assertThrows(() => new Producer(config as unknown as ProducerConfig), TypeError, "Cannot configure a producer");
  }
});

test("Producer refuses a property that C would cut short or cannot have", async () => {
  const nul = await refusal({ ...servers, "client.id": "a\0b" });
  assert(nul.message.includes('Cannot set "client.id"') && nul.message.includes("NUL"), nul.message);
  const half = await refusal({ ...servers, "client.id": "a\ud83d" });
  assert(half.message.includes('Cannot set "client.id"') && half.message.includes("surrogate"), half.message);
  const name = await refusal({ ...servers, "client.id\0": "a" });
  assert(name.message.includes(String.raw`"client.id\u0000"`), name.message);
});

test("Producer shows no secret of a configuration that it refuses", async () => {
  const secret = "hunter2";
  const values: unknown[] = [
    `${secret}\0`,
    `${secret}\ud83d`,
    [secret],
    { secret },
    secret.length * 0 + 7,
    () => secret,
  ];
  const names = ["sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "sasl.pasword"];
  for (const name of names) {
    for (const value of values) {
      const { message, cause } = await refusal({ ...servers, [name]: value });
      assert(message.includes(`"${name}"`), message);
      assert(!message.includes(secret) && cause === undefined, message);
    }
  }
});

/** What is no message, and what the error says. */
const bad: readonly [what: string, message: unknown, type: typeof TypeError | typeof RangeError, said: string][] = [
  ["undefined", undefined, TypeError, "Cannot send undefined: a message is wanted"],
  ["a topic with a NUL", { topic: "t\0x" }, TypeError, "topic"],
  ["a topic with half of a surrogate pair", { topic: "t\ud83d" }, TypeError, "topic"],
  ["a header name with a NUL", { headers: [["h\0x", "v"]] }, TypeError, "header name"],
  ["half of a surrogate pair in a value", { value: "v\ud83d" }, TypeError, "value"],
  ["half of a surrogate pair in a key", { key: "\ude00k" }, TypeError, "key"],
  ["a number as value", { value: 7 }, TypeError, "value"],
  ["a negative partition", { partition: -1 }, RangeError, "partition"],
  ["half a partition", { partition: 0.5 }, TypeError, "partition"],
  ["a negative timestamp", { timestamp: -5 }, RangeError, "timestamp"],
];

for (const [what, part, type, said] of bad) {
  test(`Producer refuses ${what} by every path, and delivers the rest`, async () => {
    await using cluster = new MockCluster();
    const topic = randomName("t");
    cluster.createTopic(topic, { partitions: 1 });
    await using opened = openProducer({ "bootstrap.servers": cluster.bootstrapServers });
    const { producer } = opened;
    const message = (part === undefined ? part : { topic, ...part as object }) as ProducerMessage;
    const good = (value: string): ProducerMessage => ({ topic, value });

    await assertRejects(() => producer.send(message), type, said);
    assertThrows(() => producer.produce(message), type, said);
    assertThrows(() => producer.produce(message, () => {}), type, said);
    assertEquals(producer.pending, 0);
    const error = await assertRejects(() => producer.send([good("1"), message, good("2")]), ProduceError, said);
    assertEquals(error.reports.map(({ offset, status }) => [offset, status]), [
      [0, "PERSISTED"],
      [null, "NOT_PERSISTED"],
      [1, "PERSISTED"],
    ]);
    assertEquals(error.codeName, "_INVALID_ARG");
    assertInstanceOf(error.reports[1]!.error?.cause, type);

    await producer.send(good("3"));
    const read = await readAll(cluster.bootstrapServers, { topic, count: 3 });
    assertEquals(read.map(({ value }) => new TextDecoder().decode(value!)), ["1", "2", "3"]);
    assertEquals(opened.errors, []);
  });
}

test("Producer.send() refuses what is no message also when it has to wait for room", async () => {
  await using cluster = new MockCluster();
  const topic = randomName("t");
  cluster.createTopic(topic, { partitions: 1 });
  await using opened = openProducer({
    "bootstrap.servers": cluster.bootstrapServers,
    "queue.buffering.max.messages": 1,
  });
  const { producer } = opened;
  const good: Promise<DeliveryReport>[] = [producer.send({ topic })];
  const refused = assertRejects(
    () => producer.send({ topic, value: 7 } as unknown as ProducerMessage),
    TypeError,
    "value",
  );
  const range = assertRejects(() => producer.send({ topic, partition: -1 }), RangeError, "partition");
  good.push(producer.send({ topic }));
  assertEquals(producer.pending, 4);
  assertEquals((await Promise.all(good)).map(({ offset }) => offset), [0, 1]);
  await Promise.all([refused, range]);
  assertEquals(producer.pending, 0);
});

test("Producer that was given only wrong messages keeps nothing of them", async () => {
  await using cluster = new MockCluster();
  const topic = randomName("t");
  cluster.createTopic(topic, { partitions: 1 });
  await using opened = openProducer({ "bootstrap.servers": cluster.bootstrapServers });
  const { producer } = opened;
  const wrong = { topic, value: 7 } as unknown as ProducerMessage;
  for (let i = 0; i < 1_000; i++) {
    assertThrows(() => producer.produce(wrong), TypeError);
    await assertRejects(() => producer.send(wrong), TypeError);
  }
  assertEquals([producer.pending, await producer.flush()], [0, 0]);
  assertEquals((await producer.send({ topic })).offset, 0);
});

test("Producer refuses a time that is none", async () => {
  await using opened = openProducer(servers);
  const { producer } = opened;
  for (const timeoutMs of [-1, NaN, "1" as unknown as number]) {
    await assertRejects(() => producer.send({ topic: "t" }, { timeoutMs }), RangeError, "timeoutMs");
    await assertRejects(() => producer.flush({ timeoutMs }), RangeError, "timeoutMs");
    await assertRejects(() => producer.ready({ timeoutMs }), RangeError, "timeoutMs");
    await assertRejects(() => producer.close({ timeoutMs }), RangeError, "timeoutMs");
  }
  assertEquals(producer.pending, 0);
});
