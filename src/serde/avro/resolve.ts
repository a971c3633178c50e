/**
 * What a decoder does for a writer's and a reader's schema, decided once: both forms of it are made of this plan.
 *
 * Without a reader the plan is the one for the same schema on both sides.
 */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { type Conversion, conversionOf, type LogicalTypes } from "./logical.ts";
import type { Longs } from "./read.ts";
import {
  type AvroField,
  type AvroType,
  branchName,
  emptyPartsOf,
  type EnumType,
  type NamedType,
  type RecordType,
  unqualified,
} from "./schema.ts";

/** How the wire's number is given. */
export type NumberOp =
  | "int"
  | "intAsBigint"
  | "long"
  | "longAsBigint"
  | "longAsNumber"
  | "longAsDouble"
  | "float"
  | "double";

/** Reads one type. */
export type ReadPlan =
  | { readonly op: "null" | "boolean" | "bytes" | "string" | NumberOp }
  | { readonly op: "fixed"; readonly size: number }
  /** For each of the writer's symbols the reader's, or null for an error. */
  | { readonly op: "enum"; readonly symbols: readonly (string | null)[] }
  | { readonly op: "converted"; readonly convert: (value: unknown) => unknown; readonly plain: ReadPlan }
  /** `leastBytes` is what an item takes at least, with its key. */
  | { readonly op: "array" | "map"; readonly items: ReadPlan; readonly leastBytes: number }
  /** A branch that the reader's schema has no type for is an error, once a message has it. */
  | { readonly op: "union"; readonly branches: readonly (ReadPlan | SerializationError)[] }
  /** A record of a reader's union, given with its name. */
  | { readonly op: "named"; readonly name: string; readonly value: ReadPlan }
  | ReadRecordPlan;

/** A record. */
export interface ReadRecordPlan {
  readonly op: "record";
  /** For each of the writer's fields how it is read, or the type that is passed over because the reader has not the field. */
  readonly steps: readonly ReadStep[];
  /** The reader's fields, in its order. */
  readonly fields: readonly ReadField[];
  /** How many parts of it, itself included, take no bytes. */
  readonly emptyParts: number;
  /** How much deeper a value gets with each of these, if they may hold one another; else 0. */
  readonly depth: number;
  /** Why it cannot be read. A plan that was made meanwhile may lead here. */
  readonly failure: SerializationError | null;
}

/** What is done with a field that was written. */
export type ReadStep = { readonly plan: ReadPlan } | { readonly skipped: AvroType };

/** Where the value of a reader's field comes from. */
export interface ReadField {
  readonly name: string;
  /** The step that reads it, or -1 for the default. */
  readonly step: number;
  readonly default: { readonly bytes: Uint8Array; readonly plan: ReadPlan } | null;
}

/** What decides beside the schemas. */
export interface ReadOptions {
  readonly longs: Longs;
  readonly logicalTypes: LogicalTypes;
  /** Whether a record of a union is given as a `Branch` with its name. */
  readonly returnRecordName: boolean;
}

/**
 * Decides how what was written with one type is read as another.
 *
 * @throws {SerializationError} if it cannot be.
 */
export function planDecoder(writer: AvroType, reader: AvroType | null, options: ReadOptions): ReadPlan {
  return new Resolver(options).plan(writer, reader ?? writer);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Resolver {
  readonly #options: ReadOptions;
  // An enum may stand in many places, and each time with as many symbols.
  readonly #enums = new Map<EnumType, Map<EnumType, readonly (string | null)[]>>();
  readonly #records = new Map<RecordType, Map<RecordType, Mutable<ReadRecordPlan>>>();

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  plan(writer: AvroType, reader: AvroType): ReadPlan {
    if (writer.kind === "union") return this.#writerUnion(writer.branches, reader);
    if (reader.kind === "union") return this.#readerUnion(writer, reader.branches);
    const conversion = conversionOf(reader, this.#options.logicalTypes);
    if (conversion === null) return this.#plain(writer, reader, this.#options.longs);
    const plain = this.#plain(writer, reader, "auto");
    return { op: "converted", convert: this.#convert(writer, conversion), plain };
  }

  /**
   * Where the writer's schema says that the number means something else, such as milliseconds and not microseconds, it is
   * turned into a value by the writer's meaning and from there into the reader's.
   */
  #convert(writer: AvroType, conversion: Conversion): (value: unknown) => unknown {
    const written = conversionOf(writer, this.#options.logicalTypes);
    if (written === null || written.meaning === conversion.meaning) return conversion.fromAvro;
    return (value) => conversion.fromAvro(conversion.toAvro(written.fromAvro(value), "the value as the reader's type"));
  }

  #writerUnion(branches: readonly AvroType[], reader: AvroType): ReadPlan {
    return { op: "union", branches: branches.map((branch) => this.#branch(branch, reader)) };
  }

  #branch(writer: AvroType, reader: AvroType): ReadPlan | SerializationError {
    try {
      return this.plan(writer, reader);
    } catch (error) {
      if (error instanceof SerializationError) return error;
      throw error;
    }
  }

  #readerUnion(writer: AvroType, branches: readonly AvroType[]): ReadPlan {
    const type = branches.find((branch) => isSame(writer, branch)) ??
      branches.find((branch) => isReadable(writer, branch));
    if (type === undefined) throw unresolved(writer, `one of ${branches.map(branchName).join(", ")}`);
    const value = this.plan(writer, type);
    if (!this.#options.returnRecordName || type.kind !== "record") return value;
    return { op: "named", name: type.name, value };
  }

  #plain(writer: AvroType, reader: AvroType, longs: Longs): ReadPlan {
    if (!isReadable(writer, reader)) throw unresolved(writer, branchName(reader));
    switch (reader.kind) {
      case "null":
      case "boolean":
      case "bytes":
      case "string":
      case "int":
        return { op: reader.kind };
      case "long":
        if (longs === "auto") return { op: writer.kind === "int" ? "int" : "long" };
        if (longs === "bigint") return { op: writer.kind === "int" ? "intAsBigint" : "longAsBigint" };
        return { op: writer.kind === "int" ? "int" : "longAsNumber" };
      case "float":
      case "double":
        return { op: writer.kind === "float" || writer.kind === "double" ? writer.kind : "longAsDouble" };
      case "fixed":
        return { op: "fixed", size: reader.size };
      case "enum":
        return { op: "enum", symbols: this.#symbols(writer as EnumType, reader) };
      case "array":
        return this.#blocks("array", (writer as typeof reader).items, reader.items);
      case "map":
        return this.#blocks("map", (writer as typeof reader).values, reader.values);
      case "record":
        return this.#record(writer as RecordType, reader);
      case "union":
        throw unresolved(writer, "a union");
    }
  }

  #symbols(writer: EnumType, reader: EnumType): readonly (string | null)[] {
    if (writer === reader) return writer.symbols;
    const readers = this.#enums.get(writer) ?? new Map<EnumType, readonly (string | null)[]>();
    this.#enums.set(writer, readers);
    const known = readers.get(reader);
    if (known) return known;
    const symbols = writer.symbols.map((symbol) => reader.indexes.has(symbol) ? symbol : reader.default);
    readers.set(reader, symbols);
    return symbols;
  }

  #blocks(op: "array" | "map", writer: AvroType, reader: AvroType): ReadPlan {
    // The key of a map is a string, which takes a byte at least.
    const leastBytes = writer.leastBytes + (op === "map" ? 1 : 0);
    return { op, items: this.plan(writer, reader), leastBytes };
  }

  #record(writer: RecordType, reader: RecordType): ReadPlan {
    const readers = this.#records.get(writer) ?? new Map<RecordType, Mutable<ReadRecordPlan>>();
    this.#records.set(writer, readers);
    const known = readers.get(reader);
    if (known?.failure) throw known.failure;
    if (known) return known;
    const depth = writer.isRecursive ? writer.depth : 0;
    const emptyParts = emptyPartsOf(writer);
    const plan: Mutable<ReadRecordPlan> = { op: "record", steps: [], fields: [], emptyParts, depth, failure: null };
    readers.set(reader, plan);
    try {
      this.#fields(writer, reader, plan);
    } catch (error) {
      if (error instanceof SerializationError) plan.failure = error;
      throw error;
    }
    return plan;
  }

  #fields(writer: RecordType, reader: RecordType, plan: Mutable<ReadRecordPlan>): void {
    const isSameRecord = reader === writer;
    const sources = isSameRecord ? writer.fields.map((_, index) => index) : sourcesOf(reader.fields, writer.fields);
    const targets = new Map(sources.map((source, index) => [source, reader.fields[index]!]));
    plan.steps = writer.fields.map(({ type }, index) => {
      const target = targets.get(index);
      return target === undefined ? { skipped: type } : { plan: this.plan(type, target.type) };
    });
    plan.fields = reader.fields.map((field, index) => this.#field(reader, field, sources[index]!));
  }

  #field(record: RecordType, { name, type, defaultBytes: bytes }: AvroField, step: number): ReadField {
    if (step >= 0) return { name, step, default: null };
    if (bytes !== null) return { name, step, default: { bytes, plan: this.plan(type, type) } };
    throw new SerializationError(
      `Cannot read with the reader's schema: "${record.name}.${name}" was not written and has no default`,
    );
  }
}

/** For each of the reader's fields, the place of the writer's that it is: by its name, else by an alias. */
function sourcesOf(readers: readonly AvroField[], writers: readonly AvroField[]): number[] {
  const names = new Map(writers.map((field, index) => [field.name, index]));
  const own = readers.map((field) => names.get(field.name) ?? -1);
  const taken = new Set(own);
  return readers.map((field, index) => {
    if (own[index]! >= 0) return own[index]!;
    const alias = field.aliases.find((alias) => names.has(alias) && !taken.has(names.get(alias)!));
    if (alias === undefined) return -1;
    taken.add(names.get(alias)!);
    return names.get(alias)!;
  });
}

/** Whether a reader's branch is just what was written, which comes before all that it could be taken for. */
function isSame(writer: AvroType, reader: AvroType): boolean {
  return branchName(writer) === branchName(reader) && isReadable(writer, reader);
}

/** Whether one type can be read as another, as far as the types themselves go and not their parts. */
function isReadable(writer: AvroType, reader: AvroType): boolean {
  if (writer.kind === reader.kind) {
    if (writer.kind === "fixed" && writer.size !== (reader as typeof writer).size) return false;
    return !("name" in writer) || hasName(reader as NamedType, writer.name);
  }
  return promotions[reader.kind]?.includes(writer.kind) ?? false;
}

function hasName(reader: NamedType, written: string): boolean {
  return unqualified(reader.name) === unqualified(written) || reader.aliases.includes(written);
}

const promotions: Partial<Record<AvroType["kind"], readonly AvroType["kind"][]>> = {
  long: ["int"],
  float: ["int", "long"],
  double: ["int", "long", "float"],
  string: ["bytes"],
  bytes: ["string"],
};

function unresolved(writer: AvroType, wanted: string): SerializationError {
  return new SerializationError(
    `Cannot read with the reader's schema: ${branchName(writer)} was written, which is not ${wanted}`,
  );
}
