/** The oldest librdkafka that is accepted does all that this client asks of it. */
import { MockCluster } from "../../testing.ts";
import { Consumer } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Oracle } from "../support/oracle.ts";
import { openProducer } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readBack } from "../support/read_back.ts";
import { floorLibrary, floorVersion } from "../support/scripts/floor.ts";
import { waitFor } from "../support/wait.ts";

test("Producer and Consumer work on the oldest librdkafka that is accepted", async () => {
  const libraryPath = floorLibrary();
  if (libraryPath === null) return;
  await using cluster = new MockCluster({ libraryPath });
  const topic = randomName("t");
  cluster.createTopic(topic, { partitions: 2 });
  const config = { "bootstrap.servers": cluster.bootstrapServers };
  await using opened = openProducer({ ...config, "queue.buffering.max.messages": 100 }, { libraryPath });
  const { producer } = opened;
  assertEquals(producer.library.version, floorVersion);

  const oracle = new Oracle();
  const sent: Promise<void>[] = [];
  for (let i = 0; i < 1_000; i++) {
    const extra = i % 3 === 0 ? { headers: { i: `${i}` } } : i % 7 === 0 ? { timestamp: i + 1 } : {};
    sent.push(oracle.settle(producer.send(oracle.next({ topic, partition: i % 2, ...extra }))));
  }
  await Promise.all(sent);
  await readBack(cluster.bootstrapServers, { topic, count: 1_000, partitions: 2, libraryPath }, (message) => {
    oracle.see(message);
    assertEquals(message.timestampType, "CREATE_TIME");
  });
  oracle.assertExactlyOnce(1_000);

  await using consumer = new Consumer(
    {
      ...config,
      "group.id": randomName("g"),
      "auto.offset.reset": "earliest",
      "partition.assignment.strategy": "cooperative-sticky",
    },
    { libraryPath, onLog: false },
  );
  consumer.subscribe([topic]);
  let read = 0;
  await waitFor(async () => (read += (await consumer.consume(500, { timeoutMs: 500 })).length) >= 1_000, {
    what: "the group to read everything",
  });
  // Asking for more says that the messages before were dealt with.
  assertEquals([read, await consumer.consume(1, { timeoutMs: 50 })], [1_000, []]);
  const committed = await consumer.commit();
  assertEquals(committed.map(({ offset, error }) => [offset, error]), [[500, null], [500, null]]);
  const watermarks = await consumer.getWatermarkOffsets({ topic, partition: 0 });
  assertEquals(watermarks, { low: 0, high: 500 });
  assert(opened.errors.length === 0);
});

test("Two versions of librdkafka work side by side in one process", async () => {
  const libraryPath = floorLibrary();
  if (libraryPath === null) return;
  await using old = new MockCluster({ libraryPath });
  await using current = new MockCluster();
  for (const [cluster, options] of [[old, {}], [current, { libraryPath }]] as const) {
    cluster.createTopic("t", { partitions: 1 });
    await using opened = openProducer({ "bootstrap.servers": cluster.bootstrapServers }, options);
    assertEquals((await opened.producer.send({ topic: "t" })).offset, 0);
  }
});
