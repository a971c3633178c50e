/** The serializer and deserializer for Avro. */
import type { Schema } from "../../schema_registry/schema.ts";
import { checkDeserializerOptions, checkSerializerOptions } from "../config.ts";
import { type DeserializerOptions, SchemaDeserializer } from "../deserializer.ts";
import { checkHasSchema, checkRegistry, givenSchema } from "../given.ts";
import { type Checks, isBoolean, isObject, isOneOf } from "../option_checks.ts";
import type { Registry } from "../registry.ts";
import { SchemaSerializer, type SerializerOptions } from "../serializer.ts";
import { avroFormat } from "./format.ts";
import type { LogicalTypes } from "./logical.ts";
import { parseAvro } from "./parse.ts";
import type { Longs } from "./read.ts";

/** The options of an {@link AvroSerializer}. */
export interface AvroSerializerOptions<T> extends SerializerOptions<T> {
  /**
   * Whether a record with fields that the schema has not, or without one that it has, is refused. Default: false; such
   * fields are not written, and for one that is missing its default is, or null.
   */
  readonly "validate.strict"?: boolean | null;
  /** The same, but a field that has a default may be missing. Default: false. */
  readonly "validate.strict.allow.default"?: boolean | null;
  /** Logical types to use instead of ours, or beside them, by name; null for the values of the type itself. */
  readonly logicalTypes?: LogicalTypes | null;
}

/** The options of an {@link AvroDeserializer}. */
export interface AvroDeserializerOptions<T> extends DeserializerOptions<T> {
  /**
   * Whether a record that is a branch of a union is given as a `Branch`, with its name. Default: false.
   *
   * Source: `return_record_name` in confluent-kafka-python.
   */
  readonly returnRecordName?: boolean | null;
  /**
   * How a `long` is given: `"auto"` as a number, and as a bigint beyond 2⁵³; `"bigint"` always as a bigint; `"number"`
   * always as a number, with an error beyond. Default: `"auto"`.
   */
  readonly longs?: Longs | null;
  /** Logical types to use instead of ours, or beside them, by name; null for the values of the type itself. */
  readonly logicalTypes?: LogicalTypes | null;
}

const serializerChecks: Checks = {
  "validate.strict": isBoolean,
  "validate.strict.allow.default": isBoolean,
  logicalTypes: isObject,
};

const deserializerChecks: Checks = {
  returnRecordName: isBoolean,
  longs: isOneOf("auto", "bigint", "number"),
  logicalTypes: isObject,
};

/**
 * Serializes values as Avro.
 *
 * Source: `AvroSerializer` in confluent-kafka-python.
 *
 * @example Send records
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka";
 * import { AvroSerializer } from "@kafka-ffi/kafka/avro";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const schema = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}';
 * const valueSerializer = new AvroSerializer<{ id: number }>(client, schema);
 * await using producer = new Producer({ "bootstrap.servers": "localhost:9092" }, { valueSerializer });
 * await producer.send({ topic: "orders", value: { id: 7 } });
 * ```
 */
export class AvroSerializer<T = unknown> extends SchemaSerializer<T> {
  /**
   * Makes a serializer.
   *
   * @param schema The text of a schema, or the schema with its references; null if the registry says which one to write
   * with.
   * @throws {TypeError} naming each option that cannot be used.
   * @throws {SerializationError} if the schema is no Avro schema. One with references is looked at when it is first
   * used.
   */
  constructor(client: Registry, schema: string | Schema | null, options: AvroSerializerOptions<T> = {}) {
    const what = "an AvroSerializer";
    checkRegistry(what, client);
    checkSerializerOptions(what, options, serializerChecks);
    const given = avroSchema(what, schema);
    checkHasSchema(what, given, options);
    const format = avroFormat({
      validateStrict: options["validate.strict"] ?? false,
      validateStrictAllowDefault: options["validate.strict.allow.default"] ?? false,
      ...(options.logicalTypes && { logicalTypes: options.logicalTypes }),
    });
    super({ registry: client, format, schema: given, options });
  }
}

/**
 * Deserializes Avro.
 *
 * Source: `AvroDeserializer` in confluent-kafka-python.
 *
 * @example Read what was sent
 * ```ts
 * import { Consumer } from "@kafka-ffi/kafka";
 * import { AvroDeserializer } from "@kafka-ffi/kafka/avro";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const valueDeserializer = new AvroDeserializer<{ id: number }>(client);
 * await using consumer = new Consumer({ "bootstrap.servers": "localhost:9092", "group.id": "g" }, { valueDeserializer });
 * consumer.subscribe(["orders"]);
 * for await (const { value } of consumer) console.log(value?.id);
 * ```
 */
export class AvroDeserializer<T = unknown> extends SchemaDeserializer<T> {
  /**
   * Makes a deserializer.
   *
   * @param schema The schema in whose shape values are given. Default: that of the writer, or the latest version if the
   * options say so.
   * @throws {TypeError} naming each option that cannot be used.
   * @throws {SerializationError} if the schema is no Avro schema. One with references is looked at when it is first
   * used.
   */
  constructor(client: Registry, schema: string | Schema | null = null, options: AvroDeserializerOptions<T> = {}) {
    const what = "an AvroDeserializer";
    checkRegistry(what, client);
    checkDeserializerOptions(what, options, deserializerChecks);
    const format = avroFormat({
      returnRecordName: options.returnRecordName ?? false,
      longs: options.longs ?? "auto",
      ...(options.logicalTypes && { logicalTypes: options.logicalTypes }),
    });
    super({ registry: client, format, schema: avroSchema(what, schema), options });
  }
}

/** A type's bare name becomes an object, as Python's and Java's serializers register it. */
function avroSchema(what: string, schema: string | Schema | null): Schema | null {
  const isBareName = typeof schema === "string" && /^\s*[^\s{[]/.test(schema);
  const given = givenSchema(what, isBareName ? `{"type":${schema.trim()}}` : schema, "AVRO");
  if (given !== null && (given.references ?? []).length === 0) parseAvro(given, []);
  return given;
}
