/** Messages with their descriptors, from which CEL knows what is an int, a uint or a double. */
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { isComplete, reread } from "./complete.ts";
import type { ParsedProtobuf } from "./format.ts";

/**
 * A message with its descriptor; one that does not say its type is of the one that is selected. What is no message of the schema
 * stays as it is.
 *
 * @param generated The type of values in memory, where that may be another than the schema's.
 */
export function typedMessage(
  { message, registry }: ParsedProtobuf,
  value: unknown,
  generated: DescMessage | null = null,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  const name = (value as Partial<Message>).$typeName ?? message?.typeName ?? "";
  const type = message?.typeName === name ? message : registry.getMessage(name);
  if (type === undefined) return value;
  if (isComplete(type, value)) return reflect(type, value, false);
  return reflect(type, reread(value, generated?.typeName === name ? generated : type, type), false);
}
