/** What has to be done to write or read a message: one entry for each field, in the order of their numbers. */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

/** The names of what writes scalars, without their `write`. */
export type ScalarName =
  | "Int32"
  | "Uint32"
  | "Sint32"
  | "Int64"
  | "Uint64"
  | "Sint64"
  | "Fixed32"
  | "Sfixed32"
  | "Fixed64"
  | "Sfixed64"
  | "Float"
  | "Double"
  | "Bool"
  | "String"
  | "Bytes";

/** How a scalar is written. */
export interface ScalarPlan {
  readonly kind: "scalar";
  readonly scalar: ScalarName;
  readonly tag: number;
  /** The number that says nothing where a field has no presence. */
  readonly zero: number;
}

/** How one value is written. Its tag is left out in a packed list. */
export type ValuePlan =
  | ScalarPlan
  | { readonly kind: "message"; readonly message: DescMessage; readonly tag: number; readonly isGroup: boolean }
  /** A message of one scalar, which in memory is the scalar. */
  | { readonly kind: "wrapper"; readonly tag: number; readonly inner: ScalarPlan }
  /** A `google.protobuf.Struct`, which in memory is a JSON object. */
  | { readonly kind: "struct"; readonly tag: number };

/** How a field is written and read. */
export interface FieldPlan {
  readonly field: DescField;
  /** The full name, for errors. */
  readonly name: string;
  /** The property of the message that has the value, or the oneof with `case` and `value`. */
  readonly property: string;
  /** In a oneof, the case of the field. */
  readonly oneofCase: string | null;
  readonly presence: "implicit" | "explicit" | "required";
  /** Whether the property can be there without being set: then it must be the message's own. */
  readonly isInherited: boolean;
  readonly shape: "one" | "list" | "packed" | "map";
  /** The tag of the field where it has a length: a packed list's or a map's. */
  readonly tag: number;
  /** A map's keys. */
  readonly key: ScalarPlan | null;
  readonly value: ValuePlan;
}

const LENGTH_DELIMITED = 2;
const START_GROUP = 3;

const scalars: Readonly<Record<ScalarType, readonly [name: ScalarName, wireType: number]>> = {
  [ScalarType.DOUBLE]: ["Double", 1],
  [ScalarType.FLOAT]: ["Float", 5],
  [ScalarType.INT64]: ["Int64", 0],
  [ScalarType.UINT64]: ["Uint64", 0],
  [ScalarType.INT32]: ["Int32", 0],
  [ScalarType.FIXED64]: ["Fixed64", 1],
  [ScalarType.FIXED32]: ["Fixed32", 5],
  [ScalarType.BOOL]: ["Bool", 0],
  [ScalarType.STRING]: ["String", LENGTH_DELIMITED],
  [ScalarType.BYTES]: ["Bytes", LENGTH_DELIMITED],
  [ScalarType.UINT32]: ["Uint32", 0],
  [ScalarType.SFIXED32]: ["Sfixed32", 5],
  [ScalarType.SFIXED64]: ["Sfixed64", 1],
  [ScalarType.SINT32]: ["Sint32", 0],
  [ScalarType.SINT64]: ["Sint64", 0],
};

/** Gives what has to be done for each field of a message. */
export function planMessage(message: DescMessage): FieldPlan[] {
  return [...message.fields].sort((a, b) => a.number - b.number).map(planField);
}

function planField(field: DescField): FieldPlan {
  const property = field.oneof?.localName ?? field.localName;
  const isPacked = field.fieldKind === "list" && field.packed;
  const isMap = field.fieldKind === "map";
  // In the entry of a map the key has the number 1, and the value 2.
  const number = isMap ? 2 : field.number;
  return {
    field,
    name: `${field.parent.typeName}.${field.name}`,
    property,
    oneofCase: field.oneof === undefined ? null : field.localName,
    presence: presenceOf(field),
    isInherited: property in Object.prototype || isScalar(field) && field.presence !== Presence.IMPLICIT,
    shape: isMap ? "map" : isPacked ? "packed" : field.fieldKind === "list" ? "list" : "one",
    tag: tagOf(field.number, LENGTH_DELIMITED),
    key: isMap ? planScalar(field.mapKey, 1) : null,
    value: planValue(field, number),
  };
}

function planValue(field: DescField, number: number): ValuePlan {
  if (field.message === undefined) {
    return planScalar(field.scalar ?? ScalarType.INT32, number, field.enum?.values[0]?.number);
  }
  const tag = tagOf(number, LENGTH_DELIMITED);
  const { message } = field;
  if (isStruct(field)) return { kind: "struct", tag };
  if (isWrapper(field)) {
    return { kind: "wrapper", tag, inner: planScalar(message.fields[0]?.scalar ?? ScalarType.INT32, 1) };
  }
  const isGroup = field.delimitedEncoding;
  return { kind: "message", message, tag: isGroup ? tagOf(number, START_GROUP) : tag, isGroup };
}

function planScalar(type: ScalarType, number: number, zero = 0): ScalarPlan {
  const [scalar, wireType] = scalars[type];
  return { kind: "scalar", scalar, tag: tagOf(number, wireType), zero };
}

/** Whether a field's value is a JSON object that stands for a `google.protobuf.Struct`. */
export function isStruct(field: DescField): boolean {
  return field.message?.typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value";
}

/** Whether a field's value is a scalar that stands for a message of `google/protobuf/wrappers.proto`. */
export function isWrapper(field: DescField): boolean {
  return field.fieldKind === "message" && field.oneof === undefined && isWrapperDesc(field.message);
}

function isScalar(field: DescField): boolean {
  return field.fieldKind === "scalar" || field.fieldKind === "enum";
}

function presenceOf(field: DescField): FieldPlan["presence"] {
  if (field.presence === Presence.LEGACY_REQUIRED) return "required";
  return field.presence === Presence.IMPLICIT ? "implicit" : "explicit";
}

function tagOf(number: number, wireType: number): number {
  return (number << 3 | wireType) >>> 0;
}
