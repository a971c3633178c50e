/** Lets field rules visit the fields of a value that hold something, with what the schema says about them. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Work } from "../../kafka/work.ts";
import type { VisitField } from "../format.ts";
import type { FieldContext, FieldType } from "../rules/types.ts";
import { fieldOf, Matcher, type MatchOptions, nullBytes, type Select } from "./match.ts";
import type { AvroField, AvroType, RecordType, UnionType } from "./schema.ts";
import { Branch, isRecordLike, setOwn } from "./values.ts";

/** Generators within one another take more of the stack than functions do. */
const MAX_LEVELS = 600;

/** The field that a walk is in; what it holds says the type. */
type Place = Omit<FieldContext, "type">;

/** A walk over one value. */
interface Walk {
  readonly visit: VisitField;
  level: number;
}

/** Walks over values. It remembers how the branches of unions are chosen. */
export class Walker {
  readonly #options: MatchOptions;
  readonly #selects = new WeakMap<UnionType, Select>();

  /** Makes one that chooses branches as an encoder does. */
  constructor(options: MatchOptions) {
    this.#options = options;
  }

  /**
   * Visits the fields of a value, and gives the value with what the visits made of them. What does not fit the schema stays
   * as it is: the encoder has the words for it. The tags are those in the schema's text.
   */
  walk(type: AvroType, value: unknown, visit: VisitField): Work<unknown> {
    return this.#walk(type, value, null, { visit, level: 0 });
  }

  *#walk(type: AvroType, value: unknown, place: Place | null, walk: Walk): Work<unknown> {
    if (++walk.level > MAX_LEVELS) {
      throw new SerializationError("Cannot walk over the value: it is too deep, or holds itself");
    }
    const walked = yield* this.#walkType(type, value, place, walk);
    walk.level--;
    return walked;
  }

  *#walkType(type: AvroType, value: unknown, place: Place | null, walk: Walk): Work<unknown> {
    switch (type.kind) {
      case "union": {
        const branch = this.branch(type, value);
        if (branch === undefined) return value;
        if (!(value instanceof Branch)) return yield* this.#walk(branch, value, place, walk);
        const walked = yield* this.#walk(branch, value.value, place, walk);
        return walked === value.value ? value : new Branch(value.name, walked);
      }
      case "record":
        return isRecordLike(value) ? yield* this.#record(type, value, walk) : value;
      case "array":
        return Array.isArray(value) ? yield* this.#array(type.items, value, place, walk) : value;
      case "map":
        if (value instanceof Map) return new Map(yield* this.#entries(type.values, [...value], place, walk));
        if (!isRecordLike(value)) return value;
        return Object.fromEntries(yield* this.#entries(type.values, Object.entries(value), place, walk));
      default:
        return place === null
          ? value
          : yield* walk.visit({ ...place, type: type.kind.toUpperCase() as FieldType }, value);
    }
  }

  *#record(type: RecordType, value: Readonly<Record<string, unknown>>, walk: Walk): Work<unknown> {
    let copy: Record<string, unknown> | undefined;
    for (const field of type.fields) {
      const given = fieldOf(value, field.name) ?? (isNullIfMissing(field) ? null : undefined);
      if (given === undefined) continue;
      const fullName = `${type.name}.${field.name}`;
      const place = { containingMessage: value, fullName, name: field.name, tags: field.tags };
      const walked = yield* this.#walk(field.type, given, place, walk);
      if (walked === given) continue;
      copy ??= copyOf(type, value);
      setOwn(copy, field.name, walked);
    }
    return copy ?? value;
  }

  *#array(items: AvroType, value: readonly unknown[], place: Place | null, walk: Walk): Work<unknown> {
    const walked: unknown[] = [];
    for (const item of value) walked.push(yield* this.#walk(items, item, place, walk));
    return walked.every((item, index) => item === value[index]) ? value : walked;
  }

  *#entries(
    values: AvroType,
    entries: readonly [string, unknown][],
    place: Place | null,
    walk: Walk,
  ): Work<[string, unknown][]> {
    const walked: [string, unknown][] = [];
    for (const [key, value] of entries) walked.push([key, yield* this.#walk(values, value, place, walk)]);
    return walked;
  }

  /** The branch that a value is of. Where there is only one beside null, it is that one, as when the value is written. */
  branch(type: UnionType, value: unknown): AvroType | undefined {
    const { branches } = type;
    const nullIndex = branches.findIndex((branch) => branch.kind === "null");
    if (branches.length === 2 && nullIndex >= 0 && !(value instanceof Branch)) {
      return branches[value === null ? nullIndex : 1 - nullIndex];
    }
    const select = this.#selects.get(type) ?? new Matcher(this.#options).selectAny(type);
    this.#selects.set(type, select);
    return branches[select(value)];
  }
}

/** A copy that can be written as well: a getter of a class becomes a property. */
function copyOf(type: RecordType, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...value };
  for (const { name } of type.fields) {
    const field = fieldOf(value, name);
    if (field !== undefined) setOwn(copy, name, field);
  }
  return copy;
}

/** Whether a null is written for a field that is missing: then a rule sees that null. */
function isNullIfMissing({ type, defaultBytes }: AvroField): boolean {
  const bytes = nullBytes(type);
  if (bytes === null || defaultBytes === null) return bytes !== null;
  return bytes.length === defaultBytes.length && bytes.every((byte, index) => byte === defaultBytes[index]);
}
