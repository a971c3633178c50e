/** The offsets of a consumer that blocks: stored, committed, looked up. */
import { performNow } from "../kafka/work.ts";
import { commitLater } from "../consumer/commits.ts";
import { lagOf } from "../consumer/lag.ts";
import * as lookups from "../consumer/lookups.ts";
import type { Reading } from "../consumer/reading.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type {
  PartitionLag,
  PartitionOffset,
  TopicPartition,
  TopicPartitionTime,
  WatermarkOffsets,
} from "../kafka/topic_partition.ts";
import { BlockingClient, open, openToWait } from "./blocking_client.ts";
import { readGroupMetadata } from "../native/transactions.ts";
import type { TimeoutOptions, WatermarkOptions } from "./options.ts";

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
 * import type { Consumer } from "@kafka-ffi/kafka/sync";
 *
 * function commitAll(consumer: Consumer): void {
 *   for (const { topic, partition, error } of consumer.commit()) {
 *     if (error !== null) console.log(topic, partition, error.message);
 *   }
 * }
 * ```
 */
export abstract class ConsumerOffsets extends BlockingClient<void> {
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
   * Commits offsets for this consumer's group and blocks until the coordinator has answered.
   *
   * An offset names the next message to read: after message 41, commit 42. Partitions of a list are answered one by one, so
   * some may fail while others succeed: each entry of the result has its own `error`. Without a list, one failure is all's.
   *
   * @param what A message or messages that are done, or partitions with offsets. Default: what is stored for the assignment, which
   * within a loop does not include the message in hand: `commit(message)` does.
   * @param options `timeoutMs` (default: 10000) bounds the wait; the commit may still happen.
   * @returns An entry for each partition; none if there was nothing to commit, which is no error.
   * @throws {KafkaError} if nothing was committed: `ILLEGAL_GENERATION`, `STALE_MEMBER_EPOCH` or `_ASSIGNMENT_LOST` if the
   * group has moved on.
   *
   * Source: `rd_kafka_commit_queue`; `Consumer.commit(asynchronous=False)` in confluent-kafka-python.
   */
  commit(what?: lookups.DoneLike | null, options: TimeoutOptions = {}): PartitionOffset[] {
    const client = openToWait(this, "Cannot commit");
    const offsets = what === undefined || what === null ? null : lookups.offsetsOf(what);
    if (offsets === null) readings.get(this)!.storing.storeDone();
    return performNow(lookups.commitOffsets(client, offsets, options));
  }

  /**
   * Commits offsets and does not wait: `onCommit` is told of the answer, within a later call that waits, or without it `onError`
   * if the commit failed. Closing the consumer waits for the answer.
   *
   * @param what As for {@link commit}.
   *
   * Source: `rd_kafka_commit_queue`; `Consumer.commit(asynchronous=True)` in confluent-kafka-python.
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
   * @param options `timeoutMs` (default: 10000) bounds the wait.
   * @returns An entry for each partition; its `offset` is null where nothing is committed.
   *
   * Source: `rd_kafka_ListConsumerGroupOffsets`; `Consumer.committed()` in confluent-kafka-python.
   */
  committed(partitions?: readonly TopicPartition[], options: TimeoutOptions = {}): PartitionOffset[] {
    const client = openToWait(this, "Cannot read committed offsets");
    return performNow(lookups.committedOffsets(client, partitions ?? lookups.currentAssignment(client), options));
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
  getWatermarkOffsets(partition: TopicPartition, options: WatermarkOptions = {}): WatermarkOffsets {
    const client = openToWait(this, "Cannot look up offsets");
    return performNow(lookups.watermarkOffsets(client, partition, options));
  }

  /**
   * How far this consumer is behind: for each partition the number of offsets from the next message that it will be handed to
   * the end. What is known is not asked for, and offsets are counted, not messages.
   *
   * @param partitions Default: the assignment. Of others, what the group has committed is what counts.
   * @returns An entry for each partition. `lag` is null where the end, or where the reading will begin, is not known.
   * @throws {KafkaError} if the coordinator was asked and did not answer.
   *
   * Source: `rd_kafka_get_watermark_offsets`, `rd_kafka_ListOffsets`, `rd_kafka_ListConsumerGroupOffsets`; nothing in
   * confluent-kafka-python.
   */
  lag(partitions?: readonly TopicPartition[], options: TimeoutOptions = {}): PartitionLag[] {
    const client = openToWait(this, "Cannot look up the lag");
    const { positions } = readings.get(this)!.holdings;
    return performNow(lagOf(client, positions.report(partitions ?? lookups.currentAssignment(client)), options));
  }

  /**
   * Asks for the first offset at or after a time, partition by partition.
   *
   * @returns An entry for each partition; its `offset` is null where no message is that young.
   *
   * Source: `rd_kafka_ListOffsets`; `Consumer.offsets_for_times()` in confluent-kafka-python.
   */
  offsetsForTimes(times: readonly TopicPartitionTime[], options: TimeoutOptions = {}): PartitionOffset[] {
    return performNow(lookups.offsetsForTimes(openToWait(this, "Cannot look up offsets"), times, options));
  }
}
