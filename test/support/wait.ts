/** Waits for a condition instead of sleeping for luck. */
import { delay } from "./async.ts";

/** How long to wait, and what to call it in the error. */
export interface WaitOptions {
  /** What is waited for, as the end of "Timed out waiting for …". */
  what: string;
  /** Default: 10,000. */
  timeoutMs?: number;
  /** Time between two looks. Default: 10. */
  intervalMs?: number;
}

/**
 * Calls `condition` until it returns something truthy, and resolves with that. A condition that throws counts as "not
 * yet"; when time is up, the error says what the last look gave.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<Truthy<T>> {
  const { what, timeoutMs = 10_000, intervalMs = 10 } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    let last: string;
    let cause: unknown;
    try {
      const value = await condition();
      if (isTruthy(value)) return value;
      last = `the condition gave ${String(value)}`;
    } catch (error) {
      cause = error;
      last = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    if (performance.now() >= end) {
      throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}; at the last look, ${last}`, { cause });
    }
    await delay(intervalMs);
  }
}

/** `T` without the values that mean "not yet". */
export type Truthy<T> = Exclude<T, false | null | undefined | 0 | "">;

function isTruthy<T>(value: T): value is T & Truthy<T> {
  return Boolean(value);
}
