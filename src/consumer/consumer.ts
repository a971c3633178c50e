/** The consumer: subscribes or assigns, and hands over messages one by one or in batches. */
import { Client } from "../client/client.ts";
import { attach, open } from "../client/kafka_client.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkTimeout } from "../client/wait.ts";
import type { ConsumerConfig } from "../config/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import type { TopicPartition, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { describe } from "../native/scratch.ts";
import * as lookups from "./lookups.ts";
import { ConsumerOffsets, useReading } from "./offsets.ts";
import type { BatchOptions, ConsumerOptions, IterateOptions } from "./options.ts";
import { Reading } from "./reading.ts";

/** What differs from librdkafka's defaults. A fast reader would else wait a second each time the prefetch queue was full. */
const defaults = { "fetch.queue.backoff.ms": "5" };
/** Set by this client alone: it stores an offset when the reader has had the message, and librdkafka would do so before. */
const forced = { "log.queue": "true", "enable.auto.offset.store": "false" };

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
export class Consumer extends ConsumerOffsets implements AsyncIterable<Message> {
  readonly #reading: Reading;

  /**
   * Opens a consumer. It connects in the background; nothing waits here.
   *
   * @param config librdkafka's properties, by their own names. `group.id` is needed. `fetch.queue.backoff.ms` is 5 unless it
   * is set (librdkafka: 1000).
   * @param options Handlers and choices that are not librdkafka's.
   * @throws {KafkaError} `_INVALID_ARG`, naming every property that is wrong.
   * @throws {Error} if librdkafka is not found or too old, with what to do about it.
   */
  constructor(config: ConsumerConfig, options: ConsumerOptions = {}) {
    super();
    const given = config as Readonly<Record<string, unknown>>;
    if (typeof given === "object" && given !== null && !given["group.id"]) {
      throw new KafkaError('Cannot open the consumer: "group.id" is not set, and offsets are kept under it', -186);
    }
    const client = new Client("consumer", config, defaults, forced, options, {
      onEvent: () => {},
      onWake: () => this.#reading?.wake(),
    });
    this.#reading = new Reading(client, options, {
      storesOffsets: client.setting(["enable.auto.offset.store"], "true") === "true",
      maxPollMs: Number(client.setting(["max.poll.interval.ms"], "300000")),
    });
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
    this.#reading.replaceAssignment(partitions);
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
   * Leaving the loop leaves the consumer open: a later loop goes on after the last message that was handed over.
   */
  messages(options: IterateOptions = {}): AsyncIterableIterator<Message> {
    open(this, "Cannot read");
    return this.#reading.messages(options);
  }

  /** The same as {@link messages}. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
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
  batches(options: BatchOptions = {}): AsyncIterableIterator<Message[]> {
    open(this, "Cannot read");
    return this.#reading.batches(options);
  }

  /**
   * Waits for the next message.
   *
   * @returns The message, or null if `timeoutMs` was up or the consumer was closed.
   *
   * Source: `rd_kafka_consume_batch_queue`; `Consumer.poll()` in confluent-kafka-python, whose timeout is in seconds.
   */
  async poll(options: WaitOptions = {}): Promise<Message | null> {
    open(this, "Cannot read");
    return (await this.#reading.collect(1, checkTimeout(options.timeoutMs), undefined, options.signal))[0] ?? null;
  }

  /**
   * Waits for `count` messages, and returns fewer if `timeoutMs` is up or the consumer is closed.
   *
   * Source: `rd_kafka_consume_batch_queue`; `Consumer.consume()` in confluent-kafka-python.
   */
  async consume(count: number, options: WaitOptions = {}): Promise<Message[]> {
    open(this, "Cannot read");
    if (!Number.isInteger(count) || count < 1 || count > 1_000_000) {
      throw new RangeError(`Cannot read ${describe(count)} messages: the range is 1 to 1000000`);
    }
    const timeoutMs = checkTimeout(options.timeoutMs);
    return await this.#reading.collect(count, timeoutMs, timeoutMs ?? Infinity, options.signal);
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

  /** Stops the flow of messages from partitions. What was read ahead of them is kept for {@link resume}. */
  pause(partitions: readonly TopicPartition[]): void {
    open(this, "Cannot pause");
    this.#reading.holdings.pause(partitions);
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
   * Stores and commits what is done, leaves the group, and frees everything. Calling it again returns the same promise.
   *
   * Loops that are under way end. The rebalance handlers run for what is given back.
   *
   * @param options After `timeoutMs` (default: 30000) the consumer is freed without leaving the group properly, which then
   * waits for `session.timeout.ms`.
   *
   * Source: `rd_kafka_consumer_close_queue`; `Consumer.close()` in confluent-kafka-python.
   */
  override close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return super.close(options);
  }
}
