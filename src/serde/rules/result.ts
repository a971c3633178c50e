/** What an executor or an action gave, waited for. The blocking serdes have a file of their own in its place. */
import { settled, type Work } from "../../kafka/work.ts";

/** Gives a result, after waiting for it if it is a promise. */
export function* resultOf(result: unknown): Work<unknown> {
  return isThenable(result) ? yield* settled(result) : result;
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
