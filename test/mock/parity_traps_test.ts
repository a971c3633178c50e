/**
 * Faults of other clients for librdkafka, mostly confluent-kafka-python's, that this one must not have: a short test for each.
 *
 * T5 and T9 need a real Kafka and are in the folder beside. T12 and T13 are faults of Schema Registry clients.
 */
import {
  Consumer,
  type DeliveryReport,
  errorCodes,
  KafkaError,
  Producer,
  type ProducerMessage,
  Serdes,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertLess, assertRejects } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { openConsumer, read, text } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer, outcome, paths } from "../support/producing.ts";
import { readAll } from "../support/read_back.ts";
import { waitFor } from "../support/wait.ts";

const decode = (bytes: Uint8Array | null): string | null => bytes === null ? null : new TextDecoder().decode(bytes);
const nobody = "127.0.0.1:1";

test("T1: every way to send carries the headers", async () => {
  await using at = mockTopic();
  const headers: [string, string | null][] = [["trace", "1"], ["trace", null], ["", "no name"]];
  const sent = Array.from({ length: 3 }, (): ProducerMessage => ({ topic: at.topic, value: "v", headers }));
  for (const path of paths) await path.produce({ "bootstrap.servers": at.servers }, sent);
  const messages = await readAll(at.servers, { topic: at.topic, count: paths.length * sent.length });
  for (const message of messages) {
    assertEquals(message.headers.map(([name, value]) => [name, decode(value)]), headers, `at ${message.offset}`);
  }
});

test("T2: every message of a batch goes to the partition that it names", async () => {
  await using at = mockTopic(4);
  const wanted = [3, 0, 2, 2, 1, 3];
  const sent = wanted.map((partition): ProducerMessage => ({ topic: at.topic, partition, value: `${partition}` }));
  for (const path of paths) {
    const reports = await path.produce({ "bootstrap.servers": at.servers }, sent);
    assertEquals(reports.map(({ partition }) => partition), wanted, path.name);
  }
  // A producer that has seen all partitions hands over a batch in one call.
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  await opened.producer.send(sent);
  assertEquals((await opened.producer.send(sent)).map(({ partition }) => partition), wanted);
  const count = (paths.length + 2) * sent.length;
  for (const message of await readAll(at.servers, { topic: at.topic, partitions: 4, count })) {
    assertEquals(text(message), `${message.partition}`);
  }
});

test("T3: every message of a batch has the timestamp that it was given", async () => {
  await using at = mockTopic();
  const wanted = [1_700_000_000_003, 1_700_000_000_001, 1_700_000_000_002];
  const sent = wanted.map((timestamp): ProducerMessage => ({ topic: at.topic, timestamp }));
  for (const path of paths) await path.produce({ "bootstrap.servers": at.servers }, sent);
  const messages = await readAll(at.servers, { topic: at.topic, count: paths.length * sent.length });
  assertEquals(messages.map(({ timestamp }) => timestamp), paths.flatMap(() => wanted));
});

test("T4: purge() takes back what it is told to, queued or in flight, and never blocks", async () => {
  await using at = mockTopic();
  await using opened = openProducer({
    "bootstrap.servers": at.servers,
    "linger.ms": 0,
    // The second message waits for the answer to the first.
    "max.in.flight.requests.per.connection": 1,
    "batch.num.messages": 1,
  });
  const { producer } = opened;
  const send = () => [1, 2].map(() => outcome(producer.send({ topic: at.topic, partition: 0 })));
  const purge = (options: { queued?: boolean; inFlight?: boolean }): void => {
    const start = performance.now();
    producer.purge(options);
    assertLess(performance.now() - start, 250);
  };
  const names = async (sent: Promise<DeliveryReport>[]) =>
    (await Promise.all(sent)).map(({ error }) => error?.codeName ?? "delivered");
  await producer.send({ topic: at.topic, partition: 0 });
  at.cluster.setRoundTripTime(1, 500);
  await waitFor(async () => {
    const sent = send();
    await delay(50);
    purge({ inFlight: false });
    return (await names(sent)).join() === "delivered,_PURGE_QUEUE";
  }, { what: "the queued message alone to be taken back" });
  const sent = send();
  await waitFor(async () => {
    purge({ queued: false });
    return (await Promise.race([Promise.all(sent), delay(20)])) !== undefined;
  }, { what: "both messages to be taken back in flight" });
  assertEquals(await names(sent), ["_PURGE_INFLIGHT", "_PURGE_INFLIGHT"]);
});

test("T6: one await gives the report, and every promise settles when the producer is closed", async () => {
  await using at = mockTopic();
  await using working = openProducer({ "bootstrap.servers": at.servers });
  assertEquals((await working.producer.send({ topic: at.topic })).offset, 0);

  const { producer } = openProducer({ "bootstrap.servers": nobody, "queue.buffering.max.messages": 10 });
  const told: DeliveryReport[] = [];
  assert(producer.produce({ topic: "t" }, (report) => void told.push(report)));
  // More than there is room for.
  const sent = Array.from({ length: 30 }, () => producer.send({ topic: "t" }));
  const batch = assertRejects(() => producer.send([{ topic: "t" }, { topic: "t" }]), KafkaError);
  const settled = Promise.allSettled(sent);
  await producer.close({ timeoutMs: 50 });
  assertEquals(new Set((await settled).map(({ status }) => status)), new Set(["rejected"]));
  await batch;
  assertEquals(told.map(({ status }) => status), ["NOT_PERSISTED"]);
});

test("T7: messages of a batch that failed are not sent again behind the caller's back", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  const send = (values: string[]) => producer.send(values.map((value) => ({ topic: at.topic, value })));
  await send(["before"]);
  at.cluster.failNext("Produce", [errorCodes.INVALID_RECORD]);
  await assertRejects(() => send(["failed", "failed"]), KafkaError);
  await send(["after"]);
  assertEquals(await producer.flush(), 0);
  const values = (await readAll(at.servers, { topic: at.topic, count: 2 })).map(text);
  assertEquals(values, ["before", "after"]);
});

test("T8: a slow rebalance handler that calls the consumer stops neither the loop nor the reading", async () => {
  await using at = mockTopic();
  await using filling = openProducer({ "bootstrap.servers": at.servers });
  await filling.producer.send([1, 2, 3].map((value) => ({ topic: at.topic, value: `${value}` })));
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 10);
  const handled: (number | null)[] = [];
  await using consumer = openConsumer(at.servers, { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 }, {
    onAssign: async (partitions) => {
      const before = ticks;
      const [first] = partitions;
      // More calls at a time than a pool of threads would have.
      const asked = Array.from({ length: 8 }, () => consumer.committed(partitions));
      handled.push((await consumer.getWatermarkOffsets(first!)).high, (await Promise.all(asked)).length);
      await waitFor(() => ticks > before + 20, { what: "the loop to go on meanwhile" });
    },
  });
  try {
    consumer.subscribe([at.topic]);
    assertEquals((await read(consumer, 3)).map(text), ["1", "2", "3"]);
    assertEquals(handled, [3, 8]);
  } finally {
    clearInterval(ticking);
  }
});

test("T10: a constructor does not wait for the first token", async () => {
  const start = performance.now();
  let asked = 0;
  const producer = new Producer({
    "bootstrap.servers": nobody,
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "OAUTHBEARER",
  }, {
    onLog: false,
    onError: () => {},
    onTokenRefresh: () => {
      asked++;
      return new Promise(() => {});
    },
  });
  assertLess(performance.now() - start, 1000);
  await waitFor(() => asked > 0, { what: "the handler to be asked" });
  await producer.close({ timeoutMs: 0 });
  assertLess(performance.now() - start, 5000);
});

test("T11: a consumer with deserializers reads in batches too", async () => {
  await using at = mockTopic();
  await using producer = new Producer({ "bootstrap.servers": at.servers }, {
    keySerializer: Serdes.integer(),
    valueSerializer: Serdes.json<{ count: number }>(),
  });
  await producer.send([1, 2, 3].map((count) => ({ topic: at.topic, key: count, value: { count } })));
  const deserializers = { keyDeserializer: Serdes.integer(), valueDeserializer: Serdes.json<{ count: number }>() };
  for (const how of ["consume", "batches"] as const) {
    const config = { "bootstrap.servers": at.servers, "group.id": "g", "fetch.wait.max.ms": 50 };
    await using consumer = new Consumer(config, deserializers);
    consumer.assign([{ topic: at.topic, partition: 0, offset: 0 }]);
    const got: [number | null, number | undefined][] = [];
    const take = (messages: readonly { key: number | null; value: { count: number } | null }[]): void => {
      for (const { key, value } of messages) got.push([key, value?.count]);
    };
    if (how === "consume") take(await consumer.consume(3, { timeoutMs: 10_000 }));
    else {
      for await (const batch of consumer.batches()) {
        take(batch);
        if (got.length >= 3) break;
      }
    }
    assertEquals(got, [[1, 1], [2, 2], [3, 3]], how);
  }
});

test("T14: a delivery report has the headers of its message", async () => {
  await using at = mockTopic();
  const sent = ["a", "b"].map((id): ProducerMessage => ({ topic: at.topic, headers: [["id", id]] }));
  for (const path of paths) {
    const reports = await path.produce({ "bootstrap.servers": at.servers }, sent);
    assertEquals(reports.map(({ message }) => message.headers), [[["id", "a"]], [["id", "b"]]], path.name);
  }
});
