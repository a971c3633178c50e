/** Walks over values to check them by the constraints of an Avro schema: those of records, and those of fields. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { keyPath, memberPath } from "../rules/validation_path.ts";
import type { VisitConstraint, WalkConstraints } from "../rules/validation.ts";
import { fieldOf } from "./match.ts";
import type { AvroType, RecordType } from "./schema.ts";
import { Branch, isRecordLike } from "./values.ts";
import type { Walker } from "./walk.ts";

/** As deep as a value may be for the walk of rules. */
const MAX_LEVELS = 600;

/** Makes the walk for values of a type; null if its schema has no constraints. */
export function walkConstraints(type: AvroType, walker: Walker): WalkConstraints | null {
  const constrained = constrainedTypes(type);
  if (!constrained.has(type)) return null;
  return (value, visit) => {
    new ConstraintWalk(constrained, walker, visit).walk(type, value, "", 1);
  };
}

/** A walk over one value. Its methods give false if it has seen enough. */
class ConstraintWalk {
  readonly #constrained: ReadonlySet<AvroType>;
  readonly #walker: Walker;
  readonly #visit: VisitConstraint;

  constructor(constrained: ReadonlySet<AvroType>, walker: Walker, visit: VisitConstraint) {
    this.#constrained = constrained;
    this.#walker = walker;
    this.#visit = visit;
  }

  /** What does not fit the schema is left out: the encoder has the words for it. */
  walk(type: AvroType, value: unknown, path: string, level: number): boolean {
    if (!this.#constrained.has(type) || value === null || value === undefined) return true;
    if (level > MAX_LEVELS) {
      throw new SerializationError("Cannot check the value's constraints: it is too deep, or holds itself");
    }
    switch (type.kind) {
      case "union": {
        const branch = this.#walker.branch(type, value);
        if (branch === undefined) return true;
        return this.walk(branch, value instanceof Branch ? value.value : value, path, level + 1);
      }
      case "record":
        return !isRecordLike(value) || this.#record(type, value, path, level);
      case "array":
        return !Array.isArray(value) ||
          value.every((item, index) => this.walk(type.items, item, `${path}[${index}]`, level + 1));
      case "map": {
        if (!(value instanceof Map) && !isRecordLike(value)) return true;
        const entries: Iterable<[string, unknown]> = value instanceof Map ? value : Object.entries(value);
        for (const [key, item] of entries) {
          if (!this.walk(type.values, item, keyPath(path, key), level + 1)) return false;
        }
        return true;
      }
      default:
        return true;
    }
  }

  #record(type: RecordType, record: Readonly<Record<string, unknown>>, path: string, level: number): boolean {
    const owner = type.name;
    for (const rule of type.constraints) {
      if (!this.#visit(rule, record, { path, owner, field: null, descriptor: null })) return false;
    }
    for (const field of type.fields) {
      if (field.constraints.length === 0 && !this.#constrained.has(field.type)) continue;
      const value = fieldOf(record, field.name);
      if (value === null || value === undefined) continue;
      const fieldPath = memberPath(path, field.name);
      const given = value instanceof Branch ? value.value : value;
      for (const rule of given === null ? [] : field.constraints) {
        if (!this.#visit(rule, given, { path: fieldPath, owner, field: field.name, descriptor: null })) return false;
      }
      if (!this.walk(field.type, value, fieldPath, level + 1)) return false;
    }
    return true;
  }
}

/** The types in which a constraint stands, at any depth. */
function constrainedTypes(root: AvroType): ReadonlySet<AvroType> {
  const holders = new Map<AvroType, AvroType[]>();
  const own: AvroType[] = [];
  const all = new Set([root]);
  // A set is walked in the order in which it grows.
  for (const type of all) {
    if (type.kind === "record" && [type, ...type.fields].some(({ constraints }) => constraints.length > 0)) {
      own.push(type);
    }
    for (const inner of innerTypes(type)) {
      all.add(inner);
      const known = holders.get(inner);
      if (known === undefined) holders.set(inner, [type]);
      else known.push(type);
    }
  }
  const constrained = new Set(own);
  for (const type of constrained) for (const holder of holders.get(type) ?? []) constrained.add(holder);
  return constrained;
}

function innerTypes(type: AvroType): readonly AvroType[] {
  switch (type.kind) {
    case "union":
      return type.branches;
    case "array":
      return [type.items];
    case "map":
      return [type.values];
    case "record":
      return type.fields.map((field) => field.type);
    default:
      return [];
  }
}
