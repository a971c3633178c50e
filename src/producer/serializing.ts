/** Messages of a producer's own types, on their way to the bytes that cross. */
import { checkSerde } from "../client/serdes.ts";
import { isPromise } from "../kafka/promise.ts";
import { checkText, describe } from "../native/scratch.ts";
import { errorCodes } from "../kafka/error_codes.ts";
import type { MessageData, ProducerMessage } from "../kafka/message.ts";
import type { MessageField, SerializationContext, Serializer } from "../kafka/serialization.ts";
import { NotPreparedError, SerializationError } from "../kafka/serialization_error.ts";
import type { ProducerOptions } from "./options.ts";
import { StraightField, StraightMessage, type Taken } from "./straight.ts";
import { OwnHeaders, serializationFailure, WritingContext } from "./writing_context.ts";

/** A message whose key and value are bytes, or the promise of it. */
export type Wire = ProducerMessage | Promise<ProducerMessage>;

/** A producer's serializers. */
export class Serializing {
  readonly #key: Serializer<unknown> | undefined;
  readonly #value: Serializer<unknown> | undefined;
  readonly #straight: StraightMessage | null;

  /** @param mayWrite Whether what crosses may be a message that has no bytes yet. */
  constructor({ keySerializer, valueSerializer }: ProducerOptions, mayWrite: boolean) {
    this.#key = checkSerde(keySerializer, "serialize", "keySerializer") as Serializer<unknown> | undefined;
    this.#value = checkSerde(valueSerializer, "serialize", "valueSerializer") as Serializer<unknown> | undefined;
    const value = !mayWrite ? null : StraightField.of(this.#value);
    this.#straight = value === null ? null : new StraightMessage(value, StraightField.of(this.#key));
  }

  /** The serializers of a producer's options, or null if there are none. */
  static of(options: ProducerOptions, mayWrite: boolean): Serializing | null {
    const hasNone = (options.keySerializer ?? null) === null && (options.valueSerializer ?? null) === null;
    return hasNone ? null : new Serializing(options, mayWrite);
  }

  /** Whether {@link crossing} may give such a message. */
  get isStraight(): boolean {
    return this.#straight !== null;
  }

  /**
   * Gives what crosses of a message: a promise only if a serializer has to wait for something.
   *
   * @throws {SerializationError} if a serializer failed at once.
   * @throws {TypeError} if it is no message.
   */
  wire(message: ProducerMessage<unknown, unknown>): Wire {
    checkMessage(message);
    return this.#wire(take(message), new OwnHeaders(message.headers));
  }

  /** The same, or the message as one that is written in its place: that is good until this is called again. */
  crossing(message: ProducerMessage<unknown, unknown>): Wire | StraightMessage {
    checkMessage(message);
    const taken = take(message);
    const given = message.headers;
    const headers = new OwnHeaders(given);
    const straight = this.#straight;
    const hasOthers = (given ?? null) !== null || (taken.timestamp ?? null) !== null;
    if (straight === null || hasOthers || (taken.value ?? null) === null) return this.#wire(taken, headers);
    let key: MessageData | Promise<MessageData> | StraightField = null;
    if ((taken.key ?? null) !== null) {
      key = straight.keyField ?? serialize(this.#key, taken.key, taken.topic, "key", headers);
      const isReady = key instanceof StraightField || isData(key) && !headers.areAskedFor;
      if (!isReady) return this.#afterKey(taken, key as MessageData | Promise<MessageData>, headers);
    }
    straight.begin(taken, key as MessageData | StraightField, headers);
    return straight;
  }

  /** What crosses of a message that could not be written in its place. */
  wireOf({ taken, key, value }: StraightMessage): Wire {
    value.passOver();
    // What was added to the others, by a serializer that had no room then, is not to be there twice.
    const headers = new OwnHeaders(null);
    return key instanceof StraightField ? this.#wire(taken, headers) : this.#afterKey(taken, key, headers);
  }

  #wire(taken: Taken, headers: OwnHeaders): Wire {
    return this.#afterKey(taken, serialize(this.#key, taken.key, taken.topic, "key", headers), headers);
  }

  #afterKey(taken: Taken, key: MessageData | Promise<MessageData>, headers: OwnHeaders): Wire {
    const { topic, value, partition, timestamp } = taken;
    if (isPromise(key)) return key.then((key) => this.#afterKey(taken, key, headers));
    const data = serialize(this.#value, value, topic, "value", headers);
    if (!isPromise(data)) return { topic, key, value: data, headers: headers.sent, partition, timestamp };
    return data.then((value) => ({ topic, key, value, headers: headers.sent, partition, timestamp }));
  }
}

/** Read now: by the time that a promise is kept, the caller may have changed the message. */
function take({ topic, key, value, partition, timestamp }: ProducerMessage<unknown, unknown>): Taken {
  return { topic, key, value, partition, timestamp };
}

/** The bytes of one half of a message. */
function serialize(
  serializer: Serializer<unknown> | undefined,
  value: unknown,
  topic: string,
  field: MessageField,
  headers: OwnHeaders,
): MessageData | Promise<MessageData> {
  if (value === null || value === undefined) return null;
  if (serializer === undefined) return value as MessageData;
  let result: MessageData | Promise<MessageData>;
  try {
    result = serializeSoon(serializer, value, new WritingContext(topic, field, headers));
    if (!isPromise(result)) return checkData(result);
  } catch (cause) {
    throw serializationFailure(topic, field, cause);
  }
  return Promise.resolve(result).then(checkData).catch((cause: unknown) => {
    throw serializationFailure(topic, field, cause);
  });
}

function serializeSoon(
  serializer: Serializer<unknown>,
  value: unknown,
  context: SerializationContext,
): MessageData | Promise<MessageData> {
  if (serializer.serializeSync === undefined) return serializer.serialize(value, context);
  try {
    return serializer.serializeSync(value, context);
  } catch (error) {
    if (error instanceof NotPreparedError) return serializer.serialize(value, context);
    throw error;
  }
}

function isData(data: unknown): data is MessageData {
  return data === null || typeof data === "string" || data instanceof Uint8Array;
}

/** A serializer that forgets to return something would else write tombstones. */
function checkData(data: MessageData): MessageData {
  if (isData(data)) return data;
  const found = typeof data === "object" ? "an object" : `a value of type ${typeof data}`;
  throw new SerializationError(
    `the serializer gave ${found}: a Uint8Array, a string or null is wanted`,
    errorCodes._INVALID_ARG,
  );
}

/** Refuses what is no message, in the words in which one without serializers is refused. */
function checkMessage(message: unknown): void {
  if (typeof message !== "object" || message === null) {
    throw new TypeError(`Cannot send ${describe(message)}: a message is wanted`);
  }
  const { topic, headers } = message as Partial<ProducerMessage>;
  if (typeof topic !== "string") checkText(topic, "topic");
  if (headers !== undefined && typeof headers !== "object") {
    throw new TypeError(`Cannot send ${describe(headers)} as headers: pairs or an object are wanted`);
  }
}
