/** Whether a message is as the library makes them, which its reflection takes for granted; and what makes it so. */
import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { Output } from "../output.ts";
import { compileEncoder } from "./compile.ts";
import { compileDecoder } from "./compile_reader.ts";
import { isStruct, isWrapper } from "./plan.ts";
import { type AnyMessage, MAX_DEPTH } from "./writers.ts";

/** Whether a value has all the fields of a message, each with a value of its type, at any depth. */
export function isComplete(type: DescMessage, value: unknown, depth = 1): value is Message {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return false;
  const message = value as AnyMessage;
  if (message["$typeName"] !== type.typeName) return false;
  return type.members.every((member) => {
    if (member.kind === "field") return isField(member, message[member.localName], depth);
    const oneof = message[member.localName] as { readonly case?: unknown; readonly value?: unknown } | undefined;
    if (typeof oneof !== "object" || oneof === null) return false;
    if (oneof.case === undefined) return true;
    const chosen = member.fields.find(({ localName }) => localName === oneof.case);
    return chosen !== undefined && isOne(chosen, oneof.value, depth);
  });
}

/** Gives a value as a complete message: itself if it is one, else what is read when it has been written. */
export function completed(type: DescMessage, value: unknown): Message {
  return isComplete(type, value) ? value : reread(value, type, type);
}

/**
 * Writes a value as a message of one type, and reads it as one of another.
 *
 * @throws {SerializationError} if the value cannot be written.
 */
export function reread(value: unknown, type: DescMessage, as: DescMessage): Message {
  const output = new Output();
  compileEncoder(type)(value, output);
  return compileDecoder(as)(output.bytes.subarray(0, output.at), 0) as Message;
}

function isField(field: DescField, value: unknown, depth: number): boolean {
  switch (field.fieldKind) {
    case "list":
      return Array.isArray(value) && value.every((item) => isOne(field, item, depth));
    case "map":
      return isRecord(value) && Object.values(value).every((item) => isOne(field, item, depth));
    default:
      // What is not set is not there.
      return value === undefined ? field.presence !== Presence.IMPLICIT : isOne(field, value, depth);
  }
}

/** Whether a value is one of a field, or of one of its elements. */
function isOne(field: DescField, value: unknown, depth: number): boolean {
  const { message } = field;
  if (message !== undefined && isStruct(field)) return isRecord(value) && isJson(value, depth);
  if (message !== undefined && isWrapper(field)) return isScalar(message.fields[0]!.scalar!, false, value);
  if (message !== undefined) return isComplete(message, value, depth + 1);
  if (field.enum !== undefined) return Number.isInteger(value);
  const isText = field.fieldKind !== "map" && "longAsString" in field && field.longAsString;
  return isScalar(field.scalar!, isText, value);
}

function isRecord(value: unknown): value is AnyMessage {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/** Whether a value, as a struct has them, is one of JSON. */
function isJson(value: unknown, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  if (isRecord(value)) return Object.values(value).every((item) => isJson(item, depth + 1));
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isScalar(scalar: ScalarType, isLongText: boolean, value: unknown): boolean {
  switch (scalar) {
    case ScalarType.STRING:
      return typeof value === "string";
    case ScalarType.BOOL:
      return typeof value === "boolean";
    case ScalarType.BYTES:
      return value instanceof Uint8Array;
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return typeof value === "number";
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return isLongText ? typeof value === "string" : typeof value === "bigint";
    default:
      return Number.isInteger(value);
  }
}
