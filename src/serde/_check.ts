/** What the serializers for plain types say of what they cannot take. No text of theirs shows a value. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Serde } from "../kafka/serialization.ts";
import { SerializationError } from "../kafka/serialization_error.ts";

/** Both ways for one type; whoever calls by hand may have null or undefined, which stay null. */
export function serde<T>(
  serialize: (value: T) => Uint8Array | string,
  deserialize: (data: Uint8Array) => T,
): Serde<T> {
  return Object.freeze({
    serialize: (value: T) => value === null || value === undefined ? null as never : serialize(value),
    deserialize: (data: Uint8Array) => data === null || data === undefined ? null as never : deserialize(data),
  });
}

/** A value of the wrong type or range. */
export function refused(wanted: string, value: unknown): SerializationError {
  const found = typeof value === "object" ? "an object" : `a ${typeof value}`;
  return new SerializationError(`${wanted} is wanted, not ${found}`, errorCodes._INVALID_ARG);
}

/** A value of the right type and out of range. */
export function outOfRange(wanted: string): SerializationError {
  return new SerializationError(`${wanted} is wanted, and the value is not in that range`, errorCodes._INVALID_ARG);
}

/** Bytes as a view to read numbers from. */
export function viewOf(data: Uint8Array, byteLength: number, what: string): DataView {
  if (data.length !== byteLength) {
    throw new SerializationError(`${what} has ${byteLength} bytes, and this has ${data.length}`);
  }
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
