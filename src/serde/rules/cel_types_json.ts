/** The types that a JSON Schema gives to the parts of a message, for CEL. */
import type { CelInput } from "@bufbuild/cel";
import type { ParsedReference, Types } from "./cel_types.ts";
import { type Convert, listOf, mapOf, untyped } from "./cel_values.ts";
import { isPlain } from "./plain.ts";

type Json = Readonly<Record<string, unknown>>;
type Resolve = (reference: string) => unknown;

/** One place has so many schemas at most, of a text that refers to itself over and over. */
const MAX_SCHEMAS = 100;
const MAX_DIMENSIONS = 8;

/** The types of a JSON Schema. What a value is where the schema does not say is seen from the value. */
export function jsonTypes(schema: unknown, references: readonly ParsedReference[]): Types {
  const root = new Place([schema], resolverOf(schema, references));
  const recordAt = (path: string): Place => {
    let place = root;
    for (const name of path.split(".").slice(1)) place = innermost(place).property(name);
    return innermost(place);
  };
  const converting = (place: Place): Convert => (value, depth) => place.convert(value, depth);
  return {
    root: converting(root),
    at: (path) => converting(recordAt(path)),
    field: (path, name) => converting(recordAt(path).property(name)),
  };
}

/** A place in messages: what the schemas say that are about it, with those that they refer to and combine. */
class Place {
  readonly #schemas: readonly Json[];
  readonly #resolve: Resolve;
  readonly #isDouble: boolean;
  readonly #properties = new Map<string, Place>();
  #items: Place | null = null;

  constructor(schemas: readonly unknown[], resolve: Resolve) {
    this.#schemas = withPartners(schemas, resolve);
    this.#resolve = resolve;
    const types = this.#schemas.flatMap(({ type }) => type);
    this.#isDouble = types.includes("number") && !types.includes("integer");
    for (const { properties } of this.#schemas) {
      if (isJson(properties)) { for (const name of Object.keys(properties)) this.#properties.set(name, unknown); }
    }
  }

  convert(value: unknown, depth: number): CelInput {
    if (typeof value === "number") return this.#isDouble ? value : untyped(value);
    if (Array.isArray(value)) return listOf(value, depth, (element, below) => this.items().convert(element, below));
    if (!isPlain(value)) return untyped(value, depth);
    return mapOf(
      Object.entries(value),
      depth,
      (key) => (member, below) => this.property(key as string).convert(member, below),
    );
  }

  /** Made when it is first needed, for a schema may be without an end. */
  property(name: string): Place {
    let place = this.#properties.get(name) ?? unknown;
    if (place === unknown && this.#properties.has(name)) {
      const found = this.#schemas.map(({ properties }) =>
        isJson(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
      );
      this.#properties.set(name, place = new Place(found, this.#resolve));
    }
    return place;
  }

  items(): Place {
    if (!this.#schemas.some(({ items }) => isJson(items))) return unknown;
    return this.#items ??= new Place(this.#schemas.map(({ items }) => items), this.#resolve);
  }

  get hasProperties(): boolean {
    return this.#properties.size > 0;
  }
}

/** The records in a list, or a list of lists: the paths of fields do not say where there is one. */
function innermost(place: Place): Place {
  for (let depth = 0; depth < MAX_DIMENSIONS && !place.hasProperties; depth++) place = place.items();
  return place;
}

/** What no schema says anything of. */
const unknown = new Place([], () => undefined);

/**
 * With the schemas that some refer to or combine; those within `anyOf` and its kind are among them, for they may hold.
 */
function withPartners(schemas: readonly unknown[], resolve: Resolve): Json[] {
  const all = new Set<Json>();
  const rest = [...schemas];
  while (rest.length > 0 && all.size < MAX_SCHEMAS) {
    const schema = rest.pop();
    if (!isJson(schema) || all.has(schema)) continue;
    all.add(schema);
    for (const members of [schema["allOf"], schema["anyOf"], schema["oneOf"]]) {
      if (Array.isArray(members)) rest.push(...members);
    }
    if (typeof schema["$ref"] === "string") rest.push(resolve(schema["$ref"]));
  }
  return [...all];
}

/** Follows a reference within the schema, or to another by its name. */
function resolverOf(schema: unknown, references: readonly ParsedReference[]): Resolve {
  const documents = new Map<string, unknown>(references.map((one) => [one.name, one.schema]));
  documents.set("", schema);
  return (reference) => {
    const [name = "", pointer = ""] = reference.split("#", 2);
    let found = documents.get(name);
    for (const part of pointer.split("/").slice(1)) {
      const key = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
      found = typeof found === "object" && found !== null && Object.hasOwn(found, key)
        ? (found as Json)[key]
        : undefined;
    }
    return found;
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
