/** The serializer and deserializer for JSON Schema. */
import type { Schema } from "../../schema_registry/schema.ts";
import { checkDeserializerOptions, checkSerializerOptions, executesConstraints } from "../config.ts";
import { type DeserializerOptions, SchemaDeserializer } from "../deserializer.ts";
import { checkHasSchema, checkRegistry, givenSchema } from "../given.ts";
import { type Checks, isBoolean, isFunction } from "../option_checks.ts";
import type { Registry } from "../registry.ts";
import { SchemaSerializer, type SerializerOptions } from "../serializer.ts";
import { jsonFormat } from "./format.ts";

/** The options of a {@link JsonSerializer}. */
export interface JsonSerializerOptions<T> extends SerializerOptions<T> {
  /** Whether values are checked against the schema, after the rules. Without, no validator is loaded. Default: true. */
  readonly validate?: boolean | null;
  /**
   * Gives the JSON of a value, as for those with a `bigint`. Default: `JSON.stringify`, which must not lose anything.
   *
   * Source: `json_encode` in confluent-kafka-python.
   */
  readonly jsonEncode?: ((value: unknown) => string) | null;
}

/** The options of a {@link JsonDeserializer}. */
export interface JsonDeserializerOptions<T> extends DeserializerOptions<T> {
  /** Whether values are checked against the reader's schema. Without, no validator is loaded. Default: true. */
  readonly validate?: boolean | null;
  /**
   * Gives the value of JSON. Default: `JSON.parse`, in which integers beyond 2⁵³ lose digits.
   *
   * Source: `json_decode` in confluent-kafka-python.
   */
  readonly jsonDecode?: ((text: string) => unknown) | null;
}

const serializerChecks: Checks = { validate: isBoolean, jsonEncode: isFunction };
const deserializerChecks: Checks = { validate: isBoolean, jsonDecode: isFunction };

/**
 * Serializes values as JSON that satisfies a JSON Schema.
 *
 * Source: `JSONSerializer` in confluent-kafka-python.
 *
 * @example Send checked objects
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka";
 * import { JsonSerializer } from "@kafka-ffi/kafka/json-schema";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const schema = '{"title":"Order","type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}';
 * const valueSerializer = new JsonSerializer<{ id: number }>(client, schema);
 * await using producer = new Producer({ "bootstrap.servers": "localhost:9092" }, { valueSerializer });
 * await producer.send({ topic: "orders", value: { id: 7 } });
 * ```
 */
export class JsonSerializer<T = unknown> extends SchemaSerializer<T> {
  /**
   * Makes a serializer. The schema is looked at when it is first used, because the validator is only loaded then.
   *
   * @param schema The text of a schema, or the schema with its references; null if the registry says which one to write
   * with.
   * @throws {TypeError} naming each option that cannot be used.
   */
  constructor(client: Registry, schema: string | Schema | null, options: JsonSerializerOptions<T> = {}) {
    const what = "a JsonSerializer";
    checkRegistry(what, client);
    checkSerializerOptions(what, options, serializerChecks);
    const given = givenSchema(what, schema, "JSON");
    checkHasSchema(what, given, options);
    const { validate, jsonEncode } = options;
    const format = jsonFormat({
      validate: validate ?? true,
      constraints: executesConstraints(options),
      ...(jsonEncode && { jsonEncode }),
    });
    super({ registry: client, format, schema: given, options });
  }
}

/**
 * Deserializes JSON that satisfies a JSON Schema.
 *
 * Source: `JSONDeserializer` in confluent-kafka-python.
 *
 * @example Read what was sent
 * ```ts
 * import { Consumer } from "@kafka-ffi/kafka";
 * import { JsonDeserializer } from "@kafka-ffi/kafka/json-schema";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const valueDeserializer = new JsonDeserializer<{ id: number }>(client);
 * await using consumer = new Consumer({ "bootstrap.servers": "localhost:9092", "group.id": "g" }, { valueDeserializer });
 * consumer.subscribe(["orders"]);
 * for await (const { value } of consumer) console.log(value?.id);
 * ```
 */
export class JsonDeserializer<T = unknown> extends SchemaDeserializer<T> {
  /**
   * Makes a deserializer.
   *
   * @param schema The schema that values must satisfy. Default: that of the writer, or the latest version if the
   * options say so.
   * @throws {TypeError} naming each option that cannot be used.
   */
  constructor(client: Registry, schema: string | Schema | null = null, options: JsonDeserializerOptions<T> = {}) {
    const what = "a JsonDeserializer";
    checkRegistry(what, client);
    checkDeserializerOptions(what, options, deserializerChecks);
    const { validate, jsonDecode } = options;
    const format = jsonFormat({
      validate: validate ?? true,
      constraints: executesConstraints(options),
      ...(jsonDecode && { jsonDecode }),
    });
    super({ registry: client, format, schema: givenSchema(what, schema, "JSON"), options });
  }
}
