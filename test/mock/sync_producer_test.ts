/** The producer that blocks: reports, room, handlers and ends within its own calls. */
import {
  type DeliveryReport,
  errorCodes,
  HandlerError,
  KafkaError,
  ProduceError,
  type ProducerMessage,
  type Statistics,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertInstanceOf, assertLess, assertThrows } from "../support/assert.ts";
import { fillBlocking, openBlockingConsumer, openBlockingProducer, readBlocking, textOf } from "../support/blocking.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { readAll } from "../support/read_back.ts";

const invalidRecord = 87;

/** What a call throws, if it is a `KafkaError`. */
function errorOf(call: () => unknown): KafkaError {
  return assertThrows(call, KafkaError);
}

test("sync Producer.send() returns where the message was written", async () => {
  await using mock = mockTopic();
  const { topic } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers });
  const { producer } = opened;
  const message: ProducerMessage = { topic, key: "k", value: null, headers: [["h", null]] };
  const first = producer.send(message);
  assertEquals([first.partition, first.offset, first.status, first.error], [0, 0, "PERSISTED", null]);
  assert(first.message === message);
  assertEquals(producer.send({ topic, value: "second" }, { timeoutMs: 10_000 }).offset, 1);
  assertEquals([producer.pending, opened.errors], [0, []]);
});

test("sync Producer.send() of an array returns reports in the order of the messages", async () => {
  await using mock = mockTopic(3);
  const { topic } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": 500 });
  const { producer } = opened;
  assertEquals(producer.send([]), []);
  const messages = Array.from({ length: 5000 }, (_, i) => ({
    topic,
    partition: i % 3,
    value: `${i}`,
    ...(i % 10 === 0 && { headers: { i: `${i}` } }),
  }));
  const reports = producer.send(messages);
  assertEquals(reports.map(({ message }) => message), messages);
  assertEquals(reports.map(({ offset }) => offset), messages.map((_, i) => Math.floor(i / 3)));
  const read = await readAll(mock.servers, { topic, partitions: 3, count: 5000 });
  for (const message of read) assertEquals(textOf(message), `${message.offset * 3 + message.partition}`);
});

test("sync Producer.send() throws ProduceError with every report when a message is refused", async () => {
  await using mock = mockTopic();
  const { topic, cluster } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers });
  const { producer } = opened;
  producer.send({ topic });
  cluster.failNext("Produce", [invalidRecord]);
  const refused = assertThrows(() => producer.send({ topic, value: "bad" }), ProduceError);
  assertEquals([refused.codeName, refused.status, refused.reports.length], ["INVALID_RECORD", "NOT_PERSISTED", 1]);
  cluster.failNext("Produce", [invalidRecord]);
  const both = assertThrows(
    () => producer.send([{ topic }, null as unknown as ProducerMessage, { topic }]),
    ProduceError,
  );
  assertEquals(both.reports.map(({ error }) => error?.codeName), ["INVALID_RECORD", "_INVALID_ARG", "INVALID_RECORD"]);
  assertInstanceOf(both.reports[1]!.error!.cause, TypeError);
  assertEquals(producer.send({ topic }).status, "PERSISTED");
});

test("sync Producer.send() throws for a message that librdkafka does not take", async () => {
  await using mock = mockTopic();
  const { topic } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers, "message.max.bytes": 1000 });
  const large = assertThrows(() => opened.producer.send({ topic, value: "x".repeat(2000) }), ProduceError);
  assertEquals([large.codeName, large.status], ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED"]);
  assertThrows(() => opened.producer.send({ topic: "" }), TypeError, "a topic has a name");
  assertThrows(() => opened.producer.send({ topic, partition: -1 }), RangeError, "partition");
  assertEquals(opened.producer.pending, 0);
});

test("sync Producer.send() ends its wait by time, and the message is delivered all the same", async () => {
  await using mock = mockTopic();
  const { topic, cluster } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers });
  const { producer } = opened;
  producer.send({ topic });
  cluster.setRoundTripTime(1, 600);
  const start = performance.now();
  assertEquals(errorOf(() => producer.send({ topic }, { timeoutMs: 150 })).codeName, "_TIMED_OUT");
  assertLess(performance.now() - start, 500);
  assertEquals(errorOf(() => producer.send([{ topic }], { timeoutMs: 0 })).codeName, "_TIMED_OUT");
  assertEquals([producer.pending, producer.flush(), producer.pending], [2, 0, 0]);
  assertThrows(() => producer.send({ topic }, { timeoutMs: -1 }), RangeError, "timeoutMs");
  assertThrows(() => producer.flush(NaN), RangeError, "timeoutMs");
});

test("sync Producer.produce() says when the queue is full, and ready() waits for room", async () => {
  await using mock = mockTopic();
  const { topic, cluster } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": 10 });
  const { producer } = opened;
  producer.send({ topic });
  cluster.setRoundTripTime(1, 300);
  const reports: DeliveryReport[] = [];
  for (let i = 0; i < 10; i++) assert(producer.produce({ topic, value: `${i}` }, (report) => reports.push(report)));
  assertEquals([producer.produce({ topic }), producer.pending, reports.length], [false, 10, 0]);
  assertEquals(errorOf(() => producer.ready(20)).codeName, "_TIMED_OUT");
  producer.ready();
  assertEquals(producer.produce({ topic }), true);
  assertEquals([producer.flush(), reports.map(({ offset }) => offset)], [
    0,
    Array.from({ length: 10 }, (_, i) => i + 1),
  ]);
});

test("sync Producer.produce() hands its message over at once, and nobody has to call anything", async () => {
  await using mock = mockTopic();
  const { topic } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers });
  using reader = openBlockingConsumer(mock.servers);
  reader.consumer.assign([{ topic, partition: 0, offset: 0 }]);
  opened.producer.produce({ topic, value: "sent while another client blocks" });
  assertEquals(readBlocking(reader.consumer, 1).map(textOf), ["sent while another client blocks"]);
  assertEquals([opened.producer.pending, opened.producer.poll(), opened.producer.pending], [1, 1, 0]);
});

test("sync Producer.poll() counts reports, waits for one, and takes any time", async () => {
  await using mock = mockTopic();
  const { topic, cluster } = mock;
  const told: DeliveryReport[] = [];
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers }, {
    onDelivery: (report) => void told.push(report),
  });
  const { producer } = opened;
  assertEquals(producer.poll(), 0);
  const start = performance.now();
  assertEquals(producer.poll(150), 0);
  assertGreater(performance.now() - start, 140);
  producer.produce({ topic });
  // Longer than the milliseconds that C's int can hold.
  assertEquals([producer.poll(2 ** 40), told.length], [1, 1]);
  cluster.failNext("Produce", [invalidRecord]);
  producer.produce({ topic });
  assertEquals([producer.poll(Infinity), told[1]!.error?.codeName], [1, "INVALID_RECORD"]);
  assertThrows(() => producer.poll(-1), RangeError, "timeoutMs");
});

test("sync Producer.produce() works within a handler, and calls that wait are refused there", async () => {
  await using mock = mockTopic();
  const { topic } = mock;
  const refused: string[] = [];
  let again = 0;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers });
  const { producer } = opened;
  const onDelivery = (): void => {
    for (
      const call of [
        () => producer.send({ topic }),
        () => producer.poll(),
        () => producer.flush(),
        () => producer.ready(),
        () => producer.close(),
      ]
    ) refused.push(errorOf(call).codeName);
    if (producer.produce({ topic }, () => again++)) return;
    throw new Error("There was room");
  };
  producer.produce({ topic }, onDelivery);
  assertEquals([producer.flush(), again, opened.errors], [0, 1, []]);
  assertEquals(refused, Array.from({ length: 5 }, () => "_CONFLICT"));
  producer.produce({ topic }, () => {
    throw new Error("a bad handler");
  });
  producer.flush();
  assertInstanceOf(opened.errors[0], HandlerError);
  assertEquals(opened.errors.length, 1);
});

test("sync Producer.flush() does not wait for linger.ms, and says how many are left when its time is up", async () => {
  await using mock = mockTopic();
  const { topic, cluster } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers, "linger.ms": 60_000 });
  const { producer } = opened;
  const start = performance.now();
  for (let i = 0; i < 100; i++) producer.produce({ topic });
  assertEquals(producer.flush(), 0);
  assertLess(performance.now() - start, 10_000);
  cluster.setRoundTripTime(1, 1000);
  for (let i = 0; i < 5; i++) producer.produce({ topic });
  assertEquals([producer.flush(50), producer.pending], [5, 5]);
  assertEquals(producer.flush(), 0);
});

test("sync Producer.purge() gives up what waits, and the reports say so", async () => {
  await using mock = mockTopic();
  const { topic } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers, "linger.ms": 60_000 });
  const { producer } = opened;
  const codes: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) producer.produce({ topic }, ({ error }) => codes.push(error?.codeName));
  producer.purge();
  assertEquals([producer.flush(5000), codes], [0, ["_PURGE_QUEUE", "_PURGE_QUEUE", "_PURGE_QUEUE"]]);
});

test("sync Producer.close() sends what is left, once, and later calls are refused", async () => {
  await using mock = mockTopic();
  const { topic } = mock;
  const told: DeliveryReport[] = [];
  {
    using opened = openBlockingProducer({ "bootstrap.servers": mock.servers, "linger.ms": 60_000 });
    const { producer } = opened;
    for (let i = 0; i < 10; i++) producer.produce({ topic, value: `${i}` }, (report) => told.push(report));
    producer.close();
    producer.close();
    assertEquals(told.map(({ offset }) => offset), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals([producer.pending, producer.library.version !== ""], [0, true]);
    for (const call of [() => producer.send({ topic }), () => producer.produce({ topic }), () => producer.poll()]) {
      assertEquals(errorOf(call).codeName, "_DESTROY");
    }
  }
  assertEquals((await readAll(mock.servers, { topic, count: 10 })).length, 10);
});

test("sync Producer.close() gives up after its time, and tells everybody", async () => {
  await using mock = mockTopic();
  const { topic, cluster } = mock;
  using opened = openBlockingProducer({ "bootstrap.servers": mock.servers });
  const { producer } = opened;
  producer.send({ topic });
  cluster.stopBroker(1);
  const codes: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) producer.produce({ topic }, ({ error }) => codes.push(error?.codeName));
  const start = performance.now();
  producer.close(100);
  assertLess(performance.now() - start, 3000);
  assertEquals(codes.length, 3);
  for (const code of codes) assert(/^_PURGE/.test(code ?? ""), `${code}`);
});

test("sync Producer runs onStatistics, onLog and onError within its own calls, and throws none of what they throw", async () => {
  await using mock = mockTopic();
  const { cluster } = mock;
  const names: string[] = [];
  const statistics: Statistics[] = [];
  let lines = 0;
  using opened = openBlockingProducer(
    { "bootstrap.servers": mock.servers, "statistics.interval.ms": 50, "debug": "broker" },
    {
      onStatistics(each) {
        statistics.push(each);
        throw new Error("a bad handler");
      },
      onLog: () => void lines++,
      onError: (error) => void names.push(error.codeName),
    },
  );
  const { producer } = opened;
  const until = performance.now() + 10_000;
  const poll = (isDone: () => boolean): void => {
    while (!isDone() && performance.now() < until) producer.poll(20);
  };
  poll(() => statistics.length > 0 && lines > 0);
  assertEquals(statistics[0]!.type, "producer");
  assertGreater(lines, 0);
  assert(names.includes("_FAIL"), "what onStatistics threw was not told");
  cluster.stopBroker(1);
  poll(() => names.includes("_ALL_BROKERS_DOWN"));
  assert(names.includes("_ALL_BROKERS_DOWN"), names.join());
});

test("sync Producer refuses a bad configuration as the other one does, and shows no secret", () => {
  const error = errorOf(() => openBlockingProducer({ "bootstrap.servers": "x", ["lingr.ms" as "linger.ms"]: 1 }));
  assertEquals(error.code, errorCodes._INVALID_ARG);
  assert(/did you mean "linger.ms"/.test(error.message), error.message);
  using opened = openBlockingProducer({ "bootstrap.servers": "127.0.0.1:1", "sasl.password": "hidden-secret" });
  assertEquals([opened.producer.fatalError, opened.producer.pending], [null, 0]);
  assert(!JSON.stringify(opened.producer).includes("hidden-secret"));
});

test("sync Producer fills a topic that another reads", async () => {
  await using mock = mockTopic();
  fillBlocking(mock.servers, mock.topic, 100);
  assertEquals((await readAll(mock.servers, { topic: mock.topic, count: 100 })).map(textOf).at(-1), "99");
});
