/** Protobuf as a format of serializers: schemas, the messages in them, and what writes, reads, walks and migrates values. */
import {
  type DescFile,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  type Registry,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import type { DescriptorProto } from "@bufbuild/protobuf/wkt";
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Schema } from "../../schema_registry/schema.ts";
import type { Decode, Encode, Format, NamedSchema } from "../format.ts";
import { schemaError } from "./_error.ts";
import { compileEncoder } from "./compile.ts";
import { compileDecoder } from "./compile_reader.ts";
import { walkConstraints } from "./constraints.ts";
import { loadProtoFile } from "./descriptors.ts";
import { typedMessage } from "./typed.ts";
import { walkMessage } from "./walk.ts";

/** A schema, and one of the messages in it. */
export interface ParsedProtobuf {
  readonly file: DescFile;
  /** The types of the file and of those that it imports. */
  readonly registry: Registry;
  /** The message that values are of; null if the file has none. */
  readonly message: DescMessage | null;
}

/** What is known of the values. */
export interface ProtobufFormatOptions {
  /**
   * The type of the values: a descriptor that `protoc-gen-es` generated, or a full name.
   *
   * Writing, default: the type that a value says itself (`$typeName`), else the first message of the schema. Reading, default: the
   * type that the data says.
   */
  readonly messageType?: DescMessage | string;
}

/** Protobuf as a format. */
export type ProtobufFormat = Required<Omit<Format<ParsedProtobuf>, "load" | "validate">>;

/**
 * Gives Protobuf as a format.
 *
 * Values are messages as `create()` makes them; plain objects of the same shape can be written too. What is read keeps the fields
 * that its type does not know, and has its bytes as views of the data.
 */
export function protobufFormat({ messageType }: ProtobufFormatOptions = {}): ProtobufFormat {
  const typeName = typeof messageType === "object" ? messageType.typeName : messageType ?? null;
  const generated = typeof messageType === "object" ? messageType : null;
  /** The descriptor of values as they are in memory. */
  const typeOf = (parsed: ParsedProtobuf): DescMessage => generated ?? selected(parsed);
  return {
    type: "PROTOBUF",
    parse(schema: Schema, references: readonly NamedSchema[]): ParsedProtobuf {
      const { file, registry } = loadProtoFile(schema, references);
      const named = typeName === null ? undefined : registry.getMessage(typeName);
      const message = named?.file === file ? named : file.messages[0] ?? null;
      return { file, registry, message };
    },
    recordName: (parsed) => parsed.message?.typeName ?? null,
    indexes: (parsed) => indexesOf(wanted(parsed, typeName)),
    select: (parsed, indexes) => ({ ...parsed, message: messageAt(parsed, indexes) }),
    forValue(parsed, value): ParsedProtobuf {
      const message = typeName === null ? messageFor(parsed, value) : parsed.message;
      return message === parsed.message ? parsed : { ...parsed, message };
    },
    encoder(parsed): Encode {
      wanted(parsed, typeName);
      return compileEncoder(typeOf(parsed));
    },
    decoder(writer, reader): Decode {
      return decoderOf(generated ?? readType(writer, reader, typeName));
    },
    constraints: (ruled, parsed) =>
      walkConstraints(ruled, (value) => {
        const name = typeName ?? (value as Partial<Message> | null)?.$typeName ?? selected(parsed).typeName;
        return generated ?? parsed.registry.getMessage(name) ?? selected(parsed);
      }),
    toPlain(parsed, value): unknown {
      const type = selected(parsed);
      const options = { registry: parsed.registry, useProtoFieldName: true, alwaysEmitImplicit: true };
      return guarded(
        `Cannot make plain data of a "${type.typeName}"`,
        () => toJson(type, convert(value, typeOf(parsed), type), options),
      );
    },
    fromPlain(parsed, plain): unknown {
      const type = selected(parsed);
      // What the other version had and this one has not is left out, as it is where bytes are read.
      const options = { registry: parsed.registry, ignoreUnknownFields: true };
      return guarded(
        `Cannot make a "${type.typeName}" of plain data`,
        () => convert(fromJson(type, plain as JsonValue, options), type, typeOf(parsed)),
      );
    },
    typed: (parsed, value) => typedMessage(parsed, value, generated),
    walk: (parsed, value, visit) => walkMessage(value, { type: typeOf(parsed), schema: selected(parsed) }, visit),
  };
}

function selected({ message, file }: ParsedProtobuf): DescMessage {
  if (message === null) throw schemaError(`Cannot use "${file.proto.name}": it has no message`);
  return message;
}

/** The message that is written: the one that the serializer was made for, if it was made for one. */
function wanted(parsed: ParsedProtobuf, typeName: string | null): DescMessage {
  const message = selected(parsed);
  if (typeName === null || message.typeName === typeName) return message;
  throw schemaError(`Cannot encode a "${typeName}": the schema "${parsed.file.proto.name}" has no such message`);
}

/** The message of the type that a value says, or else the one that is selected already. */
function messageFor(parsed: ParsedProtobuf, value: unknown): DescMessage {
  const name = (value as Partial<Message> | null | undefined)?.$typeName;
  if (name === undefined || name === parsed.message?.typeName) return selected(parsed);
  const message = parsed.registry.getMessage(name);
  if (message?.file === parsed.file) return message;
  // What no schema has is the value's own word.
  const what = message === undefined ? "the value" : `a "${message.typeName}"`;
  const reason = message === undefined ? "no message of its $typeName" : "no such message";
  throw schemaError(`Cannot encode ${what}: the schema "${parsed.file.proto.name}" has ${reason}`);
}

/** The type to read: the one that was asked for, else that of the reader's schema which the writer's is. */
function readType(writer: ParsedProtobuf, reader: ParsedProtobuf | null, typeName: string | null): DescMessage {
  const { registry } = reader ?? writer;
  if (typeName === null) return registry.getMessage(selected(writer).typeName) ?? selected(reader ?? writer);
  const message = registry.getMessage(typeName);
  if (message !== undefined) return message;
  throw schemaError(`Cannot decode a "${typeName}": the schema has no such message`);
}

function decoderOf(type: DescMessage): Decode {
  const message = `Cannot decode a "${type.typeName}": the data is malformed`;
  const decode = compileDecoder(type);
  return (data, start) => guarded(message, () => decode(data, start));
}

/** Gives the same message as one of another type with the same fields. What the other does not know is kept. */
function convert(value: unknown, from: DescMessage, to: DescMessage): Message {
  return from === to ? value as Message : fromBinary(to, toBinary(from, value as Message));
}

/** Does what the library may refuse, in words that may quote the value, and refuses it in ours. */
function guarded<T>(message: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SerializationError(message, undefined, { cause });
  }
}

/** The positions of a message and of those that it is in. The messages that stand for the entries of maps count. */
function indexesOf(message: DescMessage): readonly number[] {
  const indexes: number[] = [];
  for (let one: DescMessage | undefined = message; one !== undefined; one = one.parent) {
    const siblings: readonly DescriptorProto[] = one.parent?.proto.nestedType ?? one.file.proto.messageType;
    indexes.unshift(siblings.indexOf(one.proto));
  }
  return indexes;
}

function messageAt({ file, registry }: ParsedProtobuf, indexes: readonly number[]): DescMessage {
  let siblings: readonly DescriptorProto[] = file.proto.messageType;
  let name = file.proto.package;
  for (const index of indexes) {
    const message = siblings[index];
    if (message === undefined) {
      throw new SerializationError(
        `Cannot find the message: the index ${index} is out of range, for there are ${siblings.length} messages at its place`,
      );
    }
    name = name === "" ? message.name : `${name}.${message.name}`;
    siblings = message.nestedType;
  }
  const found = registry.getMessage(name);
  if (found === undefined) {
    throw new SerializationError("Cannot find the message: what stands there is no message of its own");
  }
  return found;
}
