/** Where in a message its schema's id stands: in front of the payload, or in a header. */
import type { Header, MessageData } from "../kafka/message.ts";
import type { MessageField } from "../kafka/serialization.ts";
import { SerializationError } from "../kafka/serialization_error.ts";
import type { SchemaType } from "../schema_registry/schema.ts";
import type { ReadingContext, WritingContext } from "./context.ts";
import { type FoundSchemaId, readSchemaId, type SchemaId } from "./schema_id.ts";

/**
 * Puts a schema's id into a message: gives the bytes that go in front of the payload, and adds to the headers what
 * belongs there.
 *
 * Source: `schema.id.serializer` in confluent-kafka-python.
 */
export type SchemaIdSerializer = (
  schemaId: SchemaId,
  context: WritingContext | undefined,
) => Uint8Array;

/**
 * Finds a schema's id in a message.
 *
 * Source: `schema.id.deserializer` in confluent-kafka-python.
 */
export type SchemaIdDeserializer = (
  data: Uint8Array,
  context: ReadingContext | undefined,
  type: SchemaType,
) => FoundSchemaId;

/** The header that has the GUID of a key's or value's schema. */
export function schemaIdHeader(field: MessageField): string {
  return field === "key" ? "__key_schema_id" : "__value_schema_id";
}

const nothing = new Uint8Array(0);

/**
 * Writes the id in front of the payload, as everything that reads from a Schema Registry understands it. The default.
 *
 * Source: `prefix_schema_id_serializer` in confluent-kafka-python.
 *
 * @example
 * ```ts
 * import { AvroSerializer, prefixSchemaIdSerializer } from "@kafka-ffi/kafka/avro";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const serializer = new AvroSerializer(client, '"string"', { "schema.id.serializer": prefixSchemaIdSerializer });
 * ```
 */
export function prefixSchemaIdSerializer(schemaId: SchemaId): Uint8Array {
  return schemaId.prefix;
}

/**
 * Writes the GUID into the header `__key_schema_id` or `__value_schema_id`, and leaves the payload as it is. A header
 * of that name that is there already, as on a message that is sent on, is replaced: readers take the first.
 *
 * Source: `header_schema_id_serializer` in confluent-kafka-python.
 *
 * @throws {SerializationError} if there is no list of headers, or the registry has no GUIDs.
 *
 * @example
 * ```ts
 * import { AvroSerializer, headerSchemaIdSerializer } from "@kafka-ffi/kafka/avro";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const serializer = new AvroSerializer(client, '"string"', { "schema.id.serializer": headerSchemaIdSerializer });
 * ```
 */
export function headerSchemaIdSerializer(schemaId: SchemaId, context: WritingContext | undefined): Uint8Array {
  const headers = context?.headers;
  if (context === undefined || !Array.isArray(headers)) {
    throw new SerializationError("Cannot put the schema's GUID into a header: the context has no list of headers");
  }
  const entry: [string, MessageData] = [schemaIdHeader(context.field), schemaId.header];
  const at = headers.findIndex(([name]) => name === entry[0]);
  if (at < 0) headers.push(entry);
  else headers[at] = entry;
  return nothing;
}

/**
 * Takes the id from the first header of the field's name, else from the front of the payload. The default.
 *
 * Source: `dual_schema_id_deserializer` in confluent-kafka-python.
 *
 * @example
 * ```ts
 * import { AvroDeserializer, dualSchemaIdDeserializer } from "@kafka-ffi/kafka/avro";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const deserializer = new AvroDeserializer(client, null, { "schema.id.deserializer": dualSchemaIdDeserializer });
 * ```
 */
export function dualSchemaIdDeserializer(
  data: Uint8Array,
  context: ReadingContext | undefined,
  type: SchemaType,
): FoundSchemaId {
  const headers = context?.headers;
  if (context !== undefined && headers !== undefined && headers.length > 0) {
    const header = dataOf(headers, schemaIdHeader(context.field));
    if (header !== null) return { ...readSchemaId(header, type), payloadStart: 0 };
  }
  return prefixSchemaIdDeserializer(data, context, type);
}

/**
 * Takes the id from the front of the payload, whatever the headers say.
 *
 * Source: `prefix_schema_id_deserializer` in confluent-kafka-python.
 *
 * @example
 * ```ts
 * import { AvroDeserializer, prefixSchemaIdDeserializer } from "@kafka-ffi/kafka/avro";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const deserializer = new AvroDeserializer(client, null, { "schema.id.deserializer": prefixSchemaIdDeserializer });
 * ```
 */
export function prefixSchemaIdDeserializer(
  data: Uint8Array,
  _context: ReadingContext | undefined,
  type: SchemaType,
): FoundSchemaId {
  return readSchemaId(data, type);
}

function dataOf(headers: readonly Header[], wanted: string): Uint8Array | null {
  for (const [name, value] of headers) if (name === wanted) return value;
  return null;
}
