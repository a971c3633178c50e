/** The parts that readers of messages are made of. */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { type Input, malformed } from "./input.ts";
import type { ScalarName } from "./plan.ts";
import { MAX_DEPTH } from "./writers.ts";

/** A message that is being read. */
export type LooseMessage = Record<string, unknown>;

/** A field that no descriptor has, as the library keeps it: the data begins behind the tag. */
export interface UnknownField {
  readonly no: number;
  readonly wireType: number;
  readonly data: Uint8Array;
}

/** What reads each scalar but strings, of which there are two kinds. */
export const scalarReaders: Readonly<Record<Exclude<ScalarName, "String">, (input: Input, end: number) => unknown>> = {
  Int32: (input, end) => input.uint32(end) | 0,
  Uint32: (input, end) => input.uint32(end),
  Sint32: (input, end) => {
    const value = input.uint32(end);
    return value >>> 1 ^ -(value & 1);
  },
  Int64: (input, end) => input.int64(end),
  Uint64: (input, end) => input.uint64(end),
  Sint64: (input, end) => input.sint64(end),
  Fixed32: (input, end) => input.view.getUint32(input.advance(4, end), true),
  Sfixed32: (input, end) => input.view.getInt32(input.advance(4, end), true),
  Fixed64: (input, end) => input.view.getBigUint64(input.advance(8, end), true),
  Sfixed64: (input, end) => input.view.getBigInt64(input.advance(8, end), true),
  Float: (input, end) => input.view.getFloat32(input.advance(4, end), true),
  Double: (input, end) => input.view.getFloat64(input.advance(8, end), true),
  Bool: (input, end) => input.bool(end),
  Bytes: (input, end) => input.data(end),
};

/** Reads what no descriptor has into the message. */
export function readUnknown(message: LooseMessage, input: Input, tag: number, end: number, depth: number): void {
  const start = input.at;
  skipField(input, tag, end, depth);
  keepUnknown(message, { no: tag >>> 3, wireType: tag & 7, data: input.bytes.subarray(start, input.at) });
}

/** Adds a field that no descriptor has to a message. */
export function keepUnknown(message: LooseMessage, field: UnknownField): void {
  const fields = (message["$unknown"] ??= []) as UnknownField[];
  fields.push(field);
}

/** Reads over a field. */
export function skipField(input: Input, tag: number, end: number, depth: number): void {
  switch (tag & 7) {
    case 0:
      input.uint32(end);
      break;
    case 1:
      input.advance(8, end);
      break;
    case 2:
      input.at = input.length(end);
      break;
    case 3:
      skipGroup(input, tag + 1, end, depth + 1);
      break;
    case 5:
      input.advance(4, end);
      break;
    default:
      throw malformed("a tag is none, or ends a group that did not begin");
  }
}

function skipGroup(input: Input, endTag: number, end: number, depth: number): void {
  if (depth > MAX_DEPTH) throw malformed(`groups nest deeper than ${MAX_DEPTH} levels`);
  for (let tag = input.tag(end); tag !== endTag; tag = input.tag(end)) skipField(input, tag, end, depth);
}

/** Sets an entry of a map, also one whose key is that of an object's prototype. */
export function setEntry(entries: LooseMessage, key: string, value: unknown): void {
  if (key !== "__proto__") entries[key] = value;
  else Object.defineProperty(entries, key, { value, writable: true, enumerable: true, configurable: true });
}

/** The JSON object that a `google.protobuf.Struct` stands for. */
export function structToJson(struct: LooseMessage): JsonObject {
  const json: JsonObject = {};
  for (const [key, value] of Object.entries(struct["fields"] as Record<string, LooseMessage>)) {
    setEntry(json, key, valueToJson(value));
  }
  return json;
}

function valueToJson({ kind }: LooseMessage): JsonValue {
  const { case: chosen, value } = kind as { readonly case?: string; readonly value: unknown };
  if (chosen === undefined || chosen === "nullValue") return null;
  if (chosen === "structValue") return structToJson(value as LooseMessage);
  if (chosen === "listValue") return ((value as LooseMessage)["values"] as LooseMessage[]).map(valueToJson);
  return value as JsonValue;
}
