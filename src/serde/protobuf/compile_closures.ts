/** Writers of messages put together from functions, for where code cannot be generated. */
import type { DescMessage } from "@bufbuild/protobuf";
import type { Output } from "../output.ts";
import { type FieldPlan, planMessage, type ValuePlan } from "./plan.ts";
import { endLength, startLength, writeTag } from "./write.ts";
import {
  type AnyMessage,
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

type FieldWriter = (message: AnyMessage, output: Output, depth: number) => void;
type ValueWriter = (value: unknown, output: Output, depth: number) => void;

/** Gives what writes messages of a type. */
export function composeWriter(root: DescMessage): MessageWriter {
  const writers = new Map<DescMessage, MessageWriter>();
  const writerOf = (message: DescMessage): MessageWriter => {
    const known = writers.get(message);
    if (known !== undefined) return known;
    const fields: FieldWriter[] = [];
    const writer = messageWriter(message.typeName, fields);
    // It is there before its fields are looked at: one of them may be a message of the same type.
    writers.set(message, writer);
    for (const plan of planMessage(message)) fields.push(fieldWriter(plan, valueWriter(plan, plan.value, writerOf)));
    return writer;
  };
  return writerOf(root);
}

function messageWriter(typeName: string, fields: readonly FieldWriter[]): MessageWriter {
  return (value, output, depth) => {
    const message = messageOf(value, typeName, depth);
    for (const write of fields) write(message, output, depth);
    if (message["$unknown"] !== undefined) writeUnknown(message["$unknown"], output);
  };
}

function fieldWriter(plan: FieldPlan, write: ValueWriter): FieldWriter {
  const { name, property, presence } = plan;
  if (plan.shape !== "one") {
    const writeAll = plan.shape === "map" ? mapWriter(plan, write) : listWriter(plan, write);
    return (message, output, depth) => {
      const value = ownValue(plan, message);
      if (value !== undefined && value !== null) writeAll(value, output, depth);
    };
  }
  if (plan.oneofCase !== null) {
    return (message, output, depth) => {
      const oneof = ownValue(plan, message) as { readonly case?: unknown; readonly value?: unknown } | null | undefined;
      if (oneof?.case === plan.oneofCase) write(oneof.value, output, depth);
    };
  }
  const scalar = presence === "implicit" && plan.value.kind === "scalar" ? plan.value : null;
  return (message, output, depth) => {
    const value = ownValue(plan, message);
    if (value === undefined || value === null) {
      if (presence === "required") throw missing(name);
    } else if (scalar === null || !isZero(value, scalar.scalar, scalar.zero)) {
      write(value, output, depth);
    }
  };

  function ownValue({ isInherited }: FieldPlan, message: AnyMessage): unknown {
    return isInherited && !Object.hasOwn(message, property) ? undefined : message[property];
  }
}

function listWriter({ name, shape, tag }: FieldPlan, write: ValueWriter): ValueWriter {
  if (shape === "list") {
    return (value, output, depth) => {
      for (const item of itemsOf(value, name)) write(item, output, depth);
    };
  }
  return (value, output, depth) => {
    const items = itemsOf(value, name);
    if (items.length === 0) return;
    const start = startLength(output, tag);
    for (const item of items) write(item, output, depth);
    endLength(output, start);
  };
}

function mapWriter({ name, key, tag }: FieldPlan, write: ValueWriter): ValueWriter {
  const { scalar, tag: keyTag } = key!;
  const writeKey = scalarWriters[scalar];
  return (value, output, depth) => {
    const entries = entriesOf(value, name);
    for (const text of Object.keys(entries)) {
      const start = startLength(output, tag);
      writeKey(output, keyTag, keyOf(text, scalar, name), name);
      write(entries[text], output, depth);
      endLength(output, start);
    }
  };
}

function valueWriter(
  { name, shape }: FieldPlan,
  plan: ValuePlan,
  writerOf: (message: DescMessage) => MessageWriter,
): ValueWriter {
  const tag = shape === "packed" ? 0 : plan.tag;
  if (plan.kind === "scalar") {
    const write = scalarWriters[plan.scalar];
    return (value, output) => write(output, tag, value, name);
  }
  if (plan.kind === "struct") return (value, output, depth) => writeStruct(output, tag, value, name, depth + 1);
  if (plan.kind === "wrapper") {
    const { scalar, zero, tag: innerTag } = plan.inner;
    const write = scalarWriters[scalar];
    return (value, output) => {
      const start = startLength(output, tag);
      if (!isZero(value, scalar, zero)) write(output, innerTag, value, name);
      endLength(output, start);
    };
  }
  const write = writerOf(plan.message);
  if (plan.isGroup) {
    return (value, output, depth) => {
      writeTag(output, tag, 0);
      write(value, output, depth + 1);
      writeTag(output, tag + 1, 0);
    };
  }
  return (value, output, depth) => {
    const start = startLength(output, tag);
    write(value, output, depth + 1);
    endLength(output, start);
  };
}
