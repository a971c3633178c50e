/** The errors of serializers and deserializers. None of them shows what is in a message. */
import { errorCodes } from "./error_codes.ts";
import { KafkaError, type KafkaErrorFacts } from "./error.ts";
import type { Message } from "./message.ts";
import type { MessageField } from "./serialization.ts";

/** The facts of a {@link SerializationError} beside its code. */
export interface SerializationFacts extends KafkaErrorFacts {
  /** The message's topic. */
  readonly topic?: string;
  /** Which half of the message it is about. */
  readonly field?: MessageField;
  /** The partition, of a message that was read. */
  readonly partition?: number;
  /** The offset, of a message that was read. */
  readonly offset?: number;
  /** The subject in the Schema Registry. */
  readonly subject?: string;
  /** The id of the schema in the Schema Registry. */
  readonly schemaId?: number;
}

/**
 * A value has no bytes, or bytes have no value.
 *
 * Serializers throw it with a reason; where it comes from a producer or consumer, it is one of the four kinds below and says
 * which message it is about. Neither the text nor what an inspection shows has anything of the message's contents.
 *
 * Source: `SerializationError` in confluent-kafka-python.
 */
export class SerializationError extends KafkaError {
  /** The class, for logs. */
  override readonly name: string = "SerializationError";
  /** The message's topic, or null if it is not known here. */
  readonly topic: string | null;
  /** Which half of the message it is about, or null if that is not known here. */
  readonly field: MessageField | null;
  /** The partition of a message that was read, else null. */
  readonly partition: number | null;
  /** The offset of a message that was read, else null. */
  readonly offset: number | null;
  /** The subject in the Schema Registry, or null if there is none or it is not known here. */
  readonly subject: string | null;
  /** The id of the schema in the Schema Registry, or null if there is none or it is not known here. */
  readonly schemaId: number | null;

  /** Makes an error of a reason, a code (default: `_BAD_MSG`) and its facts. The reason is shown: keep contents out of it. */
  constructor(message: string, code: number = errorCodes._BAD_MSG, facts: SerializationFacts = {}) {
    super(message, code, facts);
    this.topic = facts.topic ?? null;
    this.field = facts.field ?? null;
    this.partition = facts.partition ?? null;
    this.offset = facts.offset ?? null;
    this.subject = facts.subject ?? null;
    this.schemaId = facts.schemaId ?? null;
  }
}

/** A message's key could not be serialized, so the message was not sent; `cause` is what the serializer threw. */
export class KeySerializationError extends SerializationError {
  /** The class, for logs. */
  override readonly name = "KeySerializationError";

  /** Makes an error of a message's topic and what the serializer threw. */
  constructor(topic: string, cause: unknown) {
    super(sendingText("key", topic, cause), errorCodes._KEY_SERIALIZATION, { ...factsOf(cause), topic, field: "key" });
  }
}

/** A message's value could not be serialized, so the message was not sent; `cause` is what the serializer threw. */
export class ValueSerializationError extends SerializationError {
  /** The class, for logs. */
  override readonly name = "ValueSerializationError";

  /** Makes an error of a message's topic and what the serializer threw. */
  constructor(topic: string, cause: unknown) {
    const facts = { ...factsOf(cause), topic, field: "value" } as const;
    super(sendingText("value", topic, cause), errorCodes._VALUE_SERIALIZATION, facts);
  }
}

/** A message that was read could not be deserialized. */
export abstract class DeserializationError extends SerializationError {
  readonly #raw: Message;

  /** Makes an error of the message, its half that has no value, and what the deserializer threw. */
  constructor(code: number, field: MessageField, raw: Message, cause: unknown) {
    const { topic, partition, offset } = raw;
    const text = `Cannot deserialize the ${field} of ${topic} [${partition}] at offset ${offset}: ${reasonOf(cause)}`;
    super(text, code, { ...factsOf(cause), topic, field, partition, offset });
    this.#raw = raw;
  }

  /** The message as it was read, with key and value as bytes. An inspection of the error does not show it. */
  get raw(): Message {
    return this.#raw;
  }
}

/** The key of a message that was read could not be deserialized; `cause` is what the deserializer threw. */
export class KeyDeserializationError extends DeserializationError {
  /** The class, for logs. */
  override readonly name = "KeyDeserializationError";

  /** Makes an error of the message and what the deserializer threw. */
  constructor(raw: Message, cause: unknown) {
    super(errorCodes._KEY_DESERIALIZATION, "key", raw, cause);
  }
}

/** The value of a message that was read could not be deserialized; `cause` is what the deserializer threw. */
export class ValueDeserializationError extends DeserializationError {
  /** The class, for logs. */
  override readonly name = "ValueDeserializationError";

  /** Makes an error of the message and what the deserializer threw. */
  constructor(raw: Message, cause: unknown) {
    super(errorCodes._VALUE_DESERIALIZATION, "value", raw, cause);
  }
}

/**
 * A serializer or deserializer cannot do its work at once: something has to be waited for first.
 *
 * Only `serializeSync` and `deserializeSync` throw it; who asked then waits for the promise of the other form.
 */
export class NotPreparedError extends SerializationError {
  /** The class, for logs. */
  override readonly name = "NotPreparedError";

  /** Makes an error of what has to be waited for. */
  constructor(message = "Cannot go on at once: something has to be waited for first") {
    super(message, errorCodes._STATE);
  }
}

function sendingText(field: MessageField, topic: string, cause: unknown): string {
  return `Cannot serialize the ${field} of a message to ${topic}: ${reasonOf(cause)}`;
}

/** What may be said of a cause: the text of any other error than ours may quote what it was given, as `JSON.parse` does. */
function reasonOf(cause: unknown): string {
  if (cause instanceof SerializationError) return cause.message;
  return `it threw ${cause instanceof Error ? `a ${cause.name}` : "what is no error"}`;
}

function factsOf(cause: unknown): SerializationFacts {
  if (!(cause instanceof KafkaError)) return { cause };
  const { isRetriable } = cause;
  if (!(cause instanceof SerializationError)) return { cause, isRetriable };
  const { subject, schemaId } = cause;
  return {
    cause,
    isRetriable,
    ...(subject === null ? {} : { subject }),
    ...(schemaId === null ? {} : { schemaId }),
  };
}
