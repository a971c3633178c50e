/** The serializer and deserializer for Protobuf. */
import type { DescMessage } from "@bufbuild/protobuf";
import type { Schema } from "../../schema_registry/schema.ts";
import { checkDeserializerOptions, checkSerializerOptions } from "../config.ts";
import { type DeserializerOptions, SchemaDeserializer } from "../deserializer.ts";
import type { Format, NamedSchema } from "../format.ts";
import { checkHasSchema, checkRegistry, givenSchema } from "../given.ts";
import { type Check, type Checks, isBoolean, isFunction, isString } from "../option_checks.ts";
import type { Registry } from "../registry.ts";
import { SchemaSerializer, type SerializerOptions } from "../serializer.ts";
import type { WritePlannerOptions } from "../write_plan.ts";
import { type ParsedProtobuf, protobufFormat } from "./format.ts";
import { type ReferenceSubjectNameStrategy, registerImports } from "./imports_registering.ts";
import { filesToRegister } from "./references.ts";

/** The options of a {@link ProtobufSerializer}. */
export interface ProtobufSerializerOptions<T> extends SerializerOptions<T> {
  /**
   * The full name of the values' message, where the schema is a text. Default: each value's own `$typeName`, or the
   * first message.
   */
  readonly messageType?: string | null;
  /**
   * Whether imported files of Google and Confluent, which everybody has, are left out when files are registered.
   * Default: true.
   */
  readonly "skip.known.types"?: boolean | null;
  /** Names the subjects of imported files. Default: as the files are. */
  readonly "reference.subject.name.strategy"?: ReferenceSubjectNameStrategy | null;
  /** There for those who come from confluent-kafka-python: only false, which is the default. */
  readonly "use.deprecated.format"?: false | null;
}

/** The options of a {@link ProtobufDeserializer}. */
export interface ProtobufDeserializerOptions<T> extends DeserializerOptions<T> {
  /** There for those who come from confluent-kafka-python: only false, which is the default. */
  readonly "use.deprecated.format"?: false | null;
}

const isFalse: Check = (value) =>
  value === false ? undefined : "false is wanted: nothing has used that format for years";

const serializerChecks: Checks = {
  messageType: isString,
  "skip.known.types": isBoolean,
  "reference.subject.name.strategy": isFunction,
  "use.deprecated.format": isFalse,
};

const deserializerChecks: Checks = { "use.deprecated.format": isFalse };

/**
 * Serializes messages as Protobuf: those of `protoc-gen-es`, or objects with the same fields.
 *
 * Source: `ProtobufSerializer` in confluent-kafka-python.
 *
 * @example Send messages
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka";
 * import { ProtobufSerializer } from "@kafka-ffi/kafka/protobuf";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * // With protoc-gen-es it is the descriptor of a message, such as OrderSchema.
 * const schema = 'syntax = "proto3"; message Order { int32 id = 1; }';
 * const valueSerializer = new ProtobufSerializer<{ id: number }>(client, schema);
 * await using producer = new Producer({ "bootstrap.servers": "localhost:9092" }, { valueSerializer });
 * await producer.send({ topic: "orders", value: { id: 7 } });
 * ```
 */
export class ProtobufSerializer<T = unknown> extends SchemaSerializer<T> {
  /**
   * Makes a serializer.
   *
   * @param type A descriptor that `protoc-gen-es` generated, whose file is registered behind those that it imports; or
   * a schema: the text of a `.proto` file, or the schema with its references; null if the registry says which one to
   * write with.
   * @throws {TypeError} naming each option that cannot be used.
   */
  constructor(
    client: Registry,
    type: DescMessage | string | Schema | null,
    options: ProtobufSerializerOptions<T> = {},
  ) {
    const what = "a ProtobufSerializer";
    checkRegistry(what, client);
    checkSerializerOptions(what, options, serializerChecks);
    const parts = isDescriptor(type)
      ? generatedParts(client, type, options)
      : { schema: givenSchema(what, type, "PROTOBUF"), format: formatOf(options.messageType ?? null) };
    checkHasSchema(what, parts.schema, options);
    super({ registry: client, options, ...parts });
  }
}

/**
 * Deserializes Protobuf: as messages of the type that is asked for, or of the type that the writer's schema says.
 *
 * Source: `ProtobufDeserializer` in confluent-kafka-python, which always needs a type.
 *
 * @example Read what was sent
 * ```ts
 * import { Consumer } from "@kafka-ffi/kafka";
 * import { ProtobufDeserializer } from "@kafka-ffi/kafka/protobuf";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const valueDeserializer = new ProtobufDeserializer<{ id: number }>(client);
 * await using consumer = new Consumer({ "bootstrap.servers": "localhost:9092", "group.id": "g" }, { valueDeserializer });
 * consumer.subscribe(["orders"]);
 * for await (const { value } of consumer) console.log(value?.id);
 * ```
 */
export class ProtobufDeserializer<T = unknown> extends SchemaDeserializer<T> {
  /**
   * Makes a deserializer.
   *
   * @param type A descriptor that `protoc-gen-es` generated, or the full name of a message. Default: the message that
   * the data says, in a form that needs no generated code.
   * @throws {TypeError} naming each option that cannot be used.
   */
  constructor(
    client: Registry,
    type: DescMessage | string | null = null,
    options: ProtobufDeserializerOptions<T> = {},
  ) {
    const what = "a ProtobufDeserializer";
    checkRegistry(what, client);
    checkDeserializerOptions(what, options, deserializerChecks);
    if (type !== null && !isDescriptor(type) && !isFullName(type)) {
      throw new TypeError(
        `Cannot make ${what}: a descriptor is wanted as its second argument, or a message's full name`,
      );
    }
    super({ registry: client, format: formatOf(type), schema: null, options });
  }
}

/** What a serializer is made of whose schema comes with generated code. */
function generatedParts<T>(
  registry: Registry,
  type: DescMessage,
  options: ProtobufSerializerOptions<T>,
): Pick<WritePlannerOptions<unknown>, "format" | "references" | "complete"> & { readonly schema: Schema } {
  const files = filesToRegister(type.file, { skipKnownTypes: options["skip.known.types"] ?? true });
  const named = files.map(({ name, text }): NamedSchema => ({
    name,
    schema: { schema: text, schemaType: "PROTOBUF" },
  }));
  const strategy = options["reference.subject.name.strategy"] ?? ((_context, fileName) => fileName);
  return {
    format: formatOf(type),
    schema: named.at(-1)!.schema,
    references: named.slice(0, -1),
    complete: (_schema, context) => registerImports(files, context, { registry, config: options, strategy }),
  };
}

function formatOf(messageType: DescMessage | string | null): Format<ParsedProtobuf> {
  return protobufFormat(messageType === null ? {} : { messageType });
}

function isFullName(type: string): boolean {
  return typeof type === "string" && /^\w+(\.\w+)*$/.test(type);
}

function isDescriptor(type: DescMessage | string | Schema | null): type is DescMessage {
  return typeof type === "object" && type !== null && "typeName" in type;
}
