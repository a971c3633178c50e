/** Messages as plain values: what is sent, what comes back of it, and what is read. */
import type { KafkaError, MessageStatus } from "./error.ts";
import type { DeserializationError } from "./serialization_error.ts";

/** Bytes, or a string that is sent as UTF-8, or null. */
export type MessageData = Uint8Array | string | null;

/** A header as it is read: the same name may come again, and null differs from empty. */
export type Header = readonly [name: string, value: Uint8Array | null];

/** Headers to send: pairs in order (a name may come again), or an object. */
export type HeadersLike =
  | Iterable<readonly [name: string, value: MessageData]>
  | Readonly<Record<string, MessageData>>;

/** A message to send; `K` and `V` are what the producer's serializers take. */
export interface ProducerMessage<K = MessageData, V = MessageData> {
  /** Where to send it. */
  readonly topic: string;
  /** What to send. Null, or nothing, is a tombstone; an empty value is not. */
  readonly value?: V | null | undefined;
  /** What the partitioner goes by, and compaction. An empty key is one; null is none. */
  readonly key?: K | null | undefined;
  /** Names and values, in order. */
  readonly headers?: HeadersLike | null | undefined;
  /** The partition. Left out, the partitioner chooses one. */
  readonly partition?: number | null | undefined;
  /** Milliseconds since 1970. Left out, the time of the call. */
  readonly timestamp?: number | null | undefined;
}

/** Which clock a timestamp is of. */
export type TimestampType = "CREATE_TIME" | "LOG_APPEND_TIME" | "NOT_AVAILABLE";

/** What became of a message that was sent. */
export interface DeliveryReport<K = MessageData, V = MessageData> {
  /** The message's topic. */
  readonly topic: string;
  /** Where it was written, or -1 if no partition was chosen before it failed. */
  readonly partition: number;
  /** The offset it got; null if it failed, if `acks` is 0, or if an attempt had written it whose answer was lost. */
  readonly offset: number | null;
  /** Milliseconds since 1970, the broker's where the topic keeps the time of writing; null if it failed early. */
  readonly timestamp: number | null;
  /** How far it has come. */
  readonly status: MessageStatus;
  /** Why it was not delivered. */
  readonly error: KafkaError | null;
  /** The message as it was handed over: its key, value and headers. */
  readonly message: ProducerMessage<K, V>;
}

/**
 * A message that was read; `K` and `V` are what the consumer's deserializers give.
 *
 * Without deserializers, `key` and `value` are views of memory that the messages fetched together share; it lives as long as
 * any of them does. So do not transfer their buffer to a worker, which would empty the neighbours; and sending a message there as
 * it is (`postMessage()`, `structuredClone()`) copies the memory of all. Take a copy of its own first, with
 * {@link detachMessage}: also to keep a few small messages of many.
 *
 * Source: `rd_kafka_message_t`; `Message` in confluent-kafka-python.
 */
export interface Message<K = Uint8Array, V = Uint8Array> {
  /** The topic it is in. */
  readonly topic: string;
  /** The partition it is in. */
  readonly partition: number;
  /** Its number in the partition. */
  readonly offset: number;
  /** Null if it has none. */
  readonly key: K | null;
  /** Null for a tombstone. */
  readonly value: V | null;
  /** In the order they were sent in. */
  readonly headers: readonly Header[];
  /** Milliseconds since 1970, or null if the message has none. One beyond 2⁵³ is rounded: any producer can write it. */
  readonly timestamp: number | null;
  /** Which clock `timestamp` is of. */
  readonly timestampType: TimestampType;
  /** The epoch of the partition's leader, or null where the broker does not tell it. */
  readonly leaderEpoch: number | null;
  /** Why it could not be deserialized, with the policy `"raw"`: key and value are then the bytes that were read. */
  readonly error?: DeserializationError;
}

/**
 * A copy of a message whose key, value and headers are in memory of their own: to keep it for long, to send it to a worker, or
 * to transfer its bytes there. What a deserializer has made of them is not copied, unless it is bytes.
 *
 * @example Give a message to a worker without copying its bytes again
 * ```ts
 * import { detachMessage, type Message } from "@kafka-ffi/kafka";
 *
 * function giveAway(worker: Worker, message: Message): void {
 *   const own = detachMessage(message);
 *   const transfer = own.value === null ? [] : [own.value.buffer as ArrayBuffer];
 *   worker.postMessage(own, transfer);
 * }
 * ```
 */
export function detachMessage<M extends Message<unknown, unknown>>(message: M): M {
  const { key, value, headers } = message;
  return {
    ...message,
    key: detached(key),
    value: detached(value),
    headers: headers.map(([name, data]): Header => [name, detached(data)]),
  };
}

function detached<T>(data: T): T {
  // Not its own method: that of Node's Buffer is another view of the same memory.
  return data instanceof Uint8Array ? Uint8Array.prototype.slice.call(data) as unknown as T : data;
}
