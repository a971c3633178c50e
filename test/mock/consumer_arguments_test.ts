/** What a consumer is given and cannot use: it is refused by name, before anything is done, whichever way the consumer waits. */
import { KafkaError, type Message, Offset, Producer } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { openBlockingConsumer, openBlockingProducer } from "../support/blocking.ts";
import { openConsumer } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";

type Refusal = typeof TypeError | typeof RangeError;

/** The calls of a consumer that both kinds have, with arguments of any type. */
type Calls = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** What each kind of list may not be, and how it is named. */
function badLists(topic: string, what = "partitions"): [unknown, Refusal, string][] {
  return [
    [5, TypeError, `5 as ${what}`],
    ["t", TypeError, `"t" as ${what}`],
    [[null], TypeError, "null as partition"],
    [[5], TypeError, "5 as partition"],
    [[{ topic, partition: -1 }], RangeError, "-1 as partition"],
    [[{ topic, partition: "0" }], TypeError, '"0" as partition'],
    [[{ topic: 5, partition: 0 }], TypeError, "5 as topic"],
  ];
}

/** What each place with an offset may not be. */
function badOffsets(topic: string): [unknown, Refusal, string][] {
  const at = { topic, partition: 0 };
  return [
    ...[-1, 1.5, NaN, 2 ** 53].map((count): [unknown, Refusal, string] => [
      [{ ...at, offset: { kind: "tail", count } }],
      RangeError,
      `the count ${count}`,
    ]),
    [[{ ...at, offset: 1.5 }], RangeError, "1.5 as offset"],
    [[{ ...at, offset: "5" }], TypeError, '"5" as offset'],
    [[{ ...at, offset: 5, leaderEpoch: 1.5 }], RangeError, "1.5 as leaderEpoch"],
    [[{ ...at, offset: 5, leaderEpoch: 2 ** 40 }], RangeError, "as leaderEpoch"],
    [[{ ...at, offset: 5, leaderEpoch: "x" }], TypeError, '"x" as leaderEpoch'],
    [[{ ...at, offset: 5, metadata: 5 }], TypeError, "5 as metadata"],
  ];
}

/** Every call with every wrong argument. `null` is left out where it stands for the default. */
function wrongCalls(topic: string): [string, readonly unknown[], Refusal, string][] {
  const calls: [string, readonly unknown[], Refusal, string][] = [];
  for (const name of ["pause", "resume", "assign", "incrementalAssign", "incrementalUnassign", "offsetsForTimes"]) {
    const what = name === "offsetsForTimes" ? "times" : "partitions";
    for (const [value, kind, text] of badLists(topic, what)) calls.push([name, [value], kind, text]);
    calls.push([name, [null], TypeError, `null as ${what}`], [name, [], TypeError, `undefined as ${what}`]);
  }
  for (const name of ["committed", "position", "lag"]) {
    for (const [value, kind, text] of badLists(topic)) calls.push([name, [value], kind, text]);
  }
  for (const name of ["assign", "incrementalAssign", "seek", "storeOffsets", "commit", "commitLater"]) {
    for (const [value, kind, text] of badOffsets(topic)) calls.push([name, [value], kind, text]);
  }
  calls.push(
    ["seek", [null], TypeError, "null as partition"],
    ["seek", [5], TypeError, "5 as partition"],
    ["seek", [], TypeError, "undefined as partition"],
    ["commit", [5], TypeError, "5 as offset"],
    ["storeOffsets", [null], TypeError, "null as offset"],
    ["getWatermarkOffsets", [], TypeError, "undefined as partition"],
    ["getWatermarkOffsets", [{ topic }], TypeError, "undefined as partition"],
    ["getWatermarkOffsets", [{ topic, partition: 0 }, null], TypeError, "null as options"],
    ["offsetsForTimes", [[{ topic, partition: 0 }]], RangeError, "undefined"],
    ["committed", [[{ topic, partition: 0 }], 5], TypeError, "5 as options"],
    ["commit", [[{ topic, partition: 0, offset: 1 }], 5], TypeError, "5 as options"],
    ["metadata", [null], TypeError, "null as options"],
    ["connect", [null], TypeError, "null as options"],
  );
  return calls;
}

test("Consumer refuses arguments it cannot use, naming them, and does nothing", async () => {
  await using at = mockTopic();
  const { topic } = at;
  await using consumer = openConsumer(at.servers, { "enable.auto.offset.store": false, "enable.auto.commit": false });
  consumer.assign([{ topic, partition: 0, offset: Offset.beginning }]);
  const calls = consumer as unknown as Calls;
  const more: ReturnType<typeof wrongCalls> = [
    ["poll", [null], TypeError, "null as options"],
    ["poll", [5], TypeError, "5 as options"],
    ["consume", [1, null], TypeError, "null as options"],
    ["close", [null], TypeError, "null as options"],
  ];
  for (const [name, args, kind, text] of [...wrongCalls(topic), ...more]) {
    await assertRejects(async () => await calls[name]!.apply(consumer, [...args]), kind, text);
  }
  assertEquals(consumer.assignment(), [{ topic, partition: 0 }]);
  assertEquals([consumer.paused(), (await consumer.committed())[0]!.offset], [[], null]);
});

test("sync Consumer refuses arguments it cannot use, naming them, and does nothing", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using opened = openBlockingConsumer(at.servers, { "enable.auto.offset.store": false, "enable.auto.commit": false });
  const { consumer } = opened;
  consumer.assign([{ topic, partition: 0, offset: Offset.beginning }]);
  const calls = consumer as unknown as Calls;
  for (const [name, args, kind, text] of wrongCalls(topic)) {
    assertThrows(() => calls[name]!.apply(consumer, [...args]), kind, text);
  }
  assertThrows(() => consumer.poll(null as never), RangeError, "timeoutMs");
  assertEquals(consumer.assignment(), [{ topic, partition: 0 }]);
  assertEquals([consumer.paused(), consumer.committed()[0]!.offset], [[], null]);
});

test("Producer.produce() refuses what is no callback, and sends nothing", async () => {
  await using at = mockTopic();
  await using producer = new Producer({ "bootstrap.servers": at.servers });
  using blocking = openBlockingProducer({ "bootstrap.servers": at.servers });
  for (const bad of [5, "f", {}] as never[]) {
    assertThrows(() => producer.produce({ topic: at.topic }, bad), TypeError, "as onDelivery");
    assertThrows(() => blocking.producer.produce({ topic: at.topic }, bad), TypeError, "as onDelivery");
  }
  assertEquals([producer.pending, blocking.producer.pending], [0, 0]);
  assert(producer.produce({ topic: at.topic }, undefined));
  for (const call of ["flush", "ready", "close", "connect", "metadata"] as const) {
    await assertRejects(async () => await (producer as unknown as Calls)[call]!(null), TypeError, "null as options");
  }
  await assertRejects(() => producer.send({ topic: at.topic }, 5 as never), TypeError, "5 as options");
});

test("Consumer.commit() of what only looks like a message is refused by what is wrong with it", async () => {
  await using at = mockTopic();
  await using consumer = openConsumer(at.servers, { "enable.auto.commit": false });
  const { topic } = at;
  consumer.assign([{ topic, partition: 0 }]);
  for (
    const wrong of [{}, { topic }, { topic, partition: 0, offset: NaN, timestampType: "CREATE_TIME" }] as Message[]
  ) {
    const error = await consumer.commit(wrong).catch((error: unknown) => error);
    assert(error instanceof TypeError || error instanceof RangeError, String(error));
    assert(!(error instanceof KafkaError));
  }
});
