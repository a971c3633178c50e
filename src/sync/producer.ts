/** The producer that blocks: messages in, a report for each out, without an event loop. */
import { errorCodes } from "../kafka/error_codes.ts";
import { serveUntil } from "../client/blocking.ts";
import { checkOptions, checkTimeout } from "../client/wait.ts";
import { performNow } from "../kafka/work.ts";
import type { ProducerConfig } from "../config/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { DeliveryReport, MessageData, ProducerMessage } from "../kafka/message.ts";
import { flush } from "../producer/ending.ts";
import { sendingFor, takerOf } from "../producer/opening.ts";
import type { ProducerEnd, ProducerOptions as AnyOptions, PurgeOptions } from "../producer/options.ts";
import { PartitionedSending } from "../producer/partitioning.ts";
import { produceError } from "../producer/pending.ts";
import type { Sending } from "../producer/sending.ts";
import { type Sender, TracedSending } from "../producer/traced_sending.ts";
import { Transacting } from "../producer/transacting.ts";
import { attach, open, openToWait } from "./blocking_client.ts";
import type { ProducerOptions, TimeoutOptions } from "./options.ts";
import { ProducerTransactions, useTransacting } from "./transactions.ts";

/**
 * Sends messages to Kafka, and blocks the thread while it waits: for scripts, and for workers that have nothing else to do.
 *
 * What it is told and what it returns is what the producer of the main entry is told and resolves with. A message is handed to
 * librdkafka at once, which sends it in the background; reports, errors, logs and statistics arrive within the calls that wait:
 * {@link send}, {@link poll}, {@link flush}, {@link ready} and {@link close}. A program that only calls {@link produce} has to
 * {@link poll} now and then.
 *
 * `writable()` is the main entry's alone: a stream needs an event loop.
 *
 * While it blocks, nothing else of JavaScript runs in its thread, no handler of a signal either. Without one, Ctrl-C ends the
 * process at once.
 *
 * Source: `rd_kafka_t` of type producer; `Producer` in confluent-kafka-python.
 *
 * @example Send a message and see where it went
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka/sync";
 *
 * using producer = new Producer({ "bootstrap.servers": "localhost:9092" });
 * const { partition, offset } = producer.send({ topic: "orders", key: "42", value: "a sandwich" });
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
    const own = { ...options } as unknown as AnyOptions;
    const sending = this.#sending = sendingFor(config, own, { blocks: true });
    this.#sender = TracedSending.of(sending, own);
    const transacting = new Transacting(sending);
    useTransacting(this, transacting);
    attach(this, { client: sending.client, close: (timeoutMs) => performNow(transacting.close(timeoutMs)) });
  }

  /** The number of messages that have no report yet. */
  get pending(): number {
    return this.#sending.pending;
  }

  /**
   * Sends a message and blocks until its report has come.
   *
   * @param message The message.
   * @param options `timeoutMs` bounds this wait; the message may still be delivered. What bounds the delivery itself is
   * `message.timeout.ms`.
   * @returns Where the message was written.
   * @throws {ProduceError} if it was not delivered; its `status` says whether it may have been written all the same.
   * @throws {KafkaError} `_TIMED_OUT`; `_CONFLICT` within a handler of this producer.
   * @throws {TypeError | RangeError} if the message is not one, before anything is sent.
   * @throws {KeySerializationError | ValueSerializationError} if a serializer failed; the message was not sent.
   *
   * Source: `rd_kafka_produce_batch` and `rd_kafka_produceva`; `Producer.produce()` and `flush()` in confluent-kafka-python.
   *
   * @example Send many at once, which is much faster than one by one
   * ```ts
   * import type { DeliveryReport } from "@kafka-ffi/kafka";
   * import type { Producer } from "@kafka-ffi/kafka/sync";
   *
   * function sendAll(producer: Producer, values: readonly string[]): DeliveryReport[] {
   *   return producer.send(values.map((value) => ({ topic: "orders", value })), { timeoutMs: 60_000 });
   * }
   * ```
   */
  send(message: ProducerMessage<K, V>, options?: TimeoutOptions): DeliveryReport<K, V>;
  /**
   * Sends messages and blocks until all their reports have come.
   *
   * @param messages The messages, to any topics. An empty array is answered at once.
   * @param options `timeoutMs` bounds this wait; the messages may still be delivered.
   * @returns A report for each message, in their order.
   * @throws {ProduceError} once all are settled, if any was not delivered; `reports` has every message's outcome.
   * What is not a message at all fails in the same way, with the `TypeError` or `RangeError` as the `cause` of its error;
   * one that a serializer failed for has a {@link SerializationError} in its report.
   */
  send(messages: readonly ProducerMessage<K, V>[], options?: TimeoutOptions): DeliveryReport<K, V>[];
  send(
    input: ProducerMessage<K, V> | readonly ProducerMessage<K, V>[],
    options: TimeoutOptions = {},
  ): DeliveryReport<K, V> | DeliveryReport<K, V>[] {
    openToWait(this, "Cannot send");
    checkOptions(options);
    const deadline = performance.now() + (checkTimeout(options.timeoutMs) ?? Infinity);
    const sent: unknown = Array.isArray(input)
      ? this.#sendAll(input as readonly ProducerMessage[], deadline)
      : this.#sendOne(input as ProducerMessage, deadline);
    return sent as DeliveryReport<K, V> | DeliveryReport<K, V>[];
  }

  #sendOne(message: ProducerMessage, deadline: number): DeliveryReport {
    this.#awaitRoom("Cannot send", deadline);
    this.#learn([message], deadline);
    const reports: DeliveryReport[] = [];
    this.#sender.deliver(message, (report) => reports.push(report));
    this.#serveUntil("Cannot wait for the delivery report", () => reports.length > 0, deadline);
    if (reports[0]!.error !== null) throw produceError(reports);
    return reports[0]!;
  }

  #sendAll(messages: readonly ProducerMessage[], deadline: number): DeliveryReport[] {
    const outcomes: (() => DeliveryReport[])[] = [];
    this.#learn(messages, deadline);
    this.#sender.deliverAll(messages, {
      resolve: (reports) => outcomes.push(() => reports),
      reject: (error) =>
        outcomes.push(() => {
          throw error;
        }),
    });
    this.#serveUntil("Cannot wait for the delivery reports", () => outcomes.length > 0, deadline);
    return outcomes[0]!();
  }

  /**
   * Hands over a message and does not wait.
   *
   * @param message The message. Its bytes are copied before this returns.
   * @param onDelivery Is given the report, within a later call that waits. Without it the producer's `onDelivery` is, and
   * without that a failure goes to `onError`.
   * @returns Whether it was taken. False means that the queue is full: wait for {@link ready} and try again.
   * @throws {TypeError | RangeError} if the message is not one.
   * @throws {KeySerializationError | ValueSerializationError} if a serializer failed.
   *
   * Source: `rd_kafka_produce_batch`; `Producer.produce()` in confluent-kafka-python, which raises `BufferError` where this
   * returns false.
   *
   * @example Produce as fast as there is room
   * ```ts
   * import type { Producer } from "@kafka-ffi/kafka/sync";
   *
   * function produceAll(producer: Producer, values: Iterable<string>): void {
   *   for (const value of values) {
   *     while (!producer.produce({ topic: "orders", value })) producer.ready();
   *   }
   *   producer.flush();
   * }
   * ```
   */
  produce(message: ProducerMessage<K, V>, onDelivery?: (report: DeliveryReport<K, V>) => void): boolean {
    open(this, "Cannot produce");
    return this.#sender.produce(message as ProducerMessage, takerOf(onDelivery));
  }

  /**
   * Blocks until the queue has room.
   *
   * @param timeoutMs Default: no limit.
   * @throws {KafkaError} `_TIMED_OUT`; `_CONFLICT` within a handler of this producer; or the error that ended the producer.
   */
  ready(timeoutMs: number = Infinity): void {
    openToWait(this, "Cannot wait for room");
    checkTimeout(timeoutMs);
    const start = performance.now();
    const deadline = start + timeoutMs;
    this.#awaitRoom("Cannot wait for room", deadline);
    const { client } = this.#sending;
    if (this.#sending instanceof PartitionedSending && !performNow(this.#sending.learnRefused(deadline))) {
      client.check("Cannot wait for room");
      throw lateError("Cannot wait for room", start, deadline);
    }
  }

  /**
   * Serves what has arrived: reports, errors, logs, statistics. If no report is there, it blocks until one has come.
   *
   * @param timeoutMs How long it blocks at most. Default: 0.
   * @returns How many messages got their reports.
   * @throws {KafkaError} `_CONFLICT` within a handler of this producer.
   *
   * Source: `rd_kafka_queue_poll`; `Producer.poll()` in confluent-kafka-python, whose timeout is in seconds and has no end
   * unless it is given.
   */
  poll(timeoutMs: number = 0): number {
    const client = openToWait(this, "Cannot poll");
    checkTimeout(timeoutMs);
    const { reported } = this.#sending;
    const isOver = (): boolean => this.#sending.reported > reported || client.fatalError !== null;
    serveUntil(client, isOver, timeoutMs, client.mainQueue);
    return this.#sending.reported - reported;
  }

  /**
   * Blocks until every message that was handed over has its report. `linger.ms` does not hold it up.
   *
   * @param timeoutMs Default: no limit but each message's own `message.timeout.ms`.
   * @returns How many messages still have none: more than zero only when `timeoutMs` was up.
   * @throws {KafkaError} `_CONFLICT` within a handler of this producer.
   *
   * Source: `rd_kafka_flush`; `Producer.flush()` in confluent-kafka-python, whose timeout is in seconds.
   */
  flush(timeoutMs: number = Infinity): number {
    openToWait(this, "Cannot flush");
    performNow(flush(this.#sending, { timeoutMs }));
    return this.#sending.pending;
  }

  /**
   * Gives up messages: their reports, with `_PURGE_QUEUE` or `_PURGE_INFLIGHT`, arrive within a later call that waits.
   *
   * Source: `rd_kafka_purge`; `Producer.purge()` in confluent-kafka-python.
   */
  purge(options: PurgeOptions = {}): void {
    open(this, "Cannot purge");
    this.#sending.purge(options.queued ?? true, options.inFlight ?? true);
  }

  /** What `JSON.stringify` shows: no secret of the configuration is in it. */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), pending: this.#sending.pending };
  }

  /**
   * Sends what is left, blocks until the reports have come, and frees everything. Calling it again does nothing. A transaction that
   * is open is aborted.
   *
   * @param timeoutMs After so long (default: 30000) the messages that are left are given up.
   * @returns How many messages were not delivered.
   * @throws {KafkaError} `_CONFLICT` within a handler of this producer.
   *
   * Source: `rd_kafka_flush` and `rd_kafka_destroy`; `Producer.close()` in confluent-kafka-python.
   */
  override close(timeoutMs?: number): ProducerEnd {
    return super.close(timeoutMs);
  }

  /** Asks for what a partitioner has to know. */
  #learn(messages: readonly ProducerMessage[], deadline: number): void {
    const start = performance.now();
    const sending = this.#sending;
    if (!(sending instanceof PartitionedSending) || performNow(sending.learn(messages, deadline))) return;
    sending.client.check("Cannot send");
    throw lateError("Cannot send", start, deadline);
  }

  #awaitRoom(action: string, deadline: number): void {
    const { client } = this.#sending;
    this.#serveUntil(action, () => this.#sending.hasRoom || client.fatalError !== null, deadline);
    client.check(action);
  }

  #serveUntil(action: string, isDone: () => boolean, deadline: number): void {
    const start = performance.now();
    const { client } = this.#sending;
    if (isDone() || serveUntil(client, isDone, Math.max(0, deadline - start), client.mainQueue)) return;
    throw lateError(action, start, deadline);
  }
}

function lateError(action: string, start: number, deadline: number): KafkaError {
  const limitMs = Math.round(Math.max(0, deadline - start));
  return new KafkaError(`${action}: no answer within ${limitMs} ms`, errorCodes._TIMED_OUT);
}
