/** Reads the text of a schema: resolves names, checks all that can be checked, and refuses what would take too much. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Schema } from "../../schema_registry/schema.ts";
import type { NamedSchema } from "../format.ts";
import { constraintsOf } from "../rules/validation.ts";
import { DefaultWriter } from "./defaults.ts";
import { extentOf } from "./extent.ts";
import { isDecimal } from "./logical.ts";
import { checkName, fullName, Names } from "./names.ts";
import {
  type AvroField,
  type AvroType,
  branchName,
  type EnumType,
  type FixedType,
  type LogicalAnnotation,
  type NamedType,
  type ParsedAvro,
  type PrimitiveKind,
  type RecordType,
} from "./schema.ts";

const MAX_TEXT = 10_000_000;
/** Types and fields in a schema and all that it refers to. */
const MAX_PARTS = 200_000;
const MAX_DEPTH = 250;
const MAX_FIXED = 2 ** 31 - 1;

const primitives: ReadonlySet<unknown> = new Set(
  ["null", "boolean", "int", "long", "float", "double", "bytes", "string"] satisfies PrimitiveKind[],
);

type Json = Readonly<Record<string, unknown>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Parses a schema. Those that it refers to are known by the name of the reference and by their full names.
 *
 * @throws {SerializationError} if one of the texts is no schema, or one that is far too large.
 */
export function parseAvro(schema: Schema, references: readonly NamedSchema[]): ParsedAvro {
  const parser = new Parser();
  for (const reference of references) parser.addReference(reference);
  return parser.parse(schema.schema);
}

class Parser {
  readonly #names = new Names();
  readonly #defaults = new DefaultWriter();
  /** Defaults are checked at the end of a text, when all the types in it are known. */
  #open: { readonly field: Mutable<AvroField>; readonly default: unknown; readonly place: string }[] = [];
  #parts = 0;

  parse(text: string): ParsedAvro {
    const type = this.#text(text);
    const recordName = "name" in type ? type.name : null;
    return { type, recordName, isRawBytes: type.kind === "bytes" && !isDecimal(type), parts: this.#parts };
  }

  addReference({ name, schema }: NamedSchema): void {
    this.#names.startText();
    this.#names.addReference(name, this.#text(schema.schema));
  }

  #text(text: string): AvroType {
    if (text.length > MAX_TEXT) throw refused(`its text is longer than ${MAX_TEXT} characters`);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // The parser's own words quote the text, and some parsers give up on a deep one with an error of the stack.
      throw refused("its text is not JSON");
    }
    this.#names.startText();
    const type = this.#type(json, "", 0);
    for (const { field, default: value, place } of this.#open) {
      field.defaultBytes = this.#defaults.bytesOf(field.type, value, place);
    }
    this.#open = [];
    return type;
  }

  #type(json: unknown, namespace: string, level: number): AvroType {
    if (level > MAX_DEPTH) throw refused(`more than ${MAX_DEPTH} types stand inside one another`);
    this.#count(1);
    const type = this.#typeOf(json, namespace, level);
    if (type.depth > MAX_DEPTH) throw refused(`more than ${MAX_DEPTH} types stand inside one another`);
    return type;
  }

  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > MAX_PARTS) throw refused(`it has more than ${MAX_PARTS} types and fields`);
  }

  #typeOf(json: unknown, namespace: string, level: number): AvroType {
    if (typeof json === "string") {
      if (isPrimitive(json)) return { kind: json, logical: null, ...extentOf.primitive(json) };
      const type = this.#names.find(json, namespace);
      // A reference may stand for a type without a name, which is written out again here, with those that it refers to.
      this.#count(type.spread - 1);
      return type;
    }
    if (Array.isArray(json)) return this.#union(json, namespace, level);
    if (!isObject(json)) throw refused(`${kindOf(json)} stands where a type should`);
    const kind = own(json, "type");
    if (isPrimitive(kind)) return { kind, logical: logicalOf(json), ...extentOf.primitive(kind) };
    switch (kind) {
      case "record":
      case "error":
        return this.#record(json, namespace, level);
      case "enum":
        return this.#enum(json, namespace);
      case "fixed":
        return this.#fixed(json, namespace);
      case "array": {
        const items = this.#type(own(json, "items"), namespace, level + 1);
        return { kind, items, logical: logicalOf(json), ...extentOf.blocks(items) };
      }
      case "map": {
        const values = this.#type(own(json, "values"), namespace, level + 1);
        return { kind, values, logical: logicalOf(json), ...extentOf.blocks(values) };
      }
      default:
        // `{"type": {"type": "string"}}`, `{"type": "a.Name"}`: objects around what is a type already.
        if (kind === undefined) throw refused('an object without "type" stands where a type should');
        return this.#type(kind, namespace, level + 1);
    }
  }

  #union(json: readonly unknown[], namespace: string, level: number): AvroType {
    const branches: AvroType[] = [];
    const seen = new Set<string>();
    for (const one of json) {
      const type = this.#type(one, namespace, level + 1);
      if (type.kind === "union") throw refused("a union stands directly in a union");
      const name = branchName(type);
      if (seen.has(name)) throw refused(`a union has "${name}" twice`);
      seen.add(name);
      branches.push(type);
    }
    return { kind: "union", branches, logical: null, ...extentOf.union(branches) };
  }

  #record(json: Json, outer: string, level: number): RecordType {
    const { name, namespace, aliases } = namesOf(json, outer);
    const fields: Mutable<AvroField>[] = [];
    const type: Mutable<RecordType> = {
      kind: "record",
      name,
      aliases,
      fields,
      constraints: constraintsOf(json),
      isRecursive: false,
      logical: logicalOf(json),
      ...extentOf.open,
    };
    const known = this.#names.define(type, json);
    if (known !== null) return known;
    const list = own(json, "fields");
    if (!Array.isArray(list)) throw refused(`the record "${name}" has no list of fields`);
    const seen = new Set<string>();
    this.#names.enter(type);
    for (const one of list) {
      if (!isObject(one)) throw refused(`${kindOf(one)} stands where a field of "${name}" should`);
      const field = this.#field(one, { record: name, namespace, level });
      if (seen.has(field.name)) throw refused(`the record "${name}" has the field "${field.name}" twice`);
      seen.add(field.name);
      fields.push(field);
    }
    type.isRecursive = this.#names.leave(type);
    Object.assign(type, extentOf.record(fields));
    return type;
  }

  #field(json: Json, { record, namespace, level }: { record: string; namespace: string; level: number }): AvroField {
    const name = checkName(own(json, "name"), `a field of "${record}"`);
    this.#count(1);
    const type = this.#type(own(json, "type"), namespace, level + 1);
    const aliases = stringsOf(json, "aliases").map((alias) => checkName(alias, `an alias of "${record}.${name}"`));
    const tags = own(json, "confluent:tags");
    const field: Mutable<AvroField> = {
      name,
      aliases,
      type,
      defaultBytes: null,
      tags: new Set(Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : []),
      constraints: constraintsOf(json),
    };
    if (Object.hasOwn(json, "default")) {
      this.#open.push({ field, default: json["default"], place: `${record}.${name}` });
    }
    return field;
  }

  #enum(json: Json, outer: string): EnumType {
    const { name, aliases } = namesOf(json, outer);
    const symbols = stringsOf(json, "symbols").map((symbol) => checkName(symbol, `a symbol of "${name}"`));
    if (!Array.isArray(own(json, "symbols"))) throw refused(`the enum "${name}" has no list of symbols`);
    const indexes = new Map<unknown, number>(symbols.map((symbol, index) => [symbol, index]));
    if (indexes.size < symbols.length) throw refused(`the enum "${name}" has a symbol twice`);
    this.#count(symbols.length);
    const fallback = own(json, "default") ?? null;
    if (fallback !== null && !indexes.has(fallback)) {
      throw refused(`the default of the enum "${name}" is none of its symbols`);
    }
    const logical = logicalOf(json);
    const extent = extentOf.primitive("int");
    const type: EnumType = {
      kind: "enum",
      name,
      aliases,
      symbols,
      indexes,
      default: fallback as string | null,
      logical,
      ...extent,
    };
    return this.#names.define(type, json) ?? type;
  }

  #fixed(json: Json, outer: string): FixedType {
    const { name, aliases } = namesOf(json, outer);
    const size = own(json, "size");
    if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > MAX_FIXED) {
      throw refused(`the size of the fixed "${name}" is no whole number from 0 to ${MAX_FIXED}`);
    }
    const extent = extentOf.fixed(size as number);
    const type: FixedType = { kind: "fixed", name, aliases, size: size as number, logical: logicalOf(json), ...extent };
    return this.#names.define(type, json) ?? type;
  }
}

function namesOf(json: Json, outer: string): Pick<NamedType, "name" | "aliases"> & { namespace: string } {
  const given = own(json, "namespace");
  const name = fullName(own(json, "name"), typeof given === "string" ? given : outer);
  const namespace = name.slice(0, Math.max(0, name.lastIndexOf(".")));
  return { name, namespace, aliases: stringsOf(json, "aliases").map((alias) => fullName(alias, namespace)) };
}

function logicalOf(json: Json): LogicalAnnotation | null {
  const name = own(json, "logicalType");
  return typeof name === "string" ? { name, attributes: Object.assign(Object.create(null), json) } : null;
}

function stringsOf(json: Json, key: string): string[] {
  const list = own(json, key) ?? [];
  if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) {
    throw refused(`"${key}" is no list of texts`);
  }
  return list;
}

/** What the text says, and never what an object inherits. */
function own(json: Json, key: string): unknown {
  return Object.hasOwn(json, key) ? json[key] : undefined;
}

function isObject(json: unknown): json is Json {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function isPrimitive(name: unknown): name is PrimitiveKind {
  return primitives.has(name);
}

function kindOf(json: unknown): string {
  return json === null ? "null" : json === undefined ? "nothing" : `a ${typeof json}`;
}

function refused(reason: string): SerializationError {
  return new SerializationError(`Cannot use the Avro schema: ${reason}`);
}
