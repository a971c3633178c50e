/** Values as JSON. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Serde } from "../kafka/serialization.ts";
import { SerializationError } from "../kafka/serialization_error.ts";
import { serde } from "./_check.ts";

/** What {@link Serdes.json} takes: the second arguments of `JSON.stringify` and `JSON.parse`. */
export interface JsonOptions {
  /** Changes each part of a value before it is written. */
  readonly replacer?: (key: string, value: unknown) => unknown;
  /** Changes each part of a value after it was read. */
  readonly reviver?: (key: string, value: unknown) => unknown;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Whatever JSON can say. */
export function jsonSerde<T = unknown>(options: JsonOptions = {}): Serde<T> {
  const { replacer, reviver } = options;
  return serde<T>((value) => textOf(value, replacer), (data) => parsed(data, reviver) as T);
}

function textOf(value: unknown, replacer: JsonOptions["replacer"]): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, replacer);
  } catch (cause) {
    // A bigint, a circle, or what a `toJSON` or the replacer threw.
    throw new SerializationError("the value has no JSON form", errorCodes._INVALID_ARG, { cause });
  }
  if (text !== undefined) return text;
  throw new SerializationError(`a ${typeof value} has no JSON form`, errorCodes._INVALID_ARG);
}

function parsed(data: Uint8Array, reviver: JsonOptions["reviver"]): unknown {
  let text: string;
  try {
    text = decoder.decode(data);
  } catch {
    throw new SerializationError("the bytes are no UTF-8");
  }
  try {
    return JSON.parse(text, reviver);
  } catch (cause) {
    // What the runtime says of malformed JSON quotes it, so that is not passed on; what a reviver throws is its own.
    if (cause instanceof SyntaxError) throw new SerializationError("the text is no JSON");
    throw new SerializationError("the reviver threw", errorCodes._BAD_MSG, { cause });
  }
}
