/**
 * What serializers and deserializers of schemas are told beside the value; a caller by hand may leave out more than a
 * client does.
 */
import type { DeserializationContext, SerializationContext } from "../kafka/serialization.ts";

/** A {@link SerializationContext} whose headers may be missing: only ids in headers and some rules need them. */
export type WritingContext =
  & Pick<SerializationContext, "topic" | "field">
  & Partial<Pick<SerializationContext, "headers">>;

/** A {@link DeserializationContext} whose headers may be missing: then an id can only stand in front of the payload. */
export type ReadingContext =
  & Pick<DeserializationContext, "topic" | "field">
  & Partial<Pick<DeserializationContext, "headers" | "partition" | "offset">>;
