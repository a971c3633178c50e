/** Storing offsets in librdkafka, where its next commit finds them. */
import type { Client } from "../client/client.ts";
import type { PartitionOffset, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { readPartitionList, withPartitionList } from "../native/partition_list.ts";
import { notAssigned } from "./assignment.ts";
import type { Positions } from "./positions.ts";

/** How often offsets that are done are stored while messages flow. */
const storeEveryMs = 100;

/** Stores what a reader is done with. */
export class Storing {
  readonly #client: Client;
  readonly #positions: Positions;
  readonly #isAutomatic: boolean;
  #last = 0;

  /** With `isAutomatic` false, only {@link store} stores anything. */
  constructor(client: Client, positions: Positions, isAutomatic: boolean) {
    this.#client = client;
    this.#positions = positions;
    this.#isAutomatic = isAutomatic;
  }

  /** The reader asks for more: it is done with what it has had. */
  finish(now: number): void {
    this.#positions.finish();
    if (now - this.#last > storeEveryMs) this.storeDone();
  }

  /** Stores what is done, so that a commit finds it. */
  storeDone(): void {
    this.#last = performance.now();
    if (!this.#isAutomatic) return;
    const done = this.#positions.takeDone();
    if (done.length === 0) return;
    for (const { error } of this.store(done)) {
      // A partition that was given back meanwhile: its messages are read again by whoever has it now.
      if (error!.code !== notAssigned) this.#client.reportError(error!);
    }
  }

  /** Stores offsets, and returns those that librdkafka refused. */
  store(offsets: readonly TopicPartitionOffset[]): PartitionOffset[] {
    const { native, handle } = this.#client;
    return withPartitionList(native, offsets, (list) => {
      native.c.rd_kafka_offsets_store(handle, list);
      return readPartitionList(native, list, "Cannot store the offset").filter(({ error }) => error !== null);
    });
  }

  /** Stores offsets that were given by hand. */
  storeByHand(offsets: readonly TopicPartitionOffset[]): void {
    const failed = this.store(offsets);
    if (failed.length > 0) throw failed[0]!.error!;
    this.#positions.stored(offsets);
  }
}
