/** A producer of typed messages: what crosses, in which order, and what a serializer that fails does to its message alone. */
import {
  type DeliveryReport,
  type KafkaError,
  KeySerializationError,
  type Message,
  ProduceError,
  Producer,
  type ProducerMessage,
  Serdes,
  SerializationError,
  ValueSerializationError,
} from "../../mod.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { readAll } from "../support/read_back.ts";
import { numbers, Registered, slowNumbers } from "../support/serdes.ts";

const decode = (data: Uint8Array | null): string | null => data && new TextDecoder().decode(data);
const values = (messages: readonly Message[]): number[] => messages.map(({ value }) => Number(decode(value)));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The ways to hand typed messages over; each waits until all have their reports. */
const ways: Record<string, (producer: Producer<number, number>, all: ProducerMessage<number, number>[]) => unknown> = {
  "send() of single messages": (producer, all) => Promise.all(all.map((message) => producer.send(message))),
  "send() of an array": (producer, all) => producer.send(all),
  "send() of single messages and arrays": (producer, all) => {
    const sent: Promise<unknown>[] = [];
    for (let at = 0; at < all.length; at += 5) {
      sent.push(producer.send(all[at]!), producer.send(all.slice(at + 1, at + 5)));
    }
    return Promise.all(sent);
  },
  "produce()": async (producer, all) => {
    for (const message of all) while (!producer.produce(message)) await producer.ready();
    assertEquals(await producer.flush({ timeoutMs: 10_000 }), 0);
  },
  "produce() with a callback": async (producer, all) => {
    const reports: DeliveryReport<number, number>[] = [];
    for (const message of all) {
      while (!producer.produce(message, (report) => void reports.push(report))) await producer.ready();
    }
    await producer.flush({ timeoutMs: 10_000 });
    assertEquals(reports.map(({ error, message }) => [error, message]), all.map((message) => [null, message]));
  },
};

const kinds = { "at once": numbers, "by promises": () => slowNumbers(), "now and then by a promise": sometimesSlow };

/** Some values come at once, behind others that are waited for. */
function sometimesSlow(): ReturnType<typeof numbers> {
  const [slow, quick] = [slowNumbers(), numbers()];
  return { ...quick, serialize: (value, context) => (value % 7 === 3 ? slow : quick).serialize(value, context) };
}

for (const [kind, serde] of Object.entries(kinds)) {
  test(`Producer keeps the order of messages that are serialized ${kind}, however they are handed over`, async () => {
    const names = Object.keys(ways);
    await using where = mockTopic(names.length);
    const { topic, servers } = where;
    // Too little room for all, so that messages wait for it too.
    const config = { "bootstrap.servers": servers, "linger.ms": 1, "queue.buffering.max.messages": 20 };
    await Promise.all(names.map(async (name, partition) => {
      await using producer = new Producer(config, { keySerializer: Serdes.integer(), valueSerializer: serde() });
      const headers = { way: name };
      const all = upTo(60).map((i) => ({ topic, partition, key: i, value: i, ...(i % 3 === 0 ? { headers } : {}) }));
      await ways[name]!(producer, all);
      assertEquals(producer.pending, 0);
    }));
    const read = await readAll(servers, { topic, count: 60 * names.length, partitions: names.length });
    for (const [partition, name] of names.entries()) {
      const mine = read.filter((message) => message.partition === partition);
      assertEquals(values(mine), upTo(60), name);
      assertEquals(mine.map(({ key }) => Serdes.integer().deserialize(key!)), upTo(60), name);
      const headers = mine.map(({ headers }) => headers.map(([, value]) => decode(value)));
      assertEquals(headers, upTo(60).map((i) => i % 3 === 0 ? [name] : []), name);
    }
  });
}

test("Producer reports give the message back as it was handed over", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await using producer = new Producer({ "bootstrap.servers": servers }, {
    valueSerializer: Serdes.json<{ n: number }>(),
  });
  const message = { topic, key: "k", value: { n: 1 } };
  assertStrictEquals((await producer.send(message)).message, message);
  const [report] = await producer.send([message]);
  assertStrictEquals(report!.message, message);
  const n: number = report!.message.value!.n;
  assertEquals(n, 1);
});

test("Producer sends null and undefined as null, whatever the serializer", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const asked: unknown[] = [];
  const valueSerializer = { serialize: (value: string) => (asked.push(value), value) };
  await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
  await producer.send([{ topic, value: null }, { topic, value: undefined }, { topic }, { topic, value: "" }]);
  const read = await readAll(servers, { topic, count: 4 });
  assertEquals(read.map(({ value }) => decode(value)), [null, null, null, ""]);
  assertEquals(asked, [""]);
});

test("Producer.send() rejects only the message whose serializer failed", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const isBad = (value: number): boolean => value % 2 === 1;
  const slow = {
    serialize: async (value: number) => {
      await Promise.resolve();
      return await numbers(isBad).serialize(value, { topic, field: "value", headers: [] });
    },
  };
  for (const valueSerializer of [numbers(isBad), slow]) {
    await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
    const sent = await Promise.allSettled(upTo(6).map((value) => producer.send({ topic, value })));
    assertEquals(sent.map(({ status }) => status === "rejected"), upTo(6).map(isBad));
    const { reason } = sent[1] as PromiseRejectedResult;
    assertInstanceOf(reason, ValueSerializationError);
    assertInstanceOf(reason.cause, RangeError);
    assertEquals([reason.topic, reason.field, reason.codeName], [topic, "value", "_VALUE_SERIALIZATION"]);
    assert(!reason.message.includes("secret"), reason.message);

    const error = await assertRejects(() => producer.send(upTo(6).map((value) => ({ topic, value }))), ProduceError);
    assertEquals(
      error.reports.map(({ error }) => error?.codeName ?? null),
      [0, 1, 2, 3, 4, 5].map((value) => isBad(value) ? "_VALUE_SERIALIZATION" : null),
    );
    assertEquals(error.reports.map(({ status }) => status === "NOT_PERSISTED"), upTo(6).map(isBad));
    assertEquals(producer.pending, 0);
  }
  assertEquals(values(await readAll(servers, { topic, count: 12 })), [0, 2, 4, 0, 2, 4, 0, 2, 4, 0, 2, 4]);
});

test("Producer.produce() throws what a serializer throws at once, and tells later what it is told later", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const bad = numbers(() => true);
  await using producer = new Producer({ "bootstrap.servers": servers }, { keySerializer: bad });
  assertThrows(() => producer.produce({ topic, key: 1 }), KeySerializationError);
  assertEquals(producer.pending, 0);

  const errors: KafkaError[] = [];
  const reports: DeliveryReport<number, string>[] = [];
  const keySerializer = { serialize: (_: number) => Promise.reject(new Error("no registry")) };
  await using slow = new Producer<number, string>({ "bootstrap.servers": servers }, {
    keySerializer,
    onError: (error) => void errors.push(error),
  });
  assert(slow.produce({ topic, key: 1 }));
  assert(slow.produce({ topic, key: 2 }, (report) => void reports.push(report)));
  await slow.flush({ timeoutMs: 5000 });
  assertEquals(errors.map(({ codeName }) => codeName), ["_KEY_SERIALIZATION"]);
  assertEquals(reports.map(({ error, status, message }) => [error?.codeName, status, message.key]), [
    ["_KEY_SERIALIZATION", "NOT_PERSISTED", 2],
  ]);
});

test("Producer refuses what a serializer should not give", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  for (const result of [undefined, 5, {}, Promise.resolve(undefined)]) {
    const valueSerializer = { serialize: () => result as string };
    await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
    const error = await assertRejects(() => producer.send({ topic, value: "v" as never }), ValueSerializationError);
    assertInstanceOf(error.cause, SerializationError);
  }
  for (const keySerializer of [5, "string", {}, () => ""]) {
    assertThrows(
      () => new Producer({ "bootstrap.servers": servers }, { keySerializer: keySerializer as never }),
      TypeError,
      "keySerializer",
    );
  }
});

test("Producer refuses what is no message in the same words with serializers as without", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const config = { "bootstrap.servers": servers };
  await using plain = new Producer(config);
  await using typed = new Producer(config, { keySerializer: Serdes.string(), valueSerializer: Serdes.string() });
  const bad = [null, 5, {}, { topic: 5 }, { topic: "" }, { topic, headers: 5 }, { topic, partition: "x" }, {
    topic,
    timestamp: -1,
  }];
  for (const message of bad as never[]) {
    const [expected, found] = await Promise.all(
      [plain, typed].map((producer) =>
        producer.send(message).then(() => null, (error: Error) => [error.name, error.message])
      ),
    );
    assertEquals(found, expected);
    assert(found !== null);
  }
});

test("Producer sends the headers that serializers add behind the message's own", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const serde = (id: string) => ({
    serialize(value: string, { field, headers }: { field: string; headers: [string, unknown][] }): string {
      headers.push([`${field}-id`, `${id} after ${headers.length}`]);
      return value;
    },
  });
  const own: [string, string][] = [["own", "1"]];
  await using producer = new Producer({ "bootstrap.servers": servers }, {
    keySerializer: serde("a"),
    valueSerializer: serde("b"),
  });
  await producer.send([
    { topic, key: "k", value: "v", headers: own },
    { topic, key: "k", value: "v" },
    {
      topic,
      key: "k",
      headers: (function* () {
        yield ["own", "2"] as [string, string];
      })(),
    },
  ]);
  const read = await readAll(servers, { topic, count: 3 });
  assertEquals(read.map(({ headers }) => headers.map(([name, value]) => `${name}=${decode(value)}`)), [
    ["own=1", "key-id=a after 1", "value-id=b after 2"],
    ["key-id=a after 0", "value-id=b after 1"],
    ["own=2", "key-id=a after 1"],
  ]);
  assertEquals(own, [["own", "1"]]);
});

test("Producer asks serializeSync() first, and waits only until it is prepared", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const valueSerializer = new Registered();
  await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
  const messages = upTo(100).map((i) => ({ topic, partition: 0, value: `${i}` }));
  await Promise.all(messages.map((message) => producer.send(message)));
  assertEquals([valueSerializer.lookups, valueSerializer.promises], [1, 100]);
  await producer.send(messages);
  await Promise.all(messages.map((message) => producer.send(message)));
  assertEquals([valueSerializer.lookups, valueSerializer.promises], [1, 100]);
  const read = await readAll(servers, { topic, count: 300 });
  assertEquals(values(read), [...upTo(100), ...upTo(100), ...upTo(100)]);
  assert(read.every(({ headers }) => headers.length === 1 && headers[0]![0] === "__value_schema_id"));
});

test("Producer.flush(), purge() and close() count messages that wait for their bytes", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  let give: ((text: string) => void) | undefined;
  const valueSerializer = { serialize: (_: string) => new Promise<string>((resolve) => give = resolve) };
  const config = { "bootstrap.servers": servers };
  {
    await using producer = new Producer(config, { valueSerializer });
    const sent = producer.send({ topic, value: "late" });
    assertEquals([producer.pending, await producer.flush({ timeoutMs: 20 })], [1, 1]);
    give!("now");
    assertEquals(await producer.flush({ timeoutMs: 10_000 }), 0);
    assertEquals((await sent).error, null);

    const purged = [producer.send({ topic, value: "a" }), producer.send([{ topic, value: "b" }])];
    producer.purge();
    for (const promise of purged) {
      const error = await assertRejects(() => promise, ProduceError);
      assertEquals([error.codeName, error.status], ["_PURGE_QUEUE", "NOT_PERSISTED"]);
    }
    give!("too late");
    assertEquals(producer.pending, 0);
  }
  const producer = new Producer(config, { valueSerializer });
  const left = producer.send({ topic, value: "never" });
  const start = performance.now();
  await Promise.all([producer.close({ timeoutMs: 50 }), assertRejects(() => left, ProduceError)]);
  assert(performance.now() - start < 5000);
  assertEquals(values(await readAll(servers, { topic, count: 1 })), [NaN]);
});

test("Producer.produce() says that there is no room while a thousand messages wait for their bytes", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const valueSerializer = slowNumbers(() => 20);
  await using producer = new Producer({ "bootstrap.servers": servers, "linger.ms": 0 }, { valueSerializer });
  let taken = 0;
  while (producer.produce({ topic, partition: 0, value: taken })) taken++;
  assertEquals(taken, 1000);
  await producer.ready({ timeoutMs: 5000 });
  assert(producer.produce({ topic, partition: 0, value: taken }));
  assertEquals(valueSerializer.most, 1000);
  await producer.flush({ timeoutMs: 10_000 });
  assertEquals(values(await readAll(servers, { topic, count: 1001 })), upTo(1001));
});

test("Producer's partitioner is given a message's key and value as they are sent", async () => {
  await using where = mockTopic(3);
  const { topic, servers } = where;
  const seen: unknown[] = [];
  await using producer = new Producer({ "bootstrap.servers": servers }, {
    keySerializer: Serdes.integer(),
    valueSerializer: slowNumbers(),
    partitioner: ({ key, value }) => {
      seen.push([[...key as Uint8Array], value]);
      return (key as Uint8Array)[3]! % 3;
    },
  });
  const reports = await Promise.all(upTo(6).map((i) => producer.send({ topic, key: i, value: i })));
  assertEquals(reports.map(({ partition }) => partition), [0, 1, 2, 0, 1, 2]);
  assertEquals(seen, upTo(6).map((i) => [[0, 0, 0, i], `${i}`]));
});
