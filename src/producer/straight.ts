/** Messages whose serializers write them straight into the memory that C reads: one object, which is each of them in turn. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { HeadersLike, MessageData, ProducerMessage } from "../kafka/message.ts";
import type { MessageField, SerializationContext, Serializer } from "../kafka/serialization.ts";
import { NotPreparedError, SerializationError } from "../kafka/serialization_error.ts";
import { EncodedMessage, type Encoding } from "../native/encoding.ts";
import { describe } from "../native/scratch.ts";
import { OwnHeaders, serializationFailure, WritingContext } from "./writing_context.ts";

/** What a small message is given in any case. Where there is less, what was gathered crosses first. */
const minRoom = 1024;

/** One half of the message in hand. */
export class StraightField implements Encoding {
  readonly #serializer: Serializer<unknown>;
  #room = minRoom;
  #value: unknown = null;
  #context!: SerializationContext;

  constructor(serializer: Serializer<unknown>) {
    this.#serializer = serializer;
  }

  /** The field of a serializer that can write so, or null. */
  static of(serializer: Serializer<unknown> | undefined): StraightField | null {
    return typeof serializer?.encodeInto === "function" ? new StraightField(serializer) : null;
  }

  /** Follows a larger message at once, and smaller ones slowly. */
  get room(): number {
    return this.#room;
  }

  begin(value: unknown, topic: string, field: MessageField, headers: OwnHeaders): void {
    this.#value = value;
    this.#context = new WritingContext(topic, field, headers);
  }

  encodeInto(target: Uint8Array<ArrayBuffer>, offset: number): number {
    const context = this.#context;
    try {
      const length = this.#serializer.encodeInto!(this.#value, context, target, offset);
      if (!Number.isInteger(length) || length < 0 || length > target.length - offset) throw noLength(length);
      this.#room = Math.max(minRoom, length, this.#shrunk);
      return length;
    } catch (cause) {
      if (cause instanceof NotPreparedError) return -1;
      // There was no room; or the value is bad, which it then is once more.
      if (!(cause instanceof RangeError)) throw serializationFailure(context.topic, context.field, cause);
      this.#room = 2 * (target.length - offset);
      return -1;
    }
  }

  /** The message in hand was not written here. One that is likely to be too large is not tried, until others were. */
  passOver(): void {
    this.#room = Math.max(minRoom, this.#shrunk);
  }

  get #shrunk(): number {
    return this.#room - (this.#room >> 4);
  }
}

/** What was read of a message, once: the caller may change it, or it may be another one each time it is read. */
export type Taken = Pick<ProducerMessage<unknown, unknown>, "topic" | "key" | "value" | "partition" | "timestamp">;

/** The message in hand. It has neither headers nor a timestamp of its own: with those it would cross by itself anyway. */
export class StraightMessage extends EncodedMessage {
  readonly value: StraightField;
  /** Null if keys are not written so. */
  readonly keyField: StraightField | null;
  taken: Taken = { topic: "", key: null, value: null, partition: null, timestamp: null };
  topic = "";
  partition: ProducerMessage["partition"] = null;
  key: MessageData | StraightField = null;
  #headers: OwnHeaders = new OwnHeaders(null);

  constructor(value: StraightField, keyField: StraightField | null) {
    super();
    this.value = value;
    this.keyField = keyField;
  }

  /** Becomes another message, with a key that has bytes, or one that is written so. */
  begin(taken: Taken, key: MessageData | StraightField, headers: OwnHeaders): void {
    const { topic } = taken;
    this.taken = taken;
    this.topic = topic;
    this.partition = taken.partition;
    this.key = key;
    this.#headers = headers;
    if (key instanceof StraightField) key.begin(taken.key, topic, "key", headers);
    this.value.begin(taken.value, topic, "value", headers);
  }

  get headers(): HeadersLike | null | undefined {
    return this.#headers.sent;
  }
}

function noLength(length: unknown): SerializationError {
  return new SerializationError(
    `the serializer gave ${describe(length)} as the number of bytes that it wrote`,
    errorCodes._INVALID_ARG,
  );
}
