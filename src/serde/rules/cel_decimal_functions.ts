/** The functions of CEL for decimals: `decimal()`, `decimals.*`, and what `string`, `double`, `==` and `in` make of them. */
import {
  celEnv,
  type CelFunc,
  celFunc,
  type CelInput,
  CelScalar,
  type CelValue,
  isCelError,
  isCelList,
  isCelMap,
  isCelUint,
  listType,
  mapType,
  objectType,
} from "@bufbuild/cel";
import {
  add,
  compare,
  decimalOfDouble,
  type DecimalParts,
  digitsOf,
  divide,
  doubleOf,
  failed,
  MAX_DECIMAL_DIGITS,
  multiply,
  negate,
  parseDecimal,
  plainText,
  remainder,
  rescaled,
  signOf,
  squareRoot,
  subtract,
} from "./cel_decimal.ts";
import { DECIMAL, decimalMessage, decimalParts, isDecimal, MAX_BYTES, wholeNumber } from "./cel_decimal_type.ts";

const { BOOL, BYTES, DOUBLE, DYN, INT, STRING } = CelScalar;
const MAX_INT32 = 2n ** 31n;

/** All of them. */
export function decimalFunctions(): CelFunc[] {
  return [
    celFunc("decimal", [DYN], DYN, (value: unknown) => decimalMessage(decimalOf(value))),
    celFunc("decimal", [BYTES, INT], DYN, ofBytes),
    ...comparisons(),
    ...operations(),
    celFunc("string", [objectType(DECIMAL)], STRING, (value) => plainText(decimalOf(value))),
    celFunc("double", [objectType(DECIMAL)], DOUBLE, (value) => doubleOf(decimalOf(value))),
    celFunc("double", [STRING], DOUBLE, doubleOfText),
    ...equality(),
  ];
}

function comparisons(): CelFunc[] {
  const holds = {
    eq: (order: number) => order === 0,
    lt: (order: number) => order < 0,
    le: (order: number) => order <= 0,
    gt: (order: number) => order > 0,
    ge: (order: number) => order >= 0,
  };
  return Object.entries(holds).map(([name, test]) =>
    celFunc(`decimals.${name}`, [DYN, DYN], BOOL, (one: unknown, other: unknown) => {
      return test(compare(decimalOf(one), decimalOf(other)));
    })
  );
}

function operations(): CelFunc[] {
  const two = {
    add: (one: DecimalParts, other: DecimalParts) => add(one, other),
    sub: subtract,
    mul: multiply,
    div: divide,
    mod: remainder,
    greatest: (one: DecimalParts, other: DecimalParts) => compare(other, one) > 0 ? other : one,
    least: (one: DecimalParts, other: DecimalParts) => compare(other, one) < 0 ? other : one,
  };
  const one = {
    sqrt: squareRoot,
    neg: negate,
    abs: (value: DecimalParts) => value.unscaled < 0n ? negate(value) : value,
    round: (value: DecimalParts) => rescaled(value, 0, "half up", "decimals.round"),
    trunc: (value: DecimalParts) => truncated(value, 0),
    floor: (value: DecimalParts) => rescaled(value, 0, "floor", "decimals.floor"),
    ceil: (value: DecimalParts) => rescaled(value, 0, "ceiling", "decimals.ceil"),
  };
  const scaled = {
    round: (value: DecimalParts, scale: number) => rescaled(value, scale, "half up", "decimals.round"),
    trunc: truncated,
  };
  return [
    ...Object.entries(two).map(([name, operate]) =>
      celFunc(`decimals.${name}`, [DYN, DYN], DYN, (left: unknown, right: unknown) => {
        return decimalMessage(operate(decimalOf(left), decimalOf(right)));
      })
    ),
    ...Object.entries(one).map(([name, operate]) =>
      celFunc(`decimals.${name}`, [DYN], DYN, (value: unknown) => decimalMessage(operate(decimalOf(value))))
    ),
    ...Object.entries(scaled).map(([name, operate]) =>
      celFunc(`decimals.${name}`, [DYN, INT], DYN, (value: unknown, scale: bigint) => {
        return decimalMessage(operate(decimalOf(value), scaleOf(scale, `decimals.${name}`)));
      })
    ),
    celFunc("decimals.sign", [DYN], INT, (value: unknown) => BigInt(signOf(decimalOf(value)))),
  ];
}

/** What is no number is an error, and not the double that is none. */
function doubleOfText(text: string): number {
  if (/^\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*$/i.test(text)) return Number(text);
  const [, sign, word] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? [];
  if (word === undefined) throw failed("double", "the text is no number");
  return word.toLowerCase() === "nan" ? Number.NaN : sign === "-" ? -Infinity : Infinity;
}

/** A number that has fewer digits behind the point than wanted stays as it is. */
function truncated(value: DecimalParts, scale: number): DecimalParts {
  return scale >= value.scale ? value : rescaled(value, scale, "down", "decimals.trunc");
}

function ofBytes(bytes: Uint8Array, scale: bigint): CelInput {
  const name = "decimal";
  if (bytes.length > MAX_BYTES) throw failed(name, "the number has too many digits");
  return decimalMessage({ unscaled: wholeNumber(bytes), scale: scaleOf(scale, name) });
}

function scaleOf(scale: bigint, name: string): number {
  if (scale < -MAX_INT32 || scale >= MAX_INT32) throw failed(name, "the scale is out of range");
  return Number(scale);
}

/** A value as a decimal: one, a number, or a text that is one. */
export function decimalOf(value: unknown): DecimalParts {
  const name = "decimal";
  const parts = typeof value === "bigint"
    ? { unscaled: value, scale: 0 }
    : isCelUint(value as CelValue)
    ? { unscaled: (value as { readonly value: bigint }).value, scale: 0 }
    : typeof value === "number"
    ? decimalOfDouble(value)
    : typeof value === "string"
    ? parseDecimal(value)
    : decimalParts(value);
  if (parts !== null && digitsOf(parts) <= MAX_DECIMAL_DIGITS) return parts;
  if (value === null) throw failed(name, "null is no number");
  if (value instanceof Uint8Array) throw failed(name, "bytes need a scale");
  throw failed(name, "the value is no number that can be held");
}

/** Of decimals the number counts, not its digits; the same within lists and maps, and for `in`. */
function equality(): CelFunc[] {
  const { funcs } = celEnv();
  const base = (name: string, left: CelValue, right: CelValue): boolean => {
    const result = funcs.find(name)?.call(0, undefined, [left, right]);
    if (result === undefined || isCelError(result)) throw failed(name, "the values cannot be compared");
    return result === true;
  };
  const isEqual = (left: CelValue, right: CelValue): boolean => {
    if (isDecimal(left) || isDecimal(right)) {
      return isDecimal(left) && isDecimal(right) && compare(decimalOf(left), decimalOf(right)) === 0;
    }
    if (!hasDecimal(left) && !hasDecimal(right)) return base("_==_", left, right);
    if (isCelList(left)) {
      if (!isCelList(right) || left.size !== right.size) return false;
      const others = right.values();
      return [...left].every((item) => isEqual(item, others.next().value as CelValue));
    }
    if (!isCelMap(left) || !isCelMap(right) || left.size !== right.size) return false;
    return [...left.entries()].every(([key, item]) => {
      const match = right.get(key);
      return match !== undefined && isEqual(item, match);
    });
  };
  const list = listType(DYN);
  const isIn = (item: CelValue, items: Iterable<CelValue>): boolean => {
    for (const one of items) if (isEqual(item, one)) return true;
    return false;
  };
  return [
    celFunc("_==_", [DYN, DYN], BOOL, isEqual),
    celFunc("_!=_", [DYN, DYN], BOOL, (left, right) => !isEqual(left, right)),
    celFunc("@in", [DYN, list], BOOL, (item, items) => {
      return hasDecimal(item) || hasDecimal(items) ? isIn(item, items) : base("@in", item, items);
    }),
    celFunc("@in", [objectType(DECIMAL), mapType(DYN, DYN)], BOOL, () => false),
  ];
}

/** Whether a value is a decimal or holds one. Only lists and maps are looked into. */
function hasDecimal(value: CelValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isCelList(value)) {
    for (const item of value) if (hasDecimal(item)) return true;
    return false;
  }
  if (!isCelMap(value)) return isDecimal(value);
  for (const [, item] of value.entries()) if (hasDecimal(item)) return true;
  return false;
}
