/** Walks over values to check them by the constraints of a JSON Schema: those of objects, and those of properties. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { constraintsOf, type VisitConstraint, type WalkConstraints } from "../rules/validation.ts";
import { child, type Documents, isObject, type Place } from "./documents.ts";
import { isRecord, membersOf } from "./walk.ts";

/** Values may be nested so deep. The walk takes several calls for a level, and a stack has room for some thousands. */
const maxDepth = 500;

/** Whether a value satisfies a part of the schema. */
type Accepts = (part: Place, value: unknown) => boolean;

/** What is known of a value on the way: where it is. */
interface Spot {
  readonly path: string;
  /** The same without the indexes of lists: the paths of properties. */
  readonly owner: string;
  readonly depth: number;
  /** The schemas whose constraints have been executed on the value as a property's. */
  readonly checked: ReadonlySet<unknown>;
}

/** One value is under so many schemas at most. */
const MAX_SCHEMAS = 1000;
/** A walk looks at so many schemas of values. A long list under many schemas could ask for any number. */
const MAX_STEPS = 3_000_000;

/**
 * Makes the walk for values of a schema; null if no constraint stands in it or in those that it refers to.
 *
 * A property is under the constraints in its own schema, and an object also under those of the schemas that this refers to or
 * combines: of `allOf` all, of `oneOf` the first that the value satisfies, of `anyOf` each that it does.
 *
 * @param validator Gives what says for one walk whether a value satisfies a part of the schema.
 */
export function walkConstraints(documents: Documents, validator: () => Accepts): WalkConstraints | null {
  if (!documents.hasConstraints) return null;
  return (value, visit) => {
    const walk = new ConstraintWalk(documents, validator(), visit);
    walk.walk([documents.root], value, { path: "$", owner: "$", depth: 0, checked: new Set() });
  };
}

/** A walk over one value. Its methods give false if it has seen enough. */
class ConstraintWalk {
  readonly #documents: Documents;
  readonly #accepts: Accepts;
  readonly #visit: VisitConstraint;
  #steps = 0;

  constructor(documents: Documents, accepts: Accepts, visit: VisitConstraint) {
    this.#documents = documents;
    this.#accepts = accepts;
    this.#visit = visit;
  }

  /** All the schemas of a value are looked at together: one by one, what is below would be walked once for each, at each level. */
  walk(places: readonly Place[], value: unknown, spot: Spot): boolean {
    // A property's own constraints have been executed, and nothing else is about what has no parts.
    if (typeof value !== "object" || value === null) return true;
    if (spot.depth > maxDepth) {
      throw new SerializationError(`Cannot check the value's constraints: it is nested more than ${maxDepth} deep`);
    }
    const found = new Map<unknown, Place | null>();
    for (const place of places) this.#gather(place, value, found);
    const all = [...found.values()].filter((place) => place !== null);
    if (Array.isArray(value)) return this.#list(all, value, spot);
    return !isRecord(value) || this.#object(all, value, spot);
  }

  /** Finds the schemas that a value is under; null is in a schema's place that says nothing but by those that it refers to. */
  #gather(place: Place, value: unknown, found: Map<unknown, Place | null>): void {
    const { schema } = place;
    if (!isObject(schema) || found.has(schema)) return;
    if (found.size >= MAX_SCHEMAS) {
      throw new SerializationError("Cannot check the value's constraints: the schema refers to too many others");
    }
    if (++this.#steps > MAX_STEPS) {
      throw new SerializationError("Cannot check the value's constraints: it is too large for its schema");
    }
    found.set(schema, null);
    // A value of none of the types that are listed is none that the schema says anything about.
    if (Array.isArray(schema["type"]) && !this.#accepts(place, value)) return;
    for (const partner of this.#partners(place, value)) this.#gather(partner, value, found);
    if (typeof schema["$ref"] === "string" && this.#documents.isOld) return;
    // Behind its partners, whose constraints are executed first.
    found.delete(schema);
    found.set(schema, place);
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

  #list(places: readonly Place[], values: readonly unknown[], { path, owner, depth }: Spot): boolean {
    const items = places.map((place) => child(place, "items")).filter(({ schema }) => isObject(schema));
    if (items.length === 0) return true;
    return values.every((value, index) =>
      this.walk(items, value, { path: `${path}[${index}]`, owner, depth: depth + 1, checked: none })
    );
  }

  #object(places: readonly Place[], value: Readonly<Record<string, unknown>>, spot: Spot): boolean {
    const { path, owner } = spot;
    const properties = this.#properties(places, value);
    for (const { schema } of places) {
      for (const rule of spot.checked.has(schema) ? [] : constraintsOf(schema as object)) {
        if (!this.#visit(rule, value, { path, owner, field: null, descriptor: null })) return false;
      }
      const own = isObject(schema) ? schema["properties"] : undefined;
      for (const name of isObject(own) ? Object.keys(own) : []) {
        const under = properties.get(name);
        if (under === undefined) continue;
        properties.delete(name);
        if (!this.#property(name, under, value[name], spot)) return false;
      }
    }
    return true;
  }

  #property(name: string, places: readonly Place[], value: unknown, { path, owner, depth }: Spot): boolean {
    const inner = { path: `${path}.${name}`, owner: `${owner}.${name}`, depth: depth + 1 };
    for (const { schema } of places) {
      for (const rule of constraintsOf(schema as object)) {
        if (!this.#visit(rule, value, { path: inner.path, owner, field: name, descriptor: null })) return false;
      }
    }
    return this.walk(places, value, { ...inner, checked: new Set(places.map(({ schema }) => schema)) });
  }

  /** The properties that an object has, each with all of its schemas. */
  #properties(places: readonly Place[], value: Readonly<Record<string, unknown>>): Map<string, Place[]> {
    const found = new Map<string, Place[]>();
    for (const place of places) {
      const properties = child(place, "properties");
      if (!isObject(properties.schema)) continue;
      for (const name of Object.keys(properties.schema)) {
        this.#steps++;
        const member = Object.hasOwn(value, name) ? value[name] : undefined;
        const property = child(properties, name);
        if (member === null || member === undefined || !isObject(property.schema)) continue;
        const others = found.get(name);
        if (others === undefined) found.set(name, [property]);
        else others.push(property);
      }
    }
    return found;
  }
}

const none: ReadonlySet<unknown> = new Set();
