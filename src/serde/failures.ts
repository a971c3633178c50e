/**
 * Turns whatever goes wrong in a serde into a SerializationError that says which message it is about, and nothing of
 * its contents.
 */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import { NotPreparedError, SerializationError } from "../kafka/serialization_error.ts";
import type { ReadingContext } from "./context.ts";
import { ValidationRuleError } from "./rules/validation_error.ts";

/** What is known of the message. */
type Place = Pick<ReadingContext, "topic" | "field" | "partition" | "offset">;

/** What is known of the schema by the time that something goes wrong. */
export interface SchemaFacts {
  readonly subject?: string | null;
  readonly schemaId?: number | null;
}

/** An error about a value that is written. */
export function writingFailure(
  cause: unknown,
  context: Place | undefined,
  schema: SchemaFacts | null,
): SerializationError {
  return failure("serialize a value", errorCodes._INVALID_ARG, cause, context, schema);
}

/** An error about bytes that are read. */
export function readingFailure(
  cause: unknown,
  context: Place | undefined,
  schema: SchemaFacts | null,
): SerializationError {
  return failure("deserialize a value", errorCodes._BAD_MSG, cause, context, schema);
}

function failure(
  what: string,
  code: number,
  cause: unknown,
  context: Place | undefined,
  schema: SchemaFacts | null,
): SerializationError {
  // Who asks without waiting has to see it as it is.
  if (cause instanceof NotPreparedError) return cause;
  const facts = { ...placeOf(context), ...schemaOf(schema) };
  const place = textOf(schema);
  if (cause instanceof ValidationRuleError) {
    return new ValidationRuleError(cause.violations, cause.hasMore, { what, place, code, facts });
  }
  // One without facts says what is wrong, so it only needs them.
  const isBare = cause instanceof SerializationError && cause.constructor === SerializationError;
  if (isBare) {
    const { message, isRetriable } = cause;
    return new SerializationError(message + place, cause.code, { ...facts, isRetriable, cause: cause.cause });
  }
  if (!(cause instanceof KafkaError)) {
    // The text of any other error may quote the value.
    const thrown = cause instanceof Error ? `a ${cause.name}` : "what is no error";
    return new SerializationError(`Cannot ${what}: ${thrown} was thrown${place}`, code, { ...facts, cause });
  }
  const { message, isRetriable } = cause;
  return new SerializationError(`Cannot ${what}: ${message}${place}`, cause.code, { ...facts, isRetriable, cause });
}

function placeOf(context: Place | undefined): Partial<Place> {
  if (context === undefined) return {};
  const { topic, field, partition, offset } = context;
  return {
    topic,
    field,
    ...(partition === undefined ? {} : { partition }),
    ...(offset === undefined ? {} : { offset }),
  };
}

function schemaOf(schema: SchemaFacts | null): { subject?: string; schemaId?: number } {
  const { subject = null, schemaId = null } = schema ?? {};
  return { ...(subject === null ? {} : { subject }), ...(schemaId === null ? {} : { schemaId }) };
}

function textOf(schema: SchemaFacts | null): string {
  const { subject, schemaId } = schemaOf(schema);
  const parts = [
    ...(subject === undefined ? [] : [`subject ${JSON.stringify(subject)}`]),
    ...(schemaId === undefined ? [] : [`schema ${schemaId}`]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
