/** What an executor or an action gave, in serdes that block: nothing that has to be waited for. */
import type { Work } from "../../../kafka/work.ts";
import { RuleError } from "../../rules/error.ts";

/**
 * Gives a result.
 *
 * @throws {RuleError} if it is a promise, such as that of every JSONata expression: the evaluation is asynchronous.
 */
// deno-lint-ignore require-yield -- Its twin has to wait.
export function* resultOf(result: unknown): Work<unknown> {
  if (!isThenable(result)) return result;
  // It may fail, and nobody else listens.
  Promise.resolve(result).catch(() => {});
  throw new RuleError("It works with promises, which a client that blocks cannot wait for");
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
