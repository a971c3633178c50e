/** What an encoder does for a schema, decided once: both forms of it are made of this plan, so they cannot differ. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { type Conversion, conversionOf } from "./logical.ts";
import { Matcher, type MatchOptions, mayBeMissing, nullBytes, type Select } from "./match.ts";
import { type AvroField, type AvroType, branchName, type RecordType, type UnionType } from "./schema.ts";
import { Branch, isNameOfOthers } from "./values.ts";
import { mismatch } from "./write.ts";

/** Writes one type. `place` is where it stands, for errors. */
export type WritePlan =
  | {
    readonly op: "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string";
    readonly place: string;
  }
  | { readonly op: "fixed"; readonly size: number; readonly place: string }
  | { readonly op: "enum"; readonly indexes: ReadonlyMap<unknown, number>; readonly place: string }
  | { readonly op: "converted"; readonly conversion: Conversion; readonly plain: WritePlan; readonly place: string }
  | { readonly op: "array"; readonly items: WritePlan; readonly place: string }
  | { readonly op: "map"; readonly values: WritePlan; readonly place: string }
  | NullablePlan
  | { readonly op: "union"; readonly select: Select; readonly branches: readonly WritePlan[] }
  | WriteRecordPlan;

/** A union of null and one type, the most frequent one: what is not null is of that type, or nothing that can be written. */
export interface NullablePlan {
  readonly op: "nullable";
  readonly nullIndex: number;
  readonly valueIndex: number;
  /** Takes a value out of a {@link Branch}, and checks a `-type`. */
  readonly unwrap: (value: unknown) => unknown;
  readonly value: WritePlan;
  /** Whether the value is a record, which may have a `-type`. */
  readonly isRecord: boolean;
}

/** A record. */
export interface WriteRecordPlan {
  readonly op: "record";
  readonly place: string;
  readonly fields: readonly WriteFieldPlan[];
  /**
   * Whether the value has to be told from a date, a list and the like. Mostly a field does that, which those have not: looking
   * at each object for it takes longer than writing a string.
   */
  readonly isAmbiguous: boolean;
  /** Checks that the value has no other fields, where that is asked for. */
  readonly check: ((value: Readonly<Record<string, unknown>>) => void) | null;
  /** How much deeper a value gets with each of these, if they may hold one another; else 0. */
  readonly depth: number;
}

/** A field of a record. */
export interface WriteFieldPlan {
  readonly name: string;
  /** Whether every object inherits something by that name, which is no value. */
  readonly isInherited: boolean;
  /** What is written for a value without the field, or null if there must be one. */
  readonly missing: Uint8Array | null;
  readonly value: WritePlan;
}

/** Decides how values of a type are written. */
export function planEncoder(type: AvroType, options: MatchOptions): WritePlan {
  return new Planner(options).plan(type, "the value");
}

class Planner {
  readonly #options: MatchOptions;
  readonly #matcher: Matcher;
  readonly #records = new Map<RecordType, WritePlan>();

  constructor(options: MatchOptions) {
    this.#options = options;
    this.#matcher = new Matcher(options);
  }

  plan(type: AvroType, place: string): WritePlan {
    const conversion = conversionOf(type, this.#options.logicalTypes);
    if (conversion === null) return this.#plain(type, place);
    return { op: "converted", conversion, plain: this.#plain(type, place), place };
  }

  #plain(type: AvroType, place: string): WritePlan {
    switch (type.kind) {
      case "fixed":
        return { op: "fixed", size: type.size, place };
      case "enum":
        return { op: "enum", indexes: type.indexes, place };
      case "array":
        return { op: "array", items: this.plan(type.items, within(place, "[]")), place };
      case "map":
        return { op: "map", values: this.plan(type.values, within(place, "{}")), place };
      case "union":
        return this.#union(type, place);
      case "record":
        return this.#record(type);
      default:
        return { op: type.kind, place };
    }
  }

  #union(type: UnionType, place: string): WritePlan {
    const { branches } = type;
    const nullIndex = branches.findIndex((branch) => branch.kind === "null");
    if (branches.length === 2 && nullIndex >= 0) {
      const value = branches[1 - nullIndex]!;
      return {
        op: "nullable",
        nullIndex,
        valueIndex: 1 - nullIndex,
        unwrap: unwrapper(value, place),
        value: this.plan(value, place),
        isRecord: value.kind === "record",
      };
    }
    const select = this.#matcher.select(type, place);
    return { op: "union", select, branches: branches.map((branch) => this.plan(branch, place)) };
  }

  #record(type: RecordType): WritePlan {
    const known = this.#records.get(type);
    if (known) return known;
    const fields: WriteFieldPlan[] = [];
    const place = `"${type.name}"`;
    const isStrict = this.#options.strict || this.#options.strictAllowDefault;
    const check = isStrict ? keyChecker(type, place) : null;
    const isAmbiguous = type.fields.every((field) => mayBeMissing(field, this.#options) || isNameOfOthers(field.name));
    const depth = type.isRecursive ? type.depth : 0;
    const plan: WritePlan = { op: "record", place, fields, isAmbiguous, check, depth };
    this.#records.set(type, plan);
    for (const field of type.fields) fields.push(this.#field(field, `"${type.name}.${field.name}"`));
    return plan;
  }

  #field(field: AvroField, place: string): WriteFieldPlan {
    return {
      name: field.name,
      isInherited: field.name in Object.prototype,
      missing: mayBeMissing(field, this.#options) ? field.defaultBytes ?? nullBytes(field.type) : null,
      value: this.plan(field.type, place),
    };
  }
}

function unwrapper(type: AvroType, place: string): (value: unknown) => unknown {
  const name = branchName(type);
  const wanted = `one of null, ${name}`;
  return (value) => {
    if (value instanceof Branch) {
      if (value.name === name || value.name === "null" && value.value === null) return value.value;
      throw mismatch(place, wanted, value);
    }
    const given = type.kind === "record" ? (value as Record<string, unknown>)["-type"] : undefined;
    if (given !== undefined && given !== name) throw mismatch(place, wanted, value);
    return value;
  };
}

function keyChecker(type: RecordType, place: string): WriteRecordPlan["check"] {
  const names = new Set(["-type", ...type.fields.map((field) => field.name)]);
  return (value) => {
    // The name of what is too much is the caller's own, and may be as long and as secret as any value.
    if (Object.keys(value).every((name) => names.has(name))) return;
    throw new SerializationError(`Cannot write ${place}: the value has a field that the schema has not`);
  };
}

/** The place of what is inside a place, within its quotes. */
function within(place: string, part: string): string {
  return place.endsWith('"') ? `${place.slice(0, -1)}${part}"` : `${place}${part}`;
}
