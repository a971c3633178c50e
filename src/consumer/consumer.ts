/** The consumer: subscribes or assigns, and hands over messages one by one or in batches. */
import { attach, open } from "../client/kafka_client.ts";
import type { CloseOptions, WaitOptions } from "../client/options.ts";
import { checkOptions, checkTimeout } from "../client/wait.ts";
import type { ConsumerConfig } from "../config/mod.ts";
import type { Message } from "../kafka/message.ts";
import type { TopicPartition, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { checkPlaces } from "../native/partition_list.ts";
import { describe } from "../native/scratch.ts";
import * as lookups from "./lookups.ts";
import { ConsumerOffsets, useReading } from "./offsets.ts";
import { deserializingOf } from "./handing.ts";
import { openReading } from "./opening.ts";
import type { BatchOptions, ConsumerOptions, IterateOptions } from "./options.ts";
import { type ReadableBatchOptions, readableOf, type ReadableOptions } from "./readable.ts";
import type { PartitionLane, PartitionsOptions } from "./partition_lane.ts";
import { PartitionReading } from "./partitions.ts";
import type { Reading } from "./reading.ts";
import type { EachBatchOptions, EachMessageOptions } from "./run_options.ts";
import { Running } from "./running.ts";

/**
 * Reads messages from Kafka, alone or in a consumer group.
 *
 * Delivery is at least once: a message counts as done when the reader asks for the next one, and only then is its offset
 * stored for the automatic commit (`enable.auto.commit`, `enable.auto.offset.store`). Leaving a loop, by `break` or by an
 * error, does not count the message in hand: it is read again by whoever has the partition next, unless it was stored or
 * committed by hand.
 *
 * One reading call at a time; a second one meanwhile is refused.
 *
 * Source: `rd_kafka_t` of type consumer; `Consumer` and `AIOConsumer` in confluent-kafka-python.
 *
 * @example Read messages one by one
 * ```ts
 * import { Consumer } from "@kafka-ffi/kafka";
 *
 * await using consumer = new Consumer({ "bootstrap.servers": "localhost:9092", "group.id": "kitchen" });
 * consumer.subscribe(["orders"]);
 * for await (const message of consumer) {
 *   console.log(message.offset, new TextDecoder().decode(message.value ?? undefined));
 * }
 * ```
 */
export class Consumer<K = Uint8Array, V = Uint8Array> extends ConsumerOffsets implements AsyncIterable<Message<K, V>> {
  readonly #reading: Reading;
  readonly #options: ConsumerOptions;

  /**
   * Opens a consumer. It connects in the background; nothing waits here.
   *
   * @param config librdkafka's properties, by their own names. `group.id` is needed, also by who only assigns: librdkafka
   * refuses to assign without one. `fetch.queue.backoff.ms` is 5 unless it is set (librdkafka: 1000).
   * @param options Handlers and choices that are not librdkafka's. `keyDeserializer` and `valueDeserializer` say what keys and
   * values are; without them they are bytes.
   * @throws {KafkaError} `_INVALID_ARG`, naming every property that is wrong.
   * @throws {Error} if librdkafka is not found or too old, with what to do about it.
   */
  constructor(config: ConsumerConfig, options: ConsumerOptions<K, V> = {}) {
    super();
    // Below, a message of any type is handled as one of bytes.
    this.#options = { ...options } as unknown as ConsumerOptions;
    const { client, reading } = openReading(config, this.#options);
    this.#reading = reading;
    useReading(this, this.#reading);
    attach(this, {
      client,
      close: (timeoutMs) => this.#reading.close(timeoutMs),
      isUsable: () => this.#reading.isRevoking,
    });
  }

  /** The name that the group's coordinator knows this member by; empty before the group is joined. */
  get memberId(): string {
    const { native, handle } = open(this, "Cannot read the member id");
    return native.text(native.c.rd_kafka_memberid(handle)) ?? "";
  }

  /** How the group rebalances: `NONE` before it is joined, `EAGER`, or `COOPERATIVE`, which includes KIP-848's protocol. */
  get rebalanceProtocol(): string {
    open(this, "Cannot read the protocol");
    return this.#reading.assignment.protocol;
  }

  /** Whether the assignment is lost: the group may have given it to others, and no offset may be committed. */
  get assignmentLost(): boolean {
    open(this, "Cannot read the assignment");
    return this.#reading.assignment.isLost;
  }

  /**
   * Subscribes to topics: the group shares out their partitions. It replaces an earlier subscription.
   *
   * @param topics Names and patterns. A `RegExp` matches as in JavaScript, as far as librdkafka's expressions reach; a string
   * that begins with `^` is such an expression itself. With `group.protocol=consumer` the broker matches.
   * @throws {TypeError} if a pattern has no counterpart there.
   *
   * Source: `rd_kafka_subscribe`; `Consumer.subscribe()` in confluent-kafka-python.
   *
   * @example Subscribe to a topic and a pattern
   * ```ts
   * import type { Consumer } from "@kafka-ffi/kafka";
   *
   * function follow(consumer: Consumer): void {
   *   consumer.subscribe(["orders", /^shipments-/]);
   * }
   * ```
   */
  subscribe(topics: readonly (string | RegExp)[]): void {
    lookups.subscribe(open(this, "Cannot subscribe"), topics);
  }

  /** Ends the subscription, and with it the membership in the group. */
  unsubscribe(): void {
    const { native, handle } = open(this, "Cannot unsubscribe");
    native.checkCode("Cannot unsubscribe", native.c.rd_kafka_unsubscribe(handle));
  }

  /** The topics that were asked for; patterns as librdkafka has them. */
  subscription(): string[] {
    return lookups.currentSubscription(open(this, "Cannot read the subscription"));
  }

  /** The partitions that this consumer has. */
  assignment(): TopicPartition[] {
    return lookups.currentAssignment(open(this, "Cannot read the assignment"));
  }

  /**
   * Takes exactly these partitions, without the group's say. Within `onAssign` it is the answer to the group.
   *
   * Source: `rd_kafka_assign`; `Consumer.assign()` in confluent-kafka-python.
   */
  assign(partitions: readonly TopicPartitionOffset[]): void {
    open(this, "Cannot assign");
    this.#reading.replaceAssignment(checkPlaces(partitions));
  }

  /** Gives all partitions back. */
  unassign(): void {
    open(this, "Cannot unassign");
    this.#reading.replaceAssignment(null);
  }

  /** Takes partitions in addition to those that it has. Source: `rd_kafka_incremental_assign`. */
  incrementalAssign(partitions: readonly TopicPartitionOffset[]): void {
    open(this, "Cannot assign");
    this.#reading.addToAssignment(partitions);
  }

  /** Gives these partitions back. Source: `rd_kafka_incremental_unassign`. */
  incrementalUnassign(partitions: readonly TopicPartition[]): void {
    open(this, "Cannot unassign");
    this.#reading.removeFromAssignment(partitions);
  }

  /**
   * Iterates over messages one by one until the consumer is closed.
   *
   * Leaving the loop leaves the consumer open: a later loop goes on after the last message that was handed over. An iterator
   * that is left by `return()` while a step waits ends that step, without a message, and is rid of the consumer when it has:
   * but within a rebalance handler, which the step may be waiting for, only once that is over.
   */
  messages(options: IterateOptions = {}): AsyncIterableIterator<Message<K, V>> {
    open(this, "Cannot read");
    return this.#reading.messages(options) as AsyncIterableIterator<unknown> as AsyncIterableIterator<Message<K, V>>;
  }

  /** The same as {@link messages}. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message<K, V>> {
    return this.messages();
  }

  /**
   * Iterates over messages in batches until the consumer is closed. A batch is never empty.
   *
   * @example Store batches, and commit each once it is stored
   * ```ts
   * import type { Consumer, Message } from "@kafka-ffi/kafka";
   *
   * async function run(consumer: Consumer, store: (messages: Message[]) => Promise<void>): Promise<void> {
   *   for await (const batch of consumer.batches({ maxMessages: 500, maxWaitMs: 100 })) {
   *     await store(batch);
   *     await consumer.commit(batch);
   *   }
   * }
   * ```
   */
  batches(options: BatchOptions = {}): AsyncIterableIterator<Message<K, V>[]> {
    open(this, "Cannot read");
    return this.#reading.batches(options) as AsyncIterableIterator<unknown> as AsyncIterableIterator<Message<K, V>[]>;
  }

  /**
   * Waits for the next message.
   *
   * @returns The message, or null if `timeoutMs` was up or the consumer was closed.
   * @throws {DeserializationError} for a message that cannot be deserialized, unless `onDeserializationError` says otherwise; the
   * next call goes on after it. The same holds for all calls that read.
   *
   * Source: `rd_kafka_consume_batch_queue`; `Consumer.poll()` in confluent-kafka-python, whose timeout is in seconds.
   */
  async poll(options: WaitOptions = {}): Promise<Message<K, V> | null> {
    open(this, "Cannot read");
    checkOptions(options);
    const messages = await this.#reading.collect(1, checkTimeout(options.timeoutMs), undefined, options.signal);
    return (messages as unknown[] as Message<K, V>[])[0] ?? null;
  }

  /**
   * Waits for `count` messages, and returns fewer if `timeoutMs` is up or the consumer is closed, if some of them were skipped
   * because they cannot be deserialized, and before one for which there is an error: the next call has that.
   *
   * Source: `rd_kafka_consume_batch_queue`; `Consumer.consume()` in confluent-kafka-python.
   */
  async consume(count: number, options: WaitOptions = {}): Promise<Message<K, V>[]> {
    open(this, "Cannot read");
    if (!Number.isInteger(count) || count < 1 || count > 1_000_000) {
      throw new RangeError(`Cannot read ${describe(count)} messages: the range is 1 to 1000000`);
    }
    checkOptions(options);
    const timeoutMs = checkTimeout(options.timeoutMs);
    const messages = await this.#reading.collect(count, timeoutMs, timeoutMs ?? Infinity, options.signal);
    return messages as unknown[] as Message<K, V>[];
  }

  /**
   * A stream of messages, or with `batch` of arrays of them. Each is read when it is asked for, and counts as done when the
   * next one is.
   *
   * So reading it with `for await`, or by a reader's `read()`, is at least once, as {@link messages} is. A pipe asks for the
   * next chunk while it still passes on the ones before: what is under way in it counts as done. Where that matters, turn
   * `enable.auto.offset.store` off and store offsets where the pipe ends, or use {@link run}.
   *
   * Cancelling the stream leaves the consumer open, as leaving a loop does. The stream ends when the consumer is closed.
   *
   * @example Count messages until there are enough
   * ```ts
   * import type { Consumer } from "@kafka-ffi/kafka";
   *
   * async function total(consumer: Consumer, enough: number): Promise<number> {
   *   let bytes = 0;
   *   for await (const batch of consumer.readable({ batch: true, maxMessages: 500 })) {
   *     for (const { value } of batch) bytes += value?.length ?? 0;
   *     if (bytes >= enough) break;
   *   }
   *   return bytes;
   * }
   * ```
   */
  readable(options?: ReadableOptions): ReadableStream<Message<K, V>>;
  /** The same, in batches. */
  readable(options: ReadableBatchOptions): ReadableStream<Message<K, V>[]>;
  readable(
    options: ReadableOptions | ReadableBatchOptions = {},
  ): ReadableStream<Message<K, V>> | ReadableStream<Message<K, V>[]> {
    open(this, "Cannot read");
    const giveBack = (messages: unknown[]): void => this.#reading.giveBack(messages as Message[]);
    if (!("batch" in options)) return readableOf(this.messages(), (message) => giveBack([message]), options);
    return readableOf(this.batches(options), giveBack, options);
  }

  /**
   * Calls a handler with each message, or with batches of one partition each, until it is stopped. Resolves then.
   *
   * The messages of a partition are handled one after another, those of up to `concurrency` partitions side by side; with
   * `orderBy: "key"` also those of different keys of a partition. A slow partition does not hold up the others.
   *
   * Delivery is at least once: a message is done when its handler has returned, or kept its promise, and the offset that is
   * stored for the automatic commit is that of the first message of the partition that is not done. When partitions are to be
   * given back, their handlers are waited for before the group is answered (at most four fifths of `max.poll.interval.ms`), and
   * `onRevoke` runs after them. When a handler throws, the others come to their end, and `run()` is rejected with what it has
   * thrown, unless `onError` says otherwise. What was not done is handed over again by the next call that reads.
   *
   * A handler that takes longer than `max.poll.interval.ms` costs this consumer its partitions, as with every consumer.
   *
   * @throws {KafkaError} `_CONFLICT` if something else is reading; or the error that ended the consumer.
   * @throws {TypeError | RangeError} if an option cannot be used.
   *
   * @example Handle up to eight partitions at once
   * ```ts
   * import type { Consumer, Message } from "@kafka-ffi/kafka";
   *
   * async function work(consumer: Consumer, handle: (message: Message) => Promise<void>): Promise<void> {
   *   await consumer.run({
   *     concurrency: 8,
   *     eachMessage: (message) => handle(message),
   *     onError: (error, [message]) => {
   *       console.error(`left out ${message?.offset}:`, error);
   *       return "skip";
   *     },
   *   });
   * }
   * ```
   */
  async run(options: EachMessageOptions<K, V> | EachBatchOptions<K, V>): Promise<void> {
    const client = open(this, "Cannot run");
    const deserializing = deserializingOf(client, this.#options);
    const known = options as unknown as EachMessageOptions | EachBatchOptions;
    await new Running(client, this.#reading, deserializing, known).run();
  }

  /**
   * Iterates over the partitions that this consumer is given, each with messages of its own, which are read side by side: give
   * each to a reader, and do not wait for its end before the next. It reads until {@link stop} or the end of the consumer.
   *
   * Delivery is at least once, as with {@link messages}: a message is done when its reader asks for the partition's next one.
   * The messages of a partition keep their order, and a slow reader does not hold up the others. When a partition is to be given
   * back, its `signal` is aborted, its messages end when its reader asks for the next one, and that is waited for before the
   * group is answered (at most four fifths of `max.poll.interval.ms`). A reader that has a message in hand for longer than
   * `max.poll.interval.ms` costs this consumer its partitions.
   *
   * {@link stop} and `signal` end it gently: when the readers have put down the messages in hand. Leaving the loop ends it at
   * once, and so do errors, which the readers are told of too; what was in hand then, or never handed over, comes again by the
   * next call that reads.
   *
   * @throws {KafkaError} `_CONFLICT` if something else is reading; or the error that ended the consumer.
   *
   * @example Read each partition by a task of its own
   * ```ts
   * import type { Consumer, PartitionLane } from "@kafka-ffi/kafka";
   *
   * async function copy({ topic, partition, messages }: PartitionLane): Promise<void> {
   *   for await (const message of messages) console.log(topic, partition, message.offset);
   * }
   *
   * async function copyAll(consumer: Consumer): Promise<void> {
   *   const tasks: Promise<void>[] = [];
   *   for await (const lane of consumer.partitions()) tasks.push(copy(lane));
   *   await Promise.all(tasks);
   * }
   * ```
   */
  partitions(options: PartitionsOptions = {}): AsyncIterableIterator<PartitionLane<K, V>> {
    const client = open(this, "Cannot read");
    const lanes = new PartitionReading(client, this.#reading, deserializingOf(client, this.#options), options)
      .iterate();
    return lanes as AsyncIterableIterator<unknown> as AsyncIterableIterator<PartitionLane<K, V>>;
  }

  /**
   * Ends {@link run}, which resolves when the handlers that are under way have come to their end, and {@link partitions} likewise.
   * They may be called again.
   */
  stop(): void {
    this.#reading.stopWork();
  }

  /**
   * Stores and commits what is done, leaves the group, and frees everything. Calling it again returns the same promise.
   *
   * Loops that are under way end. The rebalance handlers run for what is given back.
   *
   * @param options After `timeoutMs` (default: 30000) the consumer is freed without leaving the group properly, which then
   * waits for `session.timeout.ms`. `signal` ends the wait of this call, and the closing goes on.
   *
   * Source: `rd_kafka_consumer_close_queue`; `Consumer.close()` in confluent-kafka-python.
   */
  override close(options: CloseOptions = {}): Promise<void> {
    return super.close(options);
  }
}
