/** Seeking: done at once, or as soon as librdkafka has begun to fetch the partition. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import type { KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import {
  partitionKey,
  type PartitionOffset,
  type TopicPartition,
  type TopicPartitionOffset,
} from "../kafka/topic_partition.ts";
import { readPartitionList, withPartitionList } from "../native/partition_list.ts";
import { notAssigned } from "./assignment.ts";

/** How long a seek that had to wait is watched. The answer that may undo it is on its way when it is done. */
const watchMs = 5000;
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

  /**
   * Seeks that were done after a wait: librdkafka may have asked for the partition's first offset just before, and the answer then
   * undoes them. They are over with the first message.
   */
  readonly #watched = new Map<string, TopicPartitionOffset>();
  #watchedUntil = 0;
  /** Those of {@link #waiting} that are done for the second time. */
  readonly #undone = new Set<string>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Whether a seek is still to be done. */
  get areWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Leaves out what comes from before a seek that is still to be done, or that was undone: that one is done once more. */
  filter(messages: Message[]): Message[] {
    if (this.#watched.size > 0 && performance.now() > this.#watchedUntil) this.#watched.clear();
    if (this.#waiting.size === 0 && this.#watched.size === 0) return messages;
    return messages.filter((message) => {
      const key = partitionKey(message);
      if (this.#waiting.has(key)) return false;
      const seek = this.#watched.get(key);
      if (seek === undefined) return true;
      this.#watched.delete(key);
      if (typeof seek.offset !== "number" || message.offset >= seek.offset) return true;
      // Not watched again: where there is no such offset, `auto.offset.reset` has chosen this one.
      this.#waiting.set(key, seek);
      this.#undone.add(key);
      return false;
    });
  }

  /** The partition was given back, or taken anew. */
  forget(partition: TopicPartition): void {
    const key = partitionKey(partition);
    this.#waiting.delete(key);
    this.#watched.delete(key);
    this.#undone.delete(key);
  }

  /** Moves to other offsets, and returns those that failed. `isTaken` says whether this consumer has a partition. */
  seek(
    where: readonly TopicPartitionOffset[],
    isTaken: (partition: TopicPartition) => boolean,
  ): PartitionOffset[] {
    const failed = new Map(this.#try(where).map((each) => [partitionKey(each), each]));
    for (const each of where) {
      const key = partitionKey(each);
      this.forget(each);
      if (!isTooEarly(failed.get(key)?.error) || !isTaken(each)) continue;
      this.#waiting.set(key, each);
      failed.delete(key);
    }
    return [...failed.values()];
  }

  /** Tries again what could not be done yet. */
  retry(): void {
    const failed = new Map(this.#try([...this.#waiting.values()]).map((each) => [partitionKey(each), each.error!]));
    for (const [key, seek] of this.#waiting) {
      const error = failed.get(key);
      if (isTooEarly(error)) continue;
      this.#waiting.delete(key);
      if (error !== undefined) this.#client.reportError(error);
      else if (!this.#undone.delete(key)) {
        this.#watched.set(key, seek);
        this.#watchedUntil = performance.now() + watchMs;
      }
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
