/** Assignments, seeks and answers that are refused must leave everything as it was. Each of these once lost messages. */
import type { ConsumerOptions } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { ErrorList, fill, openAssigned, openConsumer, read } from "../support/group.ts";

const topic = "refused";

async function start(): Promise<MockCluster> {
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions: 2 });
  await fill(cluster.bootstrapServers, { topic, each: 100 });
  return cluster;
}

test("Consumer.incrementalAssign() of a partition that it has already keeps what was read ahead", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  assertEquals((await read(consumer, 1))[0]!.offset, 0);
  assertThrows(() => consumer.incrementalAssign([{ topic, partition: 0 }, { topic, partition: 1 }]), Error, "already");
  assertEquals((await read(consumer, 99)).map(({ offset }) => offset), Array.from({ length: 99 }, (_, i) => i + 1));
});

test("Consumer.assign() and seek() with a partition twice change nothing", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  assertEquals((await read(consumer, 1))[0]!.offset, 0);
  const twice = [{ topic, partition: 0, offset: 8 }, { topic, partition: 0, offset: 9 }];
  assertThrows(() => consumer.assign(twice), TypeError, "twice");
  assertThrows(() => consumer.seek(twice), TypeError, "twice");
  assertEquals(consumer.assignment(), [{ topic, partition: 0 }]);
  assertEquals((await read(consumer, 9)).map(({ offset }) => offset), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

for (const answer of [1, null, [null], "nothing"]) {
  test(`Consumer whose onAssign returns ${JSON.stringify(answer)} is assigned all the same`, async () => {
    await using cluster = await start();
    const errors = new ErrorList();
    const options = { onAssign: () => answer, onError: errors.onError };
    await using consumer = openConsumer(cluster.bootstrapServers, {}, options as unknown as ConsumerOptions);
    consumer.subscribe([topic]);
    assertEquals((await read(consumer, 1))[0]!.offset, 0);
    assertEquals(errors.list.map(({ name }) => name), Array.isArray(answer) || answer === null ? [] : ["HandlerError"]);
  });
}
