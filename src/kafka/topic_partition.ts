/** A partition of a topic, alone or with an offset, as plain values. */
import type { KafkaError } from "./error.ts";
import type { OffsetLike } from "./offset.ts";

/** A partition of a topic. */
export interface TopicPartition {
  /** The topic's name. */
  readonly topic: string;
  /** The partition's number, from 0 on. */
  readonly partition: number;
}

/** A partition and where in it. */
export interface TopicPartitionOffset extends TopicPartition {
  /** The next record to read. Left out, it means the stored offset. */
  readonly offset?: OffsetLike | null;
  /** Text to keep with a committed offset. */
  readonly metadata?: string | null;
  /** The epoch of the partition's leader when the record before `offset` was read. */
  readonly leaderEpoch?: number | null;
}

/** What is known of a partition's offset: from a commit, the coordinator, or a look at the log. */
export interface PartitionOffset extends TopicPartition {
  /** The offset, or null if there is none. */
  readonly offset: number | null;
  /** The text that was committed with it. */
  readonly metadata: string | null;
  /** The epoch of the partition's leader, if it is known. */
  readonly leaderEpoch: number | null;
  /** Why this partition failed, while others may have succeeded. */
  readonly error: KafkaError | null;
}

/** A partition and a time in it. */
export interface TopicPartitionTime extends TopicPartition {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** How far a reader is behind the end of a partition. */
export interface PartitionLag extends TopicPartition {
  /** The offset of the next message to read, or null if that is not known. */
  readonly position: number | null;
  /** The offset that the partition's next record will get, or null if that is not known. */
  readonly end: number | null;
  /** How many offsets lie between the two, or null if one of them is not known. */
  readonly lag: number | null;
  /** Why one of them is not known. */
  readonly error: KafkaError | null;
}

/** The first and the next offset of a partition. */
export interface WatermarkOffsets {
  /** The oldest record's offset. */
  readonly low: number;
  /** The offset that the next record will get. */
  readonly high: number;
}

/**
 * One text for a partition, by which to keep it in a `Map` or a `Set`. A topic name cannot contain a colon.
 *
 * Source: `TopicPartition` in confluent-kafka-python is hashed and compared by the same two.
 *
 * @example Count messages by partition
 * ```ts
 * import { type Message, partitionKey } from "@kafka-ffi/kafka";
 *
 * function countByPartition(messages: readonly Message[]): Map<string, number> {
 *   const counts = new Map<string, number>();
 *   for (const message of messages) {
 *     const key = partitionKey(message);
 *     counts.set(key, (counts.get(key) ?? 0) + 1);
 *   }
 *   return counts;
 * }
 * ```
 */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}

/**
 * Says which of two partitions comes first, for `sort()`: by topic, as strings compare, then by number.
 *
 * Source: `TopicPartition.__lt__` in confluent-kafka-python, which compares by the same.
 *
 * @example Show an assignment in order
 * ```ts
 * import { comparePartitions, type Consumer } from "@kafka-ffi/kafka";
 *
 * function show(consumer: Consumer): void {
 *   for (const { topic, partition } of consumer.assignment().sort(comparePartitions)) console.log(topic, partition);
 * }
 * ```
 */
export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}
