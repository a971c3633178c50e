/** Logical types: values that are more than the simple type they are written as. Those of Avro are here; users may bring others. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { bytesOfInteger, Decimal, integerOfBytes } from "./decimal.ts";
import type { AvroType, LogicalAnnotation } from "./schema.ts";
import { floorDivide, LocalTimestamp, TimeOfDay, TimestampMicros } from "./values.ts";

const MS_PER_DAY = 86_400_000;

/**
 * What values of a logical type are in TypeScript, and how they become what Avro writes.
 *
 * What {@link matches} refuses is written as it is, so that a plain number also does for a `timestamp-millis`.
 */
export interface LogicalType<T = unknown> {
  /** Whether a value is one of these. It decides on the branch of a union, too. */
  matches(value: unknown): value is T;
  /** Whether the branch of a union that has this type is for such a value. Default: always. */
  suits?(value: T): boolean;
  /**
   * Gives what Avro writes: a number or bigint for int and long, a `Uint8Array` for bytes and fixed, and so on.
   *
   * @param schema The attributes that the schema gives the type, such as `precision`.
   */
  toAvro(value: T, schema: Readonly<Record<string, unknown>>): unknown;
  /** Gives the value of what Avro has read. A long is a number, or beyond 2^53 a bigint; bytes are a view of the message. */
  fromAvro(value: unknown, schema: Readonly<Record<string, unknown>>): T;
}

/** Logical types by their names. With null, the values are those of the type itself. */
export type LogicalTypes = Readonly<Record<string, LogicalType | null>>;

/** The logical type of a type of a schema, ready for use. */
export interface Conversion {
  /** The name in the schema, and what it means there: two with the same have the same values. */
  readonly meaning: string;
  matches(value: unknown): boolean;
  suits(value: unknown): boolean;
  /** @throws {SerializationError} if the value cannot be written. What is not of the logical type is given back. */
  toAvro(value: unknown, place: string): unknown;
  /** @throws {SerializationError} if there is no such value. */
  fromAvro(value: unknown): unknown;
}

/** Why a value cannot be of a logical type; the text is shown. */
class Unfit extends Error {}

/** Finds the conversion of a type, or null if its values are those of the type itself. */
export function conversionOf(type: AvroType, custom: LogicalTypes): Conversion | null {
  const annotation = type.logical;
  if (annotation === null) return null;
  const { name, attributes } = annotation;
  const logical = Object.hasOwn(custom, name) ? custom[name] : builtIn(type, annotation);
  if (!logical) return null;
  const failure = (what: string, error: unknown) => {
    const reason = error instanceof Unfit ? error.message : `the logical type "${name}" threw an error`;
    return new SerializationError(`Cannot ${what}: ${reason}`, undefined, { cause: error });
  };
  return {
    meaning: JSON.stringify([name, attributes["scale"] ?? 0, attributes["precision"] ?? 0]),
    matches: (value) => logical.matches(value),
    suits: (value) => logical.suits?.(value) ?? true,
    toAvro: (value, place) => {
      if (!logical.matches(value)) return value;
      try {
        return logical.toAvro(value, attributes);
      } catch (error) {
        throw failure(`write ${place}`, error);
      }
    },
    fromAvro: (value) => {
      try {
        return logical.fromAvro(value, attributes);
      } catch (error) {
        throw failure(`read a value of the logical type "${name}"`, error);
      }
    },
  };
}

/** Whether a type is a decimal that can be used: if not, the specification says that it is just bytes. */
export function isDecimal(type: AvroType): boolean {
  return type.logical?.name === "decimal" && decimal(type, type.logical.attributes) !== null;
}

function builtIn(type: AvroType, { name, attributes }: LogicalAnnotation): LogicalType | null {
  if (name === "decimal") return decimal(type, attributes) as LogicalType | null;
  const found = Object.hasOwn(builtIns, name) ? builtIns[name as keyof typeof builtIns] : null;
  return found?.kind === type.kind ? found.type as LogicalType : null;
}

function decimal(
  type: AvroType,
  { precision, scale = 0 }: LogicalAnnotation["attributes"],
): LogicalType<unknown> | null {
  if (type.kind !== "bytes" && type.kind !== "fixed") return null;
  if (!isCount(precision) || precision === 0 || !isCount(scale) || scale > precision) return null;
  const size = type.kind === "fixed" ? type.size : null;
  const limit = 10n ** BigInt(precision);
  return {
    matches: (value) => value instanceof Decimal || typeof value === "string",
    // Beside a branch for strings, a text is a string.
    suits: (value) => value instanceof Decimal,
    toAvro: (value) => {
      const scaled = (value instanceof Decimal ? value : parsed(value as string)).withScale(scale);
      if (scaled === null) throw new Unfit(`the decimal has more than ${scale} digits behind the point`);
      if (scaled.unscaled >= limit || scaled.unscaled <= -limit) {
        throw new Unfit(`the decimal has more than ${precision} digits, ${scale} of them behind the point`);
      }
      const bytes = bytesOfInteger(scaled.unscaled, size);
      if (bytes === null) throw new Unfit(`the decimal needs more than ${size} bytes`);
      return bytes;
    },
    fromAvro: (value) => new Decimal(integerOfBytes(value as Uint8Array), scale),
  };
}

function parsed(text: string): Decimal {
  try {
    return Decimal.parse(text);
  } catch {
    throw new Unfit("the text is no decimal number");
  }
}

const timeMillis: LogicalType<TimeOfDay> = {
  matches: (value) => value instanceof TimeOfDay,
  toAvro: (value) => Math.floor(value.micros / 1000),
  fromAvro: (value) => new TimeOfDay(value as number * 1000),
};

const timeMicros: LogicalType<TimeOfDay> = {
  matches: (value) => value instanceof TimeOfDay,
  toAvro: (value) => value.micros,
  fromAvro: (value) => new TimeOfDay(Number(value)),
};

const date: LogicalType<Date> = {
  matches: isDate,
  toAvro: (value) => Math.floor(instant(value) / MS_PER_DAY),
  fromAvro: (value) => dateOf(value as number * MS_PER_DAY),
};

const timestampMillis: LogicalType<Date | TimestampMicros> = {
  matches: isInstant,
  toAvro: (value) => instant(value instanceof TimestampMicros ? value.toDate() : value),
  fromAvro: (value) => dateOf(Number(value)),
};

const timestampMicros: LogicalType<Date | TimestampMicros> = {
  matches: isInstant,
  toAvro: (value) => value instanceof TimestampMicros ? value.epochMicros : BigInt(instant(value)) * 1000n,
  fromAvro: (value) => new TimestampMicros(BigInt(value as number | bigint)),
};

const localTimestampMillis: LogicalType<LocalTimestamp> = {
  matches: (value) => value instanceof LocalTimestamp,
  toAvro: (value) => floorDivide(value.epochMicros, 1000n),
  fromAvro: (value) => new LocalTimestamp(BigInt(value as number | bigint) * 1000n),
};

const localTimestampMicros: LogicalType<LocalTimestamp> = {
  matches: (value) => value instanceof LocalTimestamp,
  toAvro: (value) => value.epochMicros,
  fromAvro: (value) => new LocalTimestamp(BigInt(value as number | bigint)),
};

const uuid: LogicalType<string> = {
  matches: (value) => typeof value === "string",
  suits: isUuid,
  toAvro: (value) => {
    if (isUuid(value)) return value;
    throw new Unfit("the text is no UUID");
  },
  fromAvro: (value) => value as string,
};

const builtIns = {
  "date": { kind: "int", type: date },
  "time-millis": { kind: "int", type: timeMillis },
  "time-micros": { kind: "long", type: timeMicros },
  "timestamp-millis": { kind: "long", type: timestampMillis },
  "timestamp-micros": { kind: "long", type: timestampMicros },
  "local-timestamp-millis": { kind: "long", type: localTimestampMillis },
  "local-timestamp-micros": { kind: "long", type: localTimestampMicros },
  "uuid": { kind: "string", type: uuid },
} as const;

/** Whether a text is a UUID as RFC 9562 writes it. */
function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function isDate(value: unknown): value is Date {
  return value instanceof Date;
}

function isInstant(value: unknown): value is Date | TimestampMicros {
  return value instanceof Date || value instanceof TimestampMicros;
}

function instant(value: Date): number {
  const time = value.getTime();
  if (Number.isNaN(time)) throw new Unfit("the Date is invalid");
  return time;
}

function dateOf(epochMs: number): Date {
  const value = new Date(epochMs);
  if (Number.isNaN(value.getTime())) throw new Unfit("it is further from 1970 than a Date can say");
  return value;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 10_000;
}
