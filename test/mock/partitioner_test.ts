/** A producer whose partitions a function of the user's chooses. */
import {
  type DeliveryReport,
  HandlerError,
  KafkaError,
  murmur2,
  ProduceError,
  Producer,
  type ProducerMessage,
} from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

/** The number that a message's key is. */
const byNumber = ({ key }: ProducerMessage, count: number): number => Number(key) % count;

function numbered(topic: string, count: number): ProducerMessage[] {
  return Array.from({ length: count }, (_, i) => ({ topic, key: `${i}`, value: `${i}` }));
}

test("Producer with a partitioner asks it for each message that names no partition", async () => {
  await using mock = mockTopic(6);
  const { topic } = mock;
  const counts = new Set<number>();
  await using opened = openProducer({ "bootstrap.servers": mock.servers }, {
    partitioner: (message, count) => {
      counts.add(count);
      return byNumber(message, count);
    },
  });
  const { producer } = opened;
  const messages = numbered(topic, 30);
  const reports = await producer.send(messages);
  assertEquals(reports.map(({ partition }) => partition), messages.map((_, i) => i % 6));
  assert(reports.every((report, i) => report.message === messages[i]), "the report has another message");
  assertEquals([...counts], [6]);
  assertEquals((await producer.send({ topic, key: "3", partition: 1, value: "named" })).partition, 1);
  const withHeaders = await producer.send({ topic, key: "5", headers: { a: "b" }, timestamp: 5 });
  assertEquals(withHeaders.partition, 5);
  assertEquals(opened.errors, []);
});

test("Producer with a partitioner keeps the order of messages that wait for their topics", async () => {
  await using mock = mockTopic(1);
  const other = randomName("t");
  mock.cluster.createTopic(other, { partitions: 2 });
  await using opened = openProducer({ "bootstrap.servers": mock.servers, "enable.idempotence": true }, {
    partitioner: () => 0,
  });
  const { producer } = opened;
  const sent: Promise<DeliveryReport | DeliveryReport[]>[] = [];
  for (let i = 0; i < 50; i++) {
    sent.push(producer.send({ topic: mock.topic, value: `${3 * i}` }));
    sent.push(producer.send([{ topic: other, value: "x" }, { topic: mock.topic, value: `${3 * i + 1}` }]));
    sent.push(producer.send({ topic: mock.topic, partition: 0, value: `${3 * i + 2}` }));
  }
  assertEquals(producer.pending, 200);
  const reports = (await Promise.all(sent)).flat().filter(({ topic }) => topic === mock.topic);
  assertEquals(reports.map(({ offset }) => offset), Array.from({ length: 150 }, (_, i) => i));
  assertEquals(producer.pending, 0);
});

test("Producer.produce() with a partitioner says false until the topic is known, and ready() waits for it", async () => {
  await using mock = mockTopic(3);
  const reports: DeliveryReport[] = [];
  await using opened = openProducer({ "bootstrap.servers": mock.servers }, {
    partitioner: byNumber,
    onDelivery: (report) => void reports.push(report),
  });
  const { producer } = opened;
  const [first, ...rest] = numbered(mock.topic, 9);
  assertEquals(producer.produce(first!), false);
  await producer.ready({ timeoutMs: 10_000 });
  for (const message of [first!, ...rest]) assert(producer.produce(message));
  await producer.flush();
  assertEquals(reports.map(({ partition, message }) => [message.key, partition]).sort(), [
    ...Array.from({ length: 9 }, (_, i) => [`${i}`, i % 3]),
  ]);
});

test("Producer with a partitioner that throws, or chooses no partition, rejects that message alone", async () => {
  await using mock = mockTopic(3);
  const { topic } = mock;
  const choices: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("no idea");
    },
    "3": () => 3,
    "-1": () => -1,
    "1.5": () => 1.5,
    NaN: () => NaN,
    text: () => "1",
    promise: () => Promise.resolve(1),
    undefined: () => undefined,
  };
  // The second has room for one message at a time: there the choice is made when its turn comes.
  for (const room of [100_000, 1]) {
    await using opened = openProducer({ "bootstrap.servers": mock.servers, "queue.buffering.max.messages": room }, {
      partitioner: ({ key }) => (choices[String(key)] ?? (() => 2))() as number,
    });
    const { producer } = opened;
    assertEquals((await producer.send({ topic, key: "good" })).partition, 2);
    const bad = Object.keys(choices);
    const results = await Promise.allSettled(
      [...bad, "good"].flatMap((key) => [producer.send({ topic, key }), producer.send({ topic, key: "good" })]),
    );
    const failed = results.flatMap((result) => result.status === "rejected" ? [result.reason as unknown] : []);
    assertEquals(failed.length, bad.length);
    for (const error of failed) {
      assertInstanceOf(error, ProduceError);
      assertInstanceOf(error.cause, HandlerError);
      assertEquals([error.status, error.cause.handler], ["NOT_PERSISTED", "partitioner"]);
    }
    const error = await assertRejects(
      () => producer.send([{ topic, key: "good" }, { topic, key: "throws" }, { topic, key: "good" }]),
      ProduceError,
      "no idea",
    );
    assertEquals(error.reports.map(({ partition }) => partition), [2, -1, 2]);
    assertThrows(() => producer.produce({ topic, key: "throws" }), ProduceError, "no idea");
    assertEquals(producer.pending, 0);
    assertEquals(opened.errors, []);
  }
});

test("Producer with a partitioner that returns null leaves the choice to librdkafka", async () => {
  await using mock = mockTopic(7);
  const { topic } = mock;
  await using opened = openProducer({ "bootstrap.servers": mock.servers, partitioner: "murmur2_random" }, {
    partitioner: () => null,
  });
  const reports = await opened.producer.send(numbered(topic, 40));
  assertEquals(reports.map(({ partition }) => partition), reports.map(({ message }) => murmur2(message.key, 7)));
});

test("Producer with a partitioner that sends something itself refuses that", async () => {
  await using mock = mockTopic(2);
  const { topic } = mock;
  let refused: unknown;
  await using opened = openProducer({ "bootstrap.servers": mock.servers }, {
    partitioner: () => {
      opened.producer.send({ topic, partition: 0 }).catch((error) => refused = error);
      return 1;
    },
  });
  assertEquals((await opened.producer.send({ topic, value: "a" })).partition, 1);
  assertInstanceOf(refused, KafkaError);
  assertEquals(refused.codeName, "_CONFLICT");
});

test("Producer with a partitioner fails messages to a topic that is not to be had, and sends the others", async () => {
  await using mock = mockTopic(2);
  const bad = randomName("t");
  mock.cluster.createTopic(bad);
  // TOPIC_AUTHORIZATION_FAILED
  mock.cluster.setTopicError(bad, 29);
  await using opened = openProducer({ "bootstrap.servers": mock.servers }, { partitioner: () => 1 });
  const { producer } = opened;
  const error = await assertRejects(
    () => producer.send([{ topic: mock.topic }, { topic: bad }, { topic: mock.topic }]),
    ProduceError,
    "Cannot look up the partitions",
  );
  assertEquals(error.reports.map((report) => report.error?.codeName), [
    undefined,
    "TOPIC_AUTHORIZATION_FAILED",
    undefined,
  ]);
  assertEquals(error.reports.map(({ partition }) => partition), [1, -1, 1]);
  assertThrows(() => producer.produce({ topic: bad }), ProduceError);
  // It is looked up again now and then, while messages for it fail at once.
  mock.cluster.setTopicError(bad, 0);
  const { partition } = await waitFor(
    () => producer.send({ topic: bad }).catch(() => null),
    { what: "the topic to be usable" },
  );
  assertEquals(partition, 1);
});

test("Producer with a partitioner refuses what is no message as one without does", async () => {
  await using mock = mockTopic(2);
  await using opened = openProducer({ "bootstrap.servers": mock.servers }, { partitioner: () => 1 });
  const { producer } = opened;
  for (const message of [null, 1, {}, { topic: "" }, { topic: "a\0b" }, { topic: 5 }]) {
    await assertRejects(() => producer.send(message as ProducerMessage), TypeError);
    await assertRejects(() => producer.send([message as ProducerMessage]), ProduceError);
  }
  assertEquals(producer.pending, 0);
  const notOne = "murmur2" as unknown as () => number;
  assertThrows(
    () => new Producer({ "bootstrap.servers": mock.servers }, { partitioner: notOne }),
    TypeError,
    "property",
  );
});

test("Producer.purge(), flush() and close() include messages that wait for their topic", async () => {
  await using cluster = new MockCluster();
  cluster.stopBroker(1);
  const config = { "bootstrap.servers": cluster.bootstrapServers, "message.timeout.ms": 60_000 };
  const topic = randomName("t");
  await using opened = openProducer(config, { partitioner: () => 0 });
  const { producer } = opened;
  const one = producer.send({ topic }).catch((error: ProduceError) => error.codeName);
  const two = producer.send([{ topic }, { topic }]).catch((error: ProduceError) => error.codeName);
  assertEquals(producer.pending, 3);
  assertEquals(await producer.flush({ timeoutMs: 50 }), 3);
  producer.purge();
  assertEquals([await one, await two, producer.pending], ["_PURGE_QUEUE", "_PURGE_QUEUE", 0]);
  const late = producer.send({ topic }).catch((error: ProduceError) => error.codeName);
  const start = performance.now();
  await producer.close({ timeoutMs: 200 });
  assertEquals(await late, "_PURGE_QUEUE");
  assertGreater(performance.now() - start, 190);
});

test("Producer.send() with a partitioner waits for brokers that are away, and flush() for the message", async () => {
  await using cluster = new MockCluster();
  const topic = randomName("t");
  cluster.createTopic(topic, { partitions: 3 });
  cluster.stopBroker(1);
  const quick = { "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 50 };
  await using opened = openProducer({ "bootstrap.servers": cluster.bootstrapServers, ...quick }, {
    partitioner: () => 2,
  });
  const sent = opened.producer.send({ topic, value: "late" });
  const flushed = opened.producer.flush();
  assertEquals(await opened.producer.flush({ timeoutMs: 100 }), 1);
  cluster.startBroker(1);
  assertEquals([(await sent).partition, await flushed], [2, 0]);
});
