/** How a client that blocks waits: in C, for events of a queue. */
import type { Pointer } from "../native/memory.ts";
import type { Client } from "./client.ts";

/**
 * How long a single call waits at most. JavaScript can do nothing meanwhile: a worker that is terminated ends after it, and
 * what arrives in another queue is seen after it.
 */
export const sliceMs = 100;

/** The milliseconds that a single call may wait, in C's whole numbers, when so many are left. */
export function slice(leftMs: number): number {
  return Math.ceil(Math.max(0, Math.min(leftMs, sliceMs)));
}

/**
 * Serves a client until something is so, and says whether it is.
 *
 * @param queue The queue whose events are waited for. Default: answers.
 */
export function serveUntil(
  client: Client,
  isDone: () => boolean,
  timeoutMs: number,
  queue: Pointer = client.replyQueue,
): boolean {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    client.serve();
    if (isDone()) return true;
    const left = deadline - performance.now();
    if (left <= 0) return false;
    client.serveNext(queue, slice(left));
  }
}
