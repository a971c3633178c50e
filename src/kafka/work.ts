/** Work that waits now and then, written once for both ways to wait: with promises, and by blocking. */
import { isPromise } from "./promise.ts";

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

/** Does work of a client that blocks. */
export function performNow<T>(work: Work<T>): T {
  let step = work.next();
  while (!step.done) {
    // Handed on it would be taken for the value that it stands for.
    if (isPromise(step.value)) {
      Promise.resolve(step.value).catch(() => {});
      step = work.throw(new TypeError("Cannot wait for a promise in a client that blocks"));
    } else step = work.next(step.value);
  }
  return step.value;
}
