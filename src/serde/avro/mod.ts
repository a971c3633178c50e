/**
 * Avro with a Schema Registry: a serializer and a deserializer for producers and consumers, or to use by themselves.
 *
 * @module
 */
export * from "../mod.ts";
export { Decimal } from "./decimal.ts";
export type { LogicalType, LogicalTypes } from "./logical.ts";
export type { Longs } from "./read.ts";
export { AvroDeserializer, type AvroDeserializerOptions, AvroSerializer, type AvroSerializerOptions } from "./serde.ts";
export { Branch, branch, LocalTimestamp, TimeOfDay, TimestampMicros } from "./values.ts";
