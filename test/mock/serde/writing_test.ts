/** Serializers that write where librdkafka reads: what crosses is what any other way would send, whatever they do meanwhile. */
import {
  KafkaError,
  type MessageData,
  NotPreparedError,
  ProduceError,
  Producer,
  type ProducerMessage,
  type SerializationContext,
  type Serializer,
  ValueSerializationError,
} from "../../../mod.ts";
import { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { headerSchemaIdSerializer } from "../../../src/serde/mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../support/assert.ts";
import { mockTopic } from "../../support/mock_topic.ts";
import { readAll } from "../../support/read_back.ts";

const encoder = new TextEncoder();
const decode = (data: Uint8Array | null): string | null => data && new TextDecoder().decode(data);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Strings. `hook` runs in the middle of each that is written; `prepared` are the topics for which nothing is waited for. */
class Writing implements Serializer<string> {
  readonly calls = { encodeInto: 0, serializeSync: 0, serialize: 0 };
  readonly prepared: Set<string> | null;
  hook: (value: string, context: SerializationContext) => void = () => {};

  constructor(prepared: Set<string> | null = null) {
    this.prepared = prepared;
  }

  encodeInto(value: string, context: SerializationContext, target: Uint8Array<ArrayBuffer>, offset: number): number {
    this.calls.encodeInto++;
    this.#check(context);
    const data = encoder.encode(value);
    const half = data.length >> 1;
    if (data.length > target.length - offset) throw new RangeError("no room");
    target.set(data.subarray(0, half), offset);
    this.hook(value, context);
    target.set(data.subarray(half), offset + half);
    return data.length;
  }

  serializeSync(value: string, context: SerializationContext): MessageData {
    this.calls.serializeSync++;
    this.#check(context);
    this.hook(value, context);
    return value;
  }

  async serialize(value: string, { topic }: SerializationContext): Promise<MessageData> {
    this.calls.serialize++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.prepared?.add(topic);
    return value;
  }

  #check({ topic }: SerializationContext): void {
    if (this.prepared?.has(topic) === false) throw new NotPreparedError();
  }
}

/** A producer that knows the partition of its topic, so that messages to it cross in batches. */
async function ready(
  servers: string,
  topic: string,
  serializer: Writing,
  config: { [property: string]: string | number } = {},
): Promise<Producer<string, string>> {
  const serializers = { keySerializer: serializer, valueSerializer: serializer };
  const producer = new Producer({ "bootstrap.servers": servers, "linger.ms": 1, ...config }, serializers);
  await producer.send({ topic, value: "first", partition: 0 });
  serializer.calls.encodeInto = serializer.calls.serializeSync = serializer.calls.serialize = 0;
  return producer;
}

/** What a topic has behind the first message. */
async function written(servers: string, topic: string, count: number): Promise<(string | null)[]> {
  return (await readAll(servers, { topic, count: count + 1 })).slice(1).map(({ value }) => decode(value));
}

const ways: Record<string, (producer: Producer<string, string>, all: ProducerMessage<string, string>[]) => unknown> = {
  "send() of single messages": (producer, all) => Promise.all(all.map((message) => producer.send(message))),
  "send() of an array": (producer, all) => producer.send(all),
  "produce()": async (producer, all) => {
    for (const message of all) while (!producer.produce(message)) await producer.ready();
    assertEquals(await producer.flush({ timeoutMs: 10_000 }), 0);
  },
};

for (const [way, hand] of Object.entries(ways)) {
  test(`Producer has keys and values written in their place, once each, by ${way}`, async () => {
    await using where = mockTopic();
    const { topic, servers } = where;
    const serializer = new Writing();
    await using producer = await ready(servers, topic, serializer);
    // More than are gathered at a time, and some that have to cross by themselves.
    const count = 9000;
    const value = (i: number): string => i % 1000 === 999 ? "" : `value ${i}`;
    const headers = [["h", "1"]] as const;
    await hand(
      producer,
      upTo(count).map((i) => ({ topic, partition: 0, key: `${i}`, value: value(i), ...(i % 100 ? {} : { headers }) })),
    );
    assertEquals(serializer.calls, { encodeInto: 2 * (count - 90), serializeSync: 2 * 90, serialize: 0 });
    const read = (await readAll(servers, { topic, count: count + 1 })).slice(1);
    assertEquals(read.map((message) => decode(message.value)), upTo(count).map(value));
    assertEquals(read.map(({ key }) => decode(key)), upTo(count).map(String));
    assertEquals(read.map(({ headers }) => headers.length), upTo(count).map((i) => i % 100 ? 0 : 1));
  });

  test(`Producer keeps the order and the bytes of messages without room, or too large, by ${way}`, async () => {
    await using where = mockTopic();
    const { topic, servers } = where;
    const serializer = new Writing();
    const limits = { "queue.buffering.max.messages": 7, "message.max.bytes": 10_000_000 };
    await using producer = await ready(servers, topic, serializer, limits);
    const large = "x".repeat(1_200_000);
    const value = (i: number): string => i % 20 === 13 ? large : `${i}`;
    const all = upTo(60).map((i) => ({ topic, partition: 0, value: value(i) }));
    const sent = hand(producer, all);
    if (way !== "produce()") { for (const message of all) message.value = "changed"; }
    await sent;
    assertEquals(await written(servers, topic, 60), upTo(60).map(value));
    assertEquals(producer.pending, 0);
  });

  test(`Producer fails only the message that cannot be written in its place, by ${way}`, async () => {
    await using where = mockTopic();
    const { topic, servers } = where;
    const serializer = new Writing();
    await using producer = await ready(servers, topic, serializer);
    const bad: Record<string, Error> = { "3": new TypeError("secret"), "5": new RangeError("secret") };
    serializer.hook = (value) => {
      if (value in bad) throw bad[value];
    };
    const all = upTo(9).map((i) => ({ topic, partition: 0, value: `${i}` }));
    if (way === "produce()") {
      for (const message of all) {
        if (message.value in bad) assertThrows(() => producer.produce(message), ValueSerializationError);
        else producer.produce(message);
      }
      await producer.flush();
    } else if (way === "send() of an array") {
      const error = await assertRejects(() => producer.send(all), ProduceError);
      assertEquals(error.reports.map(({ message }) => message), all);
      const failed = error.reports.filter(({ error }) => error !== null);
      assertEquals(failed.map(({ message }) => message.value), ["3", "5"]);
      assertEquals(failed.map(({ error }) => error!.codeName), ["_VALUE_SERIALIZATION", "_VALUE_SERIALIZATION"]);
    } else {
      const results = await Promise.allSettled(all.map((message) => producer.send(message)));
      for (const [i, result] of results.entries()) {
        assertEquals(result.status, `${i}` in bad ? "rejected" : "fulfilled");
        if (result.status === "fulfilled") continue;
        assertInstanceOf(result.reason, ValueSerializationError);
        assertEquals(result.reason.cause, bad[`${i}`]);
      }
    }
    assertEquals(await written(servers, topic, 7), ["0", "1", "2", "4", "6", "7", "8"]);
    assertEquals(producer.pending, 0);
  });

  test(`Producer sends what a serializer sends while it writes behind that message, by ${way}`, async () => {
    await using where = mockTopic();
    const { topic, servers } = where;
    const serializer = new Writing();
    await using producer = await ready(servers, topic, serializer);
    const inner: Promise<unknown>[] = [];
    serializer.hook = (value) => {
      if (value !== "outer 1") return;
      assertEquals(assertThrows(() => producer.purge(), KafkaError).codeName, "_CONFLICT");
      inner.push(producer.send({ topic, partition: 0, value: "inner 1" }));
      inner.push(producer.send([{ topic, partition: 0, value: "inner 2" }, { topic, partition: 0, value: "inner 3" }]));
      assertEquals(producer.produce({ topic, partition: 0, value: "inner 4" }), true);
      inner.push(producer.flush());
    };
    await hand(producer, upTo(3).map((i) => ({ topic, partition: 0, value: `outer ${i}` })));
    await Promise.all(inner);
    await producer.flush();
    const read = await written(servers, topic, 7);
    const of = (what: string): (string | null)[] => read.filter((value) => value?.startsWith(what));
    assertEquals(of("outer"), upTo(3).map((i) => `outer ${i}`));
    assertEquals(of("inner"), upTo(4).map((i) => `inner ${i + 1}`));
    assertEquals(producer.pending, 0);
  });
}

test("Producer.send() of an array waits in its middle, and keeps the order", async () => {
  await using where = mockTopic();
  const { topic, servers, cluster } = where;
  const other = `${topic}-other`;
  cluster.createTopic(other, { partitions: 1 });
  const serializer = new Writing(new Set([topic]));
  await using producer = await ready(servers, topic, serializer);
  const all = upTo(30).map((i) => ({ topic: i === 10 ? other : topic, partition: 0, value: `${i}` }));
  const [reports, single] = await Promise.all([
    producer.send(all),
    producer.send({ topic, partition: 0, value: "behind" }),
  ]);
  assertEquals(reports.map(({ message }) => message), all);
  assertEquals(reports.map(({ topic }) => topic), all.map(({ topic }) => topic));
  assertEquals(single.offset, 30);
  assertEquals(serializer.calls.serialize, 1);
  assertEquals(await written(servers, topic, 30), [...upTo(30).filter((i) => i !== 10).map(String), "behind"]);
});

test("Producer gives up what it has gathered when a serializer aborts the transaction, and sends no strange bytes", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const serializer = new Writing();
  await using producer = new Producer<string, string>(
    { "bootstrap.servers": servers, "transactional.id": topic },
    { valueSerializer: serializer },
  );
  await producer.initTransactions();
  await producer.beginTransaction();
  await producer.send({ topic, partition: 0, value: "first" });
  let aborted: Promise<void> | undefined;
  serializer.hook = (value) => {
    if (value === "last") aborted ??= producer.abortTransaction();
  };
  const sent = upTo(5).map((i) => producer.send({ topic, partition: 0, value: i === 4 ? "last" : "long".repeat(i) }));
  await Promise.allSettled(sent);
  await aborted;
  await producer.beginTransaction();
  await producer.send({ topic, partition: 0, value: "next" });
  await producer.commitTransaction();
  const read = (await readAll(servers, { topic })).map(({ value }) => decode(value));
  assertEquals(read.filter((value) => !/^(first|next|last|(long)*)$/.test(value!)), []);
  assertEquals([read.includes("next"), producer.pending], [true, 0]);
});

test("Producer with a partitioner shows it the bytes of a key that could be written in its place", async () => {
  await using where = mockTopic(3);
  const { topic, servers } = where;
  const seen: unknown[] = [];
  await using producer = new Producer<string, string>({ "bootstrap.servers": servers }, {
    keySerializer: new Writing(),
    valueSerializer: new Writing(),
    partitioner: ({ key, value }) => (seen.push(key, value), 2),
  });
  assertEquals((await producer.send({ topic, key: "k", value: "v" })).partition, 2);
  assertEquals(seen, ["k", "v"]);
});

test("Producer refuses a number of bytes that cannot be right", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  for (const length of [-1, 1.5, 2 ** 40, undefined, Promise.resolve(3)]) {
    const valueSerializer = { serialize: () => "", encodeInto: () => length as number };
    await using producer = new Producer<string, string>({ "bootstrap.servers": servers }, { valueSerializer });
    await assertRejects(() => producer.send({ topic, value: "v" }), ValueSerializationError, "number of bytes");
  }
});

test("Producer without a key serializer sends and refuses keys as ever beside values that are written", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await using producer = new Producer<MessageData, string>({ "bootstrap.servers": servers }, {
    valueSerializer: new Writing(),
  });
  await producer.send({ topic, key: Uint8Array.of(107), value: "v" });
  const encoding = { room: 1, encodeInto: () => 0 } as unknown as string;
  await assertRejects(() => producer.send({ topic, key: encoding, value: "v" }), TypeError, "as key");
  await assertRejects(() => producer.send({ topic, key: "\ud800", value: "v" }), TypeError, "surrogate");
  await assertRejects(() => producer.send({ topic, partition: -7, value: "v" }), RangeError);
  await producer.send([{ topic, key: "k", value: "w" }, { topic, key: null, value: null }]);
  const read = await readAll(servers, { topic, count: 3 });
  assertEquals(read.map(({ key, value }) => [decode(key), decode(value)]), [["k", "v"], ["k", "w"], [null, null]]);
});

test("Producer sends the header that an Avro serializer adds while it writes", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await using registry = new SchemaRegistryClient({ url: "mock://" });
  const options = { "schema.id.serializer": headerSchemaIdSerializer };
  await using producer = new Producer<string, string>({ "bootstrap.servers": servers }, {
    keySerializer: new AvroSerializer<string>(registry, '"string"', options),
    valueSerializer: new AvroSerializer<string>(registry, '"string"', options),
  });
  const values = upTo(500).map((i) => i % 90 === 89 ? "long".repeat(100_000) : `${i}`);
  for (let at = 0; at < 500; at += 100) {
    const part = values.slice(at, at + 100).map((value, i) => ({ topic, partition: 0, key: `k${at + i}`, value }));
    await producer.send(part);
  }
  const read = await readAll(servers, { topic, count: 500 });
  const deserializer = new AvroDeserializer<string>(registry);
  for (const [i, { key, value, headers }] of read.entries()) {
    assertEquals(headers.map(([name]) => name), ["__key_schema_id", "__value_schema_id"]);
    assertEquals(await deserializer.deserialize(key!, { topic, field: "key", headers }), `k${i}`);
    assertEquals(await deserializer.deserialize(value!, { topic, field: "value", headers }), values[i]);
  }
});
