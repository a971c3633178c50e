/** The producer: messages in, a report for each out. */
import { attach, open } from "../client/kafka_client.ts";
import type { CloseOptions, WaitOptions } from "../client/options.ts";
import { bounded, checkOptions, checkTimeout } from "../client/wait.ts";
import { perform } from "../kafka/work.ts";
import type { ProducerConfig } from "../config/mod.ts";
import type { DeliveryReport, MessageData, ProducerMessage } from "../kafka/message.ts";
import type { ProducerEnd, ProducerOptions, PurgeOptions } from "./options.ts";
import { sendingFor, takerOf } from "./opening.ts";
import type { Sending } from "./sending.ts";
import { type Sender, TracedSending } from "./traced_sending.ts";
import { type WritableOptions, writableTo } from "./writable.ts";
import { Transacting } from "./transacting.ts";
import { ProducerTransactions, useTransacting } from "./transactions.ts";

/**
 * Sends messages to Kafka.
 *
 * Messages for one partition are written in the order of the calls; with `enable.idempotence`, also when librdkafka has to
 * send some of them again. What is sent in one turn of the event loop crosses into
 * librdkafka together, which collects messages into batches (`linger.ms`), compresses, retries and reports.
 *
 * Source: `rd_kafka_t` of type producer; `Producer` and `AIOProducer` in confluent-kafka-python.
 *
 * @example Send a message and see where it went
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka";
 *
 * await using producer = new Producer({ "bootstrap.servers": "localhost:9092" });
 * const { partition, offset } = await producer.send({ topic: "orders", key: "42", value: "a sandwich" });
 * console.log(`partition ${partition}, offset ${offset}`);
 * ```
 */
export class Producer<K = MessageData, V = MessageData> extends ProducerTransactions {
  readonly #sending: Sending;
  /** The same, or with a tracer before it. */
  readonly #sender: Sender;

  /**
   * Opens a producer. It connects in the background; nothing waits here.
   *
   * @param config librdkafka's properties, by their own names.
   * @param options Handlers and choices that are not librdkafka's. `keySerializer` and `valueSerializer` say what keys and
   * values are; without them they are bytes or strings.
   * @throws {KafkaError} `_INVALID_ARG`, naming every property that is wrong.
   * @throws {Error} if librdkafka is not found or too old, with what to do about it.
   */
  constructor(config: ProducerConfig, options: ProducerOptions<K, V> = {}) {
    super();
    // Below, a message of any type is handled as one of bytes: what crosses of it is.
    const own = { ...options } as unknown as ProducerOptions;
    this.#sending = sendingFor(config, own);
    this.#sender = TracedSending.of(this.#sending, own);
    const transacting = new Transacting(this.#sending);
    useTransacting(this, transacting);
    attach(this, { client: this.#sending.client, close: (timeoutMs) => perform(transacting.close(timeoutMs)) });
  }

  /** The number of messages that have no report yet, those that wait for room included. */
  get pending(): number {
    return this.#sending.pending;
  }

  /**
   * Sends a message and waits for its report.
   *
   * While the queue has room (`queue.buffering.max.messages`, `queue.buffering.max.kbytes`), the bytes are copied before this
   * returns. Without room the message waits, in order, and is read when its turn comes: leave its buffers alone until then.
   *
   * @param message The message.
   * @param options `timeoutMs` and `signal` bound this wait; the message may still be delivered. What bounds the delivery
   * itself is `message.timeout.ms`.
   * @returns Where the message was written.
   * @throws {ProduceError} if it was not delivered; its `status` says whether it may have been written all the same.
   * @throws {TypeError | RangeError} if the message is not one, before anything is sent.
   * @throws {KeySerializationError | ValueSerializationError} if a serializer failed; the message was not sent.
   *
   * Source: `rd_kafka_produce_batch` and `rd_kafka_produceva`; `AIOProducer.produce()` in confluent-kafka-python.
   *
   * @example Send with headers
   * ```ts
   * import type { DeliveryReport, Producer } from "@kafka-ffi/kafka";
   *
   * function sendTraced(producer: Producer, value: string, trace: string): Promise<DeliveryReport> {
   *   return producer.send({ topic: "orders", value, headers: [["trace", trace]] }, { timeoutMs: 5000 });
   * }
   * ```
   */
  send(message: ProducerMessage<K, V>, options?: WaitOptions): Promise<DeliveryReport<K, V>>;
  /**
   * Sends messages and waits for all their reports.
   *
   * @param messages The messages, to any topics. An empty array is answered at once.
   * @param options `timeoutMs` and `signal` bound this wait; the messages may still be delivered.
   * @returns A report for each message, in their order.
   * @throws {ProduceError} once all are settled, if any was not delivered; `reports` has every message's outcome.
   * What is not a message at all fails in the same way, with the `TypeError` or `RangeError` as the `cause` of its error;
   * one that a serializer failed for has a {@link SerializationError} in its report.
   */
  send(messages: readonly ProducerMessage<K, V>[], options?: WaitOptions): Promise<DeliveryReport<K, V>[]>;
  send(
    input: ProducerMessage<K, V> | readonly ProducerMessage<K, V>[],
    options?: WaitOptions,
  ): Promise<DeliveryReport<K, V> | DeliveryReport<K, V>[]> {
    try {
      this.#sending.client.check("Cannot send");
      if (options !== undefined) {
        checkOptions(options);
        checkTimeout(options.timeoutMs);
        options.signal?.throwIfAborted();
      }
      const sent: Promise<DeliveryReport | DeliveryReport[]> = Array.isArray(input)
        ? this.#sender.sendAll(input as readonly ProducerMessage[])
        : this.#sender.send(input as ProducerMessage);
      const reports = sent as unknown as Promise<DeliveryReport<K, V> | DeliveryReport<K, V>[]>;
      return options === undefined ? reports : bounded(reports, "Cannot wait for the delivery report", options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Hands over a message and does not wait.
   *
   * @param message The message. Its bytes are copied before this returns.
   * @param onDelivery Is given the report. Without it the producer's `onDelivery` is, and without that a failure goes to
   * `onError`.
   * @returns Whether it was taken. False means that the queue is full: wait for {@link ready} and try again.
   * @throws {TypeError | RangeError} if the message is not one.
   * @throws {KeySerializationError | ValueSerializationError} if a serializer failed at once. One that fails later tells the
   * callback, or whoever else is told of failures.
   *
   * Source: `rd_kafka_produce_batch`; `Producer.produce()` in confluent-kafka-python, which raises `BufferError` where this
   * returns false.
   *
   * @example Produce as fast as there is room
   * ```ts
   * import type { Producer } from "@kafka-ffi/kafka";
   *
   * async function produceAll(producer: Producer, values: Iterable<string>): Promise<void> {
   *   for (const value of values) {
   *     while (!producer.produce({ topic: "orders", value })) await producer.ready();
   *   }
   *   await producer.flush();
   * }
   * ```
   */
  produce(message: ProducerMessage<K, V>, onDelivery?: (report: DeliveryReport<K, V>) => void): boolean {
    this.#sending.client.check("Cannot produce");
    return this.#sender.produce(message as ProducerMessage, takerOf(onDelivery));
  }

  /**
   * Waits until the queue has room.
   *
   * @throws {KafkaError} `_TIMED_OUT`; or the error that ended the producer.
   */
  async ready(options: WaitOptions = {}): Promise<void> {
    open(this, "Cannot wait for room");
    checkOptions(options);
    await this.#sending.ready(options);
  }

  /**
   * Waits until every message that was handed over has its report. `linger.ms` does not hold it up.
   *
   * @param options Default: no limit but each message's own `message.timeout.ms`.
   * @returns How many messages still have none: more than zero only when `timeoutMs` was up.
   *
   * Source: `rd_kafka_flush`; `Producer.flush()` in confluent-kafka-python, whose timeout is in seconds.
   */
  async flush(options: WaitOptions = {}): Promise<number> {
    open(this, "Cannot flush");
    checkOptions(options);
    await this.#sending.flush(options);
    return this.#sending.pending;
  }

  /**
   * A stream that messages are written to, one by one or in arrays.
   *
   * A write is done when the producer has taken its messages, which waits for room in the queue: so whoever pipes into it goes
   * no faster than the brokers take. Closing it waits for the reports of all its messages, and leaves the producer open. The
   * first message that is not delivered ends the stream with its {@link ProduceError}: writes after it are refused, and so is
   * the closing. What was written before goes on its way all the same, also after `abort()`.
   *
   * @example Copy a file's lines into a topic
   * ```ts
   * import type { Producer, ProducerMessage } from "@kafka-ffi/kafka";
   *
   * async function sendLines(producer: Producer, lines: ReadableStream<string>): Promise<void> {
   *   const messages = new TransformStream<string, ProducerMessage>({
   *     transform: (value, controller) => controller.enqueue({ topic: "lines", value }),
   *   });
   *   await lines.pipeThrough(messages).pipeTo(producer.writable());
   * }
   * ```
   */
  writable(
    options: WritableOptions = {},
  ): WritableStream<ProducerMessage<K, V> | readonly ProducerMessage<K, V>[]> {
    open(this, "Cannot open a stream");
    return writableTo({
      hasRoom: () => this.#sending.hasRoom,
      ready: (options) => this.ready(options),
      send: (message: ProducerMessage<K, V>) => this.send(message),
      flush: (options) => this.flush(options),
    }, options);
  }

  /**
   * Gives up messages: their promises are rejected with `_PURGE_QUEUE` or `_PURGE_INFLIGHT` as the reports arrive.
   *
   * Source: `rd_kafka_purge`; `Producer.purge()` in confluent-kafka-python.
   */
  purge(options: PurgeOptions = {}): void {
    open(this, "Cannot purge");
    this.#sending.purge(options.queued ?? true, options.inFlight ?? true);
  }

  /**
   * Sends what is left, waits for the reports, and frees everything. Calling it again returns the same promise. A transaction
   * that is open is aborted, and one that is being committed is let end.
   *
   * @param options After `timeoutMs` (default: 30000) the messages that are left are given up, and their promises rejected.
   * `signal` ends the wait of this call, and the closing goes on.
   * @returns How many messages were not delivered.
   *
   * Source: `rd_kafka_flush` and `rd_kafka_destroy`; `Producer.close()` in confluent-kafka-python.
   *
   * @example Say what was left
   * ```ts
   * import type { Producer } from "@kafka-ffi/kafka";
   *
   * async function end(producer: Producer): Promise<void> {
   *   const { undelivered } = await producer.close({ timeoutMs: 5000 });
   *   if (undelivered > 0) console.error(`${undelivered} messages were not delivered`);
   * }
   * ```
   */
  override close(options: CloseOptions = {}): Promise<ProducerEnd> {
    return super.close(options);
  }

  /** What `JSON.stringify` shows, with the number of messages that are pending. */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), pending: this.#sending.pending };
  }
}
