/** What `Consumer.run()` takes, and what it gives to its handlers. */
import type { Message } from "../kafka/message.ts";

/** What a handler is told beside its message. */
export interface RunContext {
  /**
   * Is aborted when the partition is to be given back, or the run is to stop: there is a little time left to finish. A handler
   * that returns has done its message all the same; one that throws this signal's reason, or any `AbortError`, leaves it to
   * whoever has the partition next, and that is no error.
   */
  readonly signal: AbortSignal;
}

/** What a handler of batches is told beside its batch. */
export interface RunBatchContext<K = Uint8Array, V = Uint8Array> extends RunContext {
  /** Says that this message of the batch and those before it are done, even if the handler throws later. */
  done(message: Message<K, V>): void;
}

/** What becomes of messages whose handler failed. */
export type RunAnswer = "stop" | "skip" | "retry";

/** The options of {@link Consumer.run} for either kind of handler. */
export interface RunOptions<K = Uint8Array, V = Uint8Array> {
  /** How many partitions (or keys) are worked on at once. Default: 1. */
  readonly concurrency?: number;
  /**
   * What is kept in order. With `"partition"` (the default) the messages of a partition are handled one after another. With
   * `"key"` only those of a partition that have the same key are, and up to `concurrency` of a partition at once.
   */
  readonly orderBy?: "partition" | "key";
  /** Ends the run, as {@link Consumer.stop} does. */
  readonly signal?: AbortSignal;
  /**
   * Decides about messages whose handler threw: `"stop"` ends the run with the error (the default), `"skip"` counts them as
   * done, `"retry"` calls the handler again. It may be asynchronous, to wait a while or to send them elsewhere first; its
   * partition waits meanwhile. What it throws itself ends the run.
   */
  readonly onError?: (error: unknown, messages: readonly Message<K, V>[]) => RunAnswer | Promise<RunAnswer>;
}

/** The options of {@link Consumer.run} with a handler that is given messages one by one. */
export interface EachMessageOptions<K = Uint8Array, V = Uint8Array> extends RunOptions<K, V> {
  /** Is given each message. The message is done when this returns, or its promise is kept. */
  readonly eachMessage: (message: Message<K, V>, context: RunContext) => unknown;
}

/** The options of {@link Consumer.run} with a handler that is given messages in batches, each of one partition. */
export interface EachBatchOptions<K = Uint8Array, V = Uint8Array> extends RunOptions<K, V> {
  /** Is given each batch, which is never empty. All of it is done when this returns, or its promise is kept. */
  readonly eachBatch: (messages: Message<K, V>[], context: RunBatchContext<K, V>) => unknown;
  /** How many messages a batch has at most. Default: 1000. */
  readonly maxMessages?: number;
}
