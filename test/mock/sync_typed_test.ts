/** The blocking clients with serializers, deserializers, a partitioner and a tracer. */
import {
  type DeliveryReport,
  HandlerError,
  KafkaError,
  KeySerializationError,
  ProduceError,
  type ProducerMessage,
  Serdes,
  type Serializer,
  ValueDeserializationError,
  ValueSerializationError,
} from "../../mod.ts";
import { Consumer, Producer } from "../../sync.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertInstanceOf, assertLess, assertThrows } from "../support/assert.ts";
import { openBlockingConsumer, openBlockingProducer } from "../support/blocking.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";

interface Order {
  readonly id: number;
}

/** A serializer that has to be waited for. */
const late: Serializer<string> = { serialize: (value) => Promise.resolve(value) };

test("sync Producer and Consumer are typed by their serializers and deserializers", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using producer = new Producer({ "bootstrap.servers": at.servers }, {
    keySerializer: Serdes.integer(),
    valueSerializer: Serdes.json<Order>(),
  });
  const report: DeliveryReport<number, Order> = producer.send({ topic, key: 7, value: { id: 1 } });
  assertEquals([report.offset, report.message.value?.id], [0, 1]);
  const reports: number[] = [];
  assert(producer.produce({ topic, key: 8, value: { id: 2 } }, ({ message }) => reports.push(message.key ?? -1)));
  producer.flush();
  assertEquals(reports, [8]);
  assertEquals(producer.send([{ topic, key: 9, value: { id: 3 } }, { topic }]).map(({ offset }) => offset), [2, 3]);
  using consumer = new Consumer({
    "bootstrap.servers": at.servers,
    "group.id": randomName("group"),
    "auto.offset.reset": "earliest",
  }, { keyDeserializer: Serdes.integer(), valueDeserializer: Serdes.json<Order>() });
  consumer.assign([{ topic, partition: 0 }]);
  const first = consumer.poll(10_000);
  const id: number | undefined = first?.value?.id;
  assertEquals([first?.key, id], [7, 1]);
  for (const { key, value } of consumer) {
    assertEquals([key, value], [8, { id: 2 }]);
    break;
  }
  for (const batch of consumer.batches({ maxMessages: 2, maxWaitMs: 5000 })) {
    assertEquals(batch.map(({ key, value }) => [key, value]), [[9, { id: 3 }], [null, null]]);
    break;
  }
});

test("sync Producer with a serializer that gives a promise says that it cannot wait", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using opened = openBlockingProducer<string, string>({ "bootstrap.servers": at.servers }, {
    valueSerializer: late,
    keySerializer: Serdes.string(),
  });
  const { producer } = opened;
  for (const call of [() => producer.send({ topic, value: "v" }), () => producer.produce({ topic, value: "v" })]) {
    assert(/cannot wait|client that blocks/i.test(assertThrows(call, KafkaError).message));
  }
  const failed = assertThrows(() => producer.send([{ topic, key: "k" }, { topic, value: "v" }]), ProduceError);
  assertEquals(failed.reports.map(({ status }) => status), ["PERSISTED", "NOT_PERSISTED"]);
  assert(/client that blocks/.test(String((failed.reports[1]!.error as Error).message)), failed.message);
  assertEquals([producer.pending, producer.send({ topic, key: "k" }).offset], [0, 1]);
});

test("sync Producer tells of a serializer that fails, key and value apart", async () => {
  await using at = mockTopic();
  const { topic } = at;
  const broken: Serializer<string> = {
    serialize: (value) => {
      if (value === "bad") throw new Error("no");
      return value;
    },
  };
  using opened = openBlockingProducer<string, string>({ "bootstrap.servers": at.servers }, {
    keySerializer: broken,
    valueSerializer: broken,
  });
  const { producer } = opened;
  assertThrows(() => producer.send({ topic, key: "bad" }), KeySerializationError);
  assertThrows(() => producer.produce({ topic, value: "bad" }), ValueSerializationError);
  const some = assertThrows(() => producer.send([{ topic, value: "good" }, { topic, value: "bad" }]), ProduceError);
  assertEquals(some.reports.map(({ status }) => status), ["PERSISTED", "NOT_PERSISTED"]);
  assertThrows(
    () => new Producer({ "bootstrap.servers": at.servers }, { keySerializer: 5 as never }),
    TypeError,
    "keySerializer",
  );
});

test("sync Consumer with a deserializer that gives a promise fails that message, as the policy says", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using sending = openBlockingProducer({ "bootstrap.servers": at.servers });
  sending.producer.send([{ topic, value: "a" }, { topic, value: "b" }]);
  using opened = openBlockingConsumer<Uint8Array, string>(at.servers, {}, {
    valueDeserializer: { deserialize: () => Promise.resolve("late") },
  });
  opened.consumer.assign([{ topic, partition: 0 }]);
  const failed = assertThrows(() => opened.consumer.poll(10_000), ValueDeserializationError);
  assert(/this client blocks/.test(failed.message), failed.message);
  assertEquals(assertThrows(() => opened.consumer.poll(10_000), ValueDeserializationError).raw.offset, 1);
});

/** The number that a message's key is. */
const byNumber = ({ key }: ProducerMessage, count: number): number => Number(key) % count;

test("sync Producer with a partitioner asks it for each message that names no partition", async () => {
  await using at = mockTopic(6);
  const { topic } = at;
  const counts: number[] = [];
  using opened = openBlockingProducer({ "bootstrap.servers": at.servers }, {
    partitioner: (message, count) => {
      counts.push(count);
      return byNumber(message, count);
    },
  });
  const { producer } = opened;
  assertEquals(producer.send({ topic, key: "4" }).partition, 4);
  const many = Array.from({ length: 50 }, (_, i) => ({ topic, key: `${i}` }));
  assertEquals(producer.send(many).map(({ partition }) => partition), many.map((_, i) => i % 6));
  assertEquals(producer.send({ topic, key: "4", partition: 1 }).partition, 1);
  assertEquals([counts.length, new Set(counts)], [51, new Set([6])]);
  using null_ = openBlockingProducer({ "bootstrap.servers": at.servers }, { partitioner: () => null });
  assert(null_.producer.send({ topic, key: "4" }).partition >= 0);
});

test("sync Producer.produce() with a partitioner is full until ready() has asked for the topic", async () => {
  await using at = mockTopic(3);
  const { topic } = at;
  using opened = openBlockingProducer({ "bootstrap.servers": at.servers }, { partitioner: byNumber });
  const { producer } = opened;
  const partitions: number[] = [];
  assertEquals(producer.produce({ topic, key: "2" }), false);
  producer.ready();
  assert(producer.produce({ topic, key: "2" }, ({ partition }) => partitions.push(partition)));
  producer.flush();
  assertEquals(partitions, [2]);
});

test("sync Producer with a partitioner that fails says so, and the others go on", async () => {
  await using at = mockTopic(3);
  const { topic } = at;
  using opened = openBlockingProducer({ "bootstrap.servers": at.servers }, {
    partitioner: ({ key }) => key === "bad" ? 99 : 1,
  });
  const { producer } = opened;
  const single = assertThrows(() => producer.send({ topic, key: "bad" }), ProduceError);
  assertInstanceOf(single.cause, HandlerError);
  const both = assertThrows(() => producer.send([{ topic, key: "bad" }, { topic, key: "good" }]), ProduceError);
  assertEquals(both.reports.map(({ status, partition }) => [status, partition]), [["NOT_PERSISTED", -1], [
    "PERSISTED",
    1,
  ]]);
  let within: unknown;
  using nested = openBlockingProducer({ "bootstrap.servers": at.servers }, {
    partitioner: () => {
      within ??= assertThrows(() => nested.producer.send({ topic }), KafkaError).codeName;
      return 0;
    },
  });
  nested.producer.send({ topic });
  assertEquals(within, "_CONFLICT");
  assertThrows(
    () => new Producer({ "bootstrap.servers": at.servers }, { partitioner: "murmur2" as never }),
    TypeError,
    "partitioner",
  );
});

test("sync Producer with a partitioner ends its wait by time when no broker answers", async () => {
  await using at = mockTopic(3);
  const { topic } = at;
  at.cluster.stopBroker(1);
  using opened = openBlockingProducer({ "bootstrap.servers": at.servers }, { partitioner: byNumber });
  const { producer } = opened;
  const start = performance.now();
  for (
    const call of [
      () => producer.send({ topic }, { timeoutMs: 200 }),
      () => producer.send([{ topic }], { timeoutMs: 200 }),
    ]
  ) {
    assertEquals(assertThrows(call, KafkaError).codeName, "_TIMED_OUT");
  }
  assertEquals(producer.produce({ topic }), false);
  assertEquals(assertThrows(() => producer.ready(200), KafkaError).codeName, "_TIMED_OUT");
  assertLess(performance.now() - start, 4000);
  assertGreater(performance.now() - start, 500);
  at.cluster.startBroker(1);
  producer.ready(10_000);
  assertEquals(producer.send({ topic, key: "2" }).partition, 2);
});

test("sync Producer with a partitioner asks again for what it knows, without waiting", async () => {
  await using at = mockTopic(2);
  const { topic } = at;
  const counts = new Set<number>();
  using opened = openBlockingProducer({
    "bootstrap.servers": at.servers,
    "topic.metadata.refresh.interval.ms": 20,
  }, {
    partitioner: (_, count) => {
      counts.add(count);
      return 0;
    },
  });
  const end = performance.now() + 300;
  while (performance.now() < end) opened.producer.send({ topic });
  assertEquals([...counts], [2]);
});

test("sync Producer with a tracer sends its context, and tells it of each end", async () => {
  await using at = mockTopic();
  const { topic } = at;
  const told: unknown[] = [];
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  using opened = openBlockingProducer({ "bootstrap.servers": at.servers }, {
    tracing: {
      onSend: ({ value }) => ({
        traceparent,
        end: (error, report) => void told.push([value, error?.name ?? null, report?.offset]),
      }),
    },
  });
  const { producer } = opened;
  producer.send({ topic, value: "one" });
  producer.send([{ topic, value: "two" }, { topic, value: "three" }]);
  producer.produce({ topic, value: "four" });
  producer.flush();
  assertThrows(() => producer.send({ topic, partition: -1, value: "none" }), RangeError);
  assertEquals(told, [
    ["one", null, 0],
    ["two", null, 1],
    ["three", null, 2],
    ["four", null, 3],
    ["none", "RangeError", undefined],
  ]);
  using reading = openBlockingConsumer(at.servers);
  reading.consumer.assign([{ topic, partition: 0 }]);
  const headers = reading.consumer.poll(10_000)?.headers ?? [];
  assertEquals(headers.map(([name]) => name), ["traceparent"]);
});
