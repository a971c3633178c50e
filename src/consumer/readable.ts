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

/**
 * A stream whose chunks are the values of an iteration: one step for each that is asked for.
 *
 * @param giveBack Takes a value that was under way when the stream was cancelled.
 */
export function readableOf<T>(
  iterator: AsyncIterableIterator<T>,
  giveBack: (value: T) => void,
  { highWaterMark = 0 }: ReadableOptions,
): ReadableStream<T> {
  let isCancelled = false;
  let failure: { readonly error: unknown } | null = null;
  let pulling: Promise<void> = Promise.resolve();
  const pull = async (controller: ReadableStreamDefaultController<T>): Promise<void> => {
    if (failure === null) {
      try {
        const { done, value } = await iterator.next();
        if (isCancelled) {
          if (!done) giveBack(value);
        } else if (done) controller.close();
        else controller.enqueue(value);
        return;
      } catch (error) {
        failure = { error };
      }
    }
    // An error drops the chunks that wait in the stream, so it comes after them: each that is read asks for more.
    if (controller.desiredSize === highWaterMark) throw failure.error;
  };
  return new ReadableStream<T>({
    pull: (controller) => pulling = pull(controller),
    async cancel(): Promise<void> {
      isCancelled = true;
      await iterator.return!();
      await pulling.catch(() => {});
    },
  }, { highWaterMark });
}
