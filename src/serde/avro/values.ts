/** The values of Avro's types that JavaScript has none for, and how they are told from records. */
import { Decimal } from "./decimal.ts";

const MICROS_PER_DAY = 86_400_000_000n;
const MICROS_PER_SECOND = 1_000_000n;

/**
 * A value of a union, and the name of the branch that it is of. {@link branch} makes one.
 *
 * Source: the tuple notation of fastavro, `(name, value)`.
 *
 * @example
 * ```ts
 * import { Branch } from "@kafka-ffi/kafka/avro";
 *
 * const payment = new Branch("shop.CardPayment", { amount: 12 });
 * ```
 */
export class Branch<T = unknown> {
  /** The full name of a record, enum or fixed; for other types what they are, such as `"long"` or `"array"`. */
  readonly name: string;
  /** The value. */
  readonly value: T;

  /** Makes one of a name and a value. */
  constructor(name: string, value: T) {
    this.name = name;
    this.value = value;
  }
}

/**
 * Says which branch of a union a value is for, where the value alone does not.
 *
 * @example Two records with the same fields
 * ```ts
 * const message = { payment: branch("shop.CardPayment", { amount: 12 }) };
 * ```
 */
export function branch<T>(name: string, value: T): Branch<T> {
  return new Branch(name, value);
}

/**
 * An instant to the microsecond: what `timestamp-micros` holds, which a `Date` cannot.
 *
 * @example
 * ```ts
 * import { TimestampMicros } from "@kafka-ffi/kafka/avro";
 *
 * const at = new TimestampMicros(1_700_000_000_123_456n).toString(); // "2023-11-14T22:13:20.123456Z"
 * ```
 */
export class TimestampMicros {
  /** Microseconds since 1970-01-01T00:00:00Z. */
  readonly epochMicros: bigint;

  /** Makes one of microseconds since 1970. */
  constructor(epochMicros: bigint) {
    this.epochMicros = epochMicros;
  }

  /** The same instant to the millisecond; what is finer is cut. */
  toDate(): Date {
    return new Date(Number(floorDivide(this.epochMicros, 1000n)));
  }

  /** As ISO 8601, such as `2023-11-14T22:13:20.123456Z`. */
  toString(): string {
    return `${isoMicros(this.epochMicros)}Z`;
  }
}

/**
 * A date and a time of day without a place: what `local-timestamp-millis` and `local-timestamp-micros` hold.
 *
 * @example
 * ```ts
 * import { LocalTimestamp } from "@kafka-ffi/kafka/avro";
 *
 * const at = new LocalTimestamp(1_700_000_000_123_456n).toString(); // "2023-11-14T22:13:20.123456"
 * ```
 */
export class LocalTimestamp {
  /** Microseconds since 1970-01-01T00:00:00, counted as if there were no time zones. */
  readonly epochMicros: bigint;

  /** Makes one of microseconds since 1970. */
  constructor(epochMicros: bigint) {
    this.epochMicros = epochMicros;
  }

  /** As ISO 8601, such as `2023-11-14T22:13:20.123456`. */
  toString(): string {
    return isoMicros(this.epochMicros);
  }
}

/**
 * A time of day: what `time-millis` and `time-micros` hold.
 *
 * @example
 * ```ts
 * import { TimeOfDay } from "@kafka-ffi/kafka/avro";
 *
 * const noon = new TimeOfDay(12 * 3_600_000_000).toString(); // "12:00:00.000000"
 * ```
 */
export class TimeOfDay {
  /** Microseconds since midnight. */
  readonly micros: number;

  /** Makes one of microseconds since midnight. */
  constructor(micros: number) {
    this.micros = micros;
  }

  /** As ISO 8601, such as `12:34:56.789000`. */
  toString(): string {
    return isoMicros(BigInt(this.micros)).slice("1970-01-01T".length);
  }
}

/** Divides towards the smaller number, as times before 1970 need it. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Whether a value can be a record or a map: an object, and none of those that stand for a value of another type. */
export function isRecordLike(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return !Array.isArray(value) && !ArrayBuffer.isView(value) &&
    !others.some((other) => value instanceof other.constructor);
}

/** Whether an object that stands for a value of another type has something by a name. */
export function isNameOfOthers(name: string): boolean {
  return name in Object.prototype || others.some((other) => name in other);
}

/** Sets a property of an object's own, also if it is called `__proto__`. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** One of each kind that stands for a value of another type. */
const others: readonly object[] = [
  [],
  new Branch("", null),
  new DataView(new ArrayBuffer(0)),
  new Date(0),
  new Decimal(0n),
  new LocalTimestamp(0n),
  new Map(),
  new TimeOfDay(0),
  new TimestampMicros(0n),
  new Uint8Array(0),
];

function isoMicros(epochMicros: bigint): string {
  const seconds = floorDivide(epochMicros, MICROS_PER_SECOND);
  const fraction = String(epochMicros - seconds * MICROS_PER_SECOND).padStart(6, "0");
  // A Date has no more than 100,000,000 days to each side of 1970; a long of microseconds goes beyond.
  const days = floorDivide(epochMicros, MICROS_PER_DAY);
  if (days < -100_000_000n || days >= 100_000_000n) return `${epochMicros} µs`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -".000Z".length)}.${fraction}`;
}
