/** The parts that writers of messages are made of, generated ones and others. */
import type { Output } from "../output.ts";
import { rangeError, schemaError, valueError } from "./_error.ts";
import type { ScalarName } from "./plan.ts";
import type { UnknownField } from "./readers.ts";
import * as write from "./write.ts";

/** Writes the fields of a message. The depth is 1 for one that is in no other. */
export type MessageWriter = (message: unknown, output: Output, depth: number) => void;

/** Any message: what its fields are says its descriptor. */
export type AnyMessage = Readonly<Record<string, unknown>>;

/** Messages nest no deeper: those who read them, ours included, would not read more. */
export const MAX_DEPTH = 100;

/** What writes each scalar. */
export const scalarWriters: Readonly<Record<ScalarName, write.WriteScalar>> = {
  Int32: write.writeInt32,
  Uint32: write.writeUint32,
  Sint32: write.writeSint32,
  Int64: write.writeInt64,
  Uint64: write.writeUint64,
  Sint64: write.writeSint64,
  Fixed32: write.writeFixed32,
  Sfixed32: write.writeSfixed32,
  Fixed64: write.writeFixed64,
  Sfixed64: write.writeSfixed64,
  Float: write.writeFloat,
  Double: write.writeDouble,
  Bool: write.writeBool,
  String: write.writeString,
  Bytes: write.writeBytes,
};

/** Gives a value as the message of a type, if it is one. */
export function messageOf(value: unknown, typeName: string, depth: number): AnyMessage {
  if (typeof value !== "object" || value === null) throw valueError(typeName, "a message is wanted", value);
  if (depth > MAX_DEPTH) throw rangeError(typeName, `messages nest deeper than ${MAX_DEPTH} levels`);
  const { $typeName } = value as AnyMessage;
  if ($typeName !== undefined && $typeName !== typeName) {
    // What the value says it is may be anything.
    throw schemaError(`Cannot encode the value: a "${typeName}" is wanted, and its $typeName is another`);
  }
  return value as AnyMessage;
}

/** Gives the values of a list. */
export function itemsOf(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw valueError(field, "an array is wanted", value);
  return value;
}

/** Gives the entries of a map, which is a plain object. */
export function entriesOf(value: unknown, field: string): AnyMessage {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Map) {
    throw valueError(field, "an object with the map's keys is wanted", value);
  }
  return value as AnyMessage;
}

/** The key of a map's entry, which is a string in memory, as what the field says it is. */
export function keyOf(key: string, scalar: ScalarName, field: string): unknown {
  // Those of 64 bits are taken as strings.
  if (scalar === "String" || scalar.endsWith("64")) return key;
  if (scalar === "Bool") {
    if (key !== "true" && key !== "false") throw rangeError(field, 'a key of the map is neither "true" nor "false"');
    return key === "true";
  }
  if (!/^-?[0-9]{1,10}$/.test(key)) throw rangeError(field, "a key of the map is no whole number of 32 bits");
  return Number(key);
}

/** Whether a value says nothing in a field without presence. */
export function isZero(value: unknown, scalar: ScalarName, zero: number): boolean {
  if (scalar === "String") return value === "";
  if (scalar === "Bytes") return value instanceof Uint8Array && value.length === 0;
  if (scalar === "Bool") return value === false;
  if (scalar === "Float" || scalar === "Double") return Object.is(value, 0);
  if (scalar.endsWith("64")) return value === 0n || value === 0 || value === "0";
  return value === zero;
}

/** A message lacks what it must have. */
export function missing(field: string): Error {
  return rangeError(field, "the field is required and is not set");
}

/** Writes the fields of a message that were read and are in no descriptor. */
export function writeUnknown(fields: unknown, output: Output): void {
  for (const { no, wireType, data } of fields as readonly UnknownField[]) {
    write.writeTag(output, (no << 3 | wireType) >>> 0, 0);
    output.write(data);
  }
}

/** Writes a JSON object as a `google.protobuf.Struct`, whose depth is given. */
export function writeStruct(output: Output, tag: number, value: unknown, field: string, depth: number): void {
  if (depth > MAX_DEPTH) throw rangeError(field, `messages nest deeper than ${MAX_DEPTH} levels`);
  const entries = entriesOf(value, field);
  const start = write.startLength(output, tag);
  for (const key of Object.keys(entries)) {
    const entry = write.startLength(output, 0x0a);
    write.writeString(output, 0x0a, key, field);
    writeJson(output, 0x12, entries[key], field, depth + 1);
    write.endLength(output, entry);
  }
  write.endLength(output, start);
}

/** Writes a `google.protobuf.Value`. */
function writeJson(output: Output, tag: number, value: unknown, field: string, depth: number): void {
  if (depth > MAX_DEPTH) throw rangeError(field, `messages nest deeper than ${MAX_DEPTH} levels`);
  const start = write.startLength(output, tag);
  if (value === null) write.writeInt32(output, 0x08, 0, field);
  else if (typeof value === "number") write.writeDouble(output, 0x11, value, field);
  else if (typeof value === "string") write.writeString(output, 0x1a, value, field);
  else if (typeof value === "boolean") write.writeBool(output, 0x20, value, field);
  else if (Array.isArray(value)) {
    const list = write.startLength(output, 0x32);
    for (const item of value) writeJson(output, 0x0a, item, field, depth + 2);
    write.endLength(output, list);
  } else if (typeof value === "object") writeStruct(output, 0x2a, value, field, depth + 1);
  else throw valueError(field, "a JSON value is wanted", value);
  write.endLength(output, start);
}
