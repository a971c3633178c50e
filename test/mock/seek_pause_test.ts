/** Seeking and pausing in the middle of messages that were read ahead: nothing of before, nothing lost, nothing twice. */
import { type Consumer, KafkaError, type Message, Offset } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assertEquals, assertLess, assertThrows } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, fill, openAssigned, openConsumer, partitionsOf, read, readFor } from "../support/group.ts";

const topic = "t";

/** A cluster with messages 0 to `each - 1` in every partition. */
async function start(options: { partitions?: number; each?: number } = {}): Promise<MockCluster> {
  const { partitions = 1, each = 1000 } = options;
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions });
  await fill(cluster.bootstrapServers, { topic, partitions, each });
  return cluster;
}

const next = async (consumer: Consumer): Promise<number | undefined> =>
  (await consumer.poll({ timeoutMs: 5000 }))?.offset;

test("Consumer.seek() resumes from the given offset, forward and back", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  assertEquals(await next(consumer), 0);
  for (const offset of [500, 20, 999, 0, 1, 998]) {
    consumer.seek({ topic, partition: 0, offset });
    assertEquals(consumer.position([{ topic, partition: 0 }])[0]?.offset, offset);
    assertEquals(await next(consumer), offset);
  }
});

test("Consumer.seek() in the middle of a buffered batch hands over nothing from before", async () => {
  await using cluster = await start({ partitions: 2, each: 5000 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 2 });
  const others: Message[] = [];
  let expected = 0;
  let seeks = 0;
  for await (const message of consumer) {
    if (message.partition === 1) {
      others.push(message);
      continue;
    }
    assertEquals(message.offset, expected);
    expected++;
    if (expected % 37 !== 0) continue;
    if (++seeks > 50) break;
    expected = (seeks * 389) % 1000;
    consumer.seek({ topic, partition: 0, offset: expected });
  }
  others.push(...await read(consumer, 3000).then((rest) => rest.filter(({ partition }) => partition === 1)));
  assertEquals(others.map(({ offset }) => offset), others.map((_, i) => i));
});

test("Consumer.seek() moves to the beginning, the end and a tail", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  assertEquals(await next(consumer), 0);
  consumer.seek({ topic, partition: 0, offset: Offset.tail(3) });
  assertEquals((await read(consumer, 3)).map(({ offset }) => offset), [997, 998, 999]);
  consumer.seek({ topic, partition: 0, offset: Offset.beginning });
  assertEquals(await next(consumer), 0);
  consumer.seek({ topic, partition: 0, offset: Offset.end });
  assertEquals(await readFor(consumer, 300), []);
  await fill(cluster.bootstrapServers, { topic, each: 1 });
  assertEquals(await next(consumer), 1000);
});

test("Consumer.seek() right after assign() is not lost while the committed offset is looked up", async () => {
  await using cluster = await start();
  await using consumer = openConsumer(cluster.bootstrapServers);
  // Slow enough that the lookup cannot be over when seek() is called.
  cluster.setRoundTripTime(1, 200);
  consumer.assign([{ topic, partition: 0 }]);
  consumer.seek({ topic, partition: 0, offset: 700 });
  assertEquals(await next(consumer), 700);
  assertContiguous(await read(consumer, 299), { topic, from: 701, to: 1000 });
});

test("Consumer.seek() backward right after assign() is done though no message comes before it", async () => {
  await using cluster = await start();
  await using consumer = openConsumer(cluster.bootstrapServers, { "auto.offset.reset": "latest" });
  cluster.setRoundTripTime(1, 200);
  consumer.assign([{ topic, partition: 0 }]);
  consumer.seek({ topic, partition: 0, offset: 990 });
  assertContiguous(await read(consumer, 10), { topic, from: 990, to: 1000 });
});

test("Consumer.seek() refuses a partition that is not assigned", async () => {
  await using cluster = await start({ partitions: 2 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  assertEquals(await next(consumer), 0);
  const error = assertThrows(() => consumer.seek({ topic, partition: 1, offset: 0 }), KafkaError);
  assertEquals(error.codeName, "_STATE");
  assertThrows(() => consumer.seek({ topic: "unknown", partition: 0, offset: 0 }), KafkaError);
  assertThrows(() => consumer.seek({ topic, partition: 0, offset: -1 }), RangeError);
  assertEquals(await next(consumer), 1);
});

test("Consumer.seek() takes a list, and leaves other partitions alone", async () => {
  await using cluster = await start({ partitions: 3 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 3 });
  const before = await read(consumer, 5);
  consumer.seek([{ topic, partition: 0, offset: 900 }, { topic, partition: 1, offset: 950 }]);
  const untouched = before.filter(({ partition }) => partition === 2);
  const after = await read(consumer, 100 + 50 + 1000 - untouched.length);
  const of = (number: number) => after.filter(({ partition }) => partition === number);
  assertEquals([of(0).length, of(0)[0]?.offset, of(1).length, of(1)[0]?.offset], [100, 900, 50, 950]);
  assertEquals([...untouched, ...of(2)].map(({ offset }) => offset), Array.from({ length: 1000 }, (_, i) => i));
});

test("Consumer.seek() while a call waits for more takes back what that call has collected", async () => {
  await using cluster = await start({ each: 100 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  await read(consumer, 1);
  // It has what was read ahead, and waits for more.
  const reading = consumer.consume(1000, { timeoutMs: 1500 });
  consumer.seek({ topic, partition: 0, offset: 60 });
  assertContiguous(await reading, { topic, from: 60, to: 100 });
});

test("Consumer.seek() does not store the message in hand", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic }, { "enable.auto.commit": false });
  await read(consumer, 10);
  consumer.seek({ topic, partition: 0, offset: 3 });
  assertEquals(await consumer.commit(), []);
  assertEquals(await next(consumer), 3);
  assertEquals(await next(consumer), 4);
  assertEquals((await consumer.commit()).map(({ offset }) => offset), [4]);
});

test("Consumer.pause() in the middle of a buffered batch stops one partition at once, and resume() goes on after it", async () => {
  await using cluster = await start({ partitions: 2 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions: 2 });
  const first = await read(consumer, 10);
  consumer.pause([{ topic, partition: 0 }]);
  assertEquals(consumer.paused(), [{ topic, partition: 0 }]);
  const while_ = await readFor(consumer, 500);
  assertEquals(while_.filter(({ partition }) => partition === 0), []);
  consumer.resume([{ topic, partition: 0 }]);
  assertEquals(consumer.paused(), []);
  const rest = await read(consumer, 2000 - first.length - while_.length);
  assertContiguous([...first, ...while_, ...rest], { topic, partitions: 2, to: 1000 });
  assertEquals(await readFor(consumer, 200), []);
});

test("Consumer.pause() before the first message loses nothing", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  consumer.pause([{ topic, partition: 0 }]);
  assertEquals(await readFor(consumer, 300), []);
  consumer.resume([{ topic, partition: 0 }]);
  assertContiguous(await read(consumer, 1000), { topic, to: 1000 });
});

test("Consumer.pause() after messages were fetched, and before one was read, loses nothing", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  await delay(300);
  consumer.pause([{ topic, partition: 0 }]);
  assertEquals(await readFor(consumer, 200), []);
  consumer.resume([{ topic, partition: 0 }]);
  assertContiguous(await read(consumer, 1000), { topic, to: 1000 });
});

test("Consumer.resume() of a partition that is not paused changes nothing", async () => {
  await using cluster = await start({ each: 5000 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const messages = await read(consumer, 1);
  // By now librdkafka has fetched more than the buffer holds.
  await delay(300);
  while (messages.length < 5000) {
    consumer.resume([{ topic, partition: 0 }]);
    messages.push(...await read(consumer, Math.min(700, 5000 - messages.length)));
  }
  assertContiguous(messages, { topic, to: 5000 });
});

test("Consumer.pause() twice is ended by one resume()", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const first = await read(consumer, 10);
  consumer.pause([{ topic, partition: 0 }]);
  consumer.pause([{ topic, partition: 0 }]);
  assertEquals(await readFor(consumer, 100), []);
  consumer.resume([{ topic, partition: 0 }]);
  assertContiguous([...first, ...await read(consumer, 990)], { topic, to: 1000 });
});

test("Consumer.pause() while a call waits for more keeps what it has of the partition for resume()", async () => {
  await using cluster = await start({ each: 100 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  const first = await read(consumer, 1);
  const reading = consumer.consume(1000, { timeoutMs: 300 });
  consumer.pause([{ topic, partition: 0 }]);
  assertEquals(await reading, []);
  consumer.resume([{ topic, partition: 0 }]);
  assertContiguous([...first, ...await read(consumer, 99)], { topic, to: 100 });
});

test("Consumer.pause() and resume() of random partitions lose nothing, repeat nothing and keep the order", async () => {
  const partitions = 4;
  await using cluster = await start({ partitions, each: 2000 });
  await using consumer = openAssigned(cluster.bootstrapServers, { topic, partitions });
  const all = partitionsOf(topic, partitions);
  const messages: Message[] = [];
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const isPaused = all.map(() => false);
  while (messages.length < partitions * 2000) {
    const which = random(partitions);
    if (isPaused[which]) consumer.resume([all[which]!]);
    else if (isPaused.filter(Boolean).length < partitions - 1) consumer.pause([all[which]!]);
    else continue;
    isPaused[which] = !isPaused[which];
    for (const message of await consumer.consume(1 + random(60), { timeoutMs: random(2) * 20 })) {
      assertEquals(isPaused[message.partition], false, `partition ${message.partition} is paused`);
      messages.push(message);
    }
  }
  assertContiguous(messages, { topic, partitions, to: 2000 });
});

test("Consumer.pause() refuses a partition that is not assigned", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  assertEquals(await next(consumer), 0);
  for (const change of [consumer.pause, consumer.resume]) {
    assertThrows(() => change.call(consumer, [{ topic: "unknown", partition: 0 }]), KafkaError);
    assertThrows(() => change.call(consumer, [{ topic, partition: -1 }]), RangeError);
  }
  assertEquals(consumer.paused(), []);
  assertEquals(await next(consumer), 1);
});

test("Consumer.seek() of a paused partition holds until resume(), which goes on from there", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  await read(consumer, 10);
  consumer.pause([{ topic, partition: 0 }]);
  consumer.seek({ topic, partition: 0, offset: 400 });
  assertEquals(await readFor(consumer, 200), []);
  consumer.resume([{ topic, partition: 0 }]);
  assertContiguous(await read(consumer, 600), { topic, from: 400, to: 1000 });
});

test("Consumer.assign() of a partition that was paused lets it flow", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  await read(consumer, 10);
  consumer.pause([{ topic, partition: 0 }]);
  consumer.assign([{ topic, partition: 0, offset: 50 }]);
  assertEquals(consumer.paused(), []);
  assertEquals(await next(consumer), 50);
  consumer.pause([{ topic, partition: 0 }]);
  consumer.unassign();
  assertEquals(consumer.paused(), []);
  consumer.assign([{ topic, partition: 0, offset: 70 }]);
  assertEquals(await next(consumer), 70);
});

test("Consumer.pause() of everything leaves the wait of a read bounded", async () => {
  await using cluster = await start();
  await using consumer = openAssigned(cluster.bootstrapServers, { topic });
  await read(consumer, 10);
  consumer.pause([{ topic, partition: 0 }]);
  const started = performance.now();
  assertEquals(await consumer.poll({ timeoutMs: 250 }), null);
  assertLess(performance.now() - started, 1500);
});
