/** A consumer's messages as a stream of the web's kind. */
import type { BatchOptions } from "./options.ts";

/** How a stream is buffered. */
export interface ReadableOptions {
  /**
   * How many chunks are read before anybody has asked for them. Default: 0. With more, chunks count as done although nobody has
   * seen them yet, and a program that ends loses them.
   */
  readonly highWaterMark?: number;
}

/** How a stream of batches is made up. */
export interface ReadableBatchOptions extends ReadableOptions, Omit<BatchOptions, "signal"> {
  /** Asks for arrays of messages instead of messages. */
  readonly batch: true;
}

/** What steps of an iteration are made by; a step that waits ends when the signal is aborted. */
export type Steps<T> = (signal: AbortSignal) => AsyncIterator<T, unknown>;

/** A stream whose chunks are the values of an iteration: one step for each that is asked for. */
export function readableOf<T>(steps: Steps<T>, { highWaterMark = 0 }: ReadableOptions): ReadableStream<T> {
  const stop = new AbortController();
  const iterator = steps(stop.signal);
  return new ReadableStream<T>({
    async pull(controller): Promise<void> {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason): Promise<void> {
      stop.abort(reason ?? new DOMException("The stream was cancelled", "AbortError"));
      await iterator.return?.();
    },
  }, { highWaterMark });
}
