/** A decimal number of any length, exactly. */

/** Beyond this, an exponent is an attempt to make a number that fills the memory. */
const MAX_DIGITS = 10_000;

/**
 * A decimal number: `unscaled` divided by ten to the power of `scale`.
 *
 * It is what Avro's `decimal` holds. It does not calculate; `unscaled` does, or a library that takes {@link toString}.
 *
 * Source: `decimal.Decimal` in what confluent-kafka-python gives and takes.
 *
 * @example
 * ```ts
 * import { Decimal } from "@kafka-ffi/kafka/avro";
 *
 * const price = new Decimal(1234n, 2); // 12.34
 * ```
 */
export class Decimal {
  /** The digits as a whole number. */
  readonly unscaled: bigint;
  /** Digits behind the point; not negative. */
  readonly scale: number;

  /**
   * Makes one of its parts: `new Decimal(1234n, 2)` is 12.34.
   *
   * @throws {RangeError} if the scale is no whole number from 0 to 10000.
   */
  constructor(unscaled: bigint, scale: number = 0) {
    if (!Number.isInteger(scale) || scale < 0 || scale > MAX_DIGITS) {
      throw new RangeError(`Cannot make a decimal of scale ${scale}: the range is 0 to ${MAX_DIGITS}`);
    }
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /**
   * Reads a number as people write it: `-12.340`, `1.5e3`. Zeros behind the point count: `1.50` has scale 2.
   *
   * @throws {SyntaxError} if it is none. The text is not in the message.
   */
  static parse(text: string): Decimal {
    const match = text.length <= MAX_DIGITS ? /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/.exec(text) : null;
    const [, sign = "", whole = "", fraction = "", exponent = "0"] = match ?? [];
    const scale = fraction.length - Number(exponent);
    if (whole + fraction === "" || Math.abs(scale) > MAX_DIGITS) {
      throw new SyntaxError("Cannot read a decimal: the text is no number, or a far too long one");
    }
    const digits = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, -scale));
    return new Decimal(sign === "-" ? -digits : digits, Math.max(0, scale));
  }

  /** The same number with more digits behind the point, or null if digits would be lost. */
  withScale(scale: number): Decimal | null {
    if (scale === this.scale) return this;
    return scale < this.scale ? null : new Decimal(this.unscaled * 10n ** BigInt(scale - this.scale), scale);
  }

  /** As people write it, with all digits behind the point: `-0.50`. */
  toString(): string {
    const digits = String(this.unscaled < 0n ? -this.unscaled : this.unscaled).padStart(this.scale + 1, "0");
    const whole = digits.slice(0, digits.length - this.scale);
    const sign = this.unscaled < 0n ? "-" : "";
    return this.scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-this.scale)}`;
  }

  /** The same as {@link toString}: as a JSON number it could lose digits. */
  toJSON(): string {
    return this.toString();
  }
}

/**
 * A whole number as Avro has it: two's complement, big-endian, in a given number of bytes or as many as fastavro takes, which
 * for some negative numbers is one more than is needed. Null if it does not fit.
 */
export function bytesOfInteger(value: bigint, byteLength: number | null): Uint8Array<ArrayBuffer> | null {
  const magnitude = value < 0n ? -value : value;
  const length = byteLength ?? (bitLength(magnitude) + 8) >> 3;
  const bits = length * 8;
  if (value !== BigInt.asIntN(bits, value)) return null;
  const bytes = new Uint8Array(length);
  let rest = BigInt.asUintN(bits, value);
  for (let index = length - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** The whole number that {@link bytesOfInteger} has written. No bytes are zero. */
export function integerOfBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  let hex = "0x";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt.asIntN(bytes.length * 8, BigInt(hex));
}

function bitLength(magnitude: bigint): number {
  return magnitude === 0n ? 0 : magnitude.toString(2).length;
}
