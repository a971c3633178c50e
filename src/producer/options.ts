/** What a producer is told beside its configuration, and what its calls take. */
import type { ClientOptions, WaitOptions } from "../client/options.ts";
import type { DeliveryReport, MessageData, ProducerMessage } from "../kafka/message.ts";
import type { Serializer } from "../kafka/serialization.ts";
import type { Tracing } from "../kafka/tracing.ts";

/**
 * Chooses a message's partition.
 *
 * It has to return at once: a whole number from 0 to `partitionCount - 1`, or null to leave the choice to librdkafka's own
 * partitioner. It may not send anything itself.
 *
 * @param message The message, with its key and value as they are sent.
 * @param partitionCount How many partitions the topic has.
 */
export type Partitioner = (message: ProducerMessage, partitionCount: number) => number | null;

/** The options of a producer beside its configuration; `K` and `V` are what its messages' keys and values are. */
export interface ProducerOptions<K = MessageData, V = MessageData> extends ClientOptions {
  /**
   * Turns keys into bytes, such as one of {@link Serdes}. Default: keys are bytes or strings.
   *
   * A key that cannot be serialized fails its own message only, with a {@link KeySerializationError}: it rejects the promise of
   * `send()` and is thrown by `produce()`; in an array of messages it is the `error` of that message's report. While a
   * serializer waits for something, so do the messages behind that one: they cross in the order of the calls.
   *
   * Source: `key.serializer` of `SerializingProducer` in confluent-kafka-python.
   */
  readonly keySerializer?: Serializer<K>;
  /** Turns values into bytes, as {@link keySerializer} does keys. The error is a {@link ValueSerializationError}. */
  readonly valueSerializer?: Serializer<V>;
  /**
   * Hooks for a tracer: `onSend` of it. `message` of a report is then the message with the tracer's headers. With
   * `delivery.report.only.error`, a trace of `produce()` ends when the message was taken.
   */
  readonly tracing?: Tracing;
  /** Is given the report of every message that no callback or promise of its own was asked for. */
  readonly onDelivery?: (report: DeliveryReport<K, V>) => void;
  /**
   * Chooses the partition of each message that names none. librdkafka's own partitioners are chosen by the property
   * `partitioner`, and are what is used by default.
   *
   * The number of a topic's partitions is asked for with the first message to it, which waits for the answer, as do those
   * after it; for `produce()` the queue counts as full until then. It is asked for again every
   * `topic.metadata.refresh.interval.ms`, without anybody waiting.
   *
   * A message for which the function throws, or returns what is no partition, is rejected with a {@link HandlerError} as the
   * cause, and the others go on.
   */
  readonly partitioner?: Partitioner;
}

/** How a transaction is tried: what `withTransaction()` takes. */
export interface TransactionOptions extends WaitOptions {
  /** How often the whole transaction is tried at most. Default: 5. */
  readonly maxAttempts?: number;
}

/** How a producer has ended: what `close()` resolves with. */
export interface ProducerEnd {
  /**
   * How many of the messages that had no report yet were not delivered: those that were given up when the time was up, and those
   * that failed until then. Each has told so by its own report.
   */
  readonly undelivered: number;
}

/** What may be taken back by {@link Producer.purge}. */
export interface PurgeOptions {
  /** Messages that wait to be sent. Default: true. */
  readonly queued?: boolean;
  /** Messages that were sent and not answered; whether they are written is then unknown. Default: true. */
  readonly inFlight?: boolean;
}
