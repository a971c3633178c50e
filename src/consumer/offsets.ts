/** The offsets of a consumer: stored, committed, looked up, and where it reads on. */
import { KafkaClient, open } from "../client/kafka_client.ts";
import type { WaitOptions } from "../client/options.ts";
import { perform } from "../kafka/work.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type {
  PartitionLag,
  PartitionOffset,
  TopicPartition,
  TopicPartitionOffset,
  TopicPartitionTime,
  WatermarkOffsets,
} from "../kafka/topic_partition.ts";
import { readGroupMetadata } from "../native/transactions.ts";
import { commitLater } from "./commits.ts";
import { lagOf } from "./lag.ts";
import * as lookups from "./lookups.ts";
import type { LookupOptions, WatermarkOptions } from "./options.ts";
import { pauseUntilDisposed } from "./pausing.ts";
import type { Reading } from "./reading.ts";

const readings = new WeakMap<ConsumerOffsets, Reading>();

/** Gives a consumer its reading half, once, as it is made. */
export function useReading(self: ConsumerOffsets, reading: Reading): void {
  readings.set(self, reading);
}

/**
 * What a {@link Consumer} does with offsets.
 *
 * @example Commit what is done
 * ```ts
 * import type { Consumer } from "@kafka-ffi/kafka";
 *
 * async function commitAll(consumer: Consumer): Promise<void> {
 *   for (const { topic, partition, error } of await consumer.commit()) {
 *     if (error !== null) console.log(topic, partition, error.message);
 *   }
 * }
 * ```
 */
export abstract class ConsumerOffsets extends KafkaClient<void> {
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
    open(this, "Cannot store offsets");
    readings.get(this)!.storing.storeByHand(lookups.offsetsOf(what));
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
    const client = open(this, "Cannot commit");
    const offsets = what === undefined || what === null ? null : lookups.offsetsOf(what);
    if (offsets === null) readings.get(this)!.storing.storeDone();
    return await perform(lookups.commitOffsets(client, offsets, options));
  }

  /**
   * Commits offsets and does not wait: `onCommit` is told of the answer, or without it `onError` if the commit failed.
   *
   * Closing the consumer waits for the answer; the end of the process does not.
   *
   * @param what As for {@link commit}.
   *
   * Source: `rd_kafka_commit_queue`; `Consumer.commit(asynchronous=True)` in confluent-kafka-python.
   *
   * @example Commit each message without waiting for the one before
   * ```ts
   * import { Consumer, type Message } from "@kafka-ffi/kafka";
   *
   * async function run(handle: (message: Message) => Promise<void>): Promise<void> {
   *   await using consumer = new Consumer(
   *     { "bootstrap.servers": "localhost:9092", "group.id": "kitchen", "enable.auto.commit": false },
   *     { onCommit: (error) => void (error && console.error("Will be read again:", error.message)) },
   *   );
   *   consumer.subscribe(["orders"]);
   *   for await (const message of consumer) {
   *     await handle(message);
   *     consumer.commitLater(message);
   *   }
   * }
   * ```
   */
  commitLater(what?: lookups.DoneLike | null): void {
    const client = open(this, "Cannot commit");
    const offsets = what === undefined || what === null ? null : lookups.offsetsOf(what);
    if (offsets === null) readings.get(this)!.storing.storeDone();
    commitLater(client, offsets);
  }

  /**
   * Asks the coordinator what the group has committed.
   *
   * @param partitions Default: the assignment.
   * @returns An entry for each partition; its `offset` is null where nothing is committed.
   *
   * Source: `rd_kafka_ListConsumerGroupOffsets`; `Consumer.committed()` in confluent-kafka-python.
   */
  async committed(partitions?: readonly TopicPartition[], options: LookupOptions = {}): Promise<PartitionOffset[]> {
    const client = open(this, "Cannot read committed offsets");
    return await perform(lookups.committedOffsets(client, partitions ?? lookups.currentAssignment(client), options));
  }

  /**
   * Where this consumer is: after the last message that was handed over; null before the first.
   *
   * Unlike librdkafka's own position, what was read ahead does not count.
   */
  position(partitions?: readonly TopicPartition[]): PartitionOffset[] {
    const client = open(this, "Cannot read the position");
    return readings.get(this)!.holdings.positions.report(partitions ?? lookups.currentAssignment(client));
  }

  /**
   * Who this consumer is in its group just now, for {@link Producer.sendOffsetsToTransaction}: a plain value, which may be sent
   * to a worker. The next rebalance makes it stale, so ask in each transaction.
   *
   * Source: `rd_kafka_consumer_group_metadata`; `Consumer.consumer_group_metadata()` in confluent-kafka-python.
   */
  consumerGroupMetadata(): ConsumerGroupMetadata {
    const { native, handle } = open(this, "Cannot read the group's metadata");
    return readGroupMetadata(native, handle);
  }

  /**
   * Asks for the first and the next offset of a partition. With `isolation.level=read_committed` the latter is the last stable
   * offset.
   *
   * @param options With `cached` nobody is asked if a fetch of this partition has told both, which may be a while ago; the
   * latter is then never the last stable offset.
   *
   * Source: `rd_kafka_ListOffsets`; `Consumer.get_watermark_offsets()` in confluent-kafka-python.
   */
  async getWatermarkOffsets(partition: TopicPartition, options: WatermarkOptions = {}): Promise<WatermarkOffsets> {
    const client = open(this, "Cannot look up offsets");
    return await perform(lookups.watermarkOffsets(client, partition, options));
  }

  /**
   * How far this consumer is behind: for each partition the number of offsets from the next message that it will be handed to
   * the end.
   *
   * Of a partition that is being read, the end is known from the last fetch, and nobody is asked. Else the leader is asked, and
   * where nothing was handed over yet, the group's coordinator where the reading will begin. Offsets are counted, not messages:
   * those of transaction markers, of aborted transactions, and of what was compacted away, count too.
   *
   * @param partitions Default: the assignment. Of others, what the group has committed is what counts.
   * @returns An entry for each partition. `lag` is null where the end, or where the reading will begin, is not known.
   * @throws {KafkaError} if the coordinator was asked and did not answer.
   *
   * Source: `rd_kafka_get_watermark_offsets`, `rd_kafka_ListOffsets`, `rd_kafka_ListConsumerGroupOffsets`; nothing in
   * confluent-kafka-python.
   *
   * @example Warn when a consumer falls behind
   * ```ts
   * import type { Consumer } from "@kafka-ffi/kafka";
   *
   * async function warn(consumer: Consumer): Promise<void> {
   *   for (const { topic, partition, lag } of await consumer.lag()) {
   *     if (lag !== null && lag > 10_000) console.warn(`${topic} [${partition}] is ${lag} behind`);
   *   }
   * }
   * ```
   */
  async lag(partitions?: readonly TopicPartition[], options: LookupOptions = {}): Promise<PartitionLag[]> {
    const client = open(this, "Cannot look up the lag");
    const { positions } = readings.get(this)!.holdings;
    return await perform(lagOf(client, positions.report(partitions ?? lookups.currentAssignment(client)), options));
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
    return await perform(lookups.offsetsForTimes(open(this, "Cannot look up offsets"), times, options));
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
    readings.get(this)!.holdings.seek(Array.isArray(where) ? where : [where as TopicPartitionOffset]);
  }

  /**
   * Stops the flow of messages from partitions. What was read ahead of them is kept for {@link resume}.
   *
   * @returns Something for `using`: at the end of its block those of the partitions flow again that were flowing before. It may be
   * left alone.
   * @throws {KafkaError} `_STATE` if a partition is not assigned.
   *
   * @example Hold a partition back while something else is busy
   * ```ts
   * import type { Consumer, Message } from "@kafka-ffi/kafka";
   *
   * async function retry(consumer: Consumer, message: Message, store: (message: Message) => Promise<void>): Promise<void> {
   *   using _paused = consumer.pause([message]);
   *   await store(message);
   * }
   * ```
   */
  pause(partitions: readonly TopicPartition[]): Disposable {
    return pauseUntilDisposed(open(this, "Cannot pause"), readings.get(this)!, partitions);
  }

  /** Lets messages flow again, from the next one that was not handed over. */
  resume(partitions: readonly TopicPartition[]): void {
    open(this, "Cannot resume");
    readings.get(this)!.resume(partitions);
  }

  /** The partitions that are paused. */
  paused(): TopicPartition[] {
    open(this, "Cannot read the paused partitions");
    return readings.get(this)!.holdings.positions.paused();
  }
}
