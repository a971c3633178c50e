/** What a format (Avro, JSON Schema, Protobuf) does for the serializers, which are the same for all of them. */
import type { Work } from "../kafka/work.ts";
import type { Schema, SchemaType } from "../schema_registry/schema.ts";
import type { Output } from "./output.ts";
import type { FieldContext } from "./rules/types.ts";
import type { WalkConstraints } from "./rules/validation.ts";

/** The text of a schema that another refers to, directly or through others, and the name by which it does. */
export interface NamedSchema {
  /** The name. */
  readonly name: string;
  /** The schema. */
  readonly schema: Schema;
}

/** Writes a value behind what an output holds. */
export type Encode = (value: unknown, output: Output) => void;

/** Reads the value that begins at a place. What stands behind it is an error where the format itself has none of that. */
export type Decode = (data: Uint8Array, start: number) => unknown;

/**
 * Visits a field that is no record, array or map, and gives the value that takes its place. It yields what it waits
 * for.
 *
 * A walk changes a copy: the value it was given stays as it is.
 */
export type VisitField = (field: FieldContext, value: unknown) => Work<unknown>;

/** A format. `Parsed` is a schema in a form that it works with. */
export interface Format<Parsed> {
  readonly type: SchemaType;
  /** Parses a schema. Those that it refers to come first, each after those that it refers to itself. */
  parse(schema: Schema, references: readonly NamedSchema[]): Parsed;
  /** The name for the strategies that use one, or null. */
  recordName(parsed: Parsed): string | null;
  /** Loads what is loaded only when it is needed, before the first {@link parse}. */
  load?(): void | Promise<void>;
  /**
   * In Protobuf: where in the schema's file the message stands, by positions, which is written behind the schema's id.
   */
  indexes?(parsed: Parsed): readonly number[];
  /** In Protobuf: the same file with the message at that place. */
  select?(parsed: Parsed, indexes: readonly number[]): Parsed;
  /**
   * In Protobuf: the same file with the message that a value says it is, by its `$typeName`; one that says nothing
   * changes nothing.
   */
  forValue?(parsed: Parsed, value: unknown): Parsed;
  /** Compiles what writes values of a schema. */
  encoder(parsed: Parsed): Encode;
  /** Compiles what reads values that were written with one schema, in the shape of another if there is one. */
  decoder(writer: Parsed, reader: Parsed | null): Decode;
  /**
   * In JSON Schema, if that is on: throws if the schema does not allow a value. It is asked before encoding and after
   * decoding.
   */
  validate?(parsed: Parsed, value: unknown): void;
  /** A value as plain data, which migrations transform, and back. Default: a value is plain data. */
  toPlain?(parsed: Parsed, value: unknown): unknown;
  fromPlain?(parsed: Parsed, plain: unknown): unknown;
  /** In Protobuf: a value, or a message within it, with its descriptor, from which CEL knows the types. */
  typed?(parsed: Parsed, value: unknown): unknown;
  /**
   * What walks over values of a schema to check them by the constraints that a schema's text has; null if that has none.
   *
   * @param ruled The schema whose constraints count.
   * @param parsed The schema that values are of: in Protobuf it may be another, else it is the same.
   */
  constraints?(ruled: Parsed, parsed: Parsed): WalkConstraints | null;
  /** Lets field rules visit the fields of a value, and gives the value with what they made of them. */
  walk(parsed: Parsed, value: unknown, visit: VisitField): Work<unknown>;
}
