/** The consumer that blocks: subscribes or assigns, and hands over messages, without an event loop. */
import { checkTimeout } from "../client/wait.ts";
import type { ConsumerConfig } from "../config/mod.ts";
import * as lookups from "../consumer/lookups.ts";
import { checkBatches } from "../consumer/iterator.ts";
import { openReading } from "../consumer/opening.ts";
import { pauseUntilDisposed } from "../consumer/pausing.ts";
import type { Reading } from "../consumer/reading.ts";
import type { Message } from "../kafka/message.ts";
import type { TopicPartition, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { checkPlaces } from "../native/partition_list.ts";
import { describe } from "../native/scratch.ts";
import { attach, open, openToWait } from "./blocking_client.ts";
import { ConsumerOffsets, useReading } from "./offsets.ts";
import type { BatchOptions, ConsumerOptions } from "./options.ts";

/**
 * Reads messages from Kafka, alone or in a consumer group, and blocks the thread while it waits: for scripts, and for workers
 * that have nothing else to do.
 *
 * What it is told and what it returns is what the consumer of the main entry is told and resolves with. Delivery is at least
 * once: a message counts as done when the reader asks for the next one, and only then is its offset stored for the automatic
 * commit (`enable.auto.commit`, `enable.auto.offset.store`). Leaving a loop, by `break` or by an error, does not count the
 * message in hand: it is read again by whoever has the partition next, unless it was stored or committed by hand.
 *
 * The group is looked after within the calls that read: their handlers run there too. A reader that does not come back within
 * `max.poll.interval.ms` loses its partitions. While it blocks, nothing else of JavaScript runs in its thread, no handler of a
 * signal either. Without one, Ctrl-C ends the process at once, and the group learns of it after `session.timeout.ms`.
 *
 * `run()` and `readable()` are the main entry's alone: handlers that run side by side, and streams, need an event loop.
 *
 * Source: `rd_kafka_t` of type consumer; `Consumer` in confluent-kafka-python.
 *
 * @example Read messages one by one
 * ```ts
 * import { Consumer } from "@kafka-ffi/kafka/sync";
 *
 * using consumer = new Consumer({ "bootstrap.servers": "localhost:9092", "group.id": "kitchen" });
 * consumer.subscribe(["orders"]);
 * for (const message of consumer) {
 *   console.log(message.offset, new TextDecoder().decode(message.value ?? undefined));
 * }
 * ```
 */
export class Consumer<K = Uint8Array, V = Uint8Array> extends ConsumerOffsets implements Iterable<Message<K, V>> {
  readonly #reading: Reading;

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
    const own = { ...options } as unknown as ConsumerOptions;
    const { client, reading } = openReading(config, own, { blocks: true });
    this.#reading = reading;
    useReading(this, reading);
    attach(this, {
      client,
      close: (timeoutMs) => reading.closeNow(timeoutMs),
      isRebalancing: () => reading.isRevoking,
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
   * Blocks until there is a message.
   *
   * @param timeoutMs How long it blocks at most. Default: no limit.
   * @returns The message, or null if the time was up.
   * @throws {KafkaError} `_CONFLICT` within a handler of this consumer.
   * @throws {DeserializationError} for a message that cannot be deserialized, unless `onDeserializationError` says otherwise; the
   * next call goes on after it. The same holds for all calls that read.
   *
   * Source: `rd_kafka_consume_batch_queue`; `Consumer.poll()` in confluent-kafka-python, whose timeout is in seconds.
   *
   * @example Stop when nothing came for ten seconds
   * ```ts
   * import type { Message } from "@kafka-ffi/kafka";
   * import type { Consumer } from "@kafka-ffi/kafka/sync";
   *
   * function drain(consumer: Consumer, store: (message: Message) => void): void {
   *   for (let message = consumer.poll(10_000); message !== null; message = consumer.poll(10_000)) store(message);
   * }
   * ```
   */
  poll(timeoutMs: number = Infinity): Message<K, V> | null {
    openToWait(this, "Cannot read");
    checkTimeout(timeoutMs);
    const message: unknown = this.#reading.next() ?? this.#reading.collectNow(1, timeoutMs, undefined)[0] ?? null;
    return message as Message<K, V> | null;
  }

  /**
   * Blocks until there are `count` messages, and returns fewer if the time is up.
   *
   * @param timeoutMs How long it blocks at most. Default: no limit.
   * @throws {KafkaError} `_CONFLICT` within a handler of this consumer.
   *
   * Source: `rd_kafka_consume_batch_queue`; `Consumer.consume()` in confluent-kafka-python.
   */
  consume(count: number, timeoutMs: number = Infinity): Message<K, V>[] {
    openToWait(this, "Cannot read");
    if (!Number.isInteger(count) || count < 1 || count > 1_000_000) {
      throw new RangeError(`Cannot read ${describe(count)} messages: the range is 1 to 1000000`);
    }
    checkTimeout(timeoutMs);
    return this.#reading.collectNow(count, timeoutMs, timeoutMs) as unknown[] as Message<K, V>[];
  }

  /**
   * Iterates over messages one by one, and blocks for each that is not there yet, until the consumer is closed.
   *
   * Leaving the loop leaves the consumer open: a later loop goes on after the last message that was handed over.
   */
  *messages(): IterableIterator<Message<K, V>> {
    const client = openToWait(this, "Cannot read");
    while (!client.isClosing) {
      const message = this.poll();
      if (message !== null) yield message;
    }
  }

  /** The same as {@link messages}. */
  [Symbol.iterator](): IterableIterator<Message<K, V>> {
    return this.messages();
  }

  /**
   * Iterates over messages in batches, until the consumer is closed. A batch is never empty.
   *
   * @example Store batches, and commit each once it is stored
   * ```ts
   * import type { Message } from "@kafka-ffi/kafka";
   * import type { Consumer } from "@kafka-ffi/kafka/sync";
   *
   * function run(consumer: Consumer, store: (messages: Message[]) => void): void {
   *   for (const batch of consumer.batches({ maxMessages: 500, maxWaitMs: 100 })) {
   *     store(batch);
   *     consumer.commit(batch);
   *   }
   * }
   * ```
   */
  *batches({ maxMessages = 1000, maxWaitMs = 0 }: BatchOptions = {}): IterableIterator<Message<K, V>[]> {
    checkBatches(maxMessages, maxWaitMs);
    const client = openToWait(this, "Cannot read");
    while (!client.isClosing) {
      openToWait(this, "Cannot read");
      const batch = this.#reading.collectNow(maxMessages, undefined, maxWaitMs);
      if (batch.length > 0) yield batch as unknown[] as Message<K, V>[];
    }
  }

  /**
   * Moves to another offset of partitions that are assigned. No message from before arrives any more.
   *
   * Source: `rd_kafka_seek_partitions`; `Consumer.seek()` in confluent-kafka-python.
   *
   * @throws {KafkaError} `_STATE` if a partition is not assigned.
   */
  seek(where: TopicPartitionOffset | readonly TopicPartitionOffset[]): void {
    open(this, "Cannot seek");
    this.#reading.holdings.seek(Array.isArray(where) ? where : [where as TopicPartitionOffset]);
  }

  /**
   * Stops the flow of messages from partitions. What was read ahead of them is kept for {@link resume}.
   *
   * @returns Something for `using`: at the end of its block those of the partitions flow again that were flowing before. It may be
   * left alone.
   * @throws {KafkaError} `_STATE` if a partition is not assigned.
   */
  pause(partitions: readonly TopicPartition[]): Disposable {
    return pauseUntilDisposed(open(this, "Cannot pause"), this.#reading, partitions);
  }

  /** Lets messages flow again, from the next one that was not handed over. */
  resume(partitions: readonly TopicPartition[]): void {
    open(this, "Cannot resume");
    this.#reading.resume(partitions);
  }

  /** The partitions that are paused. */
  paused(): TopicPartition[] {
    open(this, "Cannot read the paused partitions");
    return this.#reading.holdings.positions.paused();
  }

  /**
   * Stores and commits what is done, leaves the group, and frees everything. Calling it again does nothing.
   *
   * Loops that are under way end. The rebalance handlers run for what is given back.
   *
   * @param timeoutMs After so long (default: 30000) the consumer is left as it is, without having left the group properly, which
   * then waits for `session.timeout.ms`; its threads and its memory stay until the process ends.
   * @throws {KafkaError} `_CONFLICT` within a handler of this consumer.
   *
   * Source: `rd_kafka_consumer_close_queue`; `Consumer.close()` in confluent-kafka-python.
   */
  override close(timeoutMs?: number): void {
    super.close(timeoutMs);
  }
}
