/** Decimals as CEL has them: messages of the type `confluent.type.Decimal`, whether Protobuf, Avro or a rule made them. */
import { create, createFileRegistry, type DescMessage, type Message } from "@bufbuild/protobuf";
import { isReflectMessage, reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { FieldDescriptorProto_Type as Type, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type DecimalParts, digitsOf, failed, MAX_DECIMAL_DIGITS } from "./cel_decimal.ts";

/** The full name of the type. */
export const DECIMAL = "confluent.type.Decimal";

/** A byte is 2.4 digits. */
export const MAX_BYTES: number = Math.floor(MAX_DECIMAL_DIGITS / 2.41);
const MOST = 10n ** BigInt(MAX_DECIMAL_DIGITS);

const file = create(FileDescriptorProtoSchema, {
  name: "confluent/type/decimal.proto",
  package: "confluent.type",
  syntax: "proto3",
  messageType: [{
    name: "Decimal",
    field: [
      { name: "value", number: 1, label: 1, type: Type.BYTES },
      { name: "precision", number: 2, label: 1, type: Type.UINT32 },
      { name: "scale", number: 3, label: 1, type: Type.INT32 },
    ],
  }],
});
const type: DescMessage = createFileRegistry(file, () => undefined).getMessage(DECIMAL)!;

type DecimalMessage = Message & { readonly value: Uint8Array; readonly scale: number };

/** The numbers of messages that were made here. */
const known = new WeakMap<Message, DecimalParts>();

/** Makes the message of a number. */
export function decimalMessage(parts: DecimalParts): ReflectMessage {
  const { unscaled, scale } = parts;
  // Before its digits are counted, which takes long for many.
  if (unscaled > MOST || unscaled < -MOST) throw failed("decimal", "the number has too many digits");
  const message = create(type, { value: twosComplement(unscaled), precision: digitsOf(parts), scale });
  known.set(message, parts);
  return reflect(type, message, false);
}

/** Whether a value is a decimal. */
export function isDecimal(value: unknown): value is ReflectMessage {
  return isReflectMessage(value) && value.desc.typeName === DECIMAL;
}

/** The number of a decimal; null if the value is none. */
export function decimalParts(value: unknown): DecimalParts | null {
  if (!isDecimal(value)) return null;
  const message = value.message as DecimalMessage;
  const { scale, value: bytes } = message;
  return known.get(message) ?? { unscaled: wholeNumber(bytes), scale };
}

/** A whole number in as few bytes as it fits in: big-endian, two's complement, as Java has it. */
function twosComplement(value: bigint): Uint8Array {
  const magnitude = value < 0n ? ~value : value;
  const byteLength = magnitude === 0n ? 1 : Math.floor(magnitude.toString(2).length / 8) + 1;
  const hex = BigInt.asUintN(8 * byteLength, value).toString(16).padStart(2 * byteLength, "0");
  return Uint8Array.from(
    { length: byteLength },
    (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

/** The whole number that bytes are. None are zero. */
export function wholeNumber(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length > MAX_BYTES) throw failed("decimal", "the number has too many digits");
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`));
}
