/** Writers of messages as generated code: the fastest way, where the runtime allows it. */
import type { DescMessage } from "@bufbuild/protobuf";
import { type FieldPlan, planMessage, type ScalarName, type ScalarPlan, type ValuePlan } from "./plan.ts";
import { endLength, startLength, writeTag } from "./write.ts";
import {
  entriesOf,
  isZero,
  itemsOf,
  keyOf,
  messageOf,
  type MessageWriter,
  missing,
  scalarWriters,
  writeStruct,
  writeUnknown,
} from "./writers.ts";

/** What the code calls, by the names that it uses. */
const helpers = {
  endLength,
  entriesOf,
  hasOwn: Object.hasOwn,
  isZero,
  itemsOf,
  keyOf,
  messageOf,
  missing,
  startLength,
  writeStruct,
  writeTag,
  writeUnknown,
  ...scalarWriters,
};

/** Gives what writes messages of a type. */
export function generateWriter(root: DescMessage): MessageWriter {
  const make = new Function("helpers", sourceOf(root)) as (functions: typeof helpers) => MessageWriter;
  return make(helpers);
}

/**
 * Gives the code: a function for each type of message that can be in one of the given type.
 *
 * Of a schema it has only numbers, and names as the string literals that JSON makes of them.
 */
function sourceOf(root: DescMessage): string {
  const messages = new Map<DescMessage, string>();
  const nameOf = (message: DescMessage): string => {
    const name = messages.get(message) ?? `write${messages.size}`;
    messages.set(message, name);
    return name;
  };
  const main = nameOf(root);
  const functions: string[] = [];
  // A map is walked in the order in which it grows.
  for (const [message, name] of messages) functions.push(functionOf(message, name, nameOf));
  return `"use strict";
const { ${Object.keys(helpers).join(", ")} } = helpers;
${functions.join("\n")}
return ${main};`;
}

type NameOf = (message: DescMessage) => string;

function functionOf(message: DescMessage, name: string, nameOf: NameOf): string {
  const oneofs = new Map<string, string>();
  const fields = planMessage(message).map((plan) => fieldCode(plan, oneofs, nameOf));
  return `function ${name}(value, output, depth) {
  const message = messageOf(value, ${JSON.stringify(message.typeName)}, depth);
  let field;
${fields.join("\n")}
  if (message.$unknown !== undefined) writeUnknown(message.$unknown, output);
}`;
}

/** @param oneofs The variables that have the oneofs that were read so far. */
function fieldCode(plan: FieldPlan, oneofs: Map<string, string>, nameOf: NameOf): string {
  const property = JSON.stringify(plan.property);
  const name = JSON.stringify(plan.name);
  const own = plan.isInherited
    ? `hasOwn(message, ${property}) ? message[${property}] : undefined`
    : `message[${property}]`;
  if (plan.oneofCase !== null) {
    const known = oneofs.get(plan.property);
    const oneof = known ?? `oneof${oneofs.size}`;
    oneofs.set(plan.property, oneof);
    const read = known === undefined ? `  const ${oneof} = ${own};\n` : "";
    const write = valueCode(plan.value, `${oneof}.value`, name, nameOf);
    return `${read}  if (${oneof}?.case === ${JSON.stringify(plan.oneofCase)}) { ${write} }`;
  }
  const read = `  field = ${own};\n`;
  if (plan.shape !== "one") {
    return `${read}  if (field !== undefined && field !== null) { ${manyCode(plan, name, nameOf)} }`;
  }
  const condition = plan.presence === "implicit" && plan.value.kind === "scalar"
    ? ` && ${isSetCode("field", plan.value)}`
    : "";
  const otherwise = plan.presence === "required" ? ` else throw missing(${name});` : "";
  const write = valueCode(plan.value, "field", name, nameOf);
  return `${read}  if (field !== undefined && field !== null${condition}) { ${write} }${otherwise}`;
}

function manyCode({ shape, tag, key, value }: FieldPlan, name: string, nameOf: NameOf): string {
  if (shape === "map") {
    const entryKey = `keyOf(key, ${JSON.stringify(key!.scalar)}, ${name})`;
    return `const entries = entriesOf(field, ${name});
    for (const key of Object.keys(entries)) {
      const entry = startLength(output, ${tag});
      ${key!.scalar}(output, ${key!.tag}, ${key!.scalar === "String" ? "key" : entryKey}, ${name});
      ${valueCode(value, "entries[key]", name, nameOf)}
      endLength(output, entry);
    }`;
  }
  const item = shape === "packed" ? { ...value, tag: 0 } : value;
  const loop = `for (let i = 0; i < items.length; i++) { ${valueCode(item, "items[i]", name, nameOf)} }`;
  const items = `const items = itemsOf(field, ${name});`;
  if (shape === "list") return `${items} ${loop}`;
  return `${items}
    if (items.length > 0) {
      const list = startLength(output, ${tag});
      ${loop}
      endLength(output, list);
    }`;
}

function valueCode(plan: ValuePlan, value: string, name: string, nameOf: NameOf): string {
  const { kind, tag } = plan;
  if (kind === "scalar") return `${plan.scalar}(output, ${tag}, ${value}, ${name});`;
  if (kind === "struct") return `writeStruct(output, ${tag}, ${value}, ${name}, depth + 1);`;
  if (kind === "wrapper") {
    const { inner } = plan;
    return `const start = startLength(output, ${tag});
    if (${isSetCode(value, inner)}) ${inner.scalar}(output, ${inner.tag}, ${value}, ${name});
    endLength(output, start);`;
  }
  const write = `${nameOf(plan.message)}(${value}, output, depth + 1);`;
  if (plan.isGroup) return `writeTag(output, ${tag}, 0); ${write} writeTag(output, ${tag + 1}, 0);`;
  return `const start = startLength(output, ${tag}); ${write} endLength(output, start);`;
}

const COMPARED: Readonly<Partial<Record<ScalarName, string>>> = { String: '""', Bool: "false" };

/** A condition that is true where {@link isZero} is false. */
function isSetCode(value: string, { scalar, zero }: ScalarPlan): string {
  const compared = COMPARED[scalar] ?? (scalar.endsWith("32") ? String(zero) : null);
  return compared === null ? `!isZero(${value}, "${scalar}", ${zero})` : `${value} !== ${compared}`;
}
