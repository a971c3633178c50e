/** What a share consumer is told beside its configuration, and the values it gives. */
import type { DeserializingOptions } from "../client/deserializing.ts";
import type { ClientOptions } from "../client/options.ts";
import type { ConsumerConfig } from "../config/mod.ts";
import type { KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import type { TopicPartition } from "../kafka/topic_partition.ts";

/**
 * librdkafka's properties for a share consumer, by their own names. `group.id` is needed. A consumer's properties that are left
 * out here mean nothing to it, since the brokers decide, and librdkafka refuses them.
 */
export type ShareConsumerConfig = Omit<
  ConsumerConfig,
  | "allow.auto.create.topics"
  | "auto.offset.reset"
  | "enable.auto.commit"
  | "enable.partition.eof"
  | "fetch.error.backoff.ms"
  | "fetch.queue.backoff.ms"
  | "group.instance.id"
  | "group.protocol"
  | "group.protocol.type"
  | "group.remote.assignor"
  | "heartbeat.interval.ms"
  | "isolation.level"
  | "message.copy.max.bytes"
  | "partition.assignment.strategy"
  | "queued.max.messages.kbytes"
  | "queued.min.messages"
  | "session.timeout.ms"
  | "topic.blacklist"
>;

/**
 * What becomes of a message:
 * - `accept`: it was dealt with, and nobody gets it again;
 * - `release`: it was not, and somebody may get it now;
 * - `reject`: it cannot be dealt with, and nobody gets it again.
 */
export type AcknowledgementType = "accept" | "release" | "reject";

/** A message of a share group. */
export interface ShareMessage<K = Uint8Array, V = Uint8Array> extends Message<K, V> {
  /** How often it has been delivered, this time included. The broker gives up after `group.share.delivery.count.limit`. */
  readonly deliveryCount: number;
}

/** One place in a partition: a message is one. */
export interface MessagePosition extends TopicPartition {
  /** The number in the partition. */
  readonly offset: number;
}

/** Messages of one partition that were acknowledged together. */
export interface AcknowledgedOffsets extends TopicPartition {
  /** The messages' numbers in the partition, in the order in which they were acknowledged. */
  readonly offsets: readonly number[];
}

/** What became of the acknowledgements of one partition. */
export interface AcknowledgementResult extends AcknowledgedOffsets {
  /** Why they do not count, or null: the broker delivers these messages again. */
  readonly error: KafkaError | null;
}

/** The options of a share consumer beside its configuration; `K` and `V` are inferred from its deserializers. */
export interface ShareConsumerOptions<K = Uint8Array, V = Uint8Array>
  extends ClientOptions, DeserializingOptions<K, V> {
  /**
   * Is told partition by partition what became of acknowledgements. With it, they are sent by themselves and waited for before
   * the next poll, which costs a round trip; without it, they are sent along with the poll.
   */
  readonly onAcknowledgementCommit?: (
    acknowledged: AcknowledgedOffsets,
    error: KafkaError | null,
  ) => void | Promise<void>;
}

/** What {@link ShareConsumer.messages} and {@link ShareConsumer.batches} take. */
export interface ShareIterateOptions {
  /** Ends the iteration; the pending step is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}
