/** The default of a proto2 field: from how it is written in a `.proto` text to how a descriptor has it. */
import { type FieldDescriptorProto, FieldDescriptorProto_Type as Type } from "@bufbuild/protobuf/wkt";
import { hasType } from "./parse_names.ts";
import { integerOf, type Tokens } from "./parse_tokens.ts";

const SIGNED_32: readonly Type[] = [Type.INT32, Type.SINT32, Type.SFIXED32];
const SIGNED_64: readonly Type[] = [Type.INT64, Type.SINT64, Type.SFIXED64];
const UNSIGNED_32: readonly Type[] = [Type.UINT32, Type.FIXED32];
const FLOATING: readonly Type[] = [Type.DOUBLE, Type.FLOAT];

/** Reads the default of a field whose type is known, or is the name of an enum. */
export function readDefault(tokens: Tokens, field: FieldDescriptorProto): string {
  if (!hasType(field)) return tokens.name("the name of an enum's value");
  const { type } = field;
  if (type === Type.STRING) return tokens.string("a string");
  if (type === Type.BYTES) return escape(tokens.bytes("a string"));
  if (type === Type.BOOL) {
    if (!tokens.isNext("true") && !tokens.isNext("false")) throw tokens.unexpected('"true" or "false"');
    return tokens.take().text;
  }
  if (FLOATING.includes(type)) return readFloat(tokens, type);
  if (type === Type.GROUP || type === Type.MESSAGE) throw tokens.unexpected("no default, for a message has none");
  return readInteger(tokens, type);
}

function readInteger(tokens: Tokens, type: Type): string {
  const { at } = tokens.next;
  const isNegative = tokens.takeIf("-");
  if (tokens.next.kind !== "integer") throw tokens.unexpected("a whole number");
  const value = integerOf(tokens.take().text) * (isNegative ? -1n : 1n);
  const isSigned = SIGNED_32.includes(type) || SIGNED_64.includes(type);
  const bits = SIGNED_32.includes(type) || UNSIGNED_32.includes(type) ? 32 : 64;
  if ((isSigned ? BigInt.asIntN : BigInt.asUintN)(bits, value) !== value) {
    throw tokens.error(at, "the default is not in the range of its type");
  }
  return String(value);
}

function readFloat(tokens: Tokens, type: Type): string {
  const sign = tokens.takeIf("-") ? "-" : "";
  const { kind, text } = tokens.next;
  if (text === "inf" || text === "nan") return text === "nan" ? tokens.take().text : sign + tokens.take().text;
  if (kind !== "integer" && kind !== "float") throw tokens.unexpected("a number");
  tokens.take();
  const value = kind === "integer" ? Number(integerOf(text)) : Number(text);
  return sign + (type === Type.FLOAT ? floatText(Math.fround(value), 6, 9) : floatText(value, 15, 17));
}

/** A number as C prints it with `%g` and so many digits, or with more where those would be another number. */
function floatText(value: number, fewer: number, more: number): string {
  if (!Number.isFinite(value)) return "inf";
  const round = fewer === 6 ? Math.fround : Number;
  const digits = round(Number(value.toPrecision(fewer))) === value ? fewer : more;
  const [mantissa = "", exponent = "0"] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power < -4 || power >= digits) {
    return `${withoutZeros(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return withoutZeros(value.toFixed(Math.max(0, digits - 1 - power)));
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const ESCAPED: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\" };

/** Bytes as text in which those that are no printable ASCII are escaped. */
function escape(bytes: Uint8Array): string {
  const parts = [...bytes].map((byte) => {
    if (byte in ESCAPED) return ESCAPED[byte];
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return parts.join("");
}
