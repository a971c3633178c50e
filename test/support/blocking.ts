/** Producers and consumers that block, for tests. */
import type { ConsumerConfig, KafkaError, Message, MessageData, ProducerConfig } from "../../mod.ts";
import { Consumer, type ConsumerOptions, Producer, type ProducerOptions } from "../../sync.ts";
import { randomName } from "./random.ts";

/** A producer whose errors are collected, and which gives up what is left at the end of its block. */
export function openBlockingProducer<K = MessageData, V = MessageData>(
  config: ProducerConfig,
  options: ProducerOptions<K, V> = {},
): { producer: Producer<K, V>; errors: KafkaError[] } & Disposable {
  const errors: KafkaError[] = [];
  const producer = new Producer<K, V>(config, {
    onLog: false,
    onError: (error) => void errors.push(error),
    ...options,
  });
  return { producer, errors, [Symbol.dispose]: () => void producer.close(0) };
}

/** A consumer in a group of its own, unless the configuration says otherwise, and its errors. */
export function openBlockingConsumer<K = Uint8Array, V = Uint8Array>(
  bootstrapServers: string,
  config: Partial<ConsumerConfig> = {},
  options: ConsumerOptions<K, V> = {},
): { consumer: Consumer<K, V>; errors: KafkaError[] } & Disposable {
  const errors: KafkaError[] = [];
  const consumer = new Consumer<K, V>({
    "bootstrap.servers": bootstrapServers,
    "group.id": randomName("group"),
    "auto.offset.reset": "earliest",
    // A seek waits for the fetch that is under way.
    "fetch.wait.max.ms": 50,
    ...config,
  }, { onLog: false, onError: (error) => void errors.push(error), ...options });
  return { consumer, errors, [Symbol.dispose]: () => consumer.close(5000) };
}

/** Values `0` to `count - 1`, sent to one partition. */
export function fillBlocking(bootstrapServers: string, topic: string, count: number, partition = 0): void {
  using opened = openBlockingProducer({ "bootstrap.servers": bootstrapServers });
  opened.producer.send(Array.from({ length: count }, (_, i) => ({ topic, partition, value: `${i}` })));
}

/** Reads until there are so many messages, and fails when none comes for ten seconds. */
export function readBlocking(consumer: Consumer, count: number): Message[] {
  const messages: Message[] = [];
  while (messages.length < count) {
    const batch = consumer.consume(Math.min(1000, count - messages.length), 10_000);
    if (batch.length === 0) throw new Error(`Read ${messages.length} of ${count} messages`);
    messages.push(...batch);
  }
  return messages;
}

/** The value of a message as text. */
export function textOf({ value }: Message): string | null {
  return value && new TextDecoder().decode(value);
}
