/** Messages in a `.proto` text, and extensions of them. */
import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  ExtensionRangeOptionsSchema,
  type FieldDescriptorProto,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  OneofOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { type Draft, MAX_NESTING, nameIn } from "./parse_draft.ts";
import { readEnum, readRanges, readReserved } from "./parse_enum.ts";
import { MAX_FIELD_NUMBER, readField } from "./parse_field.ts";
import { readBracketOptions, readOptionStatement } from "./parse_options.ts";

const FIELD_NUMBERS = { min: 1, max: MAX_FIELD_NUMBER };

/** A message's name is known, and what stands in its braces is not yet. */
interface Body {
  readonly target: DescriptorProto;
  readonly inside: string;
  readonly depth: number;
}

/** Reads a message from its name on. */
export function readMessage(draft: Draft, scope: string, depth: number): DescriptorProto {
  const target = create(DescriptorProtoSchema, { name: draft.tokens.name("the name of a message") });
  readBody(draft, { target, inside: nameIn(scope, target.name), depth });
  return target;
}

/** Reads `{ … }` of a message or group. */
function readBody(draft: Draft, body: Body): void {
  const { tokens } = draft;
  const { target } = body;
  const { at } = tokens.expect("{");
  if (body.depth > MAX_NESTING) throw tokens.error(at, `messages nest deeper than ${MAX_NESTING} levels`);
  while (!tokens.takeIf("}")) readStatement(draft, body);
  addSyntheticOneofs(target);
  checkFields(draft, target, at);
}

/** What reads the rest of a statement, by the word it begins with. Any other word is the type of a field, or its label. */
const statements: ReadonlyMap<string, (draft: Draft, body: Body) => void> = new Map([
  [";", () => {}],
  ["oneof", readOneof],
  ["extensions", readExtensions],
  ["message", (draft, { target, inside, depth }) => target.nestedType.push(readMessage(draft, inside, depth + 1))],
  ["enum", (draft, { target, inside }) => target.enumType.push(readEnum(draft, inside))],
  ["extend", (draft, { target, inside, depth }) => {
    readExtend(draft, { scope: inside, target, nested: target.nestedType, depth });
  }],
  ["option", (draft, { target, inside }) => {
    readOptionStatement(draft, { target, schema: MessageOptionsSchema, scope: inside });
  }],
  ["reserved", (draft, { target }) => {
    readReserved(draft, target.reservedName, (start, end) => {
      target.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: end + 1 }));
    }, FIELD_NUMBERS);
  }],
]);

function readStatement(draft: Draft, body: Body): void {
  const { tokens } = draft;
  const read = statements.get(tokens.next.text);
  if (read === undefined) {
    body.target.field.push(readFieldOf(draft, body));
  } else {
    tokens.take();
    read(draft, body);
  }
}

function readFieldOf(draft: Draft, { target, inside, depth }: Body, oneofIndex?: number): FieldDescriptorProto {
  return readField(draft, {
    scope: inside,
    nested: target.nestedType,
    ...oneofIndex === undefined ? {} : { oneofIndex },
    readBody: (group) => readBody(draft, { target: group, inside: nameIn(inside, group.name), depth: depth + 1 }),
  });
}

function readOneof(draft: Draft, body: Body): void {
  const { tokens } = draft;
  const oneof = create(OneofDescriptorProtoSchema, { name: tokens.name("the name of a oneof") });
  const index = body.target.oneofDecl.push(oneof) - 1;
  const { at } = tokens.expect("{");
  const before = body.target.field.length;
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    if (tokens.takeIf("option")) {
      readOptionStatement(draft, { target: oneof, schema: OneofOptionsSchema, scope: body.inside });
    } else {
      body.target.field.push(readFieldOf(draft, body, index));
    }
  }
  if (body.target.field.length === before) throw tokens.error(at, `the oneof "${oneof.name}" has no fields`);
}

function readExtensions(draft: Draft, { target, inside }: Body): void {
  const first = target.extensionRange.length;
  readRanges(draft, (start, end) => {
    target.extensionRange.push(create(DescriptorProto_ExtensionRangeSchema, { start, end: end + 1 }));
  }, FIELD_NUMBERS);
  const [range, ...others] = target.extensionRange.slice(first);
  readBracketOptions(draft, { target: range!, schema: ExtensionRangeOptionsSchema, scope: inside });
  // The options are of each range of the statement.
  const options = draft.options.get(range!);
  if (options !== undefined) others.forEach((other) => draft.options.set(other, options));
  draft.tokens.expect(";");
}

/** Where a statement `extend` stands: in a file, or in a message. */
export interface ExtendPlace {
  readonly scope: string;
  /** Has the extensions. */
  readonly target: { readonly extension: FieldDescriptorProto[] };
  /** Has the messages of groups among them. */
  readonly nested: DescriptorProto[];
  readonly depth: number;
}

/** Reads the rest of a statement `extend Name { … }`. */
export function readExtend(draft: Draft, { scope, target, nested, depth }: ExtendPlace): void {
  const { tokens } = draft;
  const { at } = tokens.next;
  const extendee = { name: tokens.dottedName("the name of a message"), at };
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    target.extension.push(readField(draft, {
      scope,
      nested,
      extendee,
      readBody: (group) => readBody(draft, { target: group, inside: nameIn(scope, group.name), depth: depth + 1 }),
    }));
  }
}

/** Gives each optional field of proto3 the oneof that stands for its presence. They come after all others. */
function addSyntheticOneofs({ field, oneofDecl, nestedType, enumType, extension }: DescriptorProto): void {
  const optional = field.filter((one) => one.proto3Optional);
  if (optional.length === 0) return;
  const taken = new Set([...field, ...oneofDecl, ...nestedType, ...enumType, ...extension].map(({ name }) => name));
  for (const one of optional) {
    let name = one.name.startsWith("_") ? one.name : `_${one.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    one.oneofIndex = oneofDecl.push(create(OneofDescriptorProtoSchema, { name })) - 1;
  }
}

function checkFields({ tokens }: Draft, { name, field }: DescriptorProto, at: number): void {
  const numbers = new Set<number>();
  const names = new Set<string>();
  for (const one of field) {
    if (numbers.has(one.number)) throw tokens.error(at, `the message "${name}" has the number ${one.number} twice`);
    if (names.has(one.name)) throw tokens.error(at, `the message "${name}" has the field "${one.name}" twice`);
    numbers.add(one.number);
    names.add(one.name);
  }
}
