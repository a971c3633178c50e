/** What the producer and the consumer that block are told beside their configuration. */
import type {
  BatchOptions as AwaitedBatchOptions,
  ConsumerOptions as AwaitedConsumerOptions,
} from "../consumer/options.ts";
import type { ProducerOptions as AwaitedProducerOptions } from "../producer/options.ts";

/** What bounds a call that blocks. */
export interface TimeoutOptions {
  /** Milliseconds to wait at most. */
  readonly timeoutMs?: number;
}

/**
 * The options of a producer beside its configuration.
 *
 * Handlers run within the calls that wait, and may not wait themselves: a call of theirs that would is refused.
 */
export type ProducerOptions = Omit<AwaitedProducerOptions, "partitioner" | "keySerializer" | "valueSerializer">;

/**
 * The options of a consumer beside its configuration.
 *
 * Handlers run within the calls that wait. The rebalance handlers have to be done when they return: one that returns a promise
 * is an error, which `onError` is told, and the group is answered without what the promise would have given.
 */
export type ConsumerOptions = AwaitedConsumerOptions;

/** What {@link Consumer.batches} takes. */
export type BatchOptions = Omit<AwaitedBatchOptions, "signal">;
