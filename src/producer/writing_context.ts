/** What a producer's serializers are told of a message, and what they may add to it. */
import type { HeadersLike, MessageData } from "../kafka/message.ts";
import type { MessageField, SerializationContext } from "../kafka/serialization.ts";
import {
  KeySerializationError,
  type SerializationError,
  ValueSerializationError,
} from "../kafka/serialization_error.ts";

/** A message's headers, copied as soon as a serializer looks at them. */
export class OwnHeaders {
  readonly #given: HeadersLike | null | undefined;
  #list: [name: string, value: MessageData][] | null = null;

  constructor(given: HeadersLike | null | undefined) {
    this.#given = given;
  }

  /** Whether a serializer has looked at them, and may have added some. */
  get areAskedFor(): boolean {
    return this.#list !== null;
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

/** Where a message goes, and which half of it is serialized. */
export class WritingContext implements SerializationContext {
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

/** The error of a message one half of which could not be serialized. */
export function serializationFailure(topic: string, field: MessageField, cause: unknown): SerializationError {
  return field === "key" ? new KeySerializationError(topic, cause) : new ValueSerializationError(topic, cause);
}
