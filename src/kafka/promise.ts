/** Whether something has to be waited for. */

/**
 * Whether a value is a promise, of this runtime's or of any other kind. Values of the user's own may be anything, also
 * null. One of another kind may have no more than `then()`: it is awaited, or made one of this runtime's first.
 */
export function isPromise<T>(value: T | PromiseLike<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
