/** Makes Protobuf messages of what CEL rules give: a map is the whole new message, and what it does not name is not in it. */
import { type CelMap, type CelValue, isCelList, isCelMap, isCelUint } from "@bufbuild/cel";
import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import {
  isReflectMessage,
  reflect,
  type ReflectList,
  type ReflectMap,
  type ReflectMessage,
} from "@bufbuild/protobuf/reflect";
import { isWrapperDesc, ListValueSchema, StructSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { compare, digitsOf, doubleOf, rescaled } from "./cel_decimal.ts";
import { decimalParts } from "./cel_decimal_type.ts";
import { fromCel } from "./cel_values.ts";
import { RuleError } from "./error.ts";

/** As deep as messages may be nested. */
const MAX_DEPTH = 100;
/** The largest number of 32 bits, and what is rounded to it. */
const MAX_FLOAT = 3.4028234663852886e38 * (1 + 1e-6);
/** No integer of a field has more digits. */
const MAX_DIGITS = 20;
/** Values that are JSON by their nature. */
const jsonTypes: ReadonlyMap<string, DescMessage> = new Map(
  [StructSchema, ValueSchema, ListValueSchema].map((type) => [type.typeName, type]),
);

type Scalar = string | number | bigint | boolean | Uint8Array;

/**
 * Makes a message of a map.
 *
 * A key is the name of a field, as the schema or as JSON has it; others are left out, and a null leaves its field unset.
 *
 * @throws {RuleError} if a value does not fit its field, or two are for the same one. It has names, and nothing of the values.
 */
export function messageOfCel(type: DescMessage, map: CelMap, depth = 1): ReflectMessage {
  if (depth > MAX_DEPTH) {
    throw new RuleError(`Cannot write the rule's result: it is nested more than ${MAX_DEPTH} deep`);
  }
  const message = reflect(type);
  const set = new Set<DescField>();
  const fields = new Map(type.fields.flatMap((field) => [[field.jsonName, field], [field.name, field]] as const));
  for (const [key, value] of map.entries()) {
    const field = fields.get(String(isCelUint(key) ? key.value : key));
    if (field === undefined) continue;
    if (set.has(field)) throw refused(field, "it is there by both of its names");
    if (value === null) continue;
    if (field.oneof?.fields.some((other) => set.has(other))) {
      throw refused(field, `another field of the oneof "${field.oneof.name}" is there too`);
    }
    set.add(field);
    setField(message, field, value, depth);
  }
  return message;
}

function setField(message: ReflectMessage, field: DescField, value: CelValue, depth: number): void {
  switch (field.fieldKind) {
    case "list": {
      if (!isCelList(value)) throw refused(field, "a list is wanted");
      const list: ReflectList = message.get(field);
      for (const item of value) {
        const one = valueOf(field, item, depth);
        checked(field, () => list.add(one));
      }
      return;
    }
    case "map": {
      if (!isCelMap(value)) throw refused(field, "a map is wanted");
      const map: ReflectMap = message.get(field);
      for (const [key, item] of value.entries()) {
        const scalar = scalarOf(field, field.mapKey, key as CelValue);
        const one = valueOf(field, item, depth);
        checked(field, () => map.set(scalar, one));
      }
      return;
    }
    default: {
      const one = valueOf(field, value, depth);
      checked(field, () => message.set(field, one));
    }
  }
}

/** A value of a field, or of one of its elements. */
function valueOf(field: DescField, value: CelValue, depth: number): unknown {
  if (value === null) throw refused(field, "null is no value of a list or map");
  if (field.message !== undefined) return messageValue(field, field.message, value, depth);
  if (field.enum !== undefined) return enumNumber(field, field.enum, value);
  return scalarOf(field, field.scalar!, value);
}

function messageValue(field: DescField, type: DescMessage, value: CelValue, depth: number): ReflectMessage {
  if (isReflectMessage(value)) {
    if (value.desc.typeName !== type.typeName) throw refused(field, `a "${type.typeName}" is wanted`);
    return value;
  }
  const json = jsonTypes.get(type.typeName);
  if (json !== undefined) {
    return checked(field, () => reflect(type, fromJson(type, fromCel(value) as JsonValue)));
  }
  if (isWrapperDesc(type)) {
    const [only] = type.fields as [DescField & { readonly scalar: ScalarType }];
    const wrapper = reflect(type);
    const scalar = scalarOf(field, only.scalar, value);
    checked(field, () => wrapper.set(only, scalar));
    return wrapper;
  }
  if (!isCelMap(value)) throw refused(field, `a "${type.typeName}" is wanted`);
  return messageOfCel(type, value, depth + 1);
}

function enumNumber(field: DescField, type: DescEnum, value: CelValue): number {
  if (typeof value !== "string") return Number(integerOf(field, value));
  const symbol = type.values.find(({ name }) => name === value);
  if (symbol === undefined) throw refused(field, "the text is none of its symbols");
  return symbol.number;
}

function scalarOf(field: DescField, scalar: ScalarType, value: CelValue): Scalar {
  switch (scalar) {
    case ScalarType.STRING:
      if (typeof value !== "string") throw refused(field, "a string is wanted");
      return value;
    case ScalarType.BOOL:
      if (typeof value !== "boolean") throw refused(field, "true or false is wanted");
      return value;
    case ScalarType.BYTES:
      if (!(value instanceof Uint8Array)) throw refused(field, "bytes are wanted");
      return value;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return doubleFor(field, scalar, value);
    default: {
      const integer = integerOf(field, value);
      return is64(scalar) ? integer : Number(integer);
    }
  }
}

/** A double. What is too large is an error, unless it is infinite by itself. */
function doubleFor(field: DescField, scalar: ScalarType, value: CelValue): number {
  const decimal = decimalParts(value);
  const number = decimal !== null
    ? doubleOf(decimal)
    : isCelUint(value)
    ? Number(value.value)
    : typeof value === "bigint" || typeof value === "number"
    ? Number(value)
    : null;
  if (number === null) throw refused(field, "a number is wanted");
  if (typeof value === "number" && !Number.isFinite(value)) return number;
  const most = scalar === ScalarType.FLOAT ? MAX_FLOAT : Number.MAX_VALUE;
  if (Math.abs(number) > most) throw refused(field, "the number is out of range");
  return scalar === ScalarType.FLOAT && Math.abs(number) > 3.4028234663852886e38
    ? Math.sign(number) * 3.4028234663852886e38
    : number;
}

/** A whole number. Ranges are checked where it is set. */
function integerOf(field: DescField, value: CelValue): bigint {
  if (typeof value === "bigint") return value;
  if (isCelUint(value)) return value.value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  const decimal = decimalParts(value);
  if (decimal === null) throw refused(field, "a whole number is wanted");
  // The digits of a number such as 1e100000 are not even written out.
  if (digitsOf(decimal) - decimal.scale > MAX_DIGITS) throw refused(field, "the number is out of range");
  const whole = rescaled(decimal, 0, "down", "decimal");
  if (compare(whole, decimal) !== 0) throw refused(field, "a whole number is wanted");
  return whole.unscaled;
}

function is64(scalar: ScalarType): boolean {
  return [ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64, ScalarType.FIXED64, ScalarType.SFIXED64]
    .includes(scalar);
}

/** Does what the library may refuse in words that quote the value. */
function checked<T>(field: DescField, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RuleError ? error : refused(field, "the value is out of range, or of another type");
  }
}

function refused({ parent, name }: DescField, reason: string): RuleError {
  return new RuleError(`Cannot write the rule's result to "${parent.typeName}.${name}": ${reason}`);
}
