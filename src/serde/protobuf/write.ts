/** The scalars of Protobuf as bytes: checked, with their tag in front. A tag of 0 is none, as for the values of a packed list. */
import type { Output } from "../output.ts";
import { rangeError, valueError } from "./_error.ts";

/** Writes a tag and a value. `field` is the full name of the field, for errors. */
export type WriteScalar = (output: Output, tag: number, value: unknown, field: string) => void;

const TAG = 5;
const VARINT = 10;
const FLOAT_MAX = 3.4028234663852886e38;
/** What is longer is left to the platform's encoder, which costs more to call and less for each character. */
const MAX_LOOPED = 48;

const textEncoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));

/** Writes a number of 32 bits, for which there must be room. */
function varint32(output: Output, value: number): void {
  const { bytes } = output;
  let { at } = output;
  while (value > 0x7f) {
    bytes[at++] = value & 0x7f | 0x80;
    value >>>= 7;
  }
  bytes[at++] = value;
  output.at = at;
}

/** Writes a number of 64 bits, in two halves, for which there must be room. */
function varint64(output: Output, low: number, high: number): void {
  const { bytes } = output;
  let { at } = output;
  while (high !== 0 || low > 0x7f) {
    bytes[at++] = low & 0x7f | 0x80;
    low = (low >>> 7 | high << 25) >>> 0;
    high >>>= 7;
  }
  bytes[at++] = low;
  output.at = at;
}

/** Writes a tag, and sees to it that so many bytes have room behind it. */
export function writeTag(output: Output, tag: number, room: number): void {
  output.reserve(TAG + room);
  if (tag === 0) return;
  if (tag < 0x80) output.bytes[output.at++] = tag;
  else varint32(output, tag);
}

/** Writes a tag and begins what has its length in front. The answer is for {@link endLength}. */
export function startLength(output: Output, tag: number): number {
  writeTag(output, tag, 1);
  return ++output.at;
}

/** Writes the length of what was begun. Where it takes more than the one byte that was left for it, all of it moves up. */
export function endLength(output: Output, start: number): void {
  const length = output.at - start;
  if (length < 0x80) output.bytes[start - 1] = length;
  else endLong(output, start, length);
}

function endLong(output: Output, start: number, length: number): void {
  const more = lengthBytes(length) - 1;
  output.reserve(more);
  output.bytes.copyWithin(start + more, start, start + length);
  output.at = start - 1;
  varint32(output, length);
  output.at += length;
}

/** How many bytes a length takes. */
function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5;
}

/** Writes a number of 32 bits; a negative one takes ten bytes. */
export function writeInt32(output: Output, tag: number, value: unknown, field: string): void {
  const number = int32(value, field);
  writeTag(output, tag, VARINT);
  if (number >= 0) varint32(output, number);
  else varint64(output, number >>> 0, 0xffffffff);
}

/** Writes a number of 32 bits from 0 on. */
export function writeUint32(output: Output, tag: number, value: unknown, field: string): void {
  const number = uint32(value, field);
  writeTag(output, tag, VARINT);
  varint32(output, number);
}

/** Writes a number of 32 bits, of which small negative ones are short. */
export function writeSint32(output: Output, tag: number, value: unknown, field: string): void {
  const number = int32(value, field);
  writeTag(output, tag, VARINT);
  varint32(output, (number << 1 ^ number >> 31) >>> 0);
}

/** Writes a number of 64 bits; a negative one takes ten bytes. */
export function writeInt64(output: Output, tag: number, value: unknown, field: string): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) {
    writeTag(output, tag, VARINT);
    varint64(output, value >>> 0, value / 0x100000000 >>> 0);
    return;
  }
  scratch.setBigInt64(0, int64(value, field));
  writeTag(output, tag, VARINT);
  varint64(output, scratch.getUint32(4), scratch.getUint32(0));
}

/** Writes a number of 64 bits from 0 on. */
export function writeUint64(output: Output, tag: number, value: unknown, field: string): void {
  scratch.setBigUint64(0, uint64(value, field));
  writeTag(output, tag, VARINT);
  varint64(output, scratch.getUint32(4), scratch.getUint32(0));
}

/** Writes a number of 64 bits, of which small negative ones are short. */
export function writeSint64(output: Output, tag: number, value: unknown, field: string): void {
  scratch.setBigInt64(0, int64(value, field));
  writeTag(output, tag, VARINT);
  const high = scratch.getInt32(0);
  const low = scratch.getInt32(4);
  const sign = high >> 31;
  varint64(output, (low << 1 ^ sign) >>> 0, ((high << 1 | low >>> 31) ^ sign) >>> 0);
}

/** Writes a number from 0 on in four bytes. */
export function writeFixed32(output: Output, tag: number, value: unknown, field: string): void {
  const number = uint32(value, field);
  writeTag(output, tag, 4);
  output.view.setUint32(output.at, number, true);
  output.at += 4;
}

/** Writes a number in four bytes. */
export function writeSfixed32(output: Output, tag: number, value: unknown, field: string): void {
  const number = int32(value, field);
  writeTag(output, tag, 4);
  output.view.setInt32(output.at, number, true);
  output.at += 4;
}

/** Writes a number from 0 on in eight bytes. */
export function writeFixed64(output: Output, tag: number, value: unknown, field: string): void {
  const number = uint64(value, field);
  writeTag(output, tag, 8);
  output.view.setBigUint64(output.at, number, true);
  output.at += 8;
}

/** Writes a number in eight bytes. */
export function writeSfixed64(output: Output, tag: number, value: unknown, field: string): void {
  const number = int64(value, field);
  writeTag(output, tag, 8);
  output.view.setBigInt64(output.at, number, true);
  output.at += 8;
}

/** Writes a number as the nearest one of 32 bits. */
export function writeFloat(output: Output, tag: number, value: unknown, field: string): void {
  if (typeof value !== "number") throw valueError(field, "a number is wanted", value);
  if (Math.abs(value) > FLOAT_MAX && Number.isFinite(value)) {
    throw rangeError(field, "the number is too large for 32 bits");
  }
  writeTag(output, tag, 4);
  output.view.setFloat32(output.at, value, true);
  output.at += 4;
}

/** Writes a number as it is. */
export function writeDouble(output: Output, tag: number, value: unknown, field: string): void {
  if (typeof value !== "number") throw valueError(field, "a number is wanted", value);
  writeTag(output, tag, 8);
  output.view.setFloat64(output.at, value, true);
  output.at += 8;
}

/** Writes a truth. */
export function writeBool(output: Output, tag: number, value: unknown, field: string): void {
  if (typeof value !== "boolean") throw valueError(field, "a boolean is wanted", value);
  writeTag(output, tag, 1);
  output.bytes[output.at++] = value ? 1 : 0;
}

/** Writes bytes, with their length in front. */
export function writeBytes(output: Output, tag: number, value: unknown, field: string): void {
  if (!(value instanceof Uint8Array)) throw valueError(field, "a Uint8Array is wanted", value);
  writeTag(output, tag, 5 + value.length);
  varint32(output, value.length);
  output.bytes.set(value, output.at);
  output.at += value.length;
}

/** Writes a string as UTF-8, with its length in front; half a surrogate pair becomes U+FFFD. */
export function writeString(output: Output, tag: number, value: unknown, field: string): void {
  if (typeof value !== "string") throw valueError(field, "a string is wanted", value);
  // A unit of UTF-16 takes no more than three bytes.
  writeTag(output, tag, 5 + 3 * value.length);
  const start = output.at + 1;
  const end = value.length > MAX_LOOPED ? -1 : writeShort(output.bytes, start, value);
  if (end < 0) return writeLong(output, value);
  output.at = end;
  endLength(output, start);
}

/** Writes a string as UTF-8 and says where it ends, or -1 if it has surrogates, which are the platform's to pair. */
function writeShort(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | unit >> 6;
      bytes[at++] = 0x80 | unit & 0x3f;
    } else if (unit >= 0xd800 && unit < 0xe000) {
      return -1;
    } else {
      bytes[at++] = 0xe0 | unit >> 12;
      bytes[at++] = 0x80 | unit >> 6 & 0x3f;
      bytes[at++] = 0x80 | unit & 0x3f;
    }
  }
  return at;
}

function writeLong(output: Output, text: string): void {
  // Most texts are ASCII: then the length is known before they are written.
  const expected = lengthBytes(text.length);
  const start = output.at + expected;
  const { written } = textEncoder.encodeInto(text, output.bytes.subarray(start));
  const needed = lengthBytes(written);
  if (needed !== expected) output.bytes.copyWithin(output.at + needed, start, start + written);
  varint32(output, written);
  output.at += written;
}

function int32(value: unknown, field: string): number {
  if (typeof value === "number" && (value | 0) === value) return value;
  throw integerError(value, field, "a whole number of 32 bits is wanted");
}

function uint32(value: unknown, field: string): number {
  if (typeof value === "number" && value >>> 0 === value) return value;
  throw integerError(value, field, "a whole number from 0 on, of 32 bits, is wanted");
}

function int64(value: unknown, field: string): bigint {
  const wanted = "a bigint, a safe number, or a string of digits, of 64 bits, is wanted";
  const whole = typeof value === "bigint" ? value : bigint(value, field, wanted);
  if (BigInt.asIntN(64, whole) !== whole) throw rangeError(field, wanted);
  return whole;
}

function uint64(value: unknown, field: string): bigint {
  const wanted = "a bigint, a safe number, or a string of digits, from 0 on, of 64 bits, is wanted";
  const whole = typeof value === "bigint" ? value : bigint(value, field, wanted);
  if (BigInt.asUintN(64, whole) !== whole) throw rangeError(field, wanted);
  return whole;
}

function bigint(value: unknown, field: string, wanted: string): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  // A longer one is out of range, and costs time.
  if (typeof value === "string" && /^-?[0-9]{1,20}$/.test(value)) return BigInt(value);
  throw integerError(value, field, wanted);
}

function integerError(value: unknown, field: string, wanted: string): Error {
  return typeof value === "number" || typeof value === "string"
    ? rangeError(field, wanted)
    : valueError(field, wanted, value);
}
