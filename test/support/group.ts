/** Consumers for tests: a topic with numbered messages, members of a group, and what they have read. */
import {
  Consumer,
  type ConsumerConfig,
  type ConsumerOptions,
  type KafkaError,
  type Message,
  Producer,
  type TopicPartition,
} from "../../mod.ts";
import { assertEquals } from "./assert.ts";
import { randomName } from "./random.ts";

/** A consumer in a group of its own, unless the configuration says otherwise. */
export function openConsumer(
  bootstrapServers: string,
  config: Partial<ConsumerConfig> = {},
  options: ConsumerOptions = {},
): Consumer {
  return new Consumer({
    "bootstrap.servers": bootstrapServers,
    "group.id": randomName("group"),
    "auto.offset.reset": "earliest",
    // A seek waits for the fetch that is under way.
    "fetch.wait.max.ms": 50,
    ...config,
  }, options);
}

/** A consumer that has all partitions of a topic from the beginning, without the group's say. */
export function openAssigned(
  bootstrapServers: string,
  where: { topic: string; partitions?: number },
  config: Partial<ConsumerConfig> = {},
  options: ConsumerOptions = {},
): Consumer {
  const consumer = openConsumer(bootstrapServers, config, options);
  consumer.assign(
    partitionsOf(where.topic, where.partitions ?? 1).map((each) => ({
      ...each,
      // A number needs no look-up.
      offset: 0,
    })),
  );
  return consumer;
}

/** Partitions 0 to `count - 1` of a topic. */
export function partitionsOf(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

/** Collects errors for a test that expects some: its `onError` is the option of that name. */
export class ErrorList {
  readonly list: KafkaError[] = [];
  readonly onError = (error: KafkaError): void => void this.list.push(error);

  get names(): string[] {
    return this.list.map(({ codeName }) => codeName);
  }
}

/** Writes messages to each of a topic's partitions, with the value `<partition>/<number>`; number and offset are the same at first. */
export async function fill(
  bootstrapServers: string,
  where: { topic: string; partitions?: number; each: number; from?: number; bytes?: number },
): Promise<void> {
  const { topic, partitions = 1, each, from = 0, bytes = 0 } = where;
  // Idempotent, for else a topic that is just being created may get them in another order.
  await using producer = new Producer({
    "bootstrap.servers": bootstrapServers,
    "linger.ms": 1,
    "enable.idempotence": true,
  });
  const messages = Array.from({ length: partitions * each }, (_, i) => {
    const partition = i % partitions;
    const value = `${partition}/${from + Math.floor(i / partitions)}`;
    return { topic, partition, value: bytes > value.length ? value.padEnd(bytes) : value };
  });
  await producer.send(messages, { timeoutMs: 30_000 });
}

/** Reads until there are `count` messages; fewer in time are an error. */
export async function read(
  consumer: Consumer,
  count: number,
  options: { timeoutMs?: number } = {},
): Promise<Message[]> {
  const { timeoutMs = 10_000 } = options;
  const messages = await consumer.consume(count, { timeoutMs });
  if (messages.length < count) {
    const had = partitionsIn(messages).join(", ");
    throw new Error(`Read ${messages.length} of ${count} messages in ${timeoutMs} ms (${had})`);
  }
  return messages;
}

/** Reads for a while and returns what came, which may be nothing. */
export async function readFor(consumer: Consumer, timeoutMs: number): Promise<Message[]> {
  return await consumer.consume(1_000_000, { timeoutMs });
}

/** The text of a message's value. */
export function text({ value }: Pick<Message, "value">): string | null {
  return value === null ? null : new TextDecoder().decode(value);
}

/** The offsets that were read, by partition, in the order they came. */
export function offsetsOf(messages: readonly Message[]): Record<string, number[]> {
  const result: Record<string, number[]> = {};
  for (const { topic, partition, offset } of messages) (result[`${topic}:${partition}`] ??= []).push(offset);
  return result;
}

function partitionsIn(messages: readonly Message[]): string[] {
  return Object.entries(offsetsOf(messages)).map(([key, offsets]) => `${key} ${offsets[0]}-${offsets.at(-1)}`);
}

/** Asserts that messages are exactly the offsets `from` to `to - 1` of each partition, in order. */
export function assertContiguous(
  messages: readonly Message[],
  expected: { topic: string; partitions?: number; from?: number; to: number },
): void {
  const { topic, partitions = 1, from = 0, to } = expected;
  const read = offsetsOf(messages);
  const wanted = Array.from({ length: to - from }, (_, i) => from + i);
  for (const { partition } of partitionsOf(topic, partitions)) {
    const offsets = read[`${topic}:${partition}`] ?? [];
    // Where they differ first says more than thousands of numbers.
    const at = wanted.findIndex((offset, i) => offsets[i] !== offset);
    const wrong = at >= 0 ? at : offsets.length > wanted.length ? wanted.length : -1;
    const around = (list: number[]) => list.slice(Math.max(0, wrong - 2), wrong + 3).join(" ");
    if (wrong >= 0) {
      assertEquals(
        `${offsets.length}: ${around(offsets)}`,
        `${wanted.length}: ${around(wanted)}`,
        `partition ${partition}, place ${wrong}`,
      );
    }
  }
}
