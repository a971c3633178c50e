/** Messages with their descriptors, from which CEL knows what is an int, a uint or a double. */
import { isMessage } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { ParsedProtobuf } from "./format.ts";

/** A message with its descriptor. What does not say its type stays as it is. */
export function typedMessage({ message, registry }: ParsedProtobuf, value: unknown): unknown {
  if (!isMessage(value)) return value;
  const type = message?.typeName === value.$typeName ? message : registry.getMessage(value.$typeName);
  return type === undefined ? value : reflect(type, value, false);
}
