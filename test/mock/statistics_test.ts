/** `onStatistics`: what is handed over, how often, and what a handler cannot do to the client. */
import type { KafkaError, Statistics } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertStrictEquals } from "../support/assert.ts";
import { fill, openConsumer, read } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer } from "../support/producing.ts";
import { differences } from "../support/statistics_shape.ts";
import { waitFor } from "../support/wait.ts";

test("Statistics of a producer have exactly the fields of their type", async () => {
  await using mock = mockTopic(3, 2);
  const { servers, topic } = mock;
  const all: [Statistics, string][] = [];
  await using opened = openProducer(
    { "bootstrap.servers": servers, "enable.idempotence": true, "statistics.interval.ms": 20 },
    { onStatistics: (...given) => void all.push(given) },
  );
  for (let partition = 0; partition < 3; partition++) await opened.producer.send({ topic, partition, value: "v" });
  const from = all.length;
  const [statistics, json] = await waitFor(() => all[from + 1], { what: "statistics" });
  assertEquals(JSON.parse(json), statistics);
  assertEquals(differences(statistics, "Statistics"), []);
  assertEquals([statistics.type, statistics.client_id, statistics.txmsgs], ["producer", "rdkafka", 3]);
  assertEquals(Object.keys(statistics.topics), [topic]);
  assertEquals(["-1", "0", "1", "2"].filter((key) => key in statistics.topics[topic]!.partitions), [
    "-1",
    "0",
    "1",
    "2",
  ]);
  assert(statistics.eos !== undefined && statistics.cgrp === undefined);
});

test("Statistics of a consumer in a group have exactly the fields of their type", async () => {
  await using mock = mockTopic(2);
  const { servers, topic } = mock;
  await fill(servers, { topic, partitions: 2, each: 5 });
  const all: Statistics[] = [];
  await using consumer = openConsumer(servers, { "statistics.interval.ms": 20, "session.timeout.ms": 1500 }, {
    onStatistics: (statistics) => void all.push(statistics),
  });
  consumer.subscribe([topic]);
  await read(consumer, 10);
  const statistics = await waitFor(() => all.at(-1)?.rxmsgs === 10 && all.at(-1), {
    what: "statistics of what was read",
  });
  assertEquals(differences(statistics, "Statistics"), []);
  assertEquals([statistics.type, statistics.cgrp?.assignment_size], ["consumer", 2]);
  assertStrictEquals(statistics.topics[topic]!.partitions["0"]!.hi_offset, 5);
});

test("differences() sees a field too much, one too few, and one of another type", () => {
  const good = { name: "x", error: "y", reason: "z", cnt: 1 };
  const { name: _, ...fatal } = good;
  assertEquals(differences(fatal, "FatalStatistics"), []);
  assertEquals(differences(good, "FatalStatistics"), ["FatalStatistics.name is not in FatalStatistics"]);
  assertEquals(differences({ ...fatal, cnt: "1" }, "FatalStatistics"), ['FatalStatistics.cnt is "1", no number']);
  assertEquals(differences({ error: "", reason: "" }, "FatalStatistics"), ["FatalStatistics.cnt is missing"]);
});

test("Producer with onStatistics tells it every second if statistics.interval.ms is not set", async () => {
  await using mock = mockTopic();
  const times: number[] = [];
  const opens = performance.now();
  await using opened = openProducer(
    { "bootstrap.servers": mock.servers },
    { onStatistics: () => void times.push(performance.now() - opens) },
  );
  await waitFor(() => times.length > 0, { what: "statistics" });
  assertGreater(times[0]!, 800);
  assertLess(times[0]!, 5000);
  assertEquals(opened.errors, []);
});

test("Producer does not call onStatistics again while it is at work, and lives on", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  const ends: (() => void)[] = [];
  await using opened = openProducer(
    { "bootstrap.servers": servers, "statistics.interval.ms": 5 },
    { onStatistics: () => new Promise<void>((resolve) => ends.push(resolve)) },
  );
  await waitFor(() => ends.length > 0, { what: "statistics" });
  for (let i = 0; i < 50; i++) await opened.producer.send({ topic, value: "v" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertStrictEquals(ends.length, 1);
  ends[0]!();
  await waitFor(() => ends.length > 1, { what: "the next statistics" });
  assertEquals(opened.errors, []);
});

test("Producer tells onError once when librdkafka's statistics are no JSON", async () => {
  await using mock = mockTopic();
  const errors: KafkaError[] = [];
  let calls = 0;
  // librdkafka writes it as it is.
  const config = { "bootstrap.servers": mock.servers, "client.id": 'a"b', "statistics.interval.ms": 5 };
  await using opened = openProducer(config, {
    onStatistics: () => void calls++,
    onError: (error) => void errors.push(error),
  });
  await waitFor(() => errors.length > 0, { what: "an error" });
  for (let i = 0; i < 20; i++) await opened.producer.send({ topic: mock.topic, value: "v" });
  assertEquals([calls, errors.map(({ codeName }) => codeName)], [0, ["_BAD_MSG"]]);
  assert(errors[0]!.cause instanceof SyntaxError);
});
