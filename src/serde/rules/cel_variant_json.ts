/** Variants as JSON. */
import { decimalOfDouble, failed, plainText } from "./cel_decimal.ts";
import { codes, malformed, type Variant } from "./cel_variant.ts";

const MAX_DEPTH = 500;
/** Parts of a variant may be shared, so that few bytes could be read as very many. */
const MAX_LENGTH = 64_000_000;
const MAX_PARTS = 2_000_000;
const LAST_MICRO_OF_DAY = 86_399_999_999n;
const FIRST_DAY = -719_162n;
const LAST_DAY = 2_932_896n;
const NANOS = 1_000_000_000n;

/** Writes a variant as JSON. Numbers that JSON does not have are written all the same: `NaN`, `Infinity`. */
export function variantToJson(variant: Variant): string {
  const parts: string[] = [];
  let length = 0;
  const put = (part: string): void => {
    length += part.length;
    if (length > MAX_LENGTH || parts.length >= MAX_PARTS) throw failed("variants.toJson", "the text is too long");
    parts.push(part);
  };
  const write = (one: Variant, depth: number): void => {
    if (depth > MAX_DEPTH) throw failed("variants.toJson", "the variant is nested too deep");
    const { type } = one;
    if (type !== "object" && type !== "array") return put(scalarText(one));
    const { size } = one;
    put(type === "object" ? "{" : "[");
    for (let index = 0; index < size; index++) {
      if (index > 0) put(",");
      if (type === "object") {
        const [key, value] = one.fieldAt(index);
        put(`${JSON.stringify(key)}:`);
        write(value, depth + 1);
      } else {
        write(one.element(index)!, depth + 1);
      }
    }
    put(type === "object" ? "}" : "]");
  };
  write(variant, 1);
  return parts.join("");
}

function scalarText(one: Variant): string {
  switch (one.type) {
    case "null":
      return "null";
    case "boolean":
      return String(one.code === codes.true);
    case "int":
      return String(one.int);
    case "double":
      return doubleText(one.code === codes.float ? shortened(one.double) : one.double);
    case "decimal":
      return plainText(one.decimal);
    case "string":
      return JSON.stringify(one.string);
    case "bytes":
      return `"${base64(one.binary)}"`;
    case "uuid":
      return `"${one.uuid}"`;
    case "date":
      return `"${dateText(one.int)}"`;
    case "time":
      return `"${timeText(one.int)}"`;
    case "timestamp":
      return `"${timestampText(one)}"`;
    default:
      throw malformed();
  }
}

/** As Python writes a double: with a digit behind the point, and an exponent of two digits. */
function doubleText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const parts = decimalOfDouble(value);
  if (parts === null) return String(value);
  const [, exponent = ""] = Math.abs(value).toExponential().split("e");
  if (Number(exponent) >= -4 && Number(exponent) < 16) return plainText(parts);
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${value.toExponential().split("e")[0]}e${sign}${exponent.slice(1).padStart(2, "0")}`;
}

/** The double with the fewest digits that is the same number of 32 bits. */
function shortened(value: number): number {
  // A whole number has all of its digits.
  if (!Number.isFinite(value) || Number.isInteger(value) && Math.abs(value) < 1e16) return value;
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function dateText(day: bigint): string {
  if (day < FIRST_DAY || day > LAST_DAY) throw failed("variants.toJson", "the date is out of range");
  return new Date(Number(day) * 86_400_000).toISOString().slice(0, 10);
}

function timeText(micros: bigint): string {
  if (micros < 0n || micros > LAST_MICRO_OF_DAY) throw failed("variants.toJson", "the time is out of range");
  return instantText(micros * 1000n).slice("1970-01-01T".length);
}

function timestampText(one: Variant): string {
  const { code } = one;
  const isMicros = code === codes.timestamp || code === codes.timestampLocal;
  const zone = code === codes.timestamp || code === codes.timestampNanos ? "Z" : "";
  return instantText(one.int * (isMicros ? 1000n : 1n)) + zone;
}

/** An instant with as many groups of three digits behind the second as it needs. */
function instantText(nanos: bigint): string {
  const rest = ((nanos % NANOS) + NANOS) % NANOS;
  const seconds = (nanos - rest) / NANOS;
  if (seconds < FIRST_DAY * 86_400n || seconds >= (LAST_DAY + 1n) * 86_400n) {
    throw failed("variants.toJson", "the timestamp is out of range");
  }
  const digits = String(rest).padStart(9, "0").replace(/(?:000){1,3}$/, "");
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 19) + (digits === "" ? "" : `.${digits}`);
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
