/** Chooses the branch of a union for a value that does not name it, as fastavro does: the bytes depend on it. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { Output } from "../output.ts";
import { conversionOf, type LogicalTypes } from "./logical.ts";
import { type AvroField, type AvroType, branchName, type RecordType, type UnionType } from "./schema.ts";
import { Branch, isRecordLike } from "./values.ts";
import { mismatch, writeZigzag } from "./write.ts";

/** A value of so many parts takes too long. */
const MAX_LOOKS = 1_000_000;
/** From so many looks on, what has been found out of a record is remembered: branches in branches would double the work each time. */
const LOOKS_BEFORE = 1000;
/** A value that holds itself would be looked at for ever. */
const MAX_LEVELS = 1200;

/** What decides beside the schema. */
export interface MatchOptions {
  readonly logicalTypes: LogicalTypes;
  /** A record with other fields than the schema's is none of it. */
  readonly strict: boolean;
  /** The same, but a field that has a default may be missing. */
  readonly strictAllowDefault: boolean;
}

/** Gives the index of the branch that a value is for. */
export type Select = (value: unknown) => number;

type Matches = (value: unknown) => boolean;

/** Makes the functions that choose, for all the unions of a schema. */
export class Matcher {
  readonly #options: MatchOptions;
  readonly #records = new Map<RecordType, { matches: Matches }>();
  /** Whether values are of a type, while a branch is being chosen. */
  readonly #verdicts = new Map<RecordType, Map<object, boolean>>();
  #looks = 0;
  #level = 0;

  /** Makes one for the unions of a schema. */
  constructor(options: MatchOptions) {
    this.#options = options;
  }

  /** Makes the function that chooses a branch of a union. It throws if there is none for a value. */
  select(union: UnionType, place: string): Select {
    const select = this.selectAny(union);
    const wanted = `one of ${union.branches.map(branchName).join(", ")}`;
    return (value) => {
      const index = select(value);
      if (index < 0) throw mismatch(place, wanted, value);
      return index;
    };
  }

  /** The same, with -1 where there is none. */
  selectAny(union: UnionType): Select {
    const choose = this.#choose(union);
    return (value) => {
      this.#looks = this.#level = 0;
      try {
        return choose(value);
      } finally {
        if (this.#verdicts.size > 0) this.#verdicts.clear();
      }
    };
  }

  #choose({ branches }: UnionType): Select {
    const names = new Map(branches.map((type, index) => [branchName(type), index]));
    const matches = branches.map((type) => this.#matches(type));
    const double = branches.findIndex((type) => type.kind === "double");
    return (value) => {
      if (value instanceof Branch) {
        const index = names.get(value.name) ?? -1;
        return index >= 0 && matches[index]!(value.value) ? index : -1;
      }
      let best = -1;
      let most = -1;
      for (const [index, type] of branches.entries()) {
        if (!matches[index]!(value)) continue;
        // A number is a double in JavaScript: as a float it would lose digits.
        if (type.kind === "float") return Math.max(index, double);
        if (type.kind !== "record") return index;
        const fields = countOf(type, value as Record<string, unknown>);
        if (fields > most) [best, most] = [index, fields];
      }
      return best;
    };
  }

  #matches(type: AvroType): Matches {
    const plain = this.#plain(type);
    const conversion = conversionOf(type, this.#options.logicalTypes);
    const matches: Matches = conversion
      ? (value) => conversion.matches(value) ? conversion.suits(value) : plain(value)
      : plain;
    return (value) => {
      if (++this.#looks > MAX_LOOKS || this.#level > MAX_LEVELS) {
        throw new SerializationError(
          "Cannot choose the branch of a union: the value is too large or too deep to look at",
        );
      }
      this.#level++;
      const result = matches(value);
      this.#level--;
      return result;
    };
  }

  #plain(type: AvroType): Matches {
    switch (type.kind) {
      case "null":
        return (value) => value === null;
      case "boolean":
        return (value) => typeof value === "boolean";
      case "string":
        return (value) => typeof value === "string";
      case "int":
        return (value) =>
          typeof value === "bigint" ? value === BigInt.asIntN(32, value) : value === ((value as number) | 0);
      case "long":
        return (value) => typeof value === "bigint" ? value === BigInt.asIntN(64, value) : Number.isSafeInteger(value);
      case "float":
      case "double":
        return (value) => typeof value === "number" || typeof value === "bigint";
      case "bytes":
        return (value) => value instanceof Uint8Array;
      case "fixed":
        return (value) => value instanceof Uint8Array && value.length === type.size;
      case "enum":
        return (value) => type.indexes.has(value);
      case "array": {
        const items = this.#matches(type.items);
        return (value) => Array.isArray(value) && value.every(items);
      }
      case "map": {
        const values = this.#matches(type.values);
        return (value) =>
          value instanceof Map
            ? [...value].every(([key, one]) => typeof key === "string" && values(one))
            : isRecordLike(value) && Object.values(value).every(values);
      }
      case "union": {
        const choose = this.#choose(type);
        return (value) => choose(value) >= 0;
      }
      case "record":
        return this.#record(type);
    }
  }

  #record(type: RecordType): Matches {
    const known = this.#records.get(type);
    if (known) return (value) => known.matches(value);
    const record: { matches: Matches } = { matches: () => false };
    this.#records.set(type, record);
    const fields = type.fields.map((field) => ({ field, matches: this.#matches(field.type) }));
    const names = new Set(["-type", ...type.fields.map(({ name }) => name)]);
    const { strict, strictAllowDefault } = this.#options;
    const matches = (value: Readonly<Record<string, unknown>>): boolean => {
      if (Object.hasOwn(value, "-type") && value["-type"] !== type.name) return false;
      if ((strict || strictAllowDefault) && !Object.keys(value).every((name) => names.has(name))) return false;
      return fields.every(({ field, matches }) => {
        const one = fieldOf(value, field.name);
        return one === undefined ? mayBeMissing(field, this.#options) : matches(one);
      });
    };
    record.matches = (value) => {
      if (!isRecordLike(value)) return false;
      return this.#looks < LOOKS_BEFORE ? matches(value) : this.#remembered(type, value, matches);
    };
    return record.matches;
  }

  #remembered<T extends object>(type: RecordType, value: T, matches: (value: T) => boolean): boolean {
    let verdicts = this.#verdicts.get(type);
    if (verdicts === undefined) this.#verdicts.set(type, verdicts = new Map());
    let verdict = verdicts.get(value);
    if (verdict === undefined) verdicts.set(value, verdict = matches(value));
    return verdict;
  }
}

/** How many of a record's fields a value has. */
function countOf({ fields }: RecordType, value: Readonly<Record<string, unknown>>): number {
  return fields.filter(({ name }) => fieldOf(value, name) !== undefined).length;
}

/** A field of a record's value. What every object inherits is no value: a class may have getters of other names. */
export function fieldOf(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(value, name) ? undefined : value[name];
}

/** Whether something else is written for a field that a value has not: its default, or null. */
export function mayBeMissing(field: AvroField, options: MatchOptions): boolean {
  if (options.strict) return false;
  return field.defaultBytes !== null || !options.strictAllowDefault && nullBytes(field.type) !== null;
}

/** The bytes of a null, or null if a type has none. */
export function nullBytes(type: AvroType): Uint8Array | null {
  if (type.kind === "null") return new Uint8Array(0);
  const index = type.kind === "union" ? type.branches.findIndex((branch) => branch.kind === "null") : -1;
  if (index < 0) return null;
  const output = new Output();
  return output.bytes.slice(0, writeZigzag(output, 0, index));
}
