/** An iterator whose reader may come back. */
import { describe } from "../native/scratch.ts";

/** Throws if batches cannot be made so. */
export function checkBatches(maxMessages: number, maxWaitMs: number): void {
  if (!Number.isInteger(maxMessages) || maxMessages < 1) {
    throw new RangeError(`Cannot use ${describe(maxMessages)} as maxMessages: a number from 1 on is wanted`);
  }
  if (!(maxWaitMs >= 0)) {
    throw new RangeError(`Cannot use ${describe(maxWaitMs)} as maxWaitMs: milliseconds from 0 on are wanted`);
  }
}

/** What is told of an iteration: it has begun, and it is over. */
export interface IterationWatch {
  hold(): void;
  release(): void;
}

/**
 * An iterator that ends without closing anything. From its first step to its end, it is held.
 *
 * @param atOnce The next value if it is there already: such a step costs one promise.
 * @param later The next value, waited for; nothing when the iteration is over.
 */
export function iterator<T>(
  atOnce: () => T | undefined,
  later: () => Promise<T | undefined>,
  watch: IterationWatch,
): AsyncIterableIterator<T> {
  let state: "new" | "under way" | "over" = "new";
  const over = (): IteratorResult<T> => {
    if (state === "under way") watch.release();
    state = "over";
    return { done: true, value: undefined };
  };
  const wait = async (): Promise<IteratorResult<T>> => {
    try {
      const value = await later();
      return value === undefined ? over() : { done: false, value };
    } catch (error) {
      over();
      throw error;
    }
  };
  return {
    next(): Promise<IteratorResult<T>> {
      if (state === "over") return Promise.resolve(over());
      if (state === "new") watch.hold();
      state = "under way";
      const value = atOnce();
      return value === undefined ? wait() : Promise.resolve({ done: false, value });
    },
    return(): Promise<IteratorResult<T>> {
      return Promise.resolve(over());
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
