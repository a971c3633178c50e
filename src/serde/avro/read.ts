/** Reads the values of the simple types. Both forms of the decoder are made of these functions. */
import { fewCharacters, utf8Slice } from "../../../ffi/text.ts";
import { SerializationError } from "../../kafka/serialization_error.ts";

/** How many parts without bytes a message may have: five bytes can announce any number of nulls. */
const MAX_EMPTY_PARTS = 1_000_000;

// What was written with a byte order mark in front is read with it; wrong bytes are no text.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);
const { fromCharCode } = String;

/** How longs are given: as numbers while those are exact, always as bigints, or as numbers with an error beyond 2^53. */
export type Longs = "auto" | "bigint" | "number";

/** A message that is being read. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Where the next byte is. */
  at: number;
  /** Parts without bytes so far. */
  emptyParts = 0;

  /** Makes one that begins at a place. */
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }
}

/** Says what is wrong with the bytes, and where. */
export function unreadable(reader: Reader, reason: string): SerializationError {
  return new SerializationError(`Cannot read the Avro data at byte ${reader.at}: ${reason}`);
}

/** Takes so many bytes, and gives the place where they begin. */
export function take(reader: Reader, byteLength: number): number {
  const at = reader.at;
  if (byteLength > reader.bytes.length - at) throw unreadable(reader, "it ends too early");
  reader.at = at + byteLength;
  return at;
}

/** Reads nothing. */
export function readNull(_reader: Reader): null {
  return null;
}

/** Reads a boolean. */
export function readBoolean(reader: Reader): boolean {
  const byte = reader.bytes[take(reader, 1)]!;
  if (byte > 1) throw unreadable(reader, "a boolean is neither 0 nor 1");
  return byte === 1;
}

/** Reads an int. */
export function readInt(reader: Reader): number {
  const value = readLong(reader);
  if (value !== ((value as number) | 0)) throw unreadable(reader, "an int is beyond 32 bits");
  return value as number;
}

/** Reads a long: a number, or beyond 2^53 a bigint. */
export function readLong(reader: Reader): number | bigint {
  const { bytes, at: start } = reader;
  let at = start;
  let low = 0;
  let byte = 128;
  for (let shift = 0; byte > 127 && shift < 28; shift += 7) {
    if (at >= bytes.length) throw unreadable(reader, "it ends too early");
    byte = bytes[at++]!;
    low |= (byte & 127) << shift;
  }
  if (byte <= 127) {
    reader.at = at;
    return (low >>> 1) ^ -(low & 1);
  }
  let high = 0;
  for (let shift = 0; byte > 127 && shift < 28; shift += 7) {
    if (at >= bytes.length) throw unreadable(reader, "it ends too early");
    byte = bytes[at++]!;
    high |= (byte & 127) << shift;
  }
  // Below 2^26 the number is exact: 26 bits here and the 27 of `low` that are not the sign.
  if (byte > 127 || high >= 0x3ffffff) return readLongest(reader);
  reader.at = at;
  const magnitude = high * 0x8000000 + (low >>> 1);
  return (low & 1) === 0 ? magnitude : -1 - magnitude;
}

function readLongest(reader: Reader): number | bigint {
  const { bytes } = reader;
  let bits = 0n;
  for (let index = 0; index < 10; index++) {
    const at = reader.at + index;
    if (at >= bytes.length) throw unreadable(reader, "it ends too early");
    const byte = bytes[at]!;
    bits |= BigInt(byte & 127) << BigInt(7 * index);
    if (byte > 127) continue;
    if (bits >> 64n !== 0n) break;
    reader.at = at + 1;
    const value = (bits >> 1n) ^ -(bits & 1n);
    const asNumber = Number(value);
    return Number.isSafeInteger(asNumber) ? asNumber : value;
  }
  throw unreadable(reader, "a number is longer than 64 bits");
}

/** Reads a long as a bigint. */
export function readLongAsBigint(reader: Reader): bigint {
  return BigInt(readLong(reader));
}

/** Reads a long that has to be exact as a number. */
export function readLongAsNumber(reader: Reader): number {
  const value = readLong(reader);
  if (typeof value === "bigint") throw unreadable(reader, "a long is beyond 2^53, which no number can say exactly");
  return value;
}

/** Reads an int or long as a float or double, which may round it. */
export function readLongAsDouble(reader: Reader): number {
  return Number(readLong(reader));
}

/** Reads an int as a bigint. */
export function readIntAsBigint(reader: Reader): bigint {
  return BigInt(readInt(reader));
}

/** Reads a float. */
export function readFloat(reader: Reader): number {
  const { bytes } = reader;
  const at = take(reader, 4);
  for (let index = 0; index < 4; index++) scratchBytes[index] = bytes[at + index]!;
  return scratch.getFloat32(0, true);
}

/** Reads a double. */
export function readDouble(reader: Reader): number {
  const { bytes } = reader;
  const at = take(reader, 8);
  for (let index = 0; index < 8; index++) scratchBytes[index] = bytes[at + index]!;
  return scratch.getFloat64(0, true);
}

/** Reads a length that is announced. */
export function readLength(reader: Reader): number {
  const length = readLong(reader);
  if (length < 0) throw unreadable(reader, "a length is negative");
  if (length > reader.bytes.length - reader.at) throw unreadable(reader, "it ends before a length that it announces");
  return length as number;
}

/** Reads bytes: a view of the message. */
export function readBytes(reader: Reader): Uint8Array {
  return readFixed(reader, readLength(reader));
}

/** Reads so many bytes: a view of the message. */
export function readFixed(reader: Reader, size: number): Uint8Array {
  const { buffer, byteOffset } = reader.bytes;
  return new Uint8Array(buffer, byteOffset + take(reader, size), size);
}

/** Reads a string. */
export function readString(reader: Reader): string {
  const length = readLength(reader);
  const at = take(reader, length);
  const { bytes } = reader;
  if (length > fewCharacters) return decode(reader, at, length);
  let all = 0;
  for (let index = at; index < at + length; index++) all |= bytes[index]!;
  return all > 127 ? decode(reader, at, length) : ascii(bytes, at, length);
}

function decode(reader: Reader, at: number, length: number): string {
  if (utf8Slice) {
    const text = utf8Slice(reader.bytes, at, at + length);
    // The mark for bytes that are no text; those that say just this mark are looked at once more.
    if (!text.includes("\ufffd")) return text;
  }
  try {
    return decoder.decode(reader.bytes.subarray(at, at + length));
  } catch {
    reader.at = at;
    throw unreadable(reader, "a string is not UTF-8");
  }
}

/** One call for up to eight characters is what engines do best; a call for each is slower, and a list of arguments much. */
function ascii(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  let rest = length;
  let from = at;
  for (; rest >= 8; rest -= 8, from += 8) {
    text += fromCharCode(
      bytes[from]!,
      bytes[from + 1]!,
      bytes[from + 2]!,
      bytes[from + 3]!,
      bytes[from + 4]!,
      bytes[from + 5]!,
      bytes[from + 6]!,
      bytes[from + 7]!,
    );
  }
  if (rest >= 4) {
    text += fromCharCode(bytes[from]!, bytes[from + 1]!, bytes[from + 2]!, bytes[from + 3]!);
    rest -= 4;
    from += 4;
  }
  if (rest === 3) return text + fromCharCode(bytes[from]!, bytes[from + 1]!, bytes[from + 2]!);
  if (rest === 2) return text + fromCharCode(bytes[from]!, bytes[from + 1]!);
  return rest === 1 ? text + fromCharCode(bytes[from]!) : text;
}

/** Reads a symbol of an enum; null among the symbols is one that the reader's schema does not have. */
export function readEnum(reader: Reader, symbols: readonly (string | null)[]): string {
  const symbol = symbols[readIndex(reader, symbols.length, "an enum")];
  if (symbol === null || symbol === undefined) {
    throw unreadable(reader, "the reader's enum has not the writer's symbol");
  }
  return symbol;
}

/** Reads which of some branches or symbols follows. */
export function readIndex(reader: Reader, count: number, what: string): number {
  const index = readLong(reader);
  if (index < 0 || index >= count) throw unreadable(reader, `${what} has no such index`);
  return index as number;
}

/** Reads how many items follow, each of which takes so many bytes at least. None ends an array or map. */
export function readBlock(reader: Reader, leastBytes: number): number {
  if (reader.bytes[reader.at] === 0) {
    reader.at++;
    return 0;
  }
  let count = Number(readLong(reader));
  if (count < 0) {
    count = -count;
    // How many bytes the block has is for those who do not want to read it.
    readLength(reader);
  }
  if (count * leastBytes > reader.bytes.length - reader.at) throw unreadable(reader, "it ends before its items do");
  if (leastBytes === 0) countEmpty(reader, count);
  return count;
}

/** Counts parts that take no bytes: of those a message may have any number. */
export function countEmpty(reader: Reader, parts: number): void {
  reader.emptyParts += parts;
  if (reader.emptyParts > MAX_EMPTY_PARTS) {
    throw unreadable(reader, `it has more than ${MAX_EMPTY_PARTS} parts without bytes`);
  }
}

/** Reads the default of a field. Each message gets its own: what is read may be changed by whoever gets it. */
export function readerOfDefault(bytes: Uint8Array): Reader {
  return new Reader(bytes.slice(), 0);
}
