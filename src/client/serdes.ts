/** What producers and consumers need to know of serializers and deserializers alike. */
import { describe } from "../native/scratch.ts";

/**
 * Checks an option that is a serializer or a deserializer, if it is given.
 *
 * @throws {TypeError} naming the option.
 */
export function checkSerde<T extends object>(
  serde: T | undefined,
  method: keyof T & string,
  option: string,
): T | undefined {
  if (serde === undefined || serde === null) return undefined;
  if (typeof serde === "object" && typeof serde[method] === "function") return serde;
  throw new TypeError(`Cannot use ${describe(serde)} as ${option}: an object with ${method}() is wanted`);
}
