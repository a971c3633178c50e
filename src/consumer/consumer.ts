/** The consumer: subscribes or assigns, and hands over messages one by one or in batches. */
import { Client } from "../client/client.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkTimeout } from "../client/wait.ts";
import type { ConsumerConfig } from "../config/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import type {
  PartitionOffset,
  TopicPartition,
  TopicPartitionOffset,
  TopicPartitionTime,
  WatermarkOffsets,
} from "../kafka/topic_partition.ts";
import type { LibraryInfo } from "../native/native.ts";
import { describe } from "../native/scratch.ts";
import * as lookups from "./lookups.ts";
import type { BatchOptions, ConsumerOptions, IterateOptions, LookupOptions } from "./options.ts";
import { Reading } from "./reading.ts";

const defaultCloseMs = 30_000;

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
export class Consumer implements AsyncDisposable, AsyncIterable<Message> {
  readonly #client: Client;
  readonly #reading: Reading;
  readonly #group: string;
  readonly #isReadCommitted: boolean;
  #closing: Promise<void> | undefined;

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
    const given = config as Readonly<Record<string, unknown>>;
    if (typeof given === "object" && given !== null && !given["group.id"]) {
      throw new KafkaError('Cannot open the consumer: "group.id" is not set, and offsets are kept under it', -186);
    }
    this.#client = new Client("consumer", config, defaults, forced, options, {
      onEvent: () => {},
      onWake: () => this.#reading?.wake(),
    });
    this.#group = this.#client.setting(["group.id"], "");
    this.#isReadCommitted = this.#client.setting(["isolation.level"], "read_committed") === "read_committed";
    this.#reading = new Reading(this.#client, options, {
      storesOffsets: this.#client.setting(["enable.auto.offset.store"], "true") === "true",
      maxPollMs: Number(this.#client.setting(["max.poll.interval.ms"], "300000")),
    });
  }

  /** The librdkafka in use: where it was found, its version and features. */
  get library(): LibraryInfo {
    return this.#client.info;
  }

  /** The error after which this consumer can no longer be used, or null. */
  get fatalError(): KafkaError | null {
    return this.#client.fatalError;
  }

  /** The name that the group's coordinator knows this member by; empty before the group is joined. */
  get memberId(): string {
    const { native, handle } = this.#open("Cannot read the member id");
    return native.text(native.c.rd_kafka_memberid(handle)) ?? "";
  }

  /** How the group rebalances: `NONE` before it is joined, `EAGER`, or `COOPERATIVE`, which includes KIP-848's protocol. */
  get rebalanceProtocol(): string {
    this.#open("Cannot read the protocol");
    return this.#reading.assignment.protocol;
  }

  /** Whether the assignment is lost: the group may have given it to others, and no offset may be committed. */
  get assignmentLost(): boolean {
    this.#open("Cannot read the assignment");
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
    lookups.subscribe(this.#open("Cannot subscribe"), topics);
  }

  /** Ends the subscription, and with it the membership in the group. */
  unsubscribe(): void {
    const { native, handle } = this.#open("Cannot unsubscribe");
    native.checkCode("Cannot unsubscribe", native.c.rd_kafka_unsubscribe(handle));
  }

  /** The topics that were asked for; patterns as librdkafka has them. */
  subscription(): string[] {
    return lookups.currentSubscription(this.#open("Cannot read the subscription"));
  }

  /** The partitions that this consumer has. */
  assignment(): TopicPartition[] {
    return lookups.currentAssignment(this.#open("Cannot read the assignment"));
  }

  /**
   * Takes exactly these partitions, without the group's say. Within `onAssign` it is the answer to the group.
   *
   * Source: `rd_kafka_assign`; `Consumer.assign()` in confluent-kafka-python.
   */
  assign(partitions: readonly TopicPartitionOffset[]): void {
    this.#open("Cannot assign");
    this.#reading.replaceAssignment(partitions);
  }

  /** Gives all partitions back. */
  unassign(): void {
    this.#open("Cannot unassign");
    this.#reading.replaceAssignment(null);
  }

  /** Takes partitions in addition to those that it has. Source: `rd_kafka_incremental_assign`. */
  incrementalAssign(partitions: readonly TopicPartitionOffset[]): void {
    this.#open("Cannot assign");
    this.#reading.addToAssignment(partitions);
  }

  /** Gives these partitions back. Source: `rd_kafka_incremental_unassign`. */
  incrementalUnassign(partitions: readonly TopicPartition[]): void {
    this.#open("Cannot unassign");
    this.#reading.removeFromAssignment(partitions);
  }

  /**
   * Iterates over messages one by one until the consumer is closed.
   *
   * Leaving the loop leaves the consumer open: a later loop goes on after the last message that was handed over.
   */
  messages(options: IterateOptions = {}): AsyncIterableIterator<Message> {
    this.#open("Cannot read");
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
    this.#open("Cannot read");
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
    this.#open("Cannot read");
    return (await this.#reading.collect(1, checkTimeout(options.timeoutMs), undefined, options.signal))[0] ?? null;
  }

  /**
   * Waits for `count` messages, and returns fewer if `timeoutMs` is up or the consumer is closed.
   *
   * Source: `rd_kafka_consume_batch_queue`; `Consumer.consume()` in confluent-kafka-python.
   */
  async consume(count: number, options: WaitOptions = {}): Promise<Message[]> {
    this.#open("Cannot read");
    if (!Number.isInteger(count) || count < 1 || count > 1_000_000) {
      throw new RangeError(`Cannot read ${describe(count)} messages: the range is 1 to 1000000`);
    }
    const timeoutMs = checkTimeout(options.timeoutMs);
    return await this.#reading.collect(count, timeoutMs, timeoutMs ?? Infinity, options.signal);
  }

  /**
   * Marks offsets as done, for the automatic commit or a {@link commit} without arguments. Needed only with
   * `enable.auto.offset.store=false`, or to count the last message before leaving a loop.
   *
   * @param what A message or messages that are done, or partitions with the offset to read next.
   * @throws {KafkaError} `_STATE` if a partition is not assigned.
   *
   * Source: `rd_kafka_offsets_store`; `Consumer.store_offsets()` in confluent-kafka-python.
   */
  storeOffsets(what: lookups.DoneLike): void {
    this.#open("Cannot store offsets");
    const offsets = lookups.offsetsOf(what);
    const failed = this.#reading.store(offsets);
    if (failed.length > 0) throw failed[0]!.error!;
    this.#reading.stored(offsets);
  }

  /**
   * Commits offsets for this consumer's group and waits for the coordinator to answer.
   *
   * An offset names the next message to read: after message 41, commit 42. Partitions of a list are answered one by one, so
   * some may fail while others succeed: each entry of the result has its own `error`. Without a list, one failure is all's.
   *
   * @param what A message or messages that are done, or partitions with offsets. Default: what is stored for the assignment, which within
   * a loop does not include the message in hand: `commit(message)` does.
   * @param options `timeoutMs` and `signal` bound the wait; the commit may still happen.
   * @returns An entry for each partition; none if there was nothing to commit, which is no error.
   * @throws {KafkaError} if nothing was committed: `ILLEGAL_GENERATION`, `STALE_MEMBER_EPOCH` or `_ASSIGNMENT_LOST` if the
   * group has moved on.
   *
   * Source: `rd_kafka_commit_queue`; `Consumer.commit(asynchronous=False)` in confluent-kafka-python.
   */
  async commit(
    what?: lookups.DoneLike | null,
    options: WaitOptions = {},
  ): Promise<PartitionOffset[]> {
    this.#open("Cannot commit");
    const offsets = what === undefined || what === null ? null : lookups.offsetsOf(what);
    if (offsets === null) this.#reading.storeDone();
    return await lookups.commitOffsets(this.#client, offsets, options);
  }

  /**
   * Asks the coordinator what the group has committed.
   *
   * @param partitions Default: the assignment.
   * @returns An entry for each partition; its `offset` is null where nothing is committed.
   *
   * Source: `rd_kafka_ListConsumerGroupOffsets`; `Consumer.committed()` in confluent-kafka-python.
   */
  async committed(
    partitions: readonly TopicPartition[] = this.assignment(),
    options: LookupOptions = {},
  ): Promise<PartitionOffset[]> {
    this.#open("Cannot read committed offsets");
    return await lookups.committedOffsets(this.#client, this.#group, partitions, options);
  }

  /**
   * Where this consumer is: after the last message that was handed over; null before the first.
   *
   * Unlike librdkafka's own position, what was read ahead does not count.
   */
  position(partitions: readonly TopicPartition[] = this.assignment()): PartitionOffset[] {
    this.#open("Cannot read the position");
    return this.#reading.holdings.positions.report(partitions);
  }

  /**
   * Moves to another offset of partitions that are assigned. No message from before arrives any more.
   *
   * Source: `rd_kafka_seek_partitions`; `Consumer.seek()` in confluent-kafka-python.
   *
   * @throws {KafkaError} `_STATE` if a partition is not assigned.
   */
  seek(where: TopicPartitionOffset | readonly TopicPartitionOffset[]): void {
    this.#open("Cannot seek");
    this.#reading.holdings.seek(Array.isArray(where) ? where : [where as TopicPartitionOffset]);
  }

  /** Stops the flow of messages from partitions. What was read ahead of them is kept for {@link resume}. */
  pause(partitions: readonly TopicPartition[]): void {
    this.#open("Cannot pause");
    this.#reading.holdings.pause(partitions);
  }

  /** Lets messages flow again, from the next one that was not handed over. */
  resume(partitions: readonly TopicPartition[]): void {
    this.#open("Cannot resume");
    this.#reading.resume(partitions);
  }

  /** The partitions that are paused. */
  paused(): TopicPartition[] {
    this.#open("Cannot read the paused partitions");
    return this.#reading.holdings.positions.paused();
  }

  /**
   * Asks for the first and the next offset of a partition. With `isolation.level=read_committed` the latter is the last stable
   * offset.
   *
   * Source: `rd_kafka_ListOffsets`; `Consumer.get_watermark_offsets()` in confluent-kafka-python.
   */
  async getWatermarkOffsets(partition: TopicPartition, options: LookupOptions = {}): Promise<WatermarkOffsets> {
    this.#open("Cannot look up offsets");
    return await lookups.watermarkOffsets(this.#client, this.#isReadCommitted, partition, options);
  }

  /**
   * Asks for the first offset at or after a time, partition by partition.
   *
   * @returns An entry for each partition; its `offset` is null where no message is that young.
   *
   * Source: `rd_kafka_ListOffsets`; `Consumer.offsets_for_times()` in confluent-kafka-python.
   */
  async offsetsForTimes(
    times: readonly TopicPartitionTime[],
    options: LookupOptions = {},
  ): Promise<PartitionOffset[]> {
    this.#open("Cannot look up offsets");
    return await lookups.offsetsForTimes(this.#client, this.#isReadCommitted, times, options);
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
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    try {
      const timeoutMs = checkTimeout(options.timeoutMs) ?? defaultCloseMs;
      return this.#closing ??= this.#reading.close(timeoutMs);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What `JSON.stringify` shows: no secret of the configuration is in it. */
  toJSON(): Record<string, unknown> {
    return this.#client.describe();
  }

  #open(action: string): Client {
    if (this.#closing !== undefined && !this.#reading.isRevoking) {
      throw new KafkaError(`${action}: the consumer is closed`, -197);
    }
    this.#client.check(action);
    return this.#client;
  }
}
