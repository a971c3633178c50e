/** Messages of a producer's own types, on their way to the bytes that cross. */
import { checkSerde } from "../client/serdes.ts";
import { isPromise } from "../kafka/promise.ts";
import { checkText, describe } from "../native/scratch.ts";
import { errorCodes } from "../kafka/error_codes.ts";
import type { HeadersLike, MessageData, ProducerMessage } from "../kafka/message.ts";
import type { MessageField, SerializationContext, Serializer } from "../kafka/serialization.ts";
import {
  KeySerializationError,
  NotPreparedError,
  SerializationError,
  ValueSerializationError,
} from "../kafka/serialization_error.ts";
import type { ProducerOptions } from "./options.ts";

/** A message whose key and value are bytes, or the promise of it. */
export type Wire = ProducerMessage | Promise<ProducerMessage>;

/** A producer's serializers. */
export class Serializing {
  readonly #key: Serializer<unknown> | undefined;
  readonly #value: Serializer<unknown> | undefined;

  constructor({ keySerializer, valueSerializer }: ProducerOptions) {
    this.#key = checkSerde(keySerializer, "serialize", "keySerializer") as Serializer<unknown> | undefined;
    this.#value = checkSerde(valueSerializer, "serialize", "valueSerializer") as Serializer<unknown> | undefined;
  }

  /** The serializers of a producer's options, or null if there are none. */
  static of(options: ProducerOptions): Serializing | null {
    const hasNone = (options.keySerializer ?? null) === null && (options.valueSerializer ?? null) === null;
    return hasNone ? null : new Serializing(options);
  }

  /**
   * Gives what crosses of a message: a promise only if a serializer has to wait for something.
   *
   * @throws {SerializationError} if a serializer failed at once.
   * @throws {TypeError} if it is no message.
   */
  wire(message: ProducerMessage<unknown, unknown>): Wire {
    checkMessage(message);
    // Read now: by the time that a promise is kept, the caller may have changed the message.
    const { topic, value, partition, timestamp } = message;
    const headers = new OwnHeaders(message.headers);
    const key = serialize(this.#key, message.key, topic, "key", headers);
    if (isPromise(key)) {
      return key.then(async (key) => {
        const data = await serialize(this.#value, value, topic, "value", headers);
        return { topic, key, value: data, headers: headers.sent, partition, timestamp };
      });
    }
    const data = serialize(this.#value, value, topic, "value", headers);
    if (!isPromise(data)) return { topic, key, value: data, headers: headers.sent, partition, timestamp };
    return data.then((value) => ({ topic, key, value, headers: headers.sent, partition, timestamp }));
  }
}

/** A message's headers, copied as soon as a serializer looks at them. */
class OwnHeaders {
  readonly #given: HeadersLike | null | undefined;
  #list: [name: string, value: MessageData][] | null = null;

  constructor(given: HeadersLike | null | undefined) {
    this.#given = given;
  }

  get list(): [name: string, value: MessageData][] {
    return this.#list ??= entriesOf(this.#given);
  }

  /** What is sent: with no headers at all, a message can cross together with others. */
  get sent(): HeadersLike | null | undefined {
    return this.#list === null || this.#list.length === 0 ? this.#given : this.#list;
  }
}

function entriesOf(headers: HeadersLike | null | undefined): [name: string, value: MessageData][] {
  if (headers === null || headers === undefined) return [];
  return Symbol.iterator in headers
    ? [...headers as Iterable<readonly [string, MessageData]>] as [string, MessageData][]
    : Object.entries(headers as Readonly<Record<string, MessageData>>);
}

class WritingContext implements SerializationContext {
  readonly topic: string;
  readonly field: MessageField;
  readonly #headers: OwnHeaders;

  constructor(topic: string, field: MessageField, headers: OwnHeaders) {
    this.topic = topic;
    this.field = field;
    this.#headers = headers;
  }

  get headers(): [name: string, value: MessageData][] {
    return this.#headers.list;
  }
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
    throw failure(topic, field, cause);
  }
  return Promise.resolve(result).then(checkData).catch((cause: unknown) => {
    throw failure(topic, field, cause);
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

/** A serializer that forgets to return something would else write tombstones. */
function checkData(data: MessageData): MessageData {
  if (data === null || typeof data === "string" || data instanceof Uint8Array) return data;
  const found = typeof data === "object" ? "an object" : `a value of type ${typeof data}`;
  throw new SerializationError(
    `the serializer gave ${found}: a Uint8Array, a string or null is wanted`,
    errorCodes._INVALID_ARG,
  );
}

function failure(topic: string, field: MessageField, cause: unknown): SerializationError {
  return field === "key" ? new KeySerializationError(topic, cause) : new ValueSerializationError(topic, cause);
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
