/** Walks over values to check them by the constraints of a JSON Schema: those of objects, and those of properties. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { constraintsOf, type VisitConstraint, type WalkConstraints } from "../rules/validation.ts";
import { child, type Documents, isObject, type Place } from "./documents.ts";
import { MAX_DEPTH } from "./text.ts";
import { isRecord, membersOf } from "./walk.ts";

/** Whether a value satisfies a part of the schema. */
type Accepts = (part: Place, value: unknown) => boolean;

/** What is known of a value on the way: where it is, and which schemas have been looked at for it. */
interface Spot {
  readonly path: string;
  /** The same without the indexes of lists: the paths of properties. */
  readonly owner: string;
  readonly depth: number;
  readonly seen: Set<unknown>;
  /** The schemas whose constraints have been executed on the value as a property's. */
  readonly checked: ReadonlySet<unknown>;
}

/** One value is under so many schemas at most. */
const MAX_SCHEMAS = 1000;

/**
 * Makes the walk for values of a schema.
 *
 * A property is under the constraints in its own schema, and an object also under those of the schemas that this refers to or
 * combines: of `allOf` all, of `oneOf` the first that the value satisfies, of `anyOf` each that it does.
 */
export function walkConstraints(documents: Documents, accepts: Accepts): WalkConstraints {
  return (value, visit) => {
    const walk = new ConstraintWalk(documents, accepts, visit);
    walk.walk(documents.root, value, { path: "$", owner: "$", depth: 0, seen: new Set(), checked: new Set() });
  };
}

/** A walk over one value. Its methods give false if it has seen enough. */
class ConstraintWalk {
  readonly #documents: Documents;
  readonly #accepts: Accepts;
  readonly #visit: VisitConstraint;

  constructor(documents: Documents, accepts: Accepts, visit: VisitConstraint) {
    this.#documents = documents;
    this.#accepts = accepts;
    this.#visit = visit;
  }

  walk(place: Place, value: unknown, spot: Spot): boolean {
    const { schema } = place;
    if (value === null || value === undefined || !isObject(schema) || spot.seen.has(schema)) return true;
    if (spot.depth > MAX_DEPTH) {
      throw new SerializationError(`Cannot check the value's constraints: it is nested more than ${MAX_DEPTH} deep`);
    }
    if (spot.seen.size >= MAX_SCHEMAS) {
      throw new SerializationError("Cannot check the value's constraints: the schema refers to too many others");
    }
    spot.seen.add(schema);
    // A value of none of the types that are listed is none that the schema says anything about.
    if (Array.isArray(schema["type"]) && !this.#accepts(place, value)) return true;
    for (const partner of this.#partners(place, value)) if (!this.walk(partner, value, spot)) return false;
    const isReference = typeof schema["$ref"] === "string";
    if (isReference && this.#documents.isOld) return true;
    if (Array.isArray(value)) return this.#list(place, value, spot);
    return !isRecord(value) || this.#object(place, value, spot);
  }

  *#partners(place: Place, value: unknown): Iterable<Place> {
    const { schema } = place;
    const reference = isObject(schema) ? schema["$ref"] : undefined;
    if (typeof reference === "string") {
      yield this.#documents.resolve(place, reference);
      if (this.#documents.isOld) return;
    }
    yield* membersOf(place, "allOf");
    for (const member of membersOf(place, "oneOf")) {
      if (!this.#accepts(member, value)) continue;
      yield member;
      break;
    }
    for (const member of membersOf(place, "anyOf")) if (this.#accepts(member, value)) yield member;
  }

  #list(place: Place, values: readonly unknown[], { path, owner, depth }: Spot): boolean {
    const items = child(place, "items");
    if (!isObject(items.schema)) return true;
    return values.every((value, index) => {
      const checked = new Set();
      return this.walk(items, value, { path: `${path}[${index}]`, owner, depth: depth + 1, seen: new Set(), checked });
    });
  }

  #object(place: Place, value: Readonly<Record<string, unknown>>, spot: Spot): boolean {
    const { path, owner, depth } = spot;
    if (!spot.checked.has(place.schema)) {
      for (const rule of constraintsOf(place.schema as object)) {
        if (!this.#visit(rule, value, { path, owner, field: null, descriptor: null })) return false;
      }
    }
    const properties = child(place, "properties");
    if (!isObject(properties.schema)) return true;
    for (const name of Object.keys(properties.schema)) {
      const property = child(properties, name);
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      if (member === null || member === undefined || !isObject(property.schema)) continue;
      const inner = { path: `${path}.${name}`, owner: `${owner}.${name}`, depth: depth + 1 };
      for (const rule of constraintsOf(property.schema)) {
        if (!this.#visit(rule, member, { path: inner.path, owner, field: name, descriptor: null })) return false;
      }
      if (!this.walk(property, member, { ...inner, seen: new Set(), checked: new Set([property.schema]) })) {
        return false;
      }
    }
    return true;
  }
}
