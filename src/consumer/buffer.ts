/** Messages that were taken from librdkafka and not yet given to the reader. */
import type { Message } from "../kafka/message.ts";
import { partitionKey, type TopicPartition } from "../kafka/topic_partition.ts";

/** A queue that can lose a partition, or hold one back, from its middle. */
export class MessageBuffer {
  #messages: Message[] = [];
  /** The next one's place: those before it have been taken. */
  #at = 0;
  /** What is held back of paused partitions. librdkafka resumes after it, so it must not be lost. */
  readonly #held = new Map<string, Message[]>();

  get length(): number {
    return this.#messages.length - this.#at;
  }

  /** Adds messages at the end. */
  put(messages: Message[]): void {
    if (this.length === 0) {
      this.#messages = messages;
      this.#at = 0;
    } else {
      // A reader that never quite empties it would else keep every message that it has ever had.
      if (this.#at > this.length) {
        this.#messages = this.#messages.slice(this.#at);
        this.#at = 0;
      }
      for (const message of messages) this.#messages.push(message);
    }
  }

  /** Takes the next message. */
  next(): Message | undefined {
    return this.#messages[this.#at++] ?? this.#empty();
  }

  #empty(): undefined {
    this.#messages = [];
    this.#at = 0;
    return undefined;
  }

  /** The next messages, up to `max` of them, which stay here. */
  peek(max: number): readonly Message[] {
    if (this.#at === 0 && this.#messages.length <= max) return this.#messages;
    return this.#messages.slice(this.#at, this.#at + max);
  }

  /** Takes up to `max` messages. */
  take(max: number): Message[] {
    if (this.#at === 0 && this.#messages.length <= max) {
      const all = this.#messages;
      this.#empty();
      return all;
    }
    const taken = this.#messages.slice(this.#at, this.#at + max);
    this.#at += taken.length;
    if (this.length === 0) this.#empty();
    return taken;
  }

  /** Puts messages in front. */
  putBack(messages: readonly Message[]): void {
    this.#messages = [...messages, ...this.#messages.slice(this.#at)];
    this.#at = 0;
  }

  /** Drops what is left of a partition, held back or not. */
  drop(partition: TopicPartition): void {
    this.#remove(partition);
    this.#held.delete(partitionKey(partition));
  }

  /** Holds a partition's messages back. */
  hold(partition: TopicPartition): void {
    const removed = this.#remove(partition);
    const key = partitionKey(partition);
    this.#held.set(key, [...this.#held.get(key) ?? [], ...removed]);
  }

  /** Puts what was held back of a partition in front. */
  release(partition: TopicPartition): void {
    const key = partitionKey(partition);
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#messages = [...held, ...this.#messages.slice(this.#at)];
    this.#at = 0;
  }

  #remove({ topic, partition }: TopicPartition): Message[] {
    const removed: Message[] = [];
    const kept: Message[] = [];
    for (let i = this.#at; i < this.#messages.length; i++) {
      const message = this.#messages[i]!;
      (message.partition === partition && message.topic === topic ? removed : kept).push(message);
    }
    this.#messages = kept;
    this.#at = 0;
    return removed;
  }
}
