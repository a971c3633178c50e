/**
 * Compiles what reads the messages of a type: messages as the library's `fromBinary` gives them.
 *
 * The library reads on where a message in another ends, and takes the bytes of a field for what they are not if the field had
 * another type when it was written. Here the first is an error, and the second makes an unknown field, as in Python.
 */
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { scalarZeroValue } from "@bufbuild/protobuf/reflect";
import type { Decode } from "../format.ts";
import { compileCreate } from "./create.ts";
import { Input, malformed } from "./input.ts";
import { type FieldPlan, planMessage, type ScalarPlan, type ValuePlan } from "./plan.ts";
import {
  keepUnknown,
  type LooseMessage,
  readUnknown,
  scalarReaders,
  setEntry,
  skipField,
  structToJson,
} from "./readers.ts";
import { MAX_DEPTH } from "./writers.ts";

/** Reads a field into a message. */
type FieldReader = (message: LooseMessage, input: Input, end: number, depth: number) => void;
/** Reads a value. If it is a message, it is added to the one that was read before for the same field. */
type ValueReader = (input: Input, end: number, depth: number, before: unknown) => unknown;

/** What reads messages of a type. */
interface MessageReader {
  readonly type: DescMessage;
  readonly create: () => LooseMessage;
  /** By their tags: a field whose bytes are of another kind is not that field. */
  readonly fields: Map<number, FieldReader>;
}

const readers = new WeakMap<DescMessage, MessageReader>();

/** Compiles what reads messages of a type. What has been compiled is kept as long as the descriptor. */
export function compileDecoder(type: DescMessage): Decode {
  const reader = readerOf(type);
  return (data, start) => {
    const message = reader.create();
    readFields(reader, message, new Input(data, start), data.length, 1, 0);
    return message;
  };
}

function readerOf(type: DescMessage): MessageReader {
  const known = readers.get(type);
  if (known !== undefined) return known;
  const reader: MessageReader = { type, create: compileCreate(type), fields: new Map() };
  // It is there before its fields are looked at: one of them may be a message of the same type.
  readers.set(type, reader);
  for (const plan of planMessage(type)) addFieldReaders(reader.fields, plan);
  return reader;
}

/** @param endTag The tag that ends the message if it is a group; else 0, and it ends where it is said. */
function readFields(
  { type, fields }: MessageReader,
  message: LooseMessage,
  input: Input,
  end: number,
  depth: number,
  endTag: number,
): void {
  if (depth > MAX_DEPTH) throw malformed(`messages nest deeper than ${MAX_DEPTH} levels, in a ${type.typeName}`);
  while (input.at < end) {
    const tag = input.tag(end);
    const read = fields.get(tag);
    if (read !== undefined) read(message, input, end, depth);
    else if (tag === endTag) return;
    else readUnknown(message, input, tag, end, depth);
  }
  if (endTag !== 0) throw malformed("a group does not end");
}

function addFieldReaders(readers: Map<number, FieldReader>, plan: FieldPlan): void {
  const { field, shape, value, tag } = plan;
  if (shape === "map") {
    readers.set(tag, mapReader(plan));
    return;
  }
  const read = valueReader(field, value);
  if (shape === "one") {
    readers.set(value.tag, isClosed(field) ? closedReader(plan, read) : oneReader(plan, read));
    return;
  }
  // Those who read take a list both ways, whichever is the one it is written.
  if (value.kind === "scalar" && value.scalar !== "String" && value.scalar !== "Bytes") {
    readers.set(tag, packedReader(plan, read));
  }
  readers.set(value.tag, ({ [plan.property]: items }, input, end, depth) => {
    (items as unknown[]).push(read(input, end, depth, undefined));
  });
}

function packedReader({ property }: FieldPlan, read: ValueReader): FieldReader {
  return ({ [property]: items }, input, end, depth) => {
    const stop = input.length(end);
    while (input.at < stop) (items as unknown[]).push(read(input, stop, depth, undefined));
  };
}

function oneReader({ property, oneofCase, value: { kind }, isInherited }: FieldPlan, read: ValueReader): FieldReader {
  if (oneofCase !== null) {
    return (message, input, end, depth) => {
      const oneof = message[property] as { readonly case?: unknown; readonly value?: unknown };
      const before = oneof.case === oneofCase ? oneof.value : undefined;
      message[property] = { case: oneofCase, value: read(input, end, depth, before) };
    };
  }
  if (kind === "scalar") {
    return (message, input, end, depth) => {
      message[property] = read(input, end, depth, undefined);
    };
  }
  return (message, input, end, depth) => {
    const before = isInherited && !Object.hasOwn(message, property) ? undefined : message[property];
    message[property] = read(input, end, depth, before);
  };
}

function isClosed(field: DescField): boolean {
  return field.fieldKind === "enum" && !field.enum.open;
}

/** For an enum of proto2: a number that is none of its values makes an unknown field. */
function closedReader({ field, property, oneofCase }: FieldPlan, read: ValueReader): FieldReader {
  const numbers = new Set<unknown>(field.enum?.values.map(({ number }) => number));
  return (message, input, end, depth) => {
    const start = input.at;
    const value = read(input, end, depth, undefined);
    if (!numbers.has(value)) {
      keepUnknown(message, { no: field.number, wireType: 0, data: input.bytes.subarray(start, input.at) });
    } else {
      message[property] = oneofCase === null ? value : { case: oneofCase, value };
    }
  };
}

function mapReader({ field, property, key, value }: FieldPlan): FieldReader {
  const { tag: keyTag } = key!;
  const readKey = scalarReader(field, key!);
  const read = valueReader(field, value);
  const noKey = field.fieldKind === "map" ? scalarZeroValue(field.mapKey, false) : "";
  return (message, input, end, depth) => {
    const stop = input.length(end);
    let entryKey: unknown;
    let entryValue: unknown;
    while (input.at < stop) {
      const tag = input.tag(stop);
      if (tag === keyTag) entryKey = readKey(input, stop, depth, undefined);
      else if (tag === value.tag) entryValue = read(input, stop, depth, entryValue);
      else skipField(input, tag, stop, depth);
    }
    setEntry(message[property] as LooseMessage, String(entryKey ?? noKey), entryValue ?? noValue(field));
  };
}

/** The value of a map's entry that has none. */
function noValue({ message, scalar, enum: numbers }: DescField): unknown {
  if (scalar !== undefined) return scalarZeroValue(scalar, false);
  if (message === undefined) return numbers?.values[0]?.number ?? 0;
  return message.typeName === "google.protobuf.Struct" ? {} : readerOf(message).create();
}

function valueReader(field: DescField, plan: ValuePlan): ValueReader {
  if (plan.kind === "scalar") return scalarReader(field, plan);
  if (plan.kind === "wrapper") return wrapperReader(field, plan.inner);
  const reader = readerOf(field.message!);
  if (plan.kind === "struct") {
    return (input, end, depth, before) => {
      const struct = reader.create();
      const stop = input.length(end);
      readFields(reader, struct, input, stop, depth + 1, 0);
      const json = structToJson(struct);
      return before === undefined ? json : { ...before as object, ...json };
    };
  }
  const endTag = plan.isGroup ? plan.tag + 1 : 0;
  return (input, end, depth, before) => {
    const message = before as LooseMessage | undefined ?? reader.create();
    const stop = endTag === 0 ? input.length(end) : end;
    readFields(reader, message, input, stop, depth + 1, endTag);
    return message;
  };
}

/** Reads a message of one scalar, which in memory is the scalar. */
function wrapperReader({ message }: DescField, inner: ScalarPlan): ValueReader {
  const [only] = message!.fields;
  const read = scalarReader(only!, inner);
  return (input, end, depth, before) => {
    const stop = input.length(end);
    let value = before ?? scalarZeroValue(only!.scalar!, false);
    while (input.at < stop) {
      const tag = input.tag(stop);
      if (tag === inner.tag) value = read(input, stop, depth, undefined) as typeof value;
      else skipField(input, tag, stop, depth);
    }
    return value;
  };
}

function scalarReader(field: DescField, { scalar }: ScalarPlan): ValueReader {
  if (scalar === "String") {
    const { utf8Validation } = field;
    return (input, end) => input.string(end, utf8Validation);
  }
  const read = scalarReaders[scalar];
  const isText = field.fieldKind !== "map" && "longAsString" in field && field.longAsString && scalar.endsWith("64");
  return isText ? (input, end) => String(read(input, end)) : read;
}
