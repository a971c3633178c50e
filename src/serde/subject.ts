/** The names of subjects: by topic, by record, by both, or by a function of the user's own. */
import { SerializationError } from "../kafka/serialization_error.ts";
import type { WritingContext } from "./context.ts";

/**
 * How the subject of a topic's keys or values is named.
 *
 * - `TOPIC`: `{topic}-key` or `{topic}-value`.
 * - `RECORD`: the record's full name, which in JSON Schema is the title.
 * - `TOPIC_RECORD`: `{topic}-{record}`.
 * - `ASSOCIATED`: the one that the registry has associated with the topic; where there is none, by another of these.
 */
export type SubjectNameStrategyType = "TOPIC" | "RECORD" | "TOPIC_RECORD" | "ASSOCIATED";

/** What a subject's name is made of beside the record's name. */
export type NamingContext = Pick<WritingContext, "topic" | "field">;

/**
 * Names the subject of a topic's keys or values; null if it has no name without a record's. It is asked once for each
 * topic, field and record name, and the answer is kept.
 *
 * @param recordName The full name of the record in the schema, or null where there is none, or none yet: a deserializer
 * without a reader's schema asks again with the name in the writer's.
 */
export type SubjectNameStrategy = (context: NamingContext | undefined, recordName: string | null) => string | null;

/**
 * `{topic}-key` or `{topic}-value`.
 *
 * Source: `topic_subject_name_strategy` in confluent-kafka-python.
 *
 * @throws {SerializationError} without a context.
 *
 * @example
 * ```ts
 * import { topicSubjectName } from "@kafka-ffi/kafka/avro";
 *
 * const subject = topicSubjectName({ topic: "orders", field: "value" }); // "orders-value"
 * ```
 */
export function topicSubjectName(context: NamingContext | undefined): string {
  const { topic, field } = required(context, "TOPIC");
  return `${topic}-${field}`;
}

/**
 * The record's full name.
 *
 * Source: `record_subject_name_strategy` in confluent-kafka-python.
 *
 * @example
 * ```ts
 * import { recordSubjectName } from "@kafka-ffi/kafka/avro";
 *
 * const subject = recordSubjectName({ topic: "orders", field: "value" }, "shop.Order"); // "shop.Order"
 * ```
 */
export function recordSubjectName(_context: NamingContext | undefined, recordName: string | null): string | null {
  return recordName;
}

/**
 * `{topic}-{record}`.
 *
 * Source: `topic_record_subject_name_strategy` in confluent-kafka-python.
 *
 * @throws {SerializationError} without a context.
 *
 * @example
 * ```ts
 * import { topicRecordSubjectName } from "@kafka-ffi/kafka/avro";
 *
 * const subject = topicRecordSubjectName({ topic: "orders", field: "value" }, "shop.Order"); // "orders-shop.Order"
 * ```
 */
export function topicRecordSubjectName(
  context: NamingContext | undefined,
  recordName: string | null,
): string | null {
  const { topic } = required(context, "TOPIC_RECORD");
  return recordName === null ? null : `${topic}-${recordName}`;
}

/** The strategies that need nothing but what they are given. */
export const simpleStrategies: Readonly<Record<Exclude<SubjectNameStrategyType, "ASSOCIATED">, SubjectNameStrategy>> = {
  TOPIC: topicSubjectName,
  RECORD: recordSubjectName,
  TOPIC_RECORD: topicRecordSubjectName,
};

/**
 * Gives the context to a strategy that cannot do without.
 *
 * @throws {SerializationError} if there is none.
 */
export function required(context: NamingContext | undefined, strategy: SubjectNameStrategyType): NamingContext {
  if (context !== undefined) return context;
  throw new SerializationError(
    `Cannot name the subject: the strategy ${strategy} needs a context with a topic, which RECORD does not`,
  );
}
