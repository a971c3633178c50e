/** Waiting that ends: by a time, by a signal, or by being woken. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import { describe } from "../native/scratch.ts";
import type { WaitOptions } from "./options.ts";

/**
 * Checks that options are an object, or left out.
 *
 * @throws {TypeError} naming the argument.
 */
export function checkOptions(options: unknown, name = "options"): void {
  if (options === undefined || (typeof options === "object" && options !== null && !Array.isArray(options))) return;
  throw new TypeError(`Cannot use ${describe(options)} as ${name}: an object is wanted`);
}

/** Checks a number of milliseconds. */
export function checkTimeout(timeoutMs: number | undefined, name = "timeoutMs"): number | undefined {
  if (timeoutMs === undefined) return undefined;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs) || timeoutMs < 0) {
    throw new RangeError(`Cannot use ${String(timeoutMs)} as ${name}: milliseconds from 0 on are wanted`);
  }
  return timeoutMs;
}

/**
 * Settles as `promise` does, unless the time is up or the signal comes first. What was waited for goes on.
 *
 * @throws {KafkaError} `_TIMED_OUT`. It does not count as retriable: what was asked for may still happen.
 */
export async function bounded<T>(promise: Promise<T>, action: string, options: WaitOptions = {}): Promise<T> {
  const { signal } = options;
  if (options.timeoutMs === undefined && signal === undefined) return await promise;
  // With the wait ended, nobody else is there to take the rejection.
  promise.catch(() => {});
  const timeoutMs = checkTimeout(options.timeoutMs);
  signal?.throwIfAborted();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const limit = new Promise<never>((_, reject) => {
    if (timeoutMs !== undefined && timeoutMs < maxTimerMs) {
      const error = new KafkaError(`${action}: no answer within ${timeoutMs} ms`, errorCodes._TIMED_OUT);
      timer = setTimeout(() => reject(error), timeoutMs);
    }
    if (signal !== undefined) {
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
    }
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  }
}

/** Timers of JavaScript do not go further; beyond it a limit is none. */
export const maxTimerMs: number = 2 ** 31 - 1;

/** Something that can be waited for many times: each {@link Gate.notify} ends the waits that are under way. */
export class Gate {
  // A wait that ends by its time is taken out again: a promise shared by all of them would collect their callbacks for ever.
  readonly #waiting = new Set<() => void>();

  /** Ends all waits. */
  notify(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const end of waiting) end();
  }

  /** Waits for the next {@link notify}. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /**
   * Waits until something is so, which is looked at after each {@link notify}. A wait that ends by its time or its signal leaves
   * nothing here.
   *
   * @param isMet What it throws ends the wait.
   * @param action What is waited for, for the message of an error.
   * @throws {KafkaError} `_TIMED_OUT` after `timeoutMs`; the signal's reason when that is aborted.
   */
  async until(isMet: () => boolean, action: string, options: WaitOptions = {}): Promise<void> {
    checkTimeout(options.timeoutMs);
    options.signal?.throwIfAborted();
    if (isMet()) return;
    let look = (): void => {};
    const met = new Promise<void>((resolve, reject) => {
      look = () => {
        try {
          if (isMet()) resolve();
          else this.#waiting.add(look);
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.add(look);
    });
    try {
      await bounded(met, action, options);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** Waits for the next {@link notify}, but not longer than `timeoutMs`; says whether it came. */
  async waitFor(timeoutMs: number): Promise<boolean> {
    if (timeoutMs <= 0) return false;
    if (timeoutMs >= maxTimerMs) {
      await this.wait();
      return true;
    }
    return await new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(end);
        resolve(false);
      }, timeoutMs);
      this.#waiting.add(end);
    });
  }
}

/** Lets the event loop turn once: its timers and sockets get their time, and no millisecond is lost as with a timer. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => immediately(resolve));
}

/** Calls back in the next turn of the event loop. */
export const immediately: (callback: () => void) => void =
  (globalThis as { setImmediate?: (callback: () => void) => void })
    .setImmediate ?? ((callback) => setTimeout(callback, 0));
