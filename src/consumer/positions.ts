/** Where a consumer is in each of its partitions: what was handed over, and what counts as done. */
import type { Message } from "../kafka/message.ts";
import type { PartitionOffset, TopicPartition, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { checkPlaces } from "../native/partition_list.ts";

/** What is known of one partition that is, or was, assigned. */
export interface PartitionState extends TopicPartition {
  /** The offset after the last message that was handed over, or null before the first. */
  position: number | null;
  /** Rises when what was handed over no longer counts: after a seek, or when the partition is given back. */
  epoch: number;
  isPaused: boolean;
  /** Whether librdkafka is to fetch none of it for a while, without the user having asked for that. */
  isHeld: boolean;
}

/** Messages of a partition that were handed over and are not done yet. */
export interface Handed {
  readonly state: PartitionState;
  readonly epoch: number;
  readonly offset: number;
  readonly leaderEpoch: number | null;
}

/**
 * A message counts as done when the reader asks for more. Only then may its offset be stored: a reader that fails with a
 * message in hand gets it again.
 */
export class Positions {
  readonly #topics = new Map<string, PartitionState[]>();
  #last: PartitionState | null = null;
  #handed: Handed[] = [];
  readonly #done = new Map<PartitionState, Handed>();
  /** Whether the reader says by {@link markDone} what it is done with, so that handing over means nothing. */
  isExplicit = false;

  /** The state of a partition, which is made if there is none. */
  of(topic: string, partition: number): PartitionState {
    const last = this.#last;
    if (last !== null && last.partition === partition && last.topic === topic) return last;
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) this.#topics.set(topic, partitions = []);
    const state = partitions[partition] ??= {
      topic,
      partition,
      position: null,
      epoch: 0,
      isPaused: false,
      isHeld: false,
    };
    return this.#last = state;
  }

  /** The state of a partition, if there is one. */
  find({ topic, partition }: TopicPartition): PartitionState | undefined {
    return this.#topics.get(topic)?.[partition];
  }

  /** All partitions that are known. */
  all(): PartitionState[] {
    return [...this.#topics.values()].flatMap((partitions) => Object.values(partitions));
  }

  /** The partitions that are paused. */
  paused(): TopicPartition[] {
    return this.all().filter(({ isPaused }) => isPaused).map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Where the reader is in each of these partitions. */
  report(partitions: readonly TopicPartition[]): PartitionOffset[] {
    return checkPlaces(partitions).map(({ topic, partition }) => ({
      topic,
      partition,
      offset: this.find({ topic, partition })?.position ?? null,
      metadata: null,
      leaderEpoch: null,
      error: null,
    }));
  }

  /** Notes that a message is given to the reader. */
  hand(message: Message): void {
    if (this.isExplicit) return;
    const state = this.of(message.topic, message.partition);
    state.position = message.offset + 1;
    this.#handed.push({ state, epoch: state.epoch, offset: message.offset + 1, leaderEpoch: message.leaderEpoch });
  }

  /** Notes that messages are given to the reader: one note for each stretch of a partition. */
  handAll(messages: readonly Message[]): void {
    if (this.isExplicit) return;
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i]!;
      const next = messages[i + 1];
      if (next !== undefined && next.partition === message.partition && next.topic === message.topic) continue;
      this.hand(message);
    }
  }

  /** The reader asks for more: what it has had is done. */
  finish(): void {
    if (this.#handed.length === 0) return;
    for (const handed of this.#handed) {
      if (handed.epoch === handed.state.epoch) this.#done.set(handed.state, handed);
    }
    this.#handed = [];
  }

  /** The reader has not got what it was handed last. Returns the partitions that this still counts in. */
  takeBack(): ReadonlySet<PartitionState> {
    const current = this.#handed.filter(({ state, epoch }) => epoch === state.epoch).map(({ state }) => state);
    this.#handed = [];
    return new Set(current);
  }

  /** The reader is done with what comes before an offset. */
  markDone(handed: Handed): void {
    if (handed.epoch === handed.state.epoch) this.#done.set(handed.state, handed);
  }

  /** Takes the offsets that are done and not stored yet. */
  takeDone(): TopicPartitionOffset[] {
    if (this.#done.size === 0) return [];
    const done = [...this.#done.values()]
      .filter(({ state, epoch }) => epoch === state.epoch)
      .map(({ state: { topic, partition }, offset, leaderEpoch }) => ({ topic, partition, offset, leaderEpoch }));
    this.#done.clear();
    return done;
  }

  /** Offsets were stored by hand: what was handed over before them must not overwrite them. */
  stored(offsets: readonly TopicPartitionOffset[]): void {
    for (const partition of offsets) {
      const state = this.find(partition);
      const { offset } = partition;
      if (state === undefined || typeof offset !== "number") continue;
      const isOlder = (handed: Handed): boolean => handed.state === state && handed.offset <= offset;
      this.#handed = this.#handed.filter((handed) => !isOlder(handed));
      const done = this.#done.get(state);
      if (done !== undefined && isOlder(done)) this.#done.delete(state);
    }
  }

  /** What was handed over of a partition no longer counts. */
  invalidate(state: PartitionState, position: number | null): void {
    state.epoch++;
    state.position = position;
    this.#done.delete(state);
  }

  /** Forgets a partition that was given back. */
  forget(partition: TopicPartition): void {
    const state = this.find(partition);
    if (state === undefined) return;
    this.invalidate(state, null);
    delete this.#topics.get(partition.topic)![partition.partition];
    if (this.#last === state) this.#last = null;
  }
}
