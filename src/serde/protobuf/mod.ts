/**
 * Protobuf with a Schema Registry: a serializer and a deserializer for producers and consumers, or to use by themselves.
 *
 * @module
 */
export * from "../mod.ts";
export type { ReferenceSubjectNameStrategy } from "./imports_registering.ts";
export {
  ProtobufDeserializer,
  type ProtobufDeserializerOptions,
  ProtobufSerializer,
  type ProtobufSerializerOptions,
} from "./serde.ts";
