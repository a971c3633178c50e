/** A consumer's iterators: messages one by one, and in batches. */
import { type IterationWatch, iterator } from "../client/iterator.ts";
import type { Message } from "../kafka/message.ts";
import { describe } from "../native/scratch.ts";
import type { BatchOptions, IterateOptions } from "./options.ts";

/** Throws if batches cannot be made so. */
export function checkBatches(maxMessages: number, maxWaitMs: number): void {
  if (!Number.isInteger(maxMessages) || maxMessages < 1) {
    throw new RangeError(`Cannot use ${describe(maxMessages)} as maxMessages: a number from 1 on is wanted`);
  }
  if (!(maxWaitMs >= 0)) {
    throw new RangeError(`Cannot use ${describe(maxWaitMs)} as maxWaitMs: milliseconds from 0 on are wanted`);
  }
}

/** What iterators read from. */
export interface Source {
  /** A message that is already here. */
  next(): Message | undefined;
  collect(
    max: number,
    firstMs: number | undefined,
    moreMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Message[]>;
  giveBack(messages: readonly Message[]): void;
  /** Whether a rebalance handler runs, which may be what is leaving an iteration. */
  readonly isRevoking: boolean;
}

/** Messages one by one. */
export function messagesOf(
  source: Source,
  watch: IterationWatch,
  { signal }: IterateOptions,
): AsyncIterableIterator<Message> {
  return iterator({
    signal,
    watch,
    atOnce: () => signal?.aborted ? undefined : source.next(),
    later: async (signal) => (await source.collect(1, undefined, undefined, signal))[0],
    giveBack: (message) => source.giveBack([message]),
    isCalling: () => source.isRevoking,
  });
}

/** Messages in batches. */
export function batchesOf(
  source: Source,
  watch: IterationWatch,
  { maxMessages = 1000, maxWaitMs = 0, signal }: BatchOptions,
): AsyncIterableIterator<Message[]> {
  checkBatches(maxMessages, maxWaitMs);
  return iterator({
    signal,
    watch,
    atOnce: () => undefined,
    later: async (signal) => {
      const batch = await source.collect(maxMessages, undefined, maxWaitMs, signal);
      return batch.length === 0 ? undefined : batch;
    },
    giveBack: (batch) => source.giveBack(batch),
    isCalling: () => source.isRevoking,
  });
}
