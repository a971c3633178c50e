/**
 * Stands in for `@std/assert` where JSR cannot be reached: the same names and argument order, written on `node:assert`.
 */
import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";

/** Thrown by every assertion here. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Any class, abstract ones too. */
export type AnyClass<T> = abstract new (...args: never[]) => T;

/** Asserts that `condition` is truthy. */
export function assert(condition: unknown, msg = ""): asserts condition {
  if (!condition) throw new AssertionError(msg);
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(because("Failed assertion", msg));
}

/** Asserts deep equality, prototypes included. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  rethrow(() => deepStrictEqual(actual, expected), "Values are not equal", msg);
}

/** Asserts that the values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  rethrow(() => notDeepStrictEqual(actual, expected), "Values are equal", msg);
}

/** Asserts identity, as `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(because(`Values are not identical: ${show(actual)} and ${show(expected)}`, msg));
}

/** Asserts that `actual` is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(because(`Expected a value, got ${show(actual)}`, msg));
  }
}

/** Asserts that `actual` is an instance of `type`. */
export function assertInstanceOf<T>(actual: unknown, type: AnyClass<T>, msg = ""): asserts actual is T {
  if (actual instanceof type) return;
  throw new AssertionError(because(`Expected an instance of ${type.name}, got ${show(actual)}`, msg));
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(because(`Expected ${show(actual)} to contain ${show(expected)}`, msg));
}

/** Asserts that `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(because(`Expected ${show(actual)} to match ${expected}`, msg));
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw new AssertionError(because(`Expected ${show(actual)} > ${show(expected)}`, msg));
}

/** Asserts `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw new AssertionError(because(`Expected ${show(actual)} >= ${show(expected)}`, msg));
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw new AssertionError(because(`Expected ${show(actual)} < ${show(expected)}`, msg));
}

/** Asserts `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw new AssertionError(because(`Expected ${show(actual)} <= ${show(expected)}`, msg));
}

/** Asserts that two numbers differ by at most `tolerance` (default: a ten-millionth of `expected`). */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Math.abs(expected - actual) <= allowed) return;
  throw new AssertionError(because(`Expected ${actual} to be within ${allowed} of ${expected}`, msg));
}

/** Asserts that `fn` throws, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  typeOrMsg?: AnyClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
    checkError(thrown, typeOrMsg, msgIncludes, msg);
    return thrown;
  }
  throw new AssertionError(because("Expected function to throw", typeof typeOrMsg === "string" ? typeOrMsg : msg));
}

/** Asserts that the promise `fn` returns is rejected, and resolves with what it was rejected with. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  typeOrMsg?: AnyClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const note = typeof typeOrMsg === "string" ? typeOrMsg : msg;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(because("Function throws when expected to reject", note), { cause: error });
  }
  const outcome = await Promise.resolve(promise).then(() => undefined, (error: unknown) => ({ error }));
  if (outcome === undefined) throw new AssertionError(because("Expected function to reject", note));
  checkError(outcome.error, typeOrMsg, msgIncludes, msg);
  return outcome.error;
}

function checkError(
  error: unknown,
  type: AnyClass<Error> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): void {
  if (type === undefined || typeof type === "string") return;
  if (!(error instanceof type)) {
    throw new AssertionError(because(`Expected an error of ${type.name}, got ${show(error)}`, msg), { cause: error });
  }
  if (msgIncludes !== undefined && !error.message.includes(msgIncludes)) {
    const found = `Expected the error's message to contain ${show(msgIncludes)}, got ${show(error.message)}`;
    throw new AssertionError(because(found, msg), { cause: error });
  }
}

function rethrow(check: () => void, what: string, msg: string | undefined): void {
  try {
    check();
  } catch (error) {
    throw new AssertionError(because(`${what}: ${error instanceof Error ? error.message : String(error)}`, msg));
  }
}

function because(what: string, msg: string | undefined): string {
  return msg ? `${what}: ${msg}` : what;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return String(value);
}
