/** The offsets of a consumer: stored, committed, looked up. */
import { KafkaClient, open } from "../client/kafka_client.ts";
import type { WaitOptions } from "../client/options.ts";
import type {
  PartitionOffset,
  TopicPartition,
  TopicPartitionTime,
  WatermarkOffsets,
} from "../kafka/topic_partition.ts";
import * as lookups from "./lookups.ts";
import type { LookupOptions } from "./options.ts";
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
export abstract class ConsumerOffsets extends KafkaClient {
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
    const reading = readings.get(this)!;
    const offsets = lookups.offsetsOf(what);
    const failed = reading.store(offsets);
    if (failed.length > 0) throw failed[0]!.error!;
    reading.stored(offsets);
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
    if (offsets === null) readings.get(this)!.storeDone();
    return await lookups.commitOffsets(client, offsets, options);
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
    return await lookups.committedOffsets(client, partitions ?? lookups.currentAssignment(client), options);
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
   * Asks for the first and the next offset of a partition. With `isolation.level=read_committed` the latter is the last stable
   * offset.
   *
   * Source: `rd_kafka_ListOffsets`; `Consumer.get_watermark_offsets()` in confluent-kafka-python.
   */
  async getWatermarkOffsets(partition: TopicPartition, options: LookupOptions = {}): Promise<WatermarkOffsets> {
    return await lookups.watermarkOffsets(open(this, "Cannot look up offsets"), partition, options);
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
    return await lookups.offsetsForTimes(open(this, "Cannot look up offsets"), times, options);
  }
}
