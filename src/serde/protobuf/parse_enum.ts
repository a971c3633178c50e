/** Enums in a `.proto` text, and the numbers and names that they and messages reserve. */
import { create } from "@bufbuild/protobuf";
import {
  type EnumDescriptorProto,
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  type EnumValueDescriptorProto,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { type Draft, nameIn } from "./parse_draft.ts";
import { readBracketOptions, readOptionStatement } from "./parse_options.ts";

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** Reads an enum from its name on. */
export function readEnum(draft: Draft, scope: string): EnumDescriptorProto {
  const { tokens } = draft;
  const { at } = tokens.next;
  const target = create(EnumDescriptorProtoSchema, { name: tokens.name("the name of an enum") });
  const inside = nameIn(scope, target.name);
  tokens.expect("{");
  while (!tokens.takeIf("}")) {
    if (tokens.takeIf(";")) continue;
    const name = tokens.name("a value of the enum");
    if (name === "option" && !tokens.isNext("=")) {
      readOptionStatement(draft, { target, schema: EnumOptionsSchema, scope: inside });
    } else if (name === "reserved" && !tokens.isNext("=")) {
      readReserved(draft, target.reservedName, (start, end) => {
        target.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, { start, end }));
      }, { min: INT32_MIN, max: INT32_MAX });
    } else {
      target.value.push(readValue(draft, name, inside));
    }
  }
  checkValues(draft, target, at);
  return target;
}

function readValue(draft: Draft, name: string, scope: string): EnumValueDescriptorProto {
  const { tokens } = draft;
  tokens.expect("=");
  const number = tokens.integer("the number of an enum's value", INT32_MIN, INT32_MAX);
  const target = create(EnumValueDescriptorProtoSchema, { name, number });
  readBracketOptions(draft, { target, schema: EnumValueOptionsSchema, scope });
  tokens.expect(";");
  return target;
}

function checkValues({ tokens, file }: Draft, { name, value }: EnumDescriptorProto, at: number): void {
  if (value.length === 0) throw tokens.error(at, `the enum "${name}" has no values`);
  if (file.syntax === "proto3" && value[0]!.number !== 0) {
    throw tokens.error(at, `the first value of the enum "${name}" must be 0`);
  }
  if (new Set(value.map((one) => one.name)).size < value.length) {
    throw tokens.error(at, `the enum "${name}" has a name twice`);
  }
}

/** Reads the rest of a statement `reserved …;`: names, or ranges, of which both ends are reserved. */
export function readReserved(
  draft: Draft,
  names: string[],
  addRange: (start: number, end: number) => void,
  limits: { readonly min: number; readonly max: number },
): void {
  const { tokens } = draft;
  if (tokens.next.kind === "string" || tokens.next.kind === "name") {
    // In editions the names stand without quotes.
    do names.push(tokens.next.kind === "name" ? tokens.take().text : tokens.string("a name in quotes")); while (
      tokens.takeIf(",")
    );
  } else {
    readRanges(draft, addRange, limits);
  }
  tokens.expect(";");
}

/** Reads ranges with commas between: numbers, `1 to 5`, `5 to max`. */
export function readRanges(
  { tokens }: Draft,
  add: (start: number, end: number) => void,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  do {
    const start = tokens.integer("a number", min, max);
    let end = start;
    if (tokens.takeIf("to")) end = tokens.takeIf("max") ? max : tokens.integer('a number or "max"', start, max);
    add(start, end);
  } while (tokens.takeIf(","));
}
