/** The types that an Avro schema gives to the parts of a message, for CEL. */
import type { ParsedReference, Types } from "./cel_types.ts";
import { type Convert, listOf, mapOf, specialOf, untyped } from "./cel_values.ts";
import { isPlain } from "./plain.ts";

type Json = Readonly<Record<string, unknown>>;

/** The records of a schema, by full name. */
type Names = Map<string, {
  readonly convert: Convert;
  readonly fields: ReadonlyMap<unknown, Convert>;
  /** Whether a value has fields of the record only. */
  fits(value: object): boolean;
}>;

/** The types of an Avro schema. */
export function avroTypes(schema: unknown, references: readonly ParsedReference[]): Types {
  const names = new Map() as Names;
  for (const reference of references) convertOf(reference.schema, "", names);
  const root = convertOf(schema, "", names);
  return {
    root,
    at: (path) => names.get(path)?.convert ?? untyped,
    field: (path, name) => names.get(path)?.fields.get(name) ?? untyped,
  };
}

function convertOf(schema: unknown, namespace: string, names: Names): Convert {
  if (typeof schema === "string") return primitives.get(schema) ?? named(schema, namespace, names);
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

const primitives: ReadonlyMap<string, Convert> = new Map([
  ...["null", "boolean", "int", "long", "bytes", "string", "fixed", "enum"].map((type) => [type, untyped] as const),
  ["float", double],
  ["double", double],
]);

/** A name is looked up when a value is there: the schema may use it before it is defined, within itself. */
function named(name: string, namespace: string, names: Names): Convert {
  const full = fullName(name, namespace);
  return (value, depth) => {
    const record = names.get(full) ?? names.get(name);
    return record ? record.convert(value, depth) : untyped(value, depth);
  };
}

function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

function nameOf(schema: Json, outer: string): string {
  return fullName(String(schema["name"]), typeof schema["namespace"] === "string" ? schema["namespace"] : outer);
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

function recordOf(schema: Json, outer: string, names: Names): Convert {
  const name = nameOf(schema, outer);
  const inner = name.slice(0, Math.max(name.lastIndexOf("."), 0));
  const fields = new Map<unknown, Convert>();
  const convert: Convert = (value, depth) => {
    const entries = entriesOf(value);
    return entries ? mapOf(entries, depth, (key) => fields.get(key) ?? untyped) : untyped(value, depth);
  };
  names.set(name, { convert, fields, fits: (value) => Object.keys(value).every((key) => fields.has(key)) });
  for (const field of Array.isArray(schema["fields"]) ? schema["fields"].filter(isJson) : []) {
    fields.set(field["name"], convertOf(field["type"], inner, names));
  }
  return convert;
}

/** A branch of a union, and what it takes. */
interface Branch {
  /** A record's full name, or what the type is called. */
  readonly name: string;
  readonly kind: "number" | "scalar" | "record" | "other";
  readonly convert: Convert;
}

/**
 * Of a union, a number's type is known if it has only one for numbers. A record is of the first branch that has all of
 * its fields, what is named by a branch is of that, and a list or map of the only branch of the kind. Else the value
 * itself says what it is.
 */
function unionOf(branches: readonly unknown[], namespace: string, names: Names): Convert {
  const all = branches.map((branch) => branchOf(branch, namespace, names));
  const numbers = all.filter(({ kind }) => kind === "number");
  const others = all.filter(({ kind }) => kind === "other");
  return (value, depth) => {
    if (typeof value === "number") return numbers.length === 1 ? numbers[0]!.convert(value, depth) : untyped(value);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return untyped(value, depth);
    const named = namedBranch(all, value);
    if (named) return named.branch.convert(named.value, depth);
    const record = all.find(({ kind, name }) => kind === "record" && names.get(name)?.fits(value));
    if (record) return record.convert(value, depth);
    return others.length === 1 ? others[0]!.convert(value, depth) : untyped(value, depth);
  };
}

function branchOf(schema: unknown, namespace: string, names: Names): Branch {
  const convert = convertOf(schema, namespace, names);
  const type = isJson(schema) ? schema["type"] : schema;
  if (isJson(schema) && (type === "record" || type === "error")) {
    return { name: nameOf(schema, namespace), kind: "record", convert };
  }
  if (typeof type !== "string") return { name: "", kind: "other", convert };
  if (/^(?:int|long|float|double)$/.test(type)) return { name: type, kind: "number", convert };
  if (primitives.has(type)) return { name: type, kind: "scalar", convert };
  if (type === "array" || type === "map") return { name: type, kind: "other", convert };
  return { name: fullName(type, namespace), kind: "record", convert };
}

/** What the Avro format's `branch()` makes: a name of one of the branches, and a value. */
function namedBranch(branches: readonly Branch[], value: object): { branch: Branch; value: unknown } | null {
  if (isPlain(value) || !("name" in value) || !("value" in value)) return null;
  const branch = branches.find(({ name }) => name === value.name);
  return branch ? { branch, value: value.value } : null;
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
