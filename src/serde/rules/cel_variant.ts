/** Variants: values of any type in the binary form of Spark and Parquet, read where they stand. */
import { type DecimalParts, failed } from "./cel_decimal.ts";

/** The type of a variant, in the words that rules use. */
export type VariantType =
  | "object"
  | "array"
  | "null"
  | "boolean"
  | "int"
  | "double"
  | "decimal"
  | "date"
  | "time"
  | "timestamp"
  | "string"
  | "bytes"
  | "uuid";

/** The codes of values that are no object, array or short string. */
export const codes = {
  null: 0,
  true: 1,
  false: 2,
  int8: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  decimal4: 8,
  decimal8: 9,
  decimal16: 10,
  date: 11,
  timestamp: 12,
  timestampLocal: 13,
  float: 14,
  bytes: 15,
  string: 16,
  time: 17,
  timestampNanos: 18,
  timestampNanosLocal: 19,
  uuid: 20,
} as const;

/** The kinds, by the low two bits of a value's first byte. */
export const kinds = { primitive: 0, shortString: 1, object: 2, array: 3 } as const;

/** The types of codes, by code. */
const types: readonly VariantType[] = [
  ...["null", "boolean", "boolean", "int", "int", "int", "int", "double", "decimal", "decimal", "decimal"],
  ...["date", "timestamp", "timestamp", "double", "bytes", "string", "time", "timestamp", "timestamp", "uuid"],
] as VariantType[];

const byteLengths: Readonly<Record<number, number>> = {
  [codes.int8]: 1,
  [codes.int16]: 2,
  [codes.int32]: 4,
  [codes.date]: 4,
};
const decimals: Readonly<Record<number, readonly [byteLength: number, digits: number]>> = {
  [codes.decimal4]: [4, 9],
  [codes.decimal8]: [8, 18],
  [codes.decimal16]: [16, 38],
};
/** An object with fewer fields is looked through; the fields of others are sorted. */
const FEW_FIELDS = 32;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The places of the parts of an object or array. */
interface Layout {
  readonly count: number;
  readonly idSize: number;
  readonly ids: number;
  readonly offsetSize: number;
  readonly offsets: number;
  readonly data: number;
}

/** A variant. What is within it shares its bytes. */
export class Variant {
  readonly #value: Uint8Array;
  readonly metadata: Uint8Array;
  readonly #start: number;

  /** @throws {RuleError} if the metadata is of no version that is known. */
  constructor(value: Uint8Array, metadata: Uint8Array, start = 0) {
    this.#value = value;
    this.metadata = metadata;
    this.#start = start;
    if (((metadata[0] ?? 0) & 0x0f) !== 1) throw malformed();
  }

  /** The bytes from where the value begins; what stands behind it is not looked at. */
  get bytes(): Uint8Array {
    return this.#value.subarray(this.#start);
  }

  /** The type. */
  get type(): VariantType {
    const { kind, info } = this.#head();
    if (kind === kinds.shortString) return "string";
    if (kind === kinds.object) return "object";
    if (kind === kinds.array) return "array";
    const type = types[info];
    if (type === undefined) throw malformed();
    return type;
  }

  /** The code of a value that is no object, array or short string; -1 for those. */
  get code(): number {
    const { kind, info } = this.#head();
    return kind === kinds.primitive ? info : -1;
  }

  /** The number of an integer, date, time or timestamp, in its own unit. */
  get int(): bigint {
    return this.#integer(this.#start + 1, byteLengths[this.code] ?? 8);
  }

  get double(): number {
    const isFloat = this.code === codes.float;
    const data = this.#part(this.#start + 1, isFloat ? 4 : 8);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return isFloat ? view.getFloat32(0, true) : view.getFloat64(0, true);
  }

  get decimal(): DecimalParts {
    const [byteLength, digits] = decimals[this.code] ?? [0, 0];
    const scale = this.#part(this.#start + 1, 1)[0]!;
    const unscaled = this.#integer(this.#start + 2, byteLength);
    const most = 10n ** BigInt(digits);
    if (unscaled >= most || unscaled <= -most || scale > digits) throw malformed();
    return { unscaled, scale };
  }

  get string(): string {
    const { kind, info } = this.#head();
    return text(kind === kinds.shortString ? this.#part(this.#start + 1, info) : this.#counted());
  }

  get binary(): Uint8Array {
    return this.#counted();
  }

  get uuid(): string {
    const hex = Array.from(this.#part(this.#start + 1, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /** How many fields an object has, or elements an array. */
  get size(): number {
    return this.#layout().count;
  }

  /** The element of an array; null if there are not so many. */
  element(index: number): Variant | null {
    const layout = this.#layout();
    return index >= layout.count ? null : this.#at(layout, index);
  }

  /** A field of an object by its place among them. */
  fieldAt(index: number): readonly [key: string, value: Variant] {
    const layout = this.#layout();
    return [this.#keyAt(layout, index), this.#at(layout, index)];
  }

  /** A field of an object by its key; null if there is none. */
  field(key: string): Variant | null {
    const layout = this.#layout();
    if (layout.count < FEW_FIELDS) {
      for (let index = 0; index < layout.count; index++) {
        if (this.#keyAt(layout, index) === key) return this.#at(layout, index);
      }
      return null;
    }
    let [low, high] = [0, layout.count - 1];
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const order = compareTexts(this.#keyAt(layout, middle), key);
      if (order === 0) return this.#at(layout, middle);
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return null;
  }

  #head(): { readonly kind: number; readonly info: number } {
    const first = this.#part(this.#start, 1)[0]!;
    return { kind: first & 3, info: first >> 2 };
  }

  #layout(): Layout {
    const { kind, info } = this.#head();
    const isObject = kind === kinds.object;
    const countSize = ((isObject ? info >> 4 : info >> 2) & 1) === 1 ? 4 : 1;
    const count = unsigned(this.#value, this.#start + 1, countSize);
    const idSize = isObject ? ((info >> 2) & 3) + 1 : 0;
    const offsetSize = (info & 3) + 1;
    const ids = this.#start + 1 + countSize;
    const offsets = ids + count * idSize;
    return { count, idSize, ids, offsetSize, offsets, data: offsets + (count + 1) * offsetSize };
  }

  #at({ offsets, offsetSize, data }: Layout, index: number): Variant {
    const offset = unsigned(this.#value, offsets + offsetSize * index, offsetSize);
    return new Variant(this.#value, this.metadata, data + offset);
  }

  #keyAt({ ids, idSize }: Layout, index: number): string {
    const id = unsigned(this.#value, ids + idSize * index, idSize);
    const { metadata } = this;
    const size = (metadata[0]! >> 6) + 1;
    const count = unsigned(metadata, 1, size);
    if (id >= count) throw malformed();
    const begin = unsigned(metadata, 1 + (id + 1) * size, size);
    const end = unsigned(metadata, 1 + (id + 2) * size, size);
    return text(partOf(metadata, 1 + (count + 2) * size + begin, end - begin));
  }

  #counted(): Uint8Array {
    return this.#part(this.#start + 5, unsigned(this.#value, this.#start + 1, 4));
  }

  #part(start: number, length: number): Uint8Array {
    return partOf(this.#value, start, length);
  }

  #integer(start: number, byteLength: number): bigint {
    const hex = Array.from(this.#part(start, byteLength), (byte) => byte.toString(16).padStart(2, "0")).reverse();
    return BigInt.asIntN(8 * byteLength, BigInt(`0x${hex.join("") || "0"}`));
  }
}

/** The order of texts by their code points, which is that of their UTF-8. */
export function compareTexts(one: string, other: string): number {
  for (let at = 0; at < one.length && at < other.length; at++) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (a === b) continue;
    // What stands for a code point beyond the others is in the midst of them.
    const [isHigh, isOtherHigh] = [a >= 0xd800 && a < 0xe000, b >= 0xd800 && b < 0xe000];
    return isHigh === isOtherHigh ? a - b : isHigh ? 1 : -1;
  }
  return one.length - other.length;
}

/** An error about bytes that are no variant. */
export function malformed(): Error {
  return failed("variant", "the bytes are malformed");
}

function unsigned(data: Uint8Array, start: number, byteLength: number): number {
  return partOf(data, start, byteLength).reduceRight((number, byte) => number * 256 + byte, 0);
}

function partOf(data: Uint8Array, start: number, length: number): Uint8Array {
  if (length < 0 || start + length > data.length) throw malformed();
  return data.subarray(start, start + length);
}

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed();
  }
}
