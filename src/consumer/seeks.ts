/** Seeking: done at once, or as soon as librdkafka has begun to fetch the partition. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import type { KafkaError } from "../kafka/error.ts";
import {
  partitionKey,
  type PartitionOffset,
  type TopicPartition,
  type TopicPartitionOffset,
} from "../kafka/topic_partition.ts";
import { readPartitionList, withPartitionList } from "../native/partition_list.ts";
import { notAssigned } from "./assignment.ts";

/** How long librdkafka's main thread is waited for. It answers at once, as it does for an assignment. */
const answerMs = 1000;

/**
 * librdkafka refuses to seek where it has not begun to fetch, as while the committed offset of a partition that was just
 * assigned is looked up. Without asking for its answer, such a seek would be lost.
 */
export class Seeks {
  readonly #client: Client;
  /** Seeks that were refused for that reason. Nothing that comes before they are done is handed over. */
  readonly #waiting = new Map<string, TopicPartitionOffset>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Whether a seek is still to be done. */
  get areWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether a seek of this partition is still to be done. */
  has(partition: TopicPartition): boolean {
    return this.#waiting.has(partitionKey(partition));
  }

  /** The partition was given back, or taken anew. */
  forget(partition: TopicPartition): void {
    this.#waiting.delete(partitionKey(partition));
  }

  /** Moves to other offsets, and returns those that failed. `isTaken` says whether this consumer has a partition. */
  seek(
    where: readonly TopicPartitionOffset[],
    isTaken: (partition: TopicPartition) => boolean,
  ): PartitionOffset[] {
    const failed = new Map(this.#try(where).map((each) => [partitionKey(each), each]));
    for (const each of where) {
      const key = partitionKey(each);
      this.#waiting.delete(key);
      if (!isTooEarly(failed.get(key)?.error) || !isTaken(each)) continue;
      this.#waiting.set(key, each);
      failed.delete(key);
    }
    return [...failed.values()];
  }

  /** Tries again what could not be done yet. */
  retry(): void {
    const failed = new Map(this.#try([...this.#waiting.values()]).map((each) => [partitionKey(each), each.error!]));
    for (const key of this.#waiting.keys()) {
      const error = failed.get(key);
      if (isTooEarly(error)) continue;
      this.#waiting.delete(key);
      if (error !== undefined) this.#client.reportError(error);
    }
  }

  #try(where: readonly TopicPartitionOffset[]): PartitionOffset[] {
    if (where.length === 0) return [];
    const { native, handle } = this.#client;
    return withPartitionList(native, where, (list) => {
      const error = native.c.rd_kafka_seek_partitions(handle, list, answerMs);
      // Only when the time is up: then librdkafka will move all the same, and what is from before is invalid already.
      if (!native.library.isNull(error)) this.#client.reportError(native.takeError("Cannot wait for a seek", error));
      return readPartitionList(native, list, "Cannot seek")
        .filter(({ error }) => error !== null && error.code !== errorCodes._IN_PROGRESS);
    });
  }
}

/** Whether librdkafka has not begun to fetch the partition, or does so just now: then the start has overtaken the seek. */
function isTooEarly(error: KafkaError | null | undefined): boolean {
  return error?.code === notAssigned || error?.code === errorCodes._OUTDATED;
}
