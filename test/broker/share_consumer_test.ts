/** Share groups on a real Kafka: locks, acknowledgements, delivery counts, and members that come, go and die. */
import { Producer, type ShareConsumer, type ShareConsumerConfig } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { ErrorList, fill, text } from "../support/group.ts";
import { configureGroup, createTopic } from "../support/peers.ts";
import { runProgram } from "../support/program.ts";
import { randomName } from "../support/random.ts";
import { deliveries, openShareConsumer, take } from "../support/sharing.ts";
import { thisRuntime } from "../support/this_runtime.ts";
import { waitFor } from "../support/wait.ts";

const implicit = { "share.acknowledgement.mode": "implicit" };

/** A topic with one partition, and a group that reads it from the beginning. */
async function start(servers: string, each: number, group: Record<string, string> = {}) {
  const topic = randomName("shared");
  const config = { "group.id": randomName("group") };
  await Promise.all([
    createTopic(servers, topic, { partitions: 1, config: {} }),
    configureGroup(servers, config["group.id"], { "share.auto.offset.reset": "earliest", ...group }),
  ]);
  if (each > 0) await fill(servers, { topic, each });
  const open = (more: Partial<ShareConsumerConfig> = {}, errors?: ErrorList): ShareConsumer => {
    const onError = errors === undefined ? {} : { onError: errors.onError };
    const consumer = openShareConsumer(servers, { ...config, ...more }, onError);
    consumer.subscribe([topic]);
    return consumer;
  };
  return { topic, group: config["group.id"], open };
}

testBroker(
  "ShareConsumer on a real Kafka: released messages come again, accepted and rejected ones never, and counts rise",
  async ({ bootstrapServers }) => {
    const { open } = await start(bootstrapServers, 5, { "share.delivery.count.limit": "3" });
    await using consumer = open();
    const messages = await take(consumer, 5);
    assertEquals(messages.map(text), ["0/0", "0/1", "0/2", "0/3", "0/4"]);
    consumer.acknowledge(messages[0]!, "accept");
    consumer.acknowledge(messages[1]!, "reject");
    consumer.acknowledge(messages.slice(2), "release");
    assertEquals((await consumer.commit()).map(({ offsets, error }) => [offsets, error]), [[[0, 1, 2, 3, 4], null]]);
    const second = await take(consumer, 3);
    assertEquals(deliveries(second), ["2x2", "3x2", "4x2"]);
    consumer.acknowledge(second[0]!);
    consumer.acknowledge(second.slice(1), "release");
    // Three deliveries are the limit of this group, so the broker gives up what is released again.
    const third = await take(consumer, 2, (message) => consumer.acknowledge(message, "release"));
    assertEquals(deliveries(third), ["3x3", "4x3"]);
    assertEquals(await consumer.poll({ timeoutMs: 500 }), []);
  },
);

testBroker("ShareConsumers share one partition, and each message goes to one of them", async ({ bootstrapServers }) => {
  const { topic, open } = await start(bootstrapServers, 0);
  const members = [open(), open(implicit)];
  await using producer = new Producer({ "bootstrap.servers": bootstrapServers });
  const seen: number[][] = [[], []];
  const reading = members.map(async (member, i) => {
    for await (const message of member) {
      assertEquals(message.deliveryCount, 1);
      seen[i]!.push(message.offset);
      if (i === 0) member.acknowledge(message);
    }
  });
  let written = 0;
  await waitFor(async () => {
    await producer.send(Array.from({ length: 10 }, () => ({ topic, partition: 0, value: "x" })));
    written += 10;
    return seen.every(({ length }) => length > 100);
  }, { what: "both to get messages", timeoutMs: 20_000 });
  await waitFor(() => seen.flat().length >= written, { what: "the last messages" });
  await Promise.all(members.map((member) => member.commit()));
  await Promise.all(members.map((member) => member.close()));
  await Promise.all(reading);
  assertEquals(seen.flat().sort((a, b) => a - b), Array.from({ length: written }, (_, i) => i));
});

testBroker("ShareConsumer.close() lets go of its locks at once", async ({ bootstrapServers }) => {
  const { open } = await start(bootstrapServers, 10);
  const first = open();
  const messages = await take(first, 10);
  first.acknowledge(messages.slice(0, 4));
  const started = performance.now();
  await first.close();
  assertLess(performance.now() - started, 5000);
  await using second = open();
  assertEquals((await take(second, 6)).map(({ offset }) => offset), [4, 5, 6, 7, 8, 9]);
  // The locks would have lasted 30 seconds.
  assertLess(performance.now() - started, 15_000);
});

testBroker("ShareConsumer with a lock that ran out cannot acknowledge, and says so", async ({ bootstrapServers }) => {
  const { open } = await start(bootstrapServers, 2, { "share.record.lock.duration.ms": "1000" });
  await using late = open();
  const messages = await take(late, 2);
  await using other = open();
  // The other gets them when the locks have run out.
  assertEquals(deliveries(await take(other, 2)), ["0x2", "1x2"]);
  late.acknowledge(messages);
  const [result] = await late.commit();
  assertEquals([result?.offsets, result?.error?.codeName], [[0, 1], "INVALID_RECORD_STATE"]);
});

testBroker("ShareConsumer that is killed loses no message", { timeoutMs: 90_000 }, async ({ bootstrapServers }) => {
  const { topic, group, open } = await start(bootstrapServers, 100, { "share.record.lock.duration.ms": "2000" });
  const { output, end } = await runProgram(thisRuntime, "members/share_member.mjs", {
    args: [bootstrapServers, group, topic],
    onReady: ({ kill }) => kill("SIGKILL"),
    timeoutMs: 40_000,
  });
  assertEquals(end, "SIGKILL", output);
  const held = (output.split("\n").find((line) => /^\d/.test(line)) ?? "").split(" ").map(Number);
  assertGreater(held.length, 0);
  await using next = open();
  const messages = await take(next, 100, (message) => next.acknowledge(message));
  assertEquals(messages.map(({ offset }) => offset).sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  const again = messages.filter(({ deliveryCount }) => deliveryCount > 1).map(({ offset }) => offset);
  assertEquals(again.sort((a, b) => a - b), held);
});

testBroker("ShareConsumer with implicit acknowledgement takes no message twice", async ({ bootstrapServers }) => {
  const { open } = await start(bootstrapServers, 50);
  {
    await using first = open(implicit);
    const offsets: number[] = [];
    for await (const message of first) {
      offsets.push(message.offset);
      if (offsets.length === 20) break;
    }
    const [result, ...more] = await first.commit();
    assertEquals([result?.offsets.length, result?.error, more], [20, null, []]);
  }
  await using second = open(implicit);
  const rest = await take(second, 30);
  assertEquals(rest.map(({ offset }) => offset), Array.from({ length: 30 }, (_, i) => 20 + i));
  assert(rest.every(({ deliveryCount }) => deliveryCount <= 2));
});

testBroker("ShareConsumer waits for a topic that does not exist yet", async ({ bootstrapServers }) => {
  const errors = new ErrorList();
  const { open } = await start(bootstrapServers, 1);
  await using consumer = open({}, errors);
  const missing = randomName("missing");
  consumer.subscribe([missing]);
  assertEquals(await consumer.poll({ timeoutMs: 500 }), []);
  await fill(bootstrapServers, { topic: missing, each: 1 });
  assertEquals((await take(consumer, 1, (message) => consumer.acknowledge(message)))[0]!.topic, missing);
});
