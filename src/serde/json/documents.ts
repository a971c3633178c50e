/** The texts of a JSON Schema and of those that it refers to: parsed, bounded, and findable by reference. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { NamedSchema } from "../format.ts";
import { CONSTRAINTS } from "../rules/validation.ts";
import type { Schema } from "../../schema_registry/schema.ts";

/** A schema that is an object; one may also be true or false. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** The editions of JSON Schema. */
export type Draft = "04" | "06" | "07" | "2019-09" | "2020-12";

/** A schema somewhere in a document. */
export interface Place {
  readonly schema: unknown;
  /** The document's name, and a JSON pointer to the schema behind a `#`. */
  readonly address: string;
  /** What references in it are relative to. */
  readonly base: string;
}

/** The name of the schema itself. It has no scheme, so that a reference by a bare name stays that name. */
export const ROOT = "kafka-ffi-root";

const MAX_TEXT_LENGTH = 4_000_000;
const MAX_NESTING = 500;
const MAX_NODES = 200_000;

/** Keywords whose value is a schema, or a list of schemas. */
const direct = [
  ...["additionalItems", "additionalProperties", "allOf", "anyOf", "contains", "contentSchema", "else", "if", "items"],
  ...["not", "oneOf", "prefixItems", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"],
];
/** Keywords whose value has schemas by name. */
const named = ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/** A schema with those that it refers to. Nothing is ever fetched: what is not here does not exist. */
export class Documents {
  /** The schema itself. */
  readonly root: Place;
  /** The others, by name. */
  readonly others: ReadonlyMap<string, Place>;
  /** The draft of the schema: the newest if it names none, or one that nobody knows. */
  readonly draft: Draft;
  readonly #places = new Map<string, Place>();
  readonly #resolved = new Map<string, Place>();
  #hasChoices = false;
  #hasConstraints = false;

  /**
   * Parses the texts.
   *
   * @throws {SerializationError} if one is no JSON, is larger than any schema, or no schema by its form.
   */
  constructor(schema: Schema, references: readonly NamedSchema[]) {
    const root = parsed(ROOT, schema.schema);
    this.draft = draftOf(root);
    this.root = this.#add(ROOT, root);
    this.others = new Map(
      references.map((one) => [one.name, this.#add(one.name, parsed(one.name, one.schema.schema))]),
    );
  }

  /** Whether what a schema says of a value hangs on the value: somewhere is an `anyOf` or `oneOf`. */
  get hasChoices(): boolean {
    return this.#hasChoices;
  }

  /** Whether somewhere are `confluent:rules`. */
  get hasConstraints(): boolean {
    return this.#hasConstraints;
  }

  /** Whether a reference stands for all of the schema that it is in: what stands beside it does not count. */
  get isOld(): boolean {
    return this.draft === "04" || this.draft === "06" || this.draft === "07";
  }

  /**
   * Follows a reference from a place.
   *
   * @throws {SerializationError} if it leads nowhere.
   */
  resolve(from: Place, reference: string): Place {
    const key = `${from.base} ${reference}`;
    let place = this.#resolved.get(key);
    if (place === undefined) this.#resolved.set(key, place = this.#find(from, reference));
    return place;
  }

  #find(from: Place, reference: string): Place {
    const [path = "", fragment = ""] = reference.split("#", 2);
    const uri = path === "" ? from.base : path;
    const document = this.#places.get(uri) ?? this.#places.get(joined(from.base, uri));
    if (document !== undefined && fragment === "") return document;
    const found = document === undefined
      ? undefined
      : fragment.startsWith("/")
      ? pointed(document, fragment)
      : this.#places.get(`${document.base}#${fragment}`);
    if (found) return found;
    throw new SerializationError(`Cannot find the schema "${reference}": it is none of the references`);
  }

  #add(name: string, schema: unknown): Place {
    const place: Place = { schema, address: `${name}#`, base: name };
    this.#places.set(name, place);
    // Wherever they stand: a reference may lead to what is under no keyword that has schemas.
    this.#hasConstraints ||= JSON.stringify(schema).includes(`"${CONSTRAINTS}":`);
    // A list as a stack, for a text may be nested deeper than functions may call each other.
    const rest = [place];
    for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
      one = this.#identify(one);
      for (const inner of innerPlaces(one)) rest.push(inner);
    }
    return this.#places.get(name)!;
  }

  /** Notes the names that a schema gives itself, and gives the place with the base that follows from them. */
  #identify(place: Place): Place {
    const { schema } = place;
    if (!isObject(schema)) return place;
    const id = schema[this.draft === "04" ? "id" : "$id"];
    if ("anyOf" in schema || "oneOf" in schema) this.#hasChoices = true;
    const named = typeof id === "string" && !id.startsWith("#") ? { ...place, base: joined(place.base, id) } : place;
    if (named !== place) {
      const key = named.base.replace(/#$/, "");
      if (!this.#places.has(key)) this.#places.set(key, { ...named, base: key });
      if (place.address.endsWith("#")) this.#places.set(place.address.slice(0, -1), { ...named, base: key });
    }
    const anchors = [
      schema["$anchor"],
      schema["$dynamicAnchor"],
      typeof id === "string" && id.startsWith("#") ? id.slice(1) : null,
    ];
    for (const anchor of anchors) if (typeof anchor === "string") this.#places.set(`${named.base}#${anchor}`, named);
    return named;
  }
}

/** The schemas that are directly within another. */
export function innerPlaces(place: Place): Place[] {
  const { schema } = place;
  if (!isObject(schema)) return [];
  const inner: Place[] = [];
  for (const keyword of direct) {
    const value = schema[keyword];
    if (Array.isArray(value)) value.forEach((_, index) => inner.push(child(child(place, keyword), String(index))));
    else if (isObject(value)) inner.push(child(place, keyword));
  }
  for (const keyword of named) {
    const value = schema[keyword];
    if (!isObject(value)) continue;
    const holder = child(place, keyword);
    for (const name of Object.keys(value)) inner.push(child(holder, name));
  }
  return inner;
}

/** What a schema has under a key. */
export function child({ schema, address, base }: Place, key: string): Place {
  const part = encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
  const has = typeof schema === "object" && schema !== null && Object.hasOwn(schema, key);
  return { schema: has ? (schema as SchemaObject)[key] : undefined, address: `${address}/${part}`, base };
}

/** Whether a schema is an object. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pointed(document: Place, pointer: string): Place | undefined {
  let place = document;
  for (const part of pointer.split("/").slice(1)) {
    place = child(place, decoded(part).replaceAll("~1", "/").replaceAll("~0", "~"));
    const id = isObject(place.schema) ? place.schema["$id"] : undefined;
    if (typeof id === "string") place = { ...place, base: joined(place.base, id) };
  }
  return place.schema === undefined ? undefined : place;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A URI relative to another, which may itself be no more than a name. */
export function joined(base: string, uri: string): string {
  return URL.canParse(uri, base) ? new URL(uri, base).href : uri;
}

function draftOf(schema: unknown): Draft {
  const uri = isObject(schema) ? schema["$schema"] : undefined;
  const [, draft] = /^https?:\/\/json-schema\.org\/draft[/-](04|06|07|2019-09)\/schema#?$/.exec(String(uri)) ?? [];
  return (draft ?? "2020-12") as Draft;
}

function parsed(name: string, text: string): unknown {
  const what = name === ROOT ? "the schema" : `the schema "${name}"`;
  if (text.length > MAX_TEXT_LENGTH) {
    throw new SerializationError(`Cannot use ${what}: it has more than ${MAX_TEXT_LENGTH} characters`);
  }
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (cause) {
    throw new SerializationError(`Cannot parse ${what}: it is no JSON`, undefined, { cause });
  }
  if (!isObject(schema) && typeof schema !== "boolean") {
    throw new SerializationError(`Cannot parse ${what}: it is neither an object nor true or false`);
  }
  checkSize(schema, what);
  return schema;
}

function checkSize(schema: unknown, what: string): void {
  let count = 0;
  let level = [schema];
  for (let depth = 0; level.length > 0; depth++) {
    count += level.length;
    if (depth > MAX_NESTING) {
      throw new SerializationError(`Cannot use ${what}: it is nested more than ${MAX_NESTING} deep`);
    }
    if (count > MAX_NODES) throw new SerializationError(`Cannot use ${what}: it has more than ${MAX_NODES} values`);
    level = level.flatMap((value) => typeof value === "object" && value !== null ? Object.values(value) : []);
  }
}
