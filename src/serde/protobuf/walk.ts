/** Lets field rules visit the fields of a message, and of the messages in it. */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { scalarZeroValue } from "@bufbuild/protobuf/reflect";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import type { Work } from "../../kafka/work.ts";
import type { VisitField } from "../format.ts";
import type { FieldType } from "../rules/types.ts";
import { rangeError } from "./_error.ts";
import { completed } from "./complete.ts";
import { isStruct, isWrapper } from "./plan.ts";
import { tagsOf } from "./meta.ts";
import { type AnyMessage, entriesOf, itemsOf, MAX_DEPTH, messageOf } from "./writers.ts";

/** What is known of a field of a message type before any message is there. */
interface FieldWalk {
  readonly field: DescField;
  /** Its name, type and tags, as rules see them. */
  readonly fullName: string;
  readonly name: string;
  readonly type: FieldType;
  readonly tags: ReadonlySet<string>;
  /** The message in it, by the values' descriptor and by the schema's. */
  readonly inner: Types | null;
}

/** A message type, twice: as it is in memory, and as the schema has it, whose names and tags count. */
interface Types {
  readonly type: DescMessage;
  readonly schema: DescMessage;
}

const plans = new WeakMap<DescMessage, WeakMap<DescMessage, readonly FieldWalk[]>>();
const NO_TAGS: ReadonlySet<string> = new Set();

const fieldTypes: Readonly<Record<ScalarType, FieldType>> = {
  [ScalarType.DOUBLE]: "DOUBLE",
  [ScalarType.FLOAT]: "FLOAT",
  [ScalarType.INT64]: "LONG",
  [ScalarType.UINT64]: "LONG",
  [ScalarType.INT32]: "INT",
  [ScalarType.FIXED64]: "LONG",
  [ScalarType.FIXED32]: "INT",
  [ScalarType.BOOL]: "BOOLEAN",
  [ScalarType.STRING]: "STRING",
  [ScalarType.BYTES]: "BYTES",
  [ScalarType.UINT32]: "INT",
  [ScalarType.SFIXED32]: "INT",
  [ScalarType.SFIXED64]: "LONG",
  [ScalarType.SINT32]: "INT",
  [ScalarType.SINT64]: "LONG",
};

/**
 * Visits the fields of a message that are no messages themselves, and gives a copy that has what the visits made of them.
 *
 * The values of lists and maps are visited one by one. Fields that are not set are left out where that is not the same as a zero,
 * and so are the cases of a oneof that are not chosen.
 */
export function walkMessage(value: unknown, types: Types, visit: VisitField): Work<unknown> {
  // Rules look at messages by their descriptors.
  return walk(completed(types.type, value), types, visit, 1);
}

function* walk(value: unknown, { type, schema }: Types, visit: VisitField, depth: number): Work<unknown> {
  const message = messageOf(value, type.typeName, depth);
  // The prototype has the defaults of proto2, and tells what is set from what is not.
  const copy: Record<string, unknown> = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
  for (const plan of planOf(type, schema)) {
    const { field } = plan;
    if (field.oneof !== undefined) {
      const oneof = message[field.oneof.localName] as { readonly case?: unknown; readonly value?: unknown } | undefined;
      if (oneof?.case !== field.localName) continue;
      const result = yield* walkValue(oneof.value, plan, copy, visit, depth);
      copy[field.oneof.localName] = { case: field.localName, value: result };
    } else {
      const present = valueOf(message, field);
      if (present !== undefined) copy[field.localName] = yield* walkField(present, plan, copy, visit, depth);
    }
  }
  return copy;
}

/** The value of a field, which is its zero where an absent one means that; undefined if there is none. */
function valueOf(message: AnyMessage, field: DescField): unknown {
  const value = Object.hasOwn(message, field.localName) ? message[field.localName] : undefined;
  if (value !== undefined && value !== null) return value;
  if (field.presence !== Presence.IMPLICIT) return undefined;
  if (field.fieldKind === "scalar") return scalarZeroValue(field.scalar, field.longAsString);
  return field.fieldKind === "enum" ? field.enum.values[0]?.number ?? 0 : undefined;
}

function* walkField(
  value: unknown,
  plan: FieldWalk,
  owner: unknown,
  visit: VisitField,
  depth: number,
): Work<unknown> {
  const { field, fullName } = plan;
  if (field.fieldKind === "list") {
    const items: unknown[] = [];
    for (const item of itemsOf(value, fullName)) items.push(yield* walkValue(item, plan, owner, visit, depth));
    return items;
  }
  if (field.fieldKind !== "map") return yield* walkValue(value, plan, owner, visit, depth);
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(entriesOf(value, fullName))) {
    entries.push([key, yield* walkValue(item, plan, owner, visit, depth)]);
  }
  return Object.fromEntries(entries);
}

function* walkValue(
  value: unknown,
  plan: FieldWalk,
  containingMessage: unknown,
  visit: VisitField,
  depth: number,
): Work<unknown> {
  const { field, fullName, name, type, tags, inner } = plan;
  if (inner === null) return yield* visit({ containingMessage, fullName, name, type, tags }, value);
  if (isStruct(field)) return yield* walkJson(value, containingMessage, visit, depth + 1);
  if (!isWrapper(field)) return yield* walk(value, inner, visit, depth + 1);
  // A wrapper is its one field in memory. It is visited as that field, as it is where it is a message in memory.
  const [only] = planOf(inner.type, inner.schema);
  return only === undefined ? value : yield* walkValue(value, only, containingMessage, visit, depth + 1);
}

const jsonFields: Readonly<Record<string, readonly [name: string, type: FieldType]>> = {
  string: ["string_value", "STRING"],
  number: ["number_value", "DOUBLE"],
  boolean: ["bool_value", "BOOLEAN"],
};

/** The values of a `google.protobuf.Struct`, which is a JSON object in memory: visited as the fields of messages that they are. */
function* walkJson(value: unknown, owner: unknown, visit: VisitField, depth: number): Work<unknown> {
  if (depth > MAX_DEPTH) throw rangeError("google.protobuf.Struct", `values nest deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(yield* walkJson(item, value, visit, depth + 1));
    return items;
  }
  if (typeof value === "object" && value !== null) {
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      entries.push([key, yield* walkJson(item, value, visit, depth + 1)]);
    }
    return Object.fromEntries(entries);
  }
  const known = jsonFields[typeof value];
  if (known === undefined) return value;
  const [name, type] = known;
  const fullName = `google.protobuf.Value.${name}`;
  return yield* visit({ containingMessage: owner, fullName, name, type, tags: NO_TAGS }, value);
}

function planOf(type: DescMessage, schema: DescMessage): readonly FieldWalk[] {
  const bySchema = plans.get(type) ?? new WeakMap<DescMessage, readonly FieldWalk[]>();
  plans.set(type, bySchema);
  const known = bySchema.get(schema);
  if (known !== undefined) return known;
  const numbered = new Map(schema.fields.map((field) => [field.number, field]));
  const plan = type.fields.map((field): FieldWalk => {
    const named = numbered.get(field.number) ?? field;
    const { message } = field;
    return {
      field,
      fullName: `${named.parent.typeName}.${named.name}`,
      name: named.name,
      type: message !== undefined ? "RECORD" : field.enum !== undefined ? "ENUM" : fieldTypes[field.scalar!],
      tags: tagsOf(named),
      inner: message === undefined ? null : { type: message, schema: named.message ?? message },
    };
  });
  bySchema.set(schema, plan);
  return plan;
}
