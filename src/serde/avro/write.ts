/**
 * Writes the values of the simple types. Both forms of the encoder are made of these functions.
 *
 * Each takes where to write and gives where it ended: a number that is handed on stays in a register, which `output.at` would
 * not. Room is asked for generously, and only near the end of the output exactly, so that a value also fits into a target that
 * is just large enough for it.
 */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Output } from "../output.ts";
import { isRecordLike } from "./values.ts";

/** Up to here, writing characters one by one is faster than calling the runtime's encoder. */
const SHORT_STRING = 40;
const MAX_LONG = 2n ** 63n - 1n;
const MIN_LONG = -(2n ** 63n);

const encoder = new TextEncoder();

/** Says that a value is none of the type that its place has. It names the value's type only. */
export function mismatch(place: string, wanted: string, value: unknown): SerializationError {
  if (value === undefined) return new SerializationError(`Cannot write ${place}: want ${wanted}, but it is missing`);
  return new SerializationError(`Cannot write ${place}: want ${wanted}, got ${nameOfType(value)}`);
}

/** Writes nothing, for a null. */
export function writeNull(_output: Output, at: number, value: unknown, place: string): number {
  if (value !== null) throw mismatch(place, "null", value);
  return at;
}

/** Writes a boolean. */
export function writeBoolean(output: Output, at: number, value: unknown, place: string): number {
  if (typeof value !== "boolean") throw mismatch(place, "a boolean", value);
  return writeByte(output, at, value ? 1 : 0);
}

/** Writes one byte. */
export function writeByte(output: Output, at: number, byte: number): number {
  let bytes = output.bytes;
  if (at === bytes.length) bytes = roomAt(output, at, 1);
  bytes[at] = byte;
  return at + 1;
}

/** Writes an int. */
export function writeInt(output: Output, at: number, value: unknown, place: string): number {
  if (typeof value === "number" && value === (value | 0)) return writeZigzag(output, at, value);
  if (typeof value === "bigint" && value === BigInt.asIntN(32, value)) return writeZigzag(output, at, Number(value));
  const isWhole = Number.isInteger(value) || typeof value === "bigint";
  throw mismatch(place, isWhole ? "an int from -2^31 to 2^31-1" : "an int", value);
}

/** Writes a long. */
export function writeLong(output: Output, at: number, value: unknown, place: string): number {
  if (typeof value === "number") {
    if (value === (value | 0)) return writeZigzag(output, at, value);
    if (Number.isSafeInteger(value)) return writeSafe(output, at, value);
    throw mismatch(place, Number.isInteger(value) ? "a bigint for a long beyond 2^53" : "a long", value);
  }
  if (typeof value !== "bigint") throw mismatch(place, "a long", value);
  if (value < MIN_LONG || value > MAX_LONG) throw mismatch(place, "a long from -2^63 to 2^63-1", value);
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? writeLong(output, at, asNumber, place) : writeBigint(output, at, value);
}

/** Writes a float. What is too large for one becomes infinite. */
export function writeFloat(output: Output, at: number, value: unknown, place: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number") throw mismatch(place, "a number", value);
  if (at + 4 > output.bytes.length) roomAt(output, at, 4);
  output.view.setFloat32(at, number, true);
  return at + 4;
}

/** Writes a double. */
export function writeDouble(output: Output, at: number, value: unknown, place: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number") throw mismatch(place, "a number", value);
  if (at + 8 > output.bytes.length) roomAt(output, at, 8);
  output.view.setFloat64(at, number, true);
  return at + 8;
}

/** Writes a string: its length in UTF-8, and its UTF-8. */
export function writeString(output: Output, at: number, value: unknown, place: string): number {
  if (typeof value !== "string") throw mismatch(place, "a string", value);
  const length = value.length;
  if (length > SHORT_STRING) return writeLongString(output, at, value, place);
  let bytes = output.bytes;
  const start = at + 1;
  if (start + length > bytes.length) bytes = roomAt(output, at, length + 1);
  bytes[at] = length << 1;
  let all = 0;
  for (let index = 0; index < length; index++) {
    const character = value.charCodeAt(index);
    all |= character;
    bytes[start + index] = character;
  }
  return all > 127 ? writeLongString(output, at, value, place) : start + length;
}

/** Writes bytes, and their length before them. */
export function writeBytes(output: Output, at: number, value: unknown, place: string): number {
  if (!(value instanceof Uint8Array)) throw mismatch(place, "bytes (a Uint8Array)", value);
  return writeRaw(output, writeLong(output, at, value.length, place), value);
}

/** Writes bytes of a given number. */
export function writeFixed(output: Output, at: number, value: unknown, size: number, place: string): number {
  if (!(value instanceof Uint8Array)) throw mismatch(place, `${size} bytes (a Uint8Array)`, value);
  if (value.length !== size) {
    throw new SerializationError(`Cannot write ${place}: want ${size} bytes, got ${value.length}`);
  }
  return writeRaw(output, at, value);
}

/** Writes bytes as they are. */
export function writeRaw(output: Output, at: number, value: Uint8Array): number {
  let bytes = output.bytes;
  if (at + value.length > bytes.length) bytes = roomAt(output, at, value.length);
  bytes.set(value, at);
  return at + value.length;
}

/** Writes the place of a symbol among those of an enum. */
export function writeEnum(
  output: Output,
  at: number,
  value: unknown,
  indexes: ReadonlyMap<unknown, number>,
  place: string,
): number {
  const index = indexes.get(value);
  if (index !== undefined) return writeZigzag(output, at, index);
  throw mismatch(place, typeof value === "string" ? "one of the enum's symbols" : "a symbol of an enum", value);
}

/** The keys of what is written as a map: those of a Map, or an object's own. */
export function keysOf(value: unknown, place: string): string[] {
  if (value instanceof Map) return [...value.keys()];
  if (!isRecordLike(value)) throw mismatch(place, "a map (an object or a Map)", value);
  return Object.keys(value);
}

/** The value at one of those keys. */
export function valueAt(map: unknown, key: string): unknown {
  return map instanceof Map ? map.get(key) : (map as Readonly<Record<string, unknown>>)[key];
}

/** Writes a whole number of 32 bits. */
export function writeZigzag(output: Output, at: number, value: number): number {
  return writeUint32(output, at, (value << 1) ^ (value >> 31));
}

function writeUint32(output: Output, at: number, value: number): number {
  let bytes = output.bytes;
  let rest = value;
  if (at + 5 > bytes.length) bytes = roomAt(output, at, bytesOfUint32(rest));
  while ((rest & ~127) !== 0) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Writes a whole number of 33 to 54 bits, which are too many for the operators on bits. */
function writeSafe(output: Output, at: number, value: number): number {
  const magnitude = value < 0 ? -1 - value : value;
  const high = Math.floor(magnitude / 0x8000000);
  // The lowest bit says the sign: with the low 27 bits of the number they are four bytes.
  const low = ((magnitude - high * 0x8000000) << 1) | (value < 0 ? 1 : 0);
  if (at + 9 > output.bytes.length) roomAt(output, at, 4 + bytesOfUint32(high));
  const { bytes } = output;
  bytes[at] = (low & 127) | 128;
  bytes[at + 1] = ((low >>> 7) & 127) | 128;
  bytes[at + 2] = ((low >>> 14) & 127) | 128;
  bytes[at + 3] = (low >>> 21) | 128;
  return writeUint32(output, at + 4, high);
}

function writeBigint(output: Output, at: number, value: bigint): number {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  // Beyond 2^53 a number has at least 55 bits here, which is eight bytes, and at most 64, which is ten.
  const byteLength = rest < 1n << 56n ? 8 : rest < 1n << 63n ? 9 : 10;
  const bytes = at + byteLength > output.bytes.length ? roomAt(output, at, byteLength) : output.bytes;
  for (; rest > 127n; rest >>= 7n) bytes[at++] = Number(rest & 127n) | 128;
  bytes[at++] = Number(rest);
  return at;
}

function writeLongString(output: Output, at: number, value: string, place: string): number {
  // The encoder would write a question mark for half a surrogate pair, and nobody would know.
  if (!value.isWellFormed()) throw mismatch(place, "a string that UTF-8 can say", value);
  let bytes = output.bytes;
  const most = value.length * 3;
  if (at + 5 + most > bytes.length) {
    const byteLength = utf8Length(value);
    bytes = roomAt(output, at, bytesOfUint32(byteLength * 2) + byteLength);
  }
  // Where the text goes depends on how many bytes the length takes, which depends on the text: mostly it is ASCII.
  const guess = bytesOfUint32(value.length * 2);
  const { written } = encoder.encodeInto(value, bytes.subarray(at + guess));
  const prefix = bytesOfUint32(written * 2);
  if (prefix !== guess) bytes.copyWithin(at + prefix, at + guess, at + guess + written);
  return writeZigzag(output, at, written) + written;
}

function utf8Length(value: string): number {
  let length = value.length;
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index);
    // A pair of surrogates is four bytes, two for each half.
    if (unit > 0x7f) length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}

function bytesOfUint32(value: number): number {
  return value >>> 7 === 0 ? 1 : value >>> 14 === 0 ? 2 : value >>> 21 === 0 ? 3 : value >>> 28 === 0 ? 4 : 5;
}

function roomAt(output: Output, at: number, byteLength: number): Uint8Array<ArrayBuffer> {
  output.at = at;
  output.reserve(byteLength);
  return output.bytes;
}

function nameOfType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return typeof value === "undefined" ? "nothing" : `a ${typeof value}`;
}
