/** Deserializers that prepare for a batch: how often a registry is asked, how many promises there are, and what one bad id does. */
import {
  type DeserializationContext,
  type Deserializer,
  NotPreparedError,
  Producer,
  ValueDeserializationError,
} from "../../../mod.ts";
import { SchemaRegistryClient, SchemaRegistryError } from "../../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "../../support/assert.ts";
import { mockTopic } from "../../support/mock_topic.ts";
import { open, upTo, write } from "../../support/typed.ts";
import { waitFor } from "../../support/wait.ts";

/** An Avro deserializer that counts what a consumer asks it, and whose registry counts the schemas that it is asked for. */
class Counted implements Deserializer<string> {
  readonly asked: number[] = [];
  readonly calls = { deserialize: 0, prepareAll: 0, promises: 0 };
  /** How many schemas were asked for at once, at most. */
  most = 0;
  readonly #inner: AvroDeserializer<string>;

  constructor(registry: SchemaRegistryClient) {
    let underWay = 0;
    const getSchema = async (...args: Parameters<SchemaRegistryClient["getSchema"]>) => {
      this.asked.push(args[0]);
      this.most = Math.max(this.most, ++underWay);
      try {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return await registry.getSchema(...args);
      } finally {
        underWay--;
      }
    };
    const counting = new Proxy(registry, {
      get: (target, name) => {
        if (name === "getSchema") return getSchema;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    this.#inner = new AvroDeserializer<string>(counting);
  }

  deserialize(data: Uint8Array, context: DeserializationContext): Promise<string> {
    this.calls.deserialize++;
    return this.#inner.deserialize(data, context);
  }

  deserializeSync(data: Uint8Array, context: DeserializationContext): string {
    return this.#inner.deserializeSync(data, context);
  }

  prepareAll(messages: Iterable<{ data: Uint8Array; context: DeserializationContext }>): void | Promise<void> {
    this.calls.prepareAll++;
    const promise = this.#inner.prepareAll(messages);
    if (promise !== undefined) this.calls.promises++;
    return promise;
  }
}

/** Writes strings in Avro with `ids` schemas in turn, which differ in nothing but their text. */
async function writeAvro(
  registry: SchemaRegistryClient,
  { servers, topic }: { servers: string; topic: string },
  { count, schemas, bad = [] }: { count: number; schemas: number; bad?: readonly number[] },
): Promise<void> {
  const serializers = upTo(schemas).map((i) =>
    new AvroSerializer<string>(registry, `{"type":"string","doc":"${i}"}`, {
      "subject.name.strategy": () => `subject-${i}`,
    })
  );
  await using producer = new Producer({ "bootstrap.servers": servers, "linger.ms": 1 });
  const values = await Promise.all(
    upTo(count).map((i) =>
      bad.includes(i)
        ? Uint8Array.of(0, 0, 0, 0x27, i & 1, 2, 97)
        : serializers[i % schemas]!.serialize(`${i}`, { topic, field: "value", headers: [] })
    ),
  );
  await producer.send(values.map((value) => ({ topic, partition: 0, value })));
}

test("Consumer waits for one promise for the unknown ids of a batch, and asks for each schema once", async () => {
  await using where = mockTopic();
  await using registry = new SchemaRegistryClient({ url: "mock://" });
  await writeAvro(registry, where, { count: 300, schemas: 40 });
  const valueDeserializer = new Counted(registry);
  await using consumer = open(where.servers, where.topic, { valueDeserializer });
  const read = await consumer.consume(300, { timeoutMs: 5000 });
  assertEquals(read.map(({ value }) => value), upTo(300).map(String));
  assertEquals(valueDeserializer.calls, { deserialize: 0, prepareAll: 1, promises: 1 });
  assertEquals(valueDeserializer.asked.length, 40);
  assertEquals(new Set(valueDeserializer.asked).size, 40);
  assert(valueDeserializer.most > 1 && valueDeserializer.most <= 32, `${valueDeserializer.most} at once`);

  consumer.seek({ topic: where.topic, partition: 0, offset: 0 });
  assertEquals((await consumer.consume(300, { timeoutMs: 5000 })).length, 300);
  assertEquals(valueDeserializer.calls, { deserialize: 0, prepareAll: 1, promises: 1 });
});

test("Consumer that reads one by one asks for what stands behind, too", async () => {
  await using where = mockTopic();
  await using registry = new SchemaRegistryClient({ url: "mock://" });
  await writeAvro(registry, where, { count: 80, schemas: 20 });
  const valueDeserializer = new Counted(registry);
  await using consumer = open(where.servers, where.topic, { valueDeserializer });
  // All of them are there when the first is read.
  await consumer.consume(80, { timeoutMs: 5000 });
  const other = new Counted(registry);
  await using again = open(where.servers, where.topic, { valueDeserializer: other });
  const read: (string | null)[] = [];
  for await (const { value } of again) if (read.push(value) === 80) break;
  assertEquals(read, upTo(80).map(String));
  assertEquals(new Set(other.asked).size, other.asked.length);
  assertEquals(other.calls.deserialize, 0);
  assert(other.calls.promises <= 6, `${other.calls.promises} promises`);
});

for (const policy of ["skip", "throw"] as const) {
  test(`Consumer fails only the messages of a batch whose id is unknown, with the policy "${policy}"`, async () => {
    await using where = mockTopic();
    await using registry = new SchemaRegistryClient({ url: "mock://" });
    const bad = [7, 50, 51];
    await writeAvro(registry, where, { count: 100, schemas: 3, bad });
    const valueDeserializer = new Counted(registry);
    const errors: unknown[] = [];
    await using consumer = open(where.servers, where.topic, {
      valueDeserializer,
      onDeserializationError: policy,
      onError: (error) => void errors.push(error),
    });
    const read: (string | null)[] = [];
    const failed: ValueDeserializationError[] = [];
    while (read.length < 97) {
      try {
        read.push(...(await consumer.consume(100, { timeoutMs: 800 })).map(({ value }) => value));
      } catch (error) {
        assertInstanceOf(error, ValueDeserializationError);
        failed.push(error);
      }
    }
    if (policy === "skip") failed.push(...errors as ValueDeserializationError[]);
    assertEquals(read, upTo(100).filter((i) => !bad.includes(i)).map(String));
    assertEquals(failed.map(({ offset, schemaId }) => [offset, schemaId]), [[7, 0x2701], [50, 0x2700], [51, 0x2701]]);
    for (const { cause } of failed) assertInstanceOf((cause as Error).cause, SchemaRegistryError);
    // The two that do not exist were asked for once, as the three that do.
    assertEquals(valueDeserializer.asked.length, 5);
    assertEquals(valueDeserializer.calls, { deserialize: 0, prepareAll: 1, promises: 1 });
  });
}

test("Consumer.run() prepares for a batch, and a bad id is its message's alone", async () => {
  await using where = mockTopic();
  await using registry = new SchemaRegistryClient({ url: "mock://" });
  await writeAvro(registry, where, { count: 60, schemas: 3, bad: [20] });
  const valueDeserializer = new Counted(registry);
  await using consumer = open(where.servers, where.topic, {
    valueDeserializer,
    onDeserializationError: "skip",
    onError: () => {},
  });
  const read: (string | null)[] = [];
  const stop = new AbortController();
  await consumer.run({
    eachBatch: (batch) => {
      read.push(...batch.map(({ value }) => value));
      if (read.length === 59) stop.abort();
    },
    signal: stop.signal,
  });
  assertEquals(read, upTo(60).filter((i) => i !== 20).map(String));
  assertEquals(valueDeserializer.calls.deserialize, 0);
  assertEquals(valueDeserializer.asked.length, 4);
});

/** Text, known once it was prepared for: by hand, and each call of it for itself. */
class ByHand implements Deserializer<string> {
  readonly waiting: (() => void)[] = [];
  readonly prepared = new Set<number>();
  /** What becomes of the promise. */
  outcome: "kept" | "rejected" | "thrown" | "none" = "kept";

  deserialize(_: Uint8Array, { offset }: DeserializationContext): Promise<string> {
    return Promise.resolve(`${offset} later`);
  }

  deserializeSync(_: Uint8Array, { offset }: DeserializationContext): string {
    if (!this.prepared.has(offset!)) throw new NotPreparedError();
    return `${offset} at once`;
  }

  prepareAll(messages: Iterable<{ data: Uint8Array; context: DeserializationContext }>): void | Promise<void> {
    if (this.outcome === "thrown") throw new Error("thrown");
    if (this.outcome === "none") return undefined;
    const offsets = [...messages].map(({ context }) => context.offset!);
    return new Promise((resolve, reject) =>
      this.waiting.push(() => {
        if (this.outcome === "rejected") return reject(new Error("rejected"));
        for (const offset of offsets) this.prepared.add(offset);
        resolve();
      })
    );
  }
}

test("Consumer hands over nothing of what it was preparing for when it was sought, paused or closed meanwhile", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, upTo(10));
  const valueDeserializer = new ByHand();
  const consumer = open(servers, topic, { valueDeserializer });
  const first = consumer.consume(3, { timeoutMs: 5000 });
  await waitFor(() => valueDeserializer.waiting.length > 0, { what: "the first preparation" });
  consumer.seek({ topic, partition: 0, offset: 6 });
  const go = setInterval(() => valueDeserializer.waiting.splice(0).forEach((go) => go()), 20);
  assertEquals((await first).map(({ value }) => value), ["6 at once", "7 at once", "8 at once"]);
  clearInterval(go);

  consumer.seek({ topic, partition: 0, offset: 2 });
  valueDeserializer.prepared.clear();
  const second = consumer.consume(3, { timeoutMs: 500 });
  await waitFor(() => valueDeserializer.waiting.length > 0, { what: "the second preparation" });
  consumer.pause([{ topic, partition: 0 }]);
  valueDeserializer.waiting.splice(0).forEach((go) => go());
  assertEquals(await second, []);
  consumer.resume([{ topic, partition: 0 }]);
  const again = consumer.consume(3, { timeoutMs: 5000 });
  assertEquals((await again).map(({ value }) => value), ["2 at once", "3 at once", "4 at once"]);

  valueDeserializer.prepared.clear();
  consumer.seek({ topic, partition: 0, offset: 0 });
  const last = consumer.consume(3, { timeoutMs: 5000 }).catch((error) => error);
  await waitFor(() => valueDeserializer.waiting.length > 0, { what: "the third preparation" });
  await consumer.close();
  valueDeserializer.waiting.splice(0).forEach((go) => go());
  assertEquals(await last, []);
});

for (const outcome of ["rejected", "thrown", "none"] as const) {
  test(`Consumer waits for each message by itself where preparing for it was ${outcome}`, async () => {
    await using where = mockTopic();
    const { topic, servers } = where;
    await write(servers, topic, upTo(10));
    const valueDeserializer = new ByHand();
    valueDeserializer.outcome = outcome;
    const go = setInterval(() => valueDeserializer.waiting.splice(0).forEach((go) => go()), 5);
    await using consumer = open(servers, topic, { valueDeserializer });
    const read = await consumer.consume(10, { timeoutMs: 5000 });
    clearInterval(go);
    assertEquals(read.map(({ value }) => value), upTo(10).map((i) => `${i} later`));
  });
}

test("AvroDeserializer.prepareAll() gives nothing for what is known, and says of bad bytes nothing yet", async () => {
  await using registry = new SchemaRegistryClient({ url: "mock://" });
  const context = { topic: "t", field: "value" } as const;
  const data = await new AvroSerializer<string>(registry, '"string"').serialize("a", context);
  const deserializer = new AvroDeserializer<string>(registry);
  const bad = [new Uint8Array(0), Uint8Array.of(9, 9, 9, 9, 9, 9), null as never];
  assertEquals(deserializer.prepareAll(bad.map((data) => ({ data, context }))), undefined);
  await deserializer.prepareAll([...bad, data].map((data) => ({ data, context })));
  assertEquals(deserializer.deserializeSync(data, context), "a");
  assertEquals(deserializer.prepareAll([{ data, context }]), undefined);
  // What the registry did not know is asked for anew by who waits, and by the next batch.
  const unknown = Uint8Array.of(0, 0, 0, 0, 99, 2, 97);
  await deserializer.prepareAll([{ data: unknown, context }]);
  const error = await assertRejects(async () => await deserializer.deserializeSync(unknown, context));
  assertInstanceOf((error as Error).cause, SchemaRegistryError);
  await assertRejects(async () => await deserializer.deserializeSync(unknown.slice(), context), NotPreparedError);
});
