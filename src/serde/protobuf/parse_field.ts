/** The fields of a message in a `.proto` text. */
import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  MessageOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { readDefault } from "./parse_default.ts";
import { type Draft, nameIn } from "./parse_draft.ts";
import { readBracketOptions } from "./parse_options.ts";

/** The largest number that a field can have. */
export const MAX_FIELD_NUMBER: number = 2 ** 29 - 1;

const SCALARS: ReadonlyMap<string, Type> = new Map([
  ["double", Type.DOUBLE],
  ["float", Type.FLOAT],
  ["int32", Type.INT32],
  ["int64", Type.INT64],
  ["uint32", Type.UINT32],
  ["uint64", Type.UINT64],
  ["sint32", Type.SINT32],
  ["sint64", Type.SINT64],
  ["fixed32", Type.FIXED32],
  ["fixed64", Type.FIXED64],
  ["sfixed32", Type.SFIXED32],
  ["sfixed64", Type.SFIXED64],
  ["bool", Type.BOOL],
  ["string", Type.STRING],
  ["bytes", Type.BYTES],
]);
const LABELS: ReadonlyMap<string, Label> = new Map([
  ["optional", Label.OPTIONAL],
  ["required", Label.REQUIRED],
  ["repeated", Label.REPEATED],
]);
const KEY_TYPES = /^(u?int|s?int|s?fixed)(32|64)$|^(bool|string)$/;

/** Where a field stands. */
export interface FieldPlace {
  /** The full name of what it stands in. */
  readonly scope: string;
  /** Where the messages go that a field makes: groups, and the entries of maps. */
  readonly nested: DescriptorProto[];
  /** In a oneof, its position: such a field has no label and is no map. */
  readonly oneofIndex?: number;
  /** In an extension, the name of the message that it is for. */
  readonly extendee?: { readonly name: string; readonly at: number };
  /** Reads the body of a group. */
  readonly readBody: (group: DescriptorProto) => void;
}

/** Reads a field, its semicolon or body included. */
export function readField(draft: Draft, place: FieldPlace): FieldDescriptorProto {
  const { tokens } = draft;
  const isMember = place.oneofIndex !== undefined;
  const label = readLabel(draft, place);
  if (tokens.isNext("group")) return readGroup(draft, place, label ?? Label.OPTIONAL);
  const { at, text } = tokens.next;
  const typeName = tokens.dottedName("the type of a field");
  const isMap = text === "map" && typeName === "map" && tokens.isNext("<");
  if (isMap && (label !== null || isMember || place.extendee !== undefined)) {
    throw tokens.error(at, "a map has no label and is in no oneof or extension");
  }
  const field = create(FieldDescriptorProtoSchema, { label: isMap ? Label.REPEATED : label ?? Label.OPTIONAL });
  const entry = isMap ? readMapTypes(draft) : null;
  if (entry === null) setType(draft, field, typeName, { scope: place.scope, at });
  readNameAndNumber(draft, field, place);
  if (entry !== null) addEntry(draft, field, entry, place);
  if (label === Label.OPTIONAL && draft.file.syntax === "proto3") field.proto3Optional = true;
  readFieldOptions(draft, field, place.scope);
  tokens.expect(";");
  return field;
}

function readLabel({ tokens, file }: Draft, { oneofIndex, extendee }: FieldPlace): Label | null {
  const { at, text } = tokens.next;
  const label = LABELS.get(text) ?? null;
  if (label === null) {
    const isNeeded = file.syntax === "" && oneofIndex === undefined && text !== "map";
    if (isNeeded) throw tokens.unexpected('"optional", "required" or "repeated"');
    return null;
  }
  tokens.take();
  if (oneofIndex !== undefined) throw tokens.error(at, "a field in a oneof has no label");
  if (label === Label.REQUIRED && (file.syntax !== "" || extendee !== undefined)) {
    throw tokens.error(at, "a field can be required only in a message of proto2");
  }
  return label;
}

function setType(
  draft: Draft,
  field: FieldDescriptorProto,
  typeName: string,
  { scope, at }: { readonly scope: string; readonly at: number },
): void {
  const scalar = SCALARS.get(typeName);
  if (scalar !== undefined) {
    field.type = scalar;
  } else {
    field.typeName = typeName;
    draft.links.push({ field, key: "typeName", scope, at });
  }
}

function readNameAndNumber(draft: Draft, field: FieldDescriptorProto, place: FieldPlace): void {
  const { tokens } = draft;
  field.name = tokens.name("the name of a field");
  tokens.expect("=");
  const { at } = tokens.next;
  field.number = tokens.integer("the number of a field", 1, MAX_FIELD_NUMBER);
  if (field.number >= 19_000 && field.number < 20_000) {
    throw tokens.error(at, "the numbers from 19000 to 19999 are Protobuf's own");
  }
  if (place.oneofIndex !== undefined) field.oneofIndex = place.oneofIndex;
  if (place.extendee === undefined) return;
  field.extendee = place.extendee.name;
  draft.links.push({ field, key: "extendee", scope: place.scope, at: place.extendee.at });
}

function readFieldOptions(draft: Draft, field: FieldDescriptorProto, scope: string): void {
  const { tokens } = draft;
  readBracketOptions(draft, { target: field, schema: FieldOptionsSchema, scope }, (name) => {
    if (name !== "default" && name !== "json_name") return false;
    const { at } = tokens.take();
    tokens.expect("=");
    if (name === "json_name") {
      field.jsonName = tokens.string("a name in quotes");
    } else if (draft.file.syntax === "proto3" || field.label === Label.REPEATED) {
      throw tokens.error(at, "a field has a default only in proto2, and if it is not repeated");
    } else {
      field.defaultValue = readDefault(tokens, field);
    }
    return true;
  });
}

function readGroup(draft: Draft, place: FieldPlace, label: Label): FieldDescriptorProto {
  const { tokens } = draft;
  const { at } = tokens.take();
  if (draft.file.syntax !== "") throw tokens.error(at, "there are groups only in proto2");
  const field = create(FieldDescriptorProtoSchema, { label, type: Type.GROUP });
  readNameAndNumber(draft, field, place);
  const group = create(DescriptorProtoSchema, { name: field.name });
  if (!/^[A-Z]/.test(group.name)) throw tokens.error(at, "the name of a group must begin with a capital");
  field.name = group.name.toLowerCase();
  field.typeName = group.name;
  draft.links.push({ field, key: "typeName", scope: place.scope, at });
  readFieldOptions(draft, field, place.scope);
  place.nested.push(group);
  place.readBody(group);
  return field;
}

/** The types of a map's keys and values, from `<` to `>`, and where the latter stands. */
interface MapTypes {
  readonly key: string;
  readonly value: string;
  readonly at: number;
}

function readMapTypes({ tokens }: Draft): MapTypes {
  tokens.expect("<");
  if (!KEY_TYPES.test(tokens.next.text)) throw tokens.unexpected("a type that can be a map's key");
  const key = tokens.take().text;
  tokens.expect(",");
  const { at } = tokens.next;
  const value = tokens.dottedName("the type of a map's values");
  tokens.expect(">");
  return { key, value, at };
}

/** Adds the message that stands for the entries of a map. */
function addEntry(draft: Draft, field: FieldDescriptorProto, types: MapTypes, { scope, nested }: FieldPlace): void {
  const words = field.name.split("_").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  const entry = create(DescriptorProtoSchema, {
    name: `${words.join("")}Entry`,
    field: [
      { name: "key", number: 1, label: Label.OPTIONAL },
      { name: "value", number: 2, label: Label.OPTIONAL },
    ],
    options: create(MessageOptionsSchema, { mapEntry: true }),
  });
  const place = { scope: nameIn(scope, entry.name), at: types.at };
  setType(draft, entry.field[0]!, types.key, place);
  setType(draft, entry.field[1]!, types.value, place);
  nested.push(entry);
  field.type = Type.MESSAGE;
  field.typeName = entry.name;
  draft.links.push({ field, key: "typeName", scope, at: types.at });
}
