/** What turns values into bytes and back: the interfaces that every serializer and deserializer has. */
import type { Header, MessageData } from "./message.ts";

/** The half of a message that is meant. */
export type MessageField = "key" | "value";

/**
 * What a serializer is told beside the value.
 *
 * Source: `SerializationContext` in confluent-kafka-python.
 */
export interface SerializationContext {
  /** Where the message goes. */
  readonly topic: string;
  /** Which half of it is serialized. */
  readonly field: MessageField;
  /**
   * The message's headers, as a list of this message's own: what a serializer adds here is sent with it, such as the id of a
   * schema. The key is serialized first, so the value's serializer sees what the key's has added.
   */
  readonly headers: [name: string, value: MessageData][];
}

/**
 * What a deserializer is told beside the bytes.
 *
 * Source: `SerializationContext` in confluent-kafka-python.
 */
export interface DeserializationContext {
  /** Where the message was read. */
  readonly topic: string;
  /** Which half of it is deserialized. */
  readonly field: MessageField;
  /** The message's headers. */
  readonly headers: readonly Header[];
  /** The partition it was read from, if it was read. */
  readonly partition?: number;
  /** Its offset there, if it was read. */
  readonly offset?: number;
}

/**
 * Turns values of one type into what is sent.
 *
 * Null and undefined never get here: they are sent as null, which as a value is a tombstone.
 */
export interface Serializer<T> {
  /**
   * Gives the bytes of a value, or a string that is sent as UTF-8.
   *
   * A promise is for where something has to be waited for; the producer keeps the order of its messages all the same. What
   * is there at once is best given at once, for then no promise is made.
   *
   * @throws {SerializationError} or any other error: that message is not sent.
   */
  serialize(value: T, context: SerializationContext): MessageData | Promise<MessageData>;
  /**
   * The same at once, for a serializer whose {@link serialize} always gives a promise. The producer asks here first.
   *
   * @throws {NotPreparedError} if something has to be waited for, before the context was changed: then {@link serialize} is
   * called.
   */
  serializeSync?(value: T, context: SerializationContext): MessageData;
  /**
   * Writes the bytes of a value into memory that it is given, and gives their number. A producer asks here first where it can:
   * then the bytes are written once, in the place where librdkafka reads them. What the serializer itself sends meanwhile goes
   * after this message.
   *
   * @param offset Where in the target they begin. What is in front of it is other messages, and once this has returned all of
   * the target may be: do not keep it.
   * @throws {NotPreparedError} if something has to be waited for, before the context was changed.
   * @throws {RangeError} if the target has no room for them. What is behind the offset may have been written to, and what was
   * added to the context's headers is forgotten. After either, {@link serializeSync} or {@link serialize} is asked.
   */
  encodeInto?(value: T, context: SerializationContext, target: Uint8Array<ArrayBuffer>, offset: number): number;
}

/**
 * Turns what was read into values of one type.
 *
 * Null never gets here: a key that is none, or a tombstone, stays null.
 */
export interface Deserializer<T> {
  /**
   * Gives the value of some bytes. They are a view of memory that messages share: a value that keeps them should copy them.
   *
   * A promise is for where something has to be waited for; the messages keep their order all the same.
   *
   * @throws {SerializationError} or any other error: the consumer's `onDeserializationError` says what becomes of the message.
   */
  deserialize(data: Uint8Array, context: DeserializationContext): T | Promise<T>;
  /**
   * The same at once, for a deserializer whose {@link deserialize} always gives a promise. The consumer asks here first.
   *
   * @throws {NotPreparedError} if something has to be waited for: then {@link deserialize} is called.
   */
  deserializeSync?(data: Uint8Array, context: DeserializationContext): T;
  /**
   * Finds out together what has to be known to deserialize some messages at once, such as the schemas of a batch. A consumer asks
   * here when {@link deserializeSync} has said that it is not prepared, waits once, and then deserializes all of them.
   *
   * A message for which that fails is to fail by itself, when it is deserialized: a promise that is rejected is taken for one
   * that is kept.
   *
   * @returns Nothing if nothing has to be waited for.
   */
  prepareAll?(
    messages: Iterable<{ readonly data: Uint8Array; readonly context: DeserializationContext }>,
  ): void | Promise<void>;
}

/** Both ways for one type, without a promise and whatever the context. A null or undefined that gets here stays null. */
export interface Serde<T> extends Serializer<T>, Deserializer<T> {
  /** Gives the bytes of a value, or a string that is sent as UTF-8. */
  serialize(value: T, context?: SerializationContext): Uint8Array | string;
  /** Gives the value of some bytes. */
  deserialize(data: Uint8Array, context?: DeserializationContext): T;
}
