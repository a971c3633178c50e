/** `Consumer.lag()`, and watermarks that are known without asking. */
import { KafkaError } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "../support/assert.ts";
import { fill, openAssigned, openConsumer, partitionsOf, read } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

/** What these tests do to the broker is no news. */
const silent = { onLog: false, onError: () => {} } as const;

test("Consumer.lag() counts from the next message to the end, partition by partition, and asks nobody", async () => {
  await using mock = mockTopic(2);
  const { cluster, servers, topic } = mock;
  await fill(servers, { topic, partitions: 2, each: 10 });
  await using consumer = openAssigned(servers, { topic, partitions: 2 }, { "enable.auto.commit": false }, silent);
  await read(consumer, 20);
  consumer.seek({ topic, partition: 1, offset: 4 });
  // Not one request can be answered.
  cluster.stopBroker(1);
  const lag = await consumer.lag();
  assertEquals(lag, [
    { topic, partition: 0, position: 10, end: 10, lag: 0, error: null },
    { topic, partition: 1, position: 4, end: 10, lag: 6, error: null },
  ]);
  cluster.startBroker(1);
});

test("Consumer.lag() follows what is written meanwhile", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  await fill(servers, { topic, each: 2 });
  await using consumer = openAssigned(servers, { topic });
  await read(consumer, 2);
  await fill(servers, { topic, each: 3, from: 2 });
  const lag = await waitFor(async () => (await consumer.lag()).find((each) => each.lag === 3), { what: "the lag" });
  assertEquals([lag.position, lag.end], [2, 5]);
});

test("Consumer.lag() asks where nothing was read: from what is committed, or from where reading would begin", async () => {
  await using mock = mockTopic(2);
  const { servers, topic } = mock;
  await fill(servers, { topic, partitions: 2, each: 10 });
  const partitions = partitionsOf(topic, 2);
  const group = randomName("group");
  for (const [reset, lag] of [["earliest", 10], ["latest", 0], ["error", null]] as const) {
    await using consumer = openConsumer(servers, { "group.id": group, "auto.offset.reset": reset });
    if (reset === "earliest") await consumer.commit([{ topic, partition: 0, offset: 7 }]);
    const [first, second] = await consumer.lag(partitions);
    assertEquals([first!.position, first!.end, first!.lag], [7, 10, 3], reset);
    assertStrictEquals(second!.lag, lag, reset);
    assertEquals([second!.end, second!.error], [10, null], reset);
  }
});

test("Consumer.lag() gives a partition that does not exist its own error", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  await fill(servers, { topic, each: 1 });
  await using consumer = openConsumer(servers);
  const [good, bad] = await consumer.lag([{ topic, partition: 0 }, { topic, partition: 7 }], { timeoutMs: 3000 });
  assertEquals([good!.lag, good!.error], [1, null]);
  assertEquals([bad!.lag, bad!.error instanceof KafkaError], [null, true]);
  assertEquals(await consumer.lag([]), []);
  await assertRejects(() => consumer.lag([{ topic, partition: -1 }]), RangeError);
  await assertRejects(() => consumer.lag([{ topic, partition: 0 }], { timeoutMs: NaN }), RangeError);
});

test("Consumer.getWatermarkOffsets() with cached asks nobody for what a fetch has told", async () => {
  await using mock = mockTopic();
  const { cluster, servers, topic } = mock;
  await fill(servers, { topic, each: 5 });
  await using consumer = openAssigned(servers, { topic }, {}, silent);
  assertEquals(await consumer.getWatermarkOffsets({ topic, partition: 0 }, { cached: true }), { low: 0, high: 5 });
  await read(consumer, 5);
  cluster.stopBroker(1);
  assertEquals(await consumer.getWatermarkOffsets({ topic, partition: 0 }, { cached: true }), { low: 0, high: 5 });
  await assertRejects(() => consumer.getWatermarkOffsets({ topic, partition: 0 }, { timeoutMs: 100 }), KafkaError);
  cluster.startBroker(1);
});
