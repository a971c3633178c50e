/** Does work only if nothing has to be waited for. */
import type { Work } from "../kafka/work.ts";
import { NotPreparedError } from "../kafka/serialization_error.ts";

/**
 * Does work to its end.
 *
 * @throws {NotPreparedError} where it would have to wait. What was begun is left to end by itself: who waits begins it
 * anew.
 */
export function performAtOnce<T>(work: Work<T>): T {
  const step = work.next();
  if (step.done) return step.value;
  // It may fail, and by then nobody else listens.
  Promise.resolve(step.value).catch(() => {});
  throw new NotPreparedError("Cannot go on at once: a rule has to wait for something first");
}
