/** Values as CEL takes and gives them: whole numbers are `bigint`, dates are timestamps, records are maps. */
import { type CelInput, type CelMap, celMap, type CelUint, isCelList, isCelMap, isCelUint } from "@bufbuild/cel";
import { isReflectMessage } from "@bufbuild/protobuf/reflect";
import { type Timestamp, timestampDate, timestampFromDate, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { create, isMessage } from "@bufbuild/protobuf";
import { Decimal } from "../avro/decimal.ts";
import { type DecimalParts, rescaled } from "./cel_decimal.ts";
import { decimalMessage, decimalParts } from "./cel_decimal_type.ts";
import { RuleError } from "./error.ts";
import { isPlain } from "./plain.ts";

/** How deep a value may be nested. */
export const MAX_DEPTH = 1000;

/** What keys can be. */
type Key = bigint | string | boolean | CelUint;

/** Converts a value of some type; `depth` is that of the value. */
export type Convert = (value: unknown, depth: number) => CelInput;

/**
 * Converts a value of which no schema says the type: a number without a fraction is an `int`, for a `double` is not
 * equal to one and cannot be added to it.
 */
export function untyped(value: unknown, depth = 0): CelInput {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return value;
    case "number":
      return Number.isInteger(value) ? BigInt(value) : value;
    case "object":
      return value === null ? null : objectOf(value, depth);
    default:
      return null;
  }
}

function objectOf(value: object, depth: number): CelInput {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return listOf(value, depth, untyped);
  if (value instanceof Map) return mapOf(value, depth, () => untyped);
  const special = specialOf(value);
  if (special !== undefined) return special;
  // CEL knows a message by its descriptor, which the format has put to it.
  if (isReflectMessage(value)) return value;
  return mapOf(Object.entries(value), depth, () => untyped);
}

/** What is no record although it is an object: a date, and what Avro has for instants, times of day and decimals. */
export function specialOf(value: object): CelInput | undefined {
  if (isPlain(value)) return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : timestampFromDate(value);
  if ("micros" in value && typeof value.micros === "number") return BigInt(value.micros);
  if ("epochMicros" in value && typeof value.epochMicros === "bigint") return timestampOf(value.epochMicros);
  if ("unscaled" in value && typeof value.unscaled === "bigint") {
    return decimalMessage(partsOf(value as { unscaled: bigint }));
  }
  return undefined;
}

function partsOf(value: { readonly unscaled: bigint; readonly scale?: unknown }): DecimalParts {
  return { unscaled: value.unscaled, scale: typeof value.scale === "number" ? value.scale : 0 };
}

function timestampOf(micros: bigint): Timestamp {
  const below = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return create(TimestampSchema, { seconds: (micros - below) / 1_000_000n, nanos: Number(below) * 1000 });
}

/** A list whose elements have one type. */
export function listOf(values: readonly unknown[], depth: number, convert: Convert): CelInput {
  checkDepth(depth);
  return values.map((value) => convert(value, depth + 1));
}

/** A map whose entries have the types that `typeOf` says by key; what is `undefined` is not there. */
export function mapOf(
  entries: Iterable<readonly [unknown, unknown]>,
  depth: number,
  typeOf: (key: unknown) => Convert,
): CelMap {
  checkDepth(depth);
  const map = new LazyMap(typeOf, depth + 1);
  for (const [key, value] of entries) if (value !== undefined) map.set(keyOf(key), new Unconverted(key, value));
  const cel = celMap(map);
  const has = cel.has.bind(cel);
  const all: ReadonlyMap<unknown, unknown> = map;
  // To the library an entry that is null is not there; to CEL, `has()` and `in` included, it is.
  return Object.assign(cel, { has: (key: Key | number) => all.has(key) || has(key) });
}

/** A value of a map that nobody has asked for yet, and its key as it was. */
class Unconverted {
  readonly key: unknown;
  readonly value: unknown;

  constructor(key: unknown, value: unknown) {
    this.key = key;
    this.value = value;
  }
}

/**
 * Converts a value when it is asked for: constraints in records within records would each convert all that is below, so that a
 * deep message would take for ever.
 */
class LazyMap extends Map<Key, CelInput | Unconverted> {
  readonly #typeOf: (key: unknown) => Convert;
  readonly #depth: number;

  constructor(typeOf: (key: unknown) => Convert, depth: number) {
    super();
    this.#typeOf = typeOf;
    this.#depth = depth;
  }

  override get(key: Key): CelInput | undefined {
    const found = super.get(key);
    if (!(found instanceof Unconverted)) return found;
    const converted = this.#typeOf(found.key)(found.value, this.#depth);
    this.set(key, converted);
    return converted;
  }

  override *entries(): MapIterator<[Key, CelInput]> {
    for (const key of this.keys()) yield [key, this.get(key)!];
  }

  override *values(): MapIterator<CelInput> {
    for (const key of this.keys()) yield this.get(key)!;
  }

  override [Symbol.iterator](): MapIterator<[Key, CelInput]> {
    return this.entries();
  }

  override forEach(visit: (value: CelInput, key: Key, map: LazyMap) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}

function keyOf(key: unknown): bigint | string | boolean {
  if (typeof key === "number") return BigInt(key);
  return typeof key === "bigint" || typeof key === "boolean" ? key : String(key);
}

function checkDepth(depth: number): void {
  if (depth >= MAX_DEPTH) throw new RuleError(`Cannot give the value to CEL: it is nested more than ${MAX_DEPTH} deep`);
}

/**
 * Converts a result of CEL to what the formats take: an `int` is a number where that loses nothing, unless the value
 * whose place it takes was a `bigint`.
 */
export function fromCel(result: unknown, before?: unknown): unknown {
  if (typeof result === "bigint") return typeof before === "bigint" ? result : numberOf(result);
  if (typeof result !== "object" || result === null || result instanceof Uint8Array) return result;
  if (isCelUint(result)) return fromCel(result.value, before);
  if (isCelList(result)) return Array.from(result, (element) => fromCel(element));
  if (isCelMap(result)) return recordOf(result);
  const decimal = decimalParts(result);
  if (decimal !== null) return decimalOf(decimal);
  if (isReflectMessage(result)) return messageOf(result.message);
  return result;
}

function decimalOf(parts: DecimalParts): Decimal {
  const { unscaled, scale } = parts.scale < 0 ? rescaled(parts, 0, "down", "decimal") : parts;
  return new Decimal(unscaled, scale);
}

function numberOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function recordOf(map: CelMap): Record<string, unknown> {
  const entries = [...map.entries()].map(([key, value]): [string, unknown] => [
    String(isCelUint(key) ? key.value : key),
    fromCel(value),
  ]);
  // It defines each property, so that a key "__proto__" is one like any other.
  return Object.fromEntries(entries);
}

function messageOf(message: unknown): unknown {
  return isMessage(message, TimestampSchema) ? timestampDate(message) : message;
}
