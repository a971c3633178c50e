/** JSON text in bytes, both ways, with nothing lost or guessed. */
import { utf8Slice } from "../../../ffi/text.ts";
import { errorCodes } from "../../kafka/error_codes.ts";
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Output } from "../output.ts";

/** How deep a message may be nested: parsers, walks and whoever gets the value call themselves for each level. */
export const MAX_DEPTH = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The JSON of a value, without spaces, in the order of its keys.
 *
 * @throws {SerializationError} if something in it has none: a `bigint`, bytes, NaN, a map, a circle.
 */
export function textOf(value: unknown): string {
  let text: string | undefined;
  try {
    checkForm(value, 0);
    text = JSON.stringify(value);
  } catch (cause) {
    if (cause instanceof SerializationError) throw cause;
    // What a getter or a `toJSON` threw.
    throw new SerializationError("The value has no JSON form", errorCodes._INVALID_ARG, { cause });
  }
  if (text === undefined) throw noForm(`a ${typeof value}`);
  return text;
}

/** `JSON.stringify` makes null of NaN, an object of bytes and nothing of a map, and says nothing. */
function checkForm(value: unknown, depth: number): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw noForm(String(value));
  if (typeof value === "bigint") throw noForm("a bigint");
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH) throw noForm(`what is nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) {
    for (const element of value) checkForm(element, depth + 1);
    return;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) throw noForm("bytes");
  if (value instanceof Map || value instanceof Set) throw noForm("a Map or Set");
  for (const key in value) checkForm((value as Record<string, unknown>)[key], depth + 1);
}

function noForm(what: string): SerializationError {
  return new SerializationError(`The value has no JSON form, because of ${what}`, errorCodes._INVALID_ARG);
}

/** Writes text in UTF-8. It takes no more room than it needs, for an output may be one that does not grow. */
export function writeText(text: string, output: Output): void {
  output.reserve(text.length);
  const { read, written } = encoder.encodeInto(text, output.bytes.subarray(output.at));
  output.at += written;
  if (read < text.length) output.write(encoder.encode(text.slice(read)));
}

/**
 * The text of bytes that are UTF-8, from a place to their end.
 *
 * @throws {SerializationError} if they are none, or hold JSON that is nested too deep.
 */
export function readText(data: Uint8Array, start: number): string {
  checkDepth(data, start);
  if (utf8Slice) {
    const text = utf8Slice(data, start, data.length);
    // The mark for bytes that are no text, or for themselves; a byte order mark is no part of it.
    if (!text.includes("\ufffd")) return text.startsWith("\ufeff") ? text.slice(1) : text;
  }
  try {
    return decoder.decode(data.subarray(start));
  } catch {
    throw new SerializationError("The bytes are no UTF-8");
  }
}

/**
 * The value of JSON text. A key `__proto__` is one like any other.
 *
 * @throws {SerializationError} if it is no JSON. The text is not quoted, as the runtime would.
 */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SerializationError("The text is no JSON");
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Looks before anything is built; a short text cannot be deep. */
function checkDepth(bytes: Uint8Array, start: number): void {
  if (bytes.length - start < 2 * MAX_DEPTH) return;
  let depth = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at++;
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
      // Brackets and braces differ from each other by 0x20.
    } else if ((byte | 0x20) === 0x7b) {
      if (++depth > MAX_DEPTH) throw new SerializationError(`The JSON is nested more than ${MAX_DEPTH} deep`);
    } else if ((byte | 0x20) === 0x7d) {
      depth--;
    }
  }
}
