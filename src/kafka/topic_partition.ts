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

/** The first and the next offset of a partition. */
export interface WatermarkOffsets {
  /** The oldest record's offset. */
  readonly low: number;
  /** The offset that the next record will get. */
  readonly high: number;
}

/** One text for a partition, for maps and messages. A topic name cannot contain a colon. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
