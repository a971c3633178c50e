/** An Avro schema in the form that the codec works with: a graph of types, in which names are resolved. */
import type { ValidationRule } from "../rules/validation.ts";

/** The types without a name and without parts. */
export type PrimitiveKind = "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string";

/** What a `logicalType` says about a type, with all that stands beside it. Who knows nothing of it uses the type itself. */
export interface LogicalAnnotation {
  readonly name: string;
  /** The attributes of the schema's object, such as `precision` and `scale`. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** How large a value is at least, and how deep; what is known before the value is. A type that is inside itself counts once. */
export interface Extent {
  /** How many types stand inside one another at most. */
  readonly depth: number;
  /** The fewest bytes that a value takes. */
  readonly leastBytes: number;
  /** How many types are written out in it. One that has a name counts once: it is known by its name wherever it stands. */
  readonly spread: number;
}

interface Common extends Extent {
  readonly logical: LogicalAnnotation | null;
}

/** A type without a name and without parts. */
export interface PrimitiveType extends Common {
  readonly kind: PrimitiveKind;
}

/** So many bytes. */
export interface FixedType extends Common {
  readonly kind: "fixed";
  readonly name: string;
  readonly aliases: readonly string[];
  readonly size: number;
}

/** One of some symbols. */
export interface EnumType extends Common {
  readonly kind: "enum";
  readonly name: string;
  readonly aliases: readonly string[];
  readonly symbols: readonly string[];
  /** The place of each symbol. */
  readonly indexes: ReadonlyMap<unknown, number>;
  /** What a reader takes a symbol for that it does not know, or null. */
  readonly default: string | null;
}

/** A field of a record. */
export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  /** The bytes of the default, or null if there is none. */
  readonly defaultBytes: Uint8Array | null;
  /** The `confluent:tags` in the schema's text. */
  readonly tags: ReadonlySet<string>;
  /** The `confluent:rules` in the schema's text. */
  readonly constraints: readonly ValidationRule[];
}

/** A record. */
export interface RecordType extends Common {
  readonly kind: "record";
  readonly name: string;
  readonly aliases: readonly string[];
  readonly fields: readonly AvroField[];
  /** The `confluent:rules` in the schema's text. */
  readonly constraints: readonly ValidationRule[];
  /** Whether a value may hold another of the same type. */
  readonly isRecursive: boolean;
}

/** Any number of items. */
export interface ArrayType extends Common {
  readonly kind: "array";
  readonly items: AvroType;
}

/** Any number of values, each under a string. */
export interface MapType extends Common {
  readonly kind: "map";
  readonly values: AvroType;
}

/** A value of one of some types. */
export interface UnionType extends Common {
  readonly kind: "union";
  readonly branches: readonly AvroType[];
}

/** A type that has a name. */
export type NamedType = RecordType | EnumType | FixedType;

/** Any type. */
export type AvroType = PrimitiveType | NamedType | ArrayType | MapType | UnionType;

/** A schema that was parsed and checked. */
export interface ParsedAvro {
  readonly type: AvroType;
  /** The full name of the record, enum or fixed that the schema is, or null. */
  readonly recordName: string | null;
  /** Whether the schema is just `bytes`: such a value is written as it is, without the length that Avro puts before bytes. */
  readonly isRawBytes: boolean;
  /** How many types and fields it has, with those of the schemas that it refers to. */
  readonly parts: number;
}

/** The name by which a branch of a union is chosen: a full name, or what kind of type it is. */
export function branchName(type: AvroType): string {
  return "name" in type ? type.name : type.kind;
}

/** The last part of a full name, which is what a reader's name is compared with. */
export function unqualified(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** How many parts of a record, itself included, take no bytes. Those that are records count for themselves. */
export function emptyPartsOf(type: RecordType): number {
  const fields = type.fields.filter((field) => field.type.leastBytes === 0 && field.type.kind !== "record");
  return fields.length + (type.leastBytes === 0 ? 1 : 0);
}
