/** Field rules on JSON: visits the fields of a value that a schema has properties for. */
import type { Work } from "../../kafka/work.ts";
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { VisitField } from "../format.ts";
import type { FieldContext, FieldType } from "../rules/types.ts";
import { child, type Documents, isObject, type Place } from "./documents.ts";
import { MAX_DEPTH } from "./text.ts";

/** What a walk goes by. */
export interface WalkGuide {
  readonly documents: Documents;
  /** Whether a value satisfies a part of the schema. */
  accepts(part: Place, value: unknown): boolean;
  readonly visit: VisitField;
}

/** The property that a leaf is in; in a list, that of the list. */
type Property = Omit<FieldContext, "type">;

type Fields = Readonly<Record<string, unknown>>;

/** One value is under so many schemas at most. */
const MAX_SCHEMAS = 1000;

/**
 * Visits the leaves of a value, and gives a copy with what they have become, or the value itself.
 *
 * A field is in a property of an object, or in a list that is in one; its tags are those in the property's own schema.
 * Of `allOf` all count, of `oneOf` the first that the value satisfies, of `anyOf` each that it does, and what `$ref`
 * refers to; a field that several name is visited once.
 */
export function walkJson(value: unknown, guide: WalkGuide): Work<unknown> {
  return walk([guide.documents.root], value, "$", null, guide, 0);
}

function* walk(
  places: readonly Place[],
  value: unknown,
  path: string,
  property: Property | null,
  guide: WalkGuide,
  depth: number,
): Work<unknown> {
  if (depth > MAX_DEPTH) {
    throw new SerializationError(`Cannot visit the fields: they are nested more than ${MAX_DEPTH} deep`);
  }
  const all = applicable(places, value, guide);
  if (Array.isArray(value)) return yield* walkList(all, value, path, property, guide, depth);
  if (isRecord(value)) return yield* walkRecord(all, value, path, guide, depth);
  return property === null ? value : yield* guide.visit({ ...property, type: typeOf(all, value) }, value);
}

function* walkList(
  places: readonly Place[],
  values: readonly unknown[],
  path: string,
  property: Property | null,
  guide: WalkGuide,
  depth: number,
): Work<unknown> {
  const items = places.map((place) => child(place, "items")).filter(({ schema }) => isObject(schema));
  if (items.length === 0) return values;
  let copy: unknown[] | null = null;
  for (const [index, value] of values.entries()) {
    const changed = yield* walk(items, value, path, property, guide, depth + 1);
    if (changed !== value) (copy ??= [...values])[index] = changed;
  }
  return copy ?? values;
}

function* walkRecord(
  places: readonly Place[],
  record: Fields,
  path: string,
  guide: WalkGuide,
  depth: number,
): Work<unknown> {
  const holders = places.map((place) => child(place, "properties")).filter(({ schema }) => isObject(schema));
  const changes: [name: string, value: unknown][] = [];
  for (const [name, value] of Object.entries(record)) {
    const inner = holders.map((holder) => child(holder, name)).filter(({ schema }) => schema !== undefined);
    if (inner.length === 0 || value === undefined) continue;
    const fullName = `${path}.${name}`;
    const property: Property = { containingMessage: record, fullName, name, tags: tagsOf(inner) };
    const changed = yield* walk(inner, value, fullName, property, guide, depth + 1);
    if (changed !== value) changes.push([name, changed]);
  }
  if (changes.length === 0) return record;
  // It defines each property, so that a key "__proto__" is one like any other.
  return Object.fromEntries([...Object.entries(record), ...changes]);
}

/** The schemas that a value is under: those at its place, and those that they refer to or combine. */
function applicable(places: readonly Place[], value: unknown, { documents, accepts }: WalkGuide): Place[] {
  const found = new Map<SchemaFields, Place>();
  const rest = [...places];
  for (let place = rest.shift(); place !== undefined; place = rest.shift()) {
    const { schema } = place;
    if (!isObject(schema) || found.has(schema)) continue;
    if (found.size >= MAX_SCHEMAS) {
      throw new SerializationError("Cannot visit the fields: the schema refers to too many others");
    }
    found.set(schema, place);
    if (typeof schema["$ref"] === "string") {
      rest.push(documents.resolve(place, schema["$ref"]));
      if (documents.isOld) continue;
    }
    rest.push(...membersOf(place, "allOf"));
    rest.push(...membersOf(place, "anyOf").filter((member) => accepts(member, value)));
    const first = membersOf(place, "oneOf").find((member) => accepts(member, value));
    if (first) rest.push(first);
  }
  return [...found.values()];
}

type SchemaFields = Place["schema"] & object;

/** The schemas that a keyword such as `allOf` has. */
export function membersOf(place: Place, keyword: string): Place[] {
  const members = child(place, keyword);
  if (!Array.isArray(members.schema)) return [];
  return members.schema.map((_, index) => child(members, String(index)));
}

function tagsOf(places: readonly Place[]): ReadonlySet<string> {
  const tags = places.flatMap(({ schema }) => isObject(schema) ? schema["confluent:tags"] : []);
  return new Set(tags.filter((tag) => typeof tag === "string"));
}

/** The type of a leaf: what the value is, where the schemas leave a choice. */
function typeOf(places: readonly Place[], value: unknown): FieldType {
  const schemas = places.map(({ schema }) => schema as Fields);
  if (schemas.some((schema) => "enum" in schema || "const" in schema)) return "ENUM";
  switch (typeof value) {
    case "string":
      return "STRING";
    case "boolean":
      return "BOOLEAN";
    case "bigint":
      return "INT";
    case "number": {
      const types = schemas.flatMap(({ type }) => type);
      const isInt = Number.isInteger(value) && (types.includes("integer") || !types.includes("number"));
      return isInt ? "INT" : "DOUBLE";
    }
    default:
      return value === null ? "NULL" : "STRING";
  }
}

/** A plain object, and no `Date` or another that has a form of its own in JSON. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !("toJSON" in value && typeof value.toJSON === "function");
}
