/** Share consumers: acknowledgements of all kinds, both modes, commits and their results, and what is refused. */
import {
  KafkaError,
  Producer,
  ShareConsumer,
  type ShareMessage,
  UnsupportedFeatureError,
  ValueDeserializationError,
} from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertLess, assertRejects, assertThrows } from "../support/assert.ts";
import { ErrorList, fill, text } from "../support/group.ts";
import { randomName } from "../support/random.ts";
import { floorLibrary, floorVersion } from "../support/scripts/floor.ts";
import { deliveries, openShareConsumer, take } from "../support/sharing.ts";
import { waitFor } from "../support/wait.ts";

const topic = "t";
const implicit = { "share.acknowledgement.mode": "implicit" };

async function start(each = 5, partitions = 1): Promise<MockCluster> {
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions });
  cluster.setShareGroups({ autoOffsetReset: "earliest", heartbeatIntervalMs: 100 });
  await fill(cluster.bootstrapServers, { topic, partitions, each });
  return cluster;
}

function base(cluster: MockCluster) {
  return { "bootstrap.servers": cluster.bootstrapServers, "fetch.wait.max.ms": 50 };
}

function codeOf(error: unknown): string {
  assertInstanceOf(error, KafkaError);
  return error.codeName;
}

test("ShareConsumer delivers what was released again, and what was accepted or rejected never", async () => {
  await using cluster = await start();
  await using consumer = openShareConsumer(cluster.bootstrapServers);
  consumer.subscribe([topic]);
  assertEquals(consumer.subscription(), [topic]);
  const messages = await take(consumer, 5);
  assertEquals(deliveries(messages), ["0x1", "1x1", "2x1", "3x1", "4x1"]);
  assertEquals(messages.map(text), ["0/0", "0/1", "0/2", "0/3", "0/4"]);
  consumer.acknowledge(messages[0]!);
  consumer.acknowledge(messages[1]!, "reject");
  consumer.acknowledge(messages.slice(2), "release");
  const again = await take(consumer, 3);
  assertEquals(deliveries(again), ["2x2", "3x2", "4x2"]);
  consumer.acknowledgeOffset({ topic, partition: 0, offset: 2 });
  // Said again before it is sent, the last counts.
  consumer.acknowledge(again[1]!, "release");
  consumer.acknowledge(again[1]!, "accept");
  consumer.acknowledge(again[2]!, "release");
  const last = await take(consumer, 1);
  assertEquals(deliveries(last), ["4x3"]);
  consumer.acknowledge(last);
  assertEquals(await consumer.poll({ timeoutMs: 300 }), []);
});

test("ShareConsumer.commit() says of each partition what became of its acknowledgements", async () => {
  await using cluster = await start(2, 2);
  const told: string[] = [];
  await using consumer = openShareConsumer(cluster.bootstrapServers, {}, {
    onAcknowledgementCommit: ({ partition, offsets }, error) => {
      told.push(`${partition}: ${offsets} ${error?.codeName ?? "ok"}`);
    },
  });
  consumer.subscribe([topic]);
  assertEquals(await consumer.commit(), []);
  await take(consumer, 4, (message) => consumer.acknowledge(message));
  const results = await consumer.commit();
  const sorted = [...results].sort((a, b) => a.partition - b.partition);
  // What a poll had to send was sent before, and the handler was told of it.
  assertEquals(told.map((line) => line.split(" ").at(-1)), told.map(() => "ok"));
  assertEquals(
    sorted.map((result) => [result.topic, result.partition, result.offsets, result.error]),
    [[topic, 0, [0, 1], null], [topic, 1, [0, 1], null]].filter(([, partition]) =>
      sorted.some((result) => result.partition === partition)
    ),
  );
  await waitFor(() => told.length >= 2, { what: "both partitions to be told of" });
  assertEquals(told.sort(), ["0: 0,1 ok", "1: 0,1 ok"]);
  assertEquals(await consumer.commit(), []);
});

test("ShareConsumer.commit() gives a failed acknowledgement's error, and the message comes again", async () => {
  await using cluster = await start(1);
  cluster.setShareGroups({ recordLockMs: 1000 });
  await using consumer = openShareConsumer(cluster.bootstrapServers);
  consumer.subscribe([topic]);
  await take(consumer, 1, (message) => consumer.acknowledge(message));
  cluster.failNext("ShareAcknowledge", [29]);
  const [result, ...more] = await consumer.commit();
  assertEquals([result?.offsets, result?.error?.codeName, more], [[0], "TOPIC_AUTHORIZATION_FAILED", []]);
  assertEquals(deliveries(await take(consumer, 1, (message) => consumer.acknowledge(message))), ["0x2"]);
});

test("ShareConsumer.commit() with a broker that is away ends when its time is up, and holds nothing up", async () => {
  await using cluster = await start(1);
  const errors = new ErrorList();
  await using consumer = openShareConsumer(cluster.bootstrapServers, {}, { onError: errors.onError });
  consumer.subscribe([topic]);
  await take(consumer, 1, (message) => consumer.acknowledge(message));
  cluster.setRoundTripTime(1, 5000);
  const started = performance.now();
  let turns = 0;
  const timer = setInterval(() => turns++, 10);
  const committing = consumer.commit({ timeoutMs: 500 });
  // Meanwhile no call may be made of librdkafka's: an acknowledgement is kept, and tried afterwards.
  consumer.acknowledgeOffset({ topic, partition: 0, offset: 77 });
  assertEquals(codeOf(assertThrows(() => consumer.subscribe([topic]))), "_CONFLICT");
  const [result] = await committing;
  clearInterval(timer);
  assertEquals(result?.error?.codeName, "REQUEST_TIMED_OUT");
  assertLess(performance.now() - started, 2000);
  assert(turns > 10, `the event loop was held up: ${turns} turns`);
  await waitFor(() => errors.names.includes("_STATE"), { what: "the kept acknowledgement to be refused" });
  cluster.setRoundTripTime(1, 0);
});

test("ShareConsumer with implicit acknowledgement accepts what was handed over when it is asked for more", async () => {
  await using cluster = await start(4);
  const config = { "group.id": randomName("group"), ...implicit };
  {
    await using consumer = openShareConsumer(cluster.bootstrapServers, config);
    consumer.subscribe([topic]);
    const seen: string[] = [];
    for await (const message of consumer) {
      seen.push(...deliveries([message]));
      if (seen.length === 3) break;
    }
    assertEquals(seen, ["0x1", "1x1", "2x1"]);
    assertEquals(codeOf(assertThrows(() => consumer.acknowledgeOffset({ topic, partition: 0, offset: 0 }))), "_STATE");
  }
  // The third was in hand, and the fourth not handed over: both come again.
  await using next = openShareConsumer(cluster.bootstrapServers, config);
  next.subscribe([topic]);
  const offsets = (await take(next, 2)).map(({ offset }) => offset);
  assertEquals(offsets, [2, 3]);
});

test("ShareConsumer.commit() with implicit acknowledgement accepts all that was handed over", async () => {
  await using cluster = await start(3);
  const config = { "group.id": randomName("group"), ...implicit };
  {
    await using consumer = openShareConsumer(cluster.bootstrapServers, config);
    consumer.subscribe([topic]);
    for await (const message of consumer) {
      if (message.offset < 1) continue;
      assertEquals((await consumer.commit()).map(({ offsets, error }) => [offsets, error]), [[[0, 1], null]]);
      break;
    }
  }
  await using next = openShareConsumer(cluster.bootstrapServers, config);
  next.subscribe([topic]);
  assertEquals((await take(next, 1)).map(({ offset }) => offset), [2]);
});

test("ShareConsumer.close() sends acknowledgements and lets go of what was not acknowledged", async () => {
  await using cluster = await start(3);
  const config = { "group.id": randomName("group") };
  const consumer = openShareConsumer(cluster.bootstrapServers, config);
  consumer.subscribe([topic]);
  const [first] = await take(consumer, 3);
  consumer.acknowledge(first!);
  const closing = consumer.close();
  assertEquals(consumer.close(), closing);
  await closing;
  assertEquals(codeOf(await assertRejects(() => consumer.poll())), "_DESTROY");
  await using next = openShareConsumer(cluster.bootstrapServers, config);
  next.subscribe([topic]);
  // Long before the locks run out, which is 30 seconds.
  assertEquals((await take(next, 2)).map(({ offset }) => offset), [1, 2]);
});

// The mock gives each partition to one member, and delivers again what was not acknowledged yet when it moves one. That members
// share a partition, and get each message once, is a test against a real Kafka.
test("ShareConsumers of one group get all messages between them", async () => {
  await using cluster = await start(1, 2);
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  const config = { "group.id": randomName("group") };
  const members = [0, 1].map(() => openShareConsumer(cluster.bootstrapServers, config));
  const seen: number[][] = [[], []];
  const reading = members.map(async (consumer, i) => {
    consumer.subscribe([topic]);
    for await (const batch of consumer.batches()) {
      consumer.acknowledge(batch);
      seen[i]!.push(...batch.map(({ partition, offset }) => 2 * offset + partition));
    }
  });
  let written = 2;
  await waitFor(async () => {
    await producer.send(Array.from({ length: 10 }, (_, i) => ({ topic, partition: i % 2, value: "x" })));
    written += 10;
    return seen.every(({ length }) => length > 50);
  }, { what: "both to get messages" });
  await waitFor(() => seen.flat().length >= written, { what: "the last messages" });
  await Promise.all(members.map((member) => member.close()));
  await Promise.all(reading);
  assertEquals([...new Set(seen.flat())].sort((a, b) => a - b), Array.from({ length: written }, (_, i) => i));
});

test("ShareConsumer.poll() refuses to go on while a message is not acknowledged, and a second reader", async () => {
  await using cluster = await start(3);
  await using consumer = openShareConsumer(cluster.bootstrapServers);
  assertEquals(codeOf(await assertRejects(() => consumer.poll({ timeoutMs: 0 }))), "_STATE");
  consumer.subscribe([topic]);
  const messages = await take(consumer, 3);
  consumer.acknowledge(messages.slice(1));
  assertEquals(codeOf(await assertRejects(() => consumer.poll({ timeoutMs: 0 }))), "_STATE");
  consumer.acknowledge(messages[0]!);
  const reading = consumer.poll({ timeoutMs: 300 });
  assertEquals(codeOf(await assertRejects(() => consumer.poll())), "_CONFLICT");
  assertEquals(await reading, []);
  assertEquals(codeOf(assertThrows(() => consumer.acknowledge(messages[0]!))), "_STATE");
  const stop = new AbortController();
  const waiting = consumer.poll({ signal: stop.signal });
  stop.abort(new Error("enough"));
  assertEquals((await assertRejects(() => waiting) as Error).message, "enough");
});

test("ShareConsumer refuses arguments of the wrong kind", async () => {
  await using cluster = await start(1);
  await using consumer = openShareConsumer(cluster.bootstrapServers);
  assertThrows(() => consumer.subscribe(["^t.*"]), TypeError, "no patterns");
  assertThrows(() => consumer.subscribe([/t/ as unknown as string]), TypeError, "no patterns");
  const position = { topic, partition: 0, offset: 0 };
  assertThrows(() => consumer.acknowledge(position, "renew" as "accept"), TypeError, '"release"');
  assertThrows(() => consumer.acknowledge({ ...position, offset: -1 }), RangeError, "offset");
  assertThrows(() => consumer.acknowledge(null as unknown as ShareMessage), TypeError, "a message is wanted");
  assertThrows(() => consumer.commitLater.call(undefined as unknown as ShareConsumer), TypeError);
  await assertRejects(() => consumer.commit({ timeoutMs: -1 }), RangeError, "timeoutMs");
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  assertThrows(() => new ShareConsumer(servers), KafkaError, '"group.id" is not set');
  const config = { ...servers, "group.id": "g", "auto.offset.reset": "earliest" };
  assertThrows(() => new ShareConsumer(config), KafkaError, "auto.offset.reset");
});

test("ShareConsumer with deserializers gives values of their types, and rejects what it is told to skip", async () => {
  await using cluster = await start(4);
  const errors = new ErrorList();
  const config = { ...base(cluster), "group.id": randomName("group") };
  // "0/1" is what cannot be deserialized.
  const valueDeserializer = {
    deserialize(data: Uint8Array): number {
      const number = Number(text({ value: data })?.slice(2));
      if (number === 1) throw new RangeError("one is none");
      return number;
    },
  };
  {
    await using consumer = new ShareConsumer({ ...config, "share.acknowledgement.mode": "explicit" }, {
      valueDeserializer,
      onLog: false,
    });
    consumer.subscribe([topic]);
    const [first, ...none] = await consumer.poll();
    const value: number | null | undefined = first?.value;
    assertEquals([value, first?.deliveryCount, none.length], [0, 1, 0]);
    const error = await assertRejects(() => consumer.poll({ timeoutMs: 0 }));
    assertInstanceOf(error, ValueDeserializationError);
    assertEquals(error.raw.offset, 1);
    const rest = await consumer.poll({ timeoutMs: 0 });
    assertEquals(rest.map(({ value }) => value), [2, 3]);
    consumer.acknowledge([first!, error.raw, ...rest], "release");
    await consumer.commit();
  }
  await using consumer = new ShareConsumer({ ...config, ...implicit }, {
    valueDeserializer: { deserialize: async (data: Uint8Array) => await valueDeserializer.deserialize(data) },
    onDeserializationError: "skip",
    onError: errors.onError,
    onLog: false,
  });
  consumer.subscribe([topic]);
  const values: (number | null)[] = [];
  for await (const { value } of consumer) {
    if (values.push(value) === 3) break;
  }
  assertEquals(values, [0, 2, 3]);
  assertEquals(errors.names, ["_VALUE_DESERIALIZATION"]);
  assertEquals((await consumer.commit()).map(({ offsets, error }) => [[...offsets].sort(), error]), [
    [[0, 1, 2, 3], null],
  ]);
});

test("ShareConsumer ends its loops when it is closed", async () => {
  await using cluster = await start(2);
  const consumer = openShareConsumer(cluster.bootstrapServers, implicit);
  consumer.subscribe([topic]);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const message of consumer) seen.push(message.offset);
  })();
  await waitFor(() => seen.length === 2, { what: "both messages" });
  await consumer.close();
  await reading;
  assertEquals(seen, [0, 1]);
});

// The story: an answer that had nothing but the end of a transaction looked like no answer, and nobody asked for more.
test("ShareConsumer goes on after the end of a transaction", async () => {
  await using cluster = await start(1);
  await using producer = new Producer({
    "bootstrap.servers": cluster.bootstrapServers,
    "transactional.id": randomName("id"),
  });
  await producer.initTransactions();
  await using consumer = openShareConsumer(cluster.bootstrapServers);
  consumer.subscribe([topic]);
  await take(consumer, 1, (message) => consumer.acknowledge(message));
  const seen: (string | null)[] = [];
  const reading = (async () => {
    for await (const batch of consumer.batches()) {
      consumer.acknowledge(batch);
      await consumer.commit();
      if (seen.push(...batch.map(text)) === 40) return;
    }
  })();
  for (let i = 0; i < 40; i++) {
    await producer.beginTransaction();
    await producer.send({ topic, partition: 0, value: `${i}` });
    await producer.commitTransaction();
  }
  await reading;
  assertEquals(seen, Array.from({ length: 40 }, (_, i) => `${i}`));
});

test("ShareConsumer tells of statistics, logs and lost brokers, however often it polls", async () => {
  await using cluster = await start(1);
  const errors = new ErrorList();
  const facilities = new Set<string>();
  let statistics = 0;
  await using consumer = openShareConsumer(cluster.bootstrapServers, { "statistics.interval.ms": 20 }, {
    onError: errors.onError,
    onLog: ({ facility }) => void facilities.add(facility),
    // Handlers are called in the midst of polls and commits, and may commit all the same.
    onStatistics: async () => {
      if (++statistics % 2 === 0) consumer.commitLater();
      else await consumer.commit();
    },
  });
  consumer.subscribe([topic]);
  const poll = async (condition: () => boolean, what: string) => {
    await waitFor(async () => {
      consumer.acknowledge(await consumer.poll({ timeoutMs: 1 }));
      return condition();
    }, { what, intervalMs: 0 });
  };
  await poll(() => statistics > 20, "statistics");
  assertEquals(facilities.has("SHARECONSUMER"), true);
  assertEquals((await consumer.metadata()).topics.map(({ topic }) => topic), [topic]);
  assertEquals(errors.list, []);
  cluster.stopBroker(1);
  // Each attempt to connect fails and is told of: one in many may come in the middle of a poll, which swallows it.
  await poll(() => errors.list.length > 2, "the lost broker to be told of");
  cluster.startBroker(1);
});

test("ShareConsumer needs a librdkafka that knows share groups, and says so", () => {
  const libraryPath = floorLibrary();
  if (libraryPath === null) return;
  const config = { "bootstrap.servers": "localhost:9", "group.id": "g" };
  const error = assertThrows(() => new ShareConsumer(config, { libraryPath }));
  assertInstanceOf(error, UnsupportedFeatureError);
  assertEquals([error.needs, error.have], ["2.15", `librdkafka ${floorVersion}`]);
});
