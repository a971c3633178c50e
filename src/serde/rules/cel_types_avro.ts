/** The types that an Avro schema gives to the parts of a message, for CEL. */
import type { ParsedReference, Types } from "./cel_types.ts";
import { type Convert, listOf, mapOf, specialOf, untyped } from "./cel_values.ts";

type Json = Readonly<Record<string, unknown>>;

/** The types of an Avro schema. */
export function avroTypes(schema: unknown, references: readonly ParsedReference[]): Types {
  const names = new Map<string, Convert>();
  for (const reference of references) convertOf(reference.schema, "", names);
  const root = convertOf(schema, "", names);
  return { root, at: (path) => names.get(path) ?? untyped };
}

function convertOf(schema: unknown, namespace: string, names: Map<string, Convert>): Convert {
  if (typeof schema === "string") return primitives[schema] ?? named(schema, namespace, names);
  if (Array.isArray(schema)) return unionOf(schema, namespace, names);
  if (!isJson(schema)) return untyped;
  const { type } = schema;
  if (type === "array") return arrayOf(convertOf(schema["items"], namespace, names));
  if (type === "map") return valuesOf(convertOf(schema["values"], namespace, names));
  if (type === "record" || type === "error") return recordOf(schema, namespace, names);
  return convertOf(type, namespace, names);
}

/** A number of the schema's type whatever it looks like; what a logical type made of it is no number any more. */
function double(value: unknown): ReturnType<Convert> {
  return typeof value === "bigint" ? Number(value) : typeof value === "number" ? value : untyped(value);
}

const primitives: Readonly<Record<string, Convert>> = {
  null: untyped,
  boolean: untyped,
  int: untyped,
  long: untyped,
  float: double,
  double,
  bytes: untyped,
  string: untyped,
  fixed: untyped,
  enum: untyped,
};

/** A name is looked up when a value is there: the schema may use it before it is defined, within itself. */
function named(name: string, namespace: string, names: Map<string, Convert>): Convert {
  const full = fullName(name, namespace);
  return (value, depth) => (names.get(full) ?? names.get(name) ?? untyped)(value, depth);
}

function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

function arrayOf(element: Convert): Convert {
  return (value, depth) => Array.isArray(value) ? listOf(value, depth, element) : untyped(value, depth);
}

function valuesOf(element: Convert): Convert {
  return (value, depth) => {
    const entries = entriesOf(value);
    return entries ? mapOf(entries, depth, () => element) : untyped(value, depth);
  };
}

function recordOf(schema: Json, outer: string, names: Map<string, Convert>): Convert {
  const name = fullName(String(schema["name"]), typeof schema["namespace"] === "string" ? schema["namespace"] : outer);
  const inner = name.slice(0, Math.max(name.lastIndexOf("."), 0));
  const fields = new Map<unknown, Convert>();
  const convert: Convert = (value, depth) => {
    const entries = entriesOf(value);
    return entries ? mapOf(entries, depth, (key) => fields.get(key) ?? untyped) : untyped(value, depth);
  };
  names.set(name, convert);
  for (const field of Array.isArray(schema["fields"]) ? schema["fields"].filter(isJson) : []) {
    fields.set(field["name"], convertOf(field["type"], inner, names));
  }
  return convert;
}

/**
 * Of a union, a number's type is known if it has only one for numbers, and a record's if it has only one of the kind; for
 * more than one the value itself says what it is.
 */
function unionOf(branches: readonly unknown[], namespace: string, names: Map<string, Convert>): Convert {
  const converts = branches.map((branch) => ({ kind: kindOf(branch), convert: convertOf(branch, namespace, names) }));
  const numbers = converts.filter(({ kind }) => kind === "integer" || kind === "double");
  const others = converts.filter(({ kind }) => kind === "other");
  return (value, depth) => {
    if (typeof value === "number") return numbers.length === 1 ? numbers[0]!.convert(value, depth) : untyped(value);
    const isCompound = typeof value === "object" && value !== null && !(value instanceof Uint8Array);
    return isCompound && others.length === 1 ? others[0]!.convert(value, depth) : untyped(value, depth);
  };
}

function kindOf(branch: unknown): "integer" | "double" | "scalar" | "other" {
  const type = isJson(branch) && typeof branch["type"] === "string" ? branch["type"] : branch;
  if (type === "int" || type === "long") return "integer";
  if (type === "float" || type === "double") return "double";
  return typeof type === "string" && type in primitives ? "scalar" : "other";
}

/** The entries of a value that may be a record or map. */
function entriesOf(value: unknown): Iterable<readonly [unknown, unknown]> | null {
  if (value instanceof Map) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) return null;
  return specialOf(value) === undefined ? Object.entries(value) : null;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
