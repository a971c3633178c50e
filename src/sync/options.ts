/** What the producer and the consumer that block are told beside their configuration. */
import type {
  BatchOptions as AwaitedBatchOptions,
  ConsumerOptions as AwaitedConsumerOptions,
  WatermarkOptions as AwaitedWatermarkOptions,
} from "../consumer/options.ts";
import type { MetadataOptions as AwaitedMetadataOptions } from "../client/metadata.ts";
import type {
  ProducerOptions as AwaitedProducerOptions,
  TransactionOptions as AwaitedTransactionOptions,
} from "../producer/options.ts";
import type { MessageData } from "../kafka/message.ts";

/** What bounds a call that blocks. */
export interface TimeoutOptions {
  /** Milliseconds to wait at most. */
  readonly timeoutMs?: number;
}

/**
 * The options of a producer beside its configuration; `K` and `V` are what its messages' keys and values are.
 *
 * Handlers run within the calls that wait, and may not wait themselves: a call of theirs that would is refused. A serializer has
 * to give its bytes at once: one that gives a promise fails its message. With a `partitioner`, the call that sends to a topic
 * for the first time asks for the number of its partitions, and waits; for `produce()` the queue counts as full until `ready()`
 * has asked.
 */
export type ProducerOptions<K = MessageData, V = MessageData> = AwaitedProducerOptions<K, V>;

/**
 * The options of a consumer beside its configuration; `K` and `V` are what its messages' keys and values are.
 *
 * Handlers run within the calls that wait. The rebalance handlers have to be done when they return: one that returns a promise
 * is an error, which `onError` is told, and the group is answered without what the promise would have given. A deserializer has
 * to give its value at once: one that gives a promise fails its message, as `onDeserializationError` says.
 */
export type ConsumerOptions<K = Uint8Array, V = Uint8Array> = AwaitedConsumerOptions<K, V>;

/** What to tell of a cluster, and how long to wait. */
export type MetadataOptions = Omit<AwaitedMetadataOptions, "signal">;

/** How a transaction is tried: what `withTransaction()` takes. */
export type TransactionOptions = Omit<AwaitedTransactionOptions, "signal">;

/** A look at the ends of a partition. */
export type WatermarkOptions = Omit<AwaitedWatermarkOptions, "signal">;

/** What {@link Consumer.batches} takes. */
export type BatchOptions = Omit<AwaitedBatchOptions, "signal">;
