/** The errors of the Protobuf format. None of them shows what is in a message. */
import { errorCodes } from "../../kafka/error_codes.ts";
import { SerializationError } from "../../kafka/serialization_error.ts";

/** A schema that cannot be used. What is quoted of it is the schema's own text. */
export function schemaError(message: string, cause?: unknown): SerializationError {
  return new SerializationError(message, errorCodes._INVALID_ARG, cause === undefined ? {} : { cause });
}

/** A value that a field, which is named by its full name, cannot have. */
export function valueError(field: string, wanted: string, value: unknown): SerializationError {
  return new SerializationError(`Cannot encode "${field}": ${wanted}, not ${kindOf(value)}`, errorCodes._INVALID_ARG);
}

/** A value of the right type that is none of those that a field can have. */
export function rangeError(field: string, wanted: string): SerializationError {
  return new SerializationError(`Cannot encode "${field}": ${wanted}`, errorCodes._INVALID_ARG);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "undefined";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
