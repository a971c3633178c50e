/** The buffer between librdkafka and the reader: order, and what a seek, a pause or a rebalance takes out of its middle. */
import { MessageBuffer } from "../../../src/consumer/buffer.ts";
import type { Message } from "../../../src/kafka/message.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

const message = (partition: number, offset: number, topic = "t"): Message => ({
  ...{ topic, partition, offset, key: null, value: null, headers: [] },
  ...{ timestamp: null, timestampType: "NOT_AVAILABLE", leaderEpoch: null },
});
const partition = (number: number, topic = "t") => ({ topic, partition: number });
const names = (messages: readonly Message[]) => messages.map((each) => `${each.partition}/${each.offset}`).join(" ");

/** Offsets 0 to `count - 1` of partitions 0 and 1, taking turns. */
function interleaved(count: number): Message[] {
  return Array.from({ length: 2 * count }, (_, i) => message(i % 2, i >> 1));
}

/** Batches of 999 of what came in thousands left one message each time, and the array grew for as long as the consumer lived. */
test("MessageBuffer keeps the order while it lets go of what was taken", () => {
  const buffer = new MessageBuffer();
  let next = 0;
  for (let round = 0; round < 50; round++) {
    buffer.put(Array.from({ length: 100 }, (_, i) => message(0, 100 * round + i)));
    for (const { offset } of buffer.take(99)) assertEquals(offset, next++);
  }
  assertEquals([buffer.length, names([buffer.next()!])], [50, "0/4950"]);
});

test("MessageBuffer.next() hands over in order, and nothing when it is empty", () => {
  const buffer = new MessageBuffer();
  assertEquals(buffer.next(), undefined);
  buffer.put([message(0, 0), message(0, 1)]);
  buffer.put([message(0, 2)]);
  assertEquals(buffer.length, 3);
  assertEquals(names([buffer.next()!, buffer.next()!, buffer.next()!]), "0/0 0/1 0/2");
  assertEquals([buffer.length, buffer.next()], [0, undefined]);
  buffer.put([message(0, 3)]);
  assertEquals(names([buffer.next()!]), "0/3");
});

test("MessageBuffer.next() after the end leaves a length of 0", () => {
  const buffer = new MessageBuffer();
  buffer.put([message(0, 0)]);
  for (let i = 0; i < 3; i++) buffer.next();
  assertEquals(buffer.length, 0);
  buffer.put([message(0, 1)]);
  assertEquals(names(buffer.take(10)), "0/1");
});

test("MessageBuffer.take() takes at most what is asked for, and the rest later", () => {
  const buffer = new MessageBuffer();
  buffer.put(interleaved(2));
  assertEquals(names(buffer.take(3)), "0/0 1/0 0/1");
  assertEquals(names(buffer.take(3)), "1/1");
  assertEquals(names(buffer.take(3)), "");
});

test("MessageBuffer.take() gives away an array that later messages do not change", () => {
  const buffer = new MessageBuffer();
  buffer.put([message(0, 0)]);
  const taken = buffer.take(10);
  buffer.put([message(0, 1)]);
  assertEquals(names(taken), "0/0");
});

test("MessageBuffer.drop() takes out one partition and keeps the order of the others", () => {
  const buffer = new MessageBuffer();
  buffer.put([...interleaved(3), message(0, 7, "other")]);
  buffer.next();
  buffer.drop(partition(0));
  assertEquals(names(buffer.take(10)), "1/0 1/1 1/2 0/7");
});

test("MessageBuffer.hold() keeps a partition back until release(), in order and in front", () => {
  const buffer = new MessageBuffer();
  buffer.put(interleaved(3));
  buffer.next();
  buffer.hold(partition(0));
  assertEquals(names(buffer.take(1)), "1/0");
  buffer.release(partition(0));
  assertEquals(names(buffer.take(10)), "0/1 0/2 1/1 1/2");
  buffer.release(partition(0));
  assertEquals(buffer.length, 0);
});

test("MessageBuffer.hold() twice keeps what came between behind what came before", () => {
  const buffer = new MessageBuffer();
  buffer.put([message(0, 0)]);
  buffer.hold(partition(0));
  buffer.put([message(0, 1)]);
  buffer.hold(partition(0));
  assertEquals(buffer.length, 0);
  buffer.release(partition(0));
  assertEquals(names(buffer.take(10)), "0/0 0/1");
});

test("MessageBuffer.drop() of a partition that is held back drops that too", () => {
  const buffer = new MessageBuffer();
  buffer.put(interleaved(2));
  buffer.hold(partition(0));
  buffer.drop(partition(0));
  buffer.release(partition(0));
  assertEquals(names(buffer.take(10)), "1/0 1/1");
});
