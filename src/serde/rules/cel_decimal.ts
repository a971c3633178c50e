/** The arithmetic of decimals in CEL: exact but for division and roots, which have 38 digits, as in SQL. */
import { RuleError } from "./error.ts";

/** A number: `unscaled` divided by ten to the power of `scale`, which may be negative. */
export interface DecimalParts {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** How digits that are left out round what is left. */
export type Rounding = "half up" | "down" | "floor" | "ceiling";

/**
 * Numbers have so many digits at most, also where they are aligned and written out: a few letters such as `1e2000000000` ask for
 * what fills the memory.
 */
export const MAX_DECIMAL_DIGITS = 10_000;
const MAX_SCALE = 2 ** 31 - 1;
/** The digits of quotients and roots. */
const PRECISION = 38;

/** Reads a number as people and programs write it, such as `-12.340` and `1.5E-3`; null if it is none that can be held. */
export function parseDecimal(text: string): DecimalParts | null {
  if (text.length > MAX_DECIMAL_DIGITS) return null;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
  const scale = fraction.length - Number(exponent);
  if (whole + fraction === "" || Math.abs(scale) > MAX_SCALE) return null;
  const magnitude = BigInt(whole + fraction);
  return { unscaled: sign === "-" ? -magnitude : magnitude, scale };
}

/** The shortest number that a double is, with the digits that Python and Java give it: `2.0`, `1e+16`. Null if it is none. */
export function decimalOfDouble(value: number): DecimalParts | null {
  const [digits = "", exponent = ""] = Math.abs(value).toExponential().split("e");
  if (exponent === "") return null;
  const unscaled = BigInt(digits.replace(".", "")) * (value < 0 ? -1n : 1n);
  const scale = Math.max(digits.length - 2, 0) - Number(exponent);
  const isShort = Number(exponent) >= -4 && Number(exponent) < 16;
  // Written without an exponent, a number has a digit behind the point at least.
  return isShort && scale < 1 ? rescaled({ unscaled, scale }, 1, "down", "decimal") : { unscaled, scale };
}

/** Two numbers, aligned: how the first is to the second. */
export function compare(one: DecimalParts, other: DecimalParts): number {
  const [a, b] = [signOf(one), signOf(other)];
  if (a !== b || a === 0) return a - b;
  const [x, y] = [adjusted(one), adjusted(other)];
  if (x !== y) return x > y ? a : -a;
  const scale = Math.max(one.scale, other.scale);
  const [left, right] = [expanded(one, scale), expanded(other, scale)];
  return left === right ? 0 : left > right ? 1 : -1;
}

/** -1, 0 or 1. */
export function signOf({ unscaled }: DecimalParts): number {
  return unscaled === 0n ? 0 : unscaled < 0n ? -1 : 1;
}

export function add(one: DecimalParts, other: DecimalParts, name = "decimals.add"): DecimalParts {
  const scale = Math.max(one.scale, other.scale);
  const needed = Math.max(
    ...[one, other].map((each) => each.unscaled === 0n ? 1 : digitsOf(each) + scale - each.scale),
  );
  checkWidth(needed + 1, name);
  return made(expanded(one, scale) + expanded(other, scale), scale, name);
}

export function subtract(one: DecimalParts, other: DecimalParts): DecimalParts {
  return add(one, negate(other), "decimals.sub");
}

export function multiply(one: DecimalParts, other: DecimalParts): DecimalParts {
  checkWidth(digitsOf(one) + digitsOf(other), "decimals.mul");
  return made(one.unscaled * other.unscaled, one.scale + other.scale, "decimals.mul");
}

export function divide(one: DecimalParts, other: DecimalParts): DecimalParts {
  const name = "decimals.div";
  if (other.unscaled === 0n) throw failed(name, "division by zero");
  const ideal = one.scale - other.scale;
  if (one.unscaled === 0n) return made(0n, ideal, name);
  const shift = digitsOf(other) - digitsOf(one) + PRECISION + 2;
  const [top, bottom] = shift >= 0
    ? [one.unscaled * power(shift), other.unscaled]
    : [one.unscaled, other.unscaled * power(-shift)];
  const quotient = { unscaled: top / bottom, scale: ideal + shift };
  if (top % bottom === 0n) {
    const exact = stripped(quotient, ideal);
    if (digitsOf(exact) <= PRECISION) return made(exact.unscaled, exact.scale, name);
  }
  return shortened(quotient, name);
}

export function remainder(one: DecimalParts, other: DecimalParts): DecimalParts {
  const name = "decimals.mod";
  if (other.unscaled === 0n) throw failed(name, "division by zero");
  const scale = Math.max(one.scale, other.scale);
  if (one.unscaled === 0n) return made(0n, scale, name);
  const quotientDigits = adjusted(one) - adjusted(other) + 1;
  checkWidth(quotientDigits, name);
  // The divisor is the larger one, and may be far too large to write out.
  if (quotientDigits < 1) return made(expanded(one, scale), scale, name);
  return made(expanded(one, scale) % expanded(other, scale), scale, name);
}

export function squareRoot(one: DecimalParts): DecimalParts {
  const name = "decimals.sqrt";
  if (one.unscaled < 0n) throw failed(name, "square root of negative number");
  const preferred = Math.trunc(one.scale / 2);
  if (one.unscaled === 0n) return made(0n, preferred, name);
  const isOdd = one.scale % 2 !== 0;
  const even = isOdd ? { unscaled: one.unscaled * 10n, scale: one.scale + 1 } : one;
  const more = Math.max(0, PRECISION + 2 - Math.floor(digitsOf(even) / 2));
  const square = even.unscaled * power(2 * more);
  const root = { unscaled: integerRoot(square), scale: even.scale / 2 + more };
  if (root.unscaled * root.unscaled === square) {
    const least = stripped(root, -Infinity);
    if (digitsOf(least) <= PRECISION) {
      const most = least.scale + PRECISION - digitsOf(least);
      return rescaled(least, Math.max(least.scale, Math.min(preferred, most)), "half up", name);
    }
  }
  return shortened(root, name);
}

export function negate({ unscaled, scale }: DecimalParts): DecimalParts {
  return { unscaled: -unscaled, scale };
}

/** The number with so many digits behind the point. */
export function rescaled(one: DecimalParts, scale: number, rounding: Rounding, name: string): DecimalParts {
  const { unscaled } = one;
  const dropped = one.scale - scale;
  if (unscaled === 0n) return made(0n, scale, name);
  if (dropped <= 0) {
    checkWidth(digitsOf(one) - dropped, name);
    return made(expanded(one, scale), scale, name);
  }
  // Of what is less than half of a digit nothing is left but where it is.
  const isSmall = dropped > digitsOf(one) + 1;
  const divisor = isSmall ? 1n : power(dropped);
  const whole = isSmall ? 0n : unscaled / divisor;
  const rest = isSmall ? unscaled : unscaled % divisor;
  return made(whole + stepOf(rest, isSmall ? null : divisor, rounding), scale, name);
}

/** Written out without an exponent. */
export function plainText({ unscaled, scale }: DecimalParts): string {
  const digits = digitsOf({ unscaled, scale });
  checkWidth(digits + Math.abs(scale), "string");
  const sign = unscaled < 0n ? "-" : "";
  const text = String(unscaled < 0n ? -unscaled : unscaled);
  if (scale <= 0) return sign + (unscaled === 0n ? "0" : text + "0".repeat(-scale));
  const padded = text.padStart(scale + 1, "0");
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** The double that is next to it. */
export function doubleOf({ unscaled, scale }: DecimalParts): number {
  return Number(`${unscaled}e${-scale}`);
}

/** How many digits a number has. A zero has one. */
export function digitsOf({ unscaled }: DecimalParts): number {
  return String(unscaled < 0n ? -unscaled : unscaled).length;
}

/** The place of the first digit: 0 for one before the point. */
function adjusted(one: DecimalParts): number {
  return digitsOf(one) - 1 - one.scale;
}

function expanded({ unscaled, scale: from }: DecimalParts, scale: number): bigint {
  return unscaled === 0n ? 0n : unscaled * power(scale - from);
}

/** What is added to a whole number for what was left out of it. Without a divisor the rest is less than half of it. */
function stepOf(rest: bigint, divisor: bigint | null, rounding: Rounding): bigint {
  if (rest === 0n) return 0n;
  const sign = rest < 0n ? -1n : 1n;
  switch (rounding) {
    case "down":
      return 0n;
    case "floor":
      return sign < 0n ? -1n : 0n;
    case "ceiling":
      return sign > 0n ? 1n : 0n;
    default:
      return divisor !== null && 2n * rest * sign >= divisor ? sign : 0n;
  }
}

/** Without zeros at its end, as long as its scale is larger than a given one. */
function stripped(one: DecimalParts, leastScale: number): DecimalParts {
  const text = String(one.unscaled);
  const zeros = text.length - text.replace(/0+$/, "").length;
  const drop = Math.max(0, Math.min(zeros, one.scale - leastScale));
  return { unscaled: one.unscaled / power(drop), scale: one.scale - drop };
}

/** With 38 digits. What was left out before is too little to change how it rounds. */
function shortened(one: DecimalParts, name: string): DecimalParts {
  const result = rescaled(one, one.scale - (digitsOf(one) - PRECISION), "half up", name);
  // 9.99 rounds to 10.0, which has a digit more.
  return digitsOf(result) > PRECISION ? { unscaled: result.unscaled / 10n, scale: result.scale - 1 } : result;
}

/** The whole part of a square root, by Newton's steps. */
function integerRoot(square: bigint): bigint {
  let root = power(Math.ceil(String(square).length / 2));
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function power(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** What is calculated may have a scale that no text can have. */
function made(unscaled: bigint, scale: number, name: string): DecimalParts {
  if (Math.abs(scale) > 2 ** 50) throw failed(name, "the scale is out of range");
  return { unscaled, scale };
}

function checkWidth(digits: number, name: string): void {
  if (digits > MAX_DECIMAL_DIGITS) throw failed(name, "the number has too many digits");
}

/** An error without anything of a value. */
export function failed(name: string, reason: string): RuleError {
  return new RuleError(`${name}: ${reason}`);
}
