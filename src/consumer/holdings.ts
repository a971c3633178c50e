/** The partitions that a consumer has, and what was read ahead of them. */
import type { Client } from "../client/client.ts";
import { KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import type { TopicPartition, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import type { QueueNotice } from "../native/incoming.ts";
import { checkList, checkPlaces } from "../native/partition_list.ts";
import { notAssigned } from "./assignment.ts";
import { MessageBuffer } from "./buffer.ts";
import { Ends } from "./ends.ts";
import type { PartitionEof } from "./options.ts";
import { setPaused } from "./pausing.ts";
import { type PartitionState, Positions } from "./positions.ts";
import { Seeks } from "./seeks.ts";

/** A reader that keeps messages by itself before it works on them. */
export interface Keeper {
  /** Whether it has come to the end of all that it was given. */
  readonly isIdle: boolean;
  /** What it has of a partition is not to be worked on. */
  drop(partition: TopicPartition): void;
}

/** Messages between librdkafka and the reader, with all that can happen to their partitions meanwhile. */
export class Holdings {
  readonly positions: Positions = new Positions();
  readonly #client: Client;
  readonly #buffer = new MessageBuffer();
  readonly #ends = new Ends();
  readonly #seeks: Seeks;
  #keeper: Keeper | null = null;

  constructor(client: Client) {
    this.#client = client;
    this.#seeks = new Seeks(client);
  }

  /** How many messages can be handed over. */
  get length(): number {
    return this.#buffer.length;
  }

  /** Whether {@link retrySeeks} has something to do. */
  get hasSeeks(): boolean {
    return this.#seeks.areWaiting;
  }

  /** Does the seeks that librdkafka was not ready for, if it is by now. */
  retrySeeks(): void {
    if (this.#seeks.areWaiting) this.#seeks.retry();
  }

  /** Messages have arrived. */
  put(messages: Message[]): void {
    this.#buffer.put(this.#seeks.areWaiting ? messages.filter((message) => !this.#seeks.has(message)) : messages);
  }

  /** The end of a partition was met. */
  putEnd(notice: QueueNotice): void {
    this.#ends.put(notice);
  }

  /** The ends that the reader has come to: none while there are messages before them. */
  takeEnds(): PartitionEof[] {
    return this.#buffer.length === 0 && this.#keeper?.isIdle !== false ? this.#ends.take() : [];
  }

  /** Hands over one message, of which there must be one. */
  next(): Message {
    const message = this.#buffer.next()!;
    this.positions.hand(message);
    return message;
  }

  /** What would be handed over next, up to `max` messages. */
  peek(max: number): readonly Message[] {
    return this.#buffer.peek(max);
  }

  /** Hands over the first `count` of these messages, if they are still the next ones. */
  takeThese(messages: readonly Message[], count: number): boolean {
    const next = this.#buffer.peek(count);
    if (next.length < count) return false;
    for (let i = 0; i < count; i++) if (next[i] !== messages[i]) return false;
    if (count === 1) this.next();
    else if (count > 0) this.take(count);
    return true;
  }

  /** Hands over up to `max` messages. */
  take(max: number): Message[] {
    const messages = this.#buffer.take(max);
    this.positions.handAll(messages);
    return messages;
  }

  /** From now on what is taken goes to a reader that keeps it, and says by itself what it is done with. */
  keepWith(keeper: Keeper): void {
    this.#keeper = keeper;
    this.positions.isExplicit = true;
  }

  /** That is over. What it was given and has not worked on comes next, before all that has arrived since. */
  takeBack(messages: readonly Message[]): void {
    this.#keeper = null;
    this.positions.isExplicit = false;
    this.hold(this.positions.all(), false);
    this.#putInFront(messages);
  }

  /** Messages that were handed over last have not reached the reader, and are the next ones again, unless they are outdated. */
  giveBack(messages: readonly Message[]): void {
    const current = this.positions.takeBack();
    this.#putInFront(messages.filter((message) => current.has(this.positions.find(message)!)));
  }

  #putInFront(messages: readonly Message[]): void {
    const first = new Map<PartitionState, Message>();
    for (const message of messages) {
      const state = this.positions.find(message);
      if (state !== undefined && !first.has(state)) first.set(state, message);
    }
    for (const [state, { offset }] of first) state.position = offset;
    // What a pause holds back came later than these.
    const paused = this.positions.paused();
    for (const partition of paused) this.#buffer.release(partition);
    this.#buffer.putBack(messages);
    for (const partition of paused) this.#buffer.hold(partition);
  }

  /** Partitions are about to be assigned. */
  taken(partitions: readonly TopicPartition[]): void {
    this.#unpause(partitions);
    for (const partition of partitions) {
      this.#drop(partition);
      this.#seeks.forget(partition);
      this.positions.invalidate(this.positions.of(partition.topic, partition.partition), null);
    }
  }

  /** Partitions are about to be given back. If they are lost, nothing of them may be stored any more. */
  giving(partitions: readonly TopicPartition[], isLost: boolean): void {
    for (const partition of partitions) {
      this.#drop(partition);
      const state = this.positions.find(partition);
      if (isLost && state !== undefined) this.positions.invalidate(state, null);
    }
  }

  /** Partitions have been given back. */
  given(partitions: readonly TopicPartition[]): void {
    this.#unpause(partitions);
    for (const partition of partitions) {
      this.#drop(partition);
      this.#seeks.forget(partition);
      this.positions.forget(partition);
    }
  }

  /** All partitions but these have been given back. */
  givenAllBut(partitions: readonly TopicPartition[]): void {
    const kept = new Set(partitions.map((partition) => this.positions.find(partition)));
    this.given(this.positions.all().filter((state) => !kept.has(state)));
  }

  /** librdkafka keeps a partition paused even when it is given back, and would say nothing when it is assigned again. */
  #unpause(partitions: readonly TopicPartition[]): void {
    const paused = partitions.filter((partition) => this.positions.find(partition)?.isPaused);
    if (paused.length > 0) this.#setPaused(paused, false);
    this.hold(partitions, false);
  }

  /** What was read ahead of a partition is not handed over. */
  #drop(partition: TopicPartition): void {
    this.#buffer.drop(partition);
    this.#keeper?.drop(partition);
    this.#ends.drop(partition);
  }

  /** Moves to other offsets. */
  seek(where: readonly TopicPartitionOffset[]): void {
    checkList(this.#client.native, where);
    const failed = this.#seeks.seek(where, (partition) => this.positions.find(partition) !== undefined);
    for (const { topic, partition, offset } of where) {
      if (failed.some((each) => each.topic === topic && each.partition === partition)) continue;
      this.#drop({ topic, partition });
      this.positions.invalidate(this.positions.of(topic, partition), typeof offset === "number" ? offset : null);
    }
    if (failed.length > 0) throw failed[0]!.error!;
  }

  /** Holds partitions back. */
  pause(partitions: readonly TopicPartition[]): void {
    checkPlaces(partitions);
    this.#setPaused(partitions, true);
    for (const partition of partitions) {
      this.#buffer.hold(partition);
      // It comes again after a resume, behind what is held.
      this.#ends.drop(partition);
    }
  }

  /** Lets partitions flow again. */
  resume(partitions: readonly TopicPartition[]): void {
    checkPlaces(partitions);
    this.#setPaused(partitions, false);
    for (const partition of partitions) this.#buffer.release(partition);
  }

  #setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    const states = partitions.map((partition) => this.#held(partition, isPaused ? "pause" : "resume"));
    // Resuming what is not paused would move librdkafka back to where it began.
    const changed = states.filter((state) => state.isPaused !== isPaused);
    if (changed.length === 0) return;
    setPaused(this.#client, changed.filter(({ isHeld }) => !isHeld), isPaused);
    for (const state of changed) state.isPaused = isPaused;
  }

  /** Stops the flow from partitions, or lets it go on, without a word to the user. */
  hold(partitions: readonly TopicPartition[], isHeld: boolean): void {
    const states = partitions.flatMap((partition) => this.positions.find(partition) ?? []);
    const changed = states.filter((state) => state.isHeld !== isHeld);
    if (changed.length === 0) return;
    setPaused(this.#client, changed.filter(({ isPaused }) => !isPaused), isHeld);
    for (const state of changed) state.isHeld = isHeld;
  }

  #held(partition: TopicPartition, verb: string): PartitionState {
    const state = this.positions.find(partition);
    if (state !== undefined) return state;
    throw new KafkaError(`Cannot ${verb} ${partition.topic} [${partition.partition}]: it is not assigned`, notAssigned);
  }
}
