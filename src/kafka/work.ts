/** Work that waits now and then, written once for both ways to wait: with promises, and by blocking. */
import { errorCodes } from "./error_codes.ts";
import { isPromise } from "./promise.ts";
import { SerializationError } from "./serialization_error.ts";

/**
 * A piece of work. Where it has to wait, it yields what it waits for: a promise, or in a client that blocks nothing, because
 * the waiting has been done by then.
 */
export type Work<T> = Generator<unknown, T, unknown>;

/** Waits within a {@link Work}: `yield* settled(x)` is there what `await x` is in an asynchronous function. */
export function* settled<T>(value: T | Promise<T>): Work<T> {
  return (yield value) as T;
}

/** Does work whose waits are promises. */
export async function perform<T>(work: Work<T>): Promise<T> {
  let step = work.next();
  while (!step.done) {
    let value: unknown;
    try {
      value = await step.value;
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next(value);
  }
  return step.value;
}

/**
 * Does work of a client that blocks.
 *
 * A promise in it, as a user's function may give one, ends in a `SerializationError` there: handed on it would be taken for the
 * value that it stands for.
 */
export function performNow<T>(work: Work<T>): T {
  let step = work.next();
  while (!step.done) {
    if (isPromise(step.value)) {
      // It may fail, and nobody else listens.
      Promise.resolve(step.value).catch(() => {});
      step = work.throw(cannotWait());
    } else step = work.next(step.value);
  }
  return step.value;
}

function cannotWait(): SerializationError {
  return new SerializationError("Cannot wait for a promise in a client that blocks", errorCodes._UNSUPPORTED_FEATURE);
}
