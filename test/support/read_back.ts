/** Reads what was written to a topic, through a consumer without a group's help. */
import { Consumer, type Message, Offset } from "../../mod.ts";
import { randomName } from "./random.ts";

/** What to read, and how much of it is expected. */
export interface ReadBackOptions {
  readonly topic: string;
  /** How many messages are expected. More than these are an error, and so are fewer. Left out, any number is right. */
  readonly count?: number;
  /** How many partitions the topic has. Default: 1. */
  readonly partitions?: number;
  readonly timeoutMs?: number;
  readonly libraryPath?: string;
}

/** Reads a topic from its beginning to its end and hands its messages on in the order of arrival. */
export async function readBack(
  bootstrapServers: string,
  options: ReadBackOptions,
  take: (message: Message) => void,
): Promise<void> {
  const { topic, count, partitions = 1, timeoutMs = 15_000, libraryPath } = options;
  const ends = new Set<number>();
  await using consumer = new Consumer(
    {
      "bootstrap.servers": bootstrapServers,
      "group.id": randomName("reader"),
      "enable.partition.eof": true,
      "fetch.wait.max.ms": 20,
    },
    {
      onPartitionEof: ({ partition }) => void ends.add(partition),
      ...(libraryPath === undefined ? {} : { libraryPath }),
    },
  );
  consumer.assign(
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: Offset.beginning })),
  );
  const until = performance.now() + timeoutMs;
  let read = 0;
  for (;;) {
    if (performance.now() > until) {
      throw new Error(
        `Read ${read} of ${count ?? "some"} messages of ${topic} and ${ends.size} of ${partitions} ends in time`,
      );
    }
    const messages = await consumer.consume(1000, { timeoutMs: ends.size === partitions ? 0 : 20 });
    // An end may be told of while messages before it wait to be handed over.
    if (messages.length === 0 && ends.size === partitions) break;
    for (const message of messages) take(message);
    read += messages.length;
  }
  if (read !== (count ?? read)) throw new Error(`Read ${read} messages of ${topic} where ${count} are expected`);
}

/** The same, as an array. */
export async function readAll(bootstrapServers: string, options: ReadBackOptions): Promise<Message[]> {
  const messages: Message[] = [];
  await readBack(bootstrapServers, options, (message) => messages.push(message));
  return messages;
}
