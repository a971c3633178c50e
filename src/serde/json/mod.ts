/**
 * JSON Schema with a Schema Registry: a serializer and a deserializer for producers and consumers, or to use by themselves.
 *
 * @module
 */
export * from "../mod.ts";
export { JsonDeserializer, type JsonDeserializerOptions, JsonSerializer, type JsonSerializerOptions } from "./serde.ts";
