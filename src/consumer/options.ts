/** What a consumer is told beside its configuration, and what its reading calls take. */
import type { DeserializingOptions } from "../client/deserializing.ts";
import type { ClientOptions, WaitOptions } from "../client/options.ts";
import type { KafkaError } from "../kafka/error.ts";
import type { PartitionOffset, TopicPartition, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import type { Tracing } from "../kafka/tracing.ts";

/** The end of a partition was reached. */
export interface PartitionEof extends TopicPartition {
  /** The offset that the next record will get. */
  readonly offset: number | null;
}

/**
 * The options of a consumer beside its configuration; `K` and `V` are what its messages' keys and values are.
 *
 * The rebalance handlers run while a reading call waits or between two messages, never beside a handler of a message. They
 * may be asynchronous; the group waits for them, at most four fifths of `max.poll.interval.ms`.
 */
export interface ConsumerOptions<K = Uint8Array, V = Uint8Array> extends ClientOptions, DeserializingOptions<K, V> {
  /**
   * Is told of partitions that this consumer is given, before it starts to read them. May return where to start; what it
   * leaves out starts at the committed offset.
   */
  readonly onAssign?: (
    partitions: readonly PartitionOffset[],
  ) => readonly TopicPartitionOffset[] | void | Promise<readonly TopicPartitionOffset[] | void>;
  /** Is told of partitions that this consumer has to give back; offsets may still be committed. */
  readonly onRevoke?: (partitions: readonly PartitionOffset[]) => void | Promise<void>;
  /** Is told of partitions that this consumer has lost: another may have them, and no offset may be committed. Default: `onRevoke`. */
  readonly onLost?: (partitions: readonly PartitionOffset[]) => void | Promise<void>;
  /** Hooks for a tracer: `onReceive` of it. */
  readonly tracing?: Tracing;
  /**
   * Is told of each commit that nobody waits for: those that librdkafka makes by itself (`enable.auto.commit`), and those of
   * {@link Consumer.commitLater}. The error is the whole commit's; each partition may have one of its own.
   *
   * Default: `onError` is told of those that fail. Source: `RD_KAFKA_EVENT_OFFSET_COMMIT`; `on_commit` in confluent-kafka-python.
   */
  readonly onCommit?: (error: KafkaError | null, partitions: readonly PartitionOffset[]) => void | Promise<void>;
  /** Is told of each partition whose end was reached, with `enable.partition.eof`. */
  readonly onPartitionEof?: (partition: PartitionEof) => void | Promise<void>;
}

/** What {@link Consumer.batches} takes. */
export interface BatchOptions {
  /** How many messages a batch has at most. Default: 1000. */
  readonly maxMessages?: number;
  /** Milliseconds that a batch with something in it waits for more. Default: 0, which hands over what has arrived. */
  readonly maxWaitMs?: number;
  /** Ends the iteration; the pending step is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What {@link Consumer.messages} takes. */
export interface IterateOptions {
  /** Ends the iteration; the pending step is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A look at something in Kafka: 10 seconds, unless `timeoutMs` says otherwise. */
export type LookupOptions = WaitOptions;

/** A look at the ends of a partition. */
export interface WatermarkOptions extends LookupOptions {
  /** Whether what the last fetch told is good enough. Default: false. */
  readonly cached?: boolean;
}
