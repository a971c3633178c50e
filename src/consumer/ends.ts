/** Ends of partitions: they are told when the reader has had what stands before them. */
import type { TopicPartition } from "../kafka/topic_partition.ts";
import type { QueueNotice } from "../native/incoming.ts";
import type { PartitionEof } from "./options.ts";

/** Ends that were met behind messages which the reader has yet to get. */
export class Ends {
  #notices: QueueNotice[] = [];

  put(notice: QueueNotice): void {
    this.#notices.push(notice);
  }

  /** Takes all of them. */
  take(): PartitionEof[] {
    if (this.#notices.length === 0) return [];
    return this.#notices.splice(0).map(({ topic, partition, offset }) => ({ topic: topic ?? "", partition, offset }));
  }

  /** Forgets a partition's: its reader is no longer there. */
  drop({ topic, partition }: TopicPartition): void {
    if (this.#notices.length === 0) return;
    this.#notices = this.#notices.filter((notice) => notice.partition !== partition || notice.topic !== topic);
  }
}
