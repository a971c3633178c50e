/** Messages in lanes: each lane is worked on in order, several of them side by side. Nothing here calls or waits. */
import type { Message } from "../kafka/message.ts";
import { partitionKey, type TopicPartition } from "../kafka/topic_partition.ts";

/** How messages are shared out. */
export interface LaneSettings {
  /** How many lanes are worked on at once. */
  readonly concurrency: number;
  /** How many messages are taken from a lane at once, at most. */
  readonly maxMessages: number;
  /** What is kept in order: the messages of a partition, or only those of a partition that have the same key. */
  readonly orderBy: "partition" | "key";
}

/** Messages that are worked on together. */
export interface Unit {
  readonly lane: Lane;
  readonly messages: readonly Message[];
}

/** The last message of a partition before which none is left to do. */
export interface DoneUpTo {
  readonly offset: number;
  readonly leaderEpoch: number | null;
}

/** What is to be done for the flow of messages. */
export interface Demand {
  /** Whether more messages are wanted. */
  readonly isOpen: boolean;
  /** Partitions whose flow is to stop, since they have plenty and others have to be read past them. */
  readonly hold: readonly TopicPartition[];
  /** Partitions whose flow is to go on. */
  readonly release: readonly TopicPartition[];
}

/** How many messages wait in all lanes together before no more are read, at least. */
export const minCapacity = 1000;
/**
 * How much of a partition waits before its flow is stopped so that others can be read past it, and how little before it goes on.
 * librdkafka throws away what it has fetched of a partition that is stopped, so that is done seldom.
 */
export const heldBytes: { readonly most: number; readonly least: number } = { most: 4 * 2 ** 20, least: 2 ** 20 };
/** What a message takes beside its key and value. */
const messageBytes = 200;

/** Messages of which at most one unit is worked on at a time. */
export class Lane {
  readonly share: PartitionShare;
  readonly #messages: Message[] = [];
  #at = 0;
  isRunning = false;
  isReady = false;

  constructor(share: PartitionShare) {
    this.share = share;
  }

  get length(): number {
    return this.#messages.length - this.#at;
  }

  add(message: Message): void {
    this.#messages.push(message);
  }

  /** Takes the first messages, at most `max`. */
  take(max: number): Message[] {
    const taken = this.#messages.slice(this.#at, this.#at + max);
    this.#at += taken.length;
    if (this.#at === this.#messages.length) {
      this.#messages.length = 0;
      this.#at = 0;
    } else if (this.#at >= minCapacity) {
      this.#messages.splice(0, this.#at);
      this.#at = 0;
    }
    return taken;
  }

  /** Puts messages in front. */
  putBack(messages: readonly Message[]): void {
    this.#messages.splice(0, this.#at, ...messages);
    this.#at = 0;
  }
}

/** A partition's part of the lanes. */
export class PartitionShare implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly lanes: Lane[] = [];
  /** What of it is not done yet, where messages are done in another order than they came in. */
  window: Window | null;
  /** How many messages wait, and what they take. */
  waiting = 0;
  bytes = 0;
  isHeld = false;

  constructor({ topic, partition }: TopicPartition, laneCount: number) {
    this.topic = topic;
    this.partition = partition;
    this.window = laneCount > 1 ? new Window() : null;
    for (let i = 0; i < laneCount; i++) this.lanes.push(new Lane(this));
  }

  /** The lane of a message: messages with the same key have the same one, and those without a key any. */
  laneOf({ key, offset }: Message): Lane {
    const { lanes } = this;
    return lanes.length === 1 ? lanes[0]! : lanes[(key === null ? offset : hash(key)) % lanes.length]!;
  }

  get isRunning(): boolean {
    return this.lanes.some(({ isRunning }) => isRunning);
  }
}

/** The lanes of all partitions. */
export class Lanes {
  readonly #settings: LaneSettings;
  /** How many messages wait in all lanes together before no more are read. */
  readonly #capacity: number;
  #isFull = false;
  readonly #shares = new Map<string, PartitionShare>();
  /** Lanes that can be worked on, longest waiting first. */
  #ready: Lane[] = [];
  #running = 0;
  #waiting = 0;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
    this.#capacity = Math.max(minCapacity, 2 * settings.concurrency * settings.maxMessages);
  }

  /** How many units are worked on. */
  get running(): number {
    return this.#running;
  }

  /** Whether there is nothing to do and nothing is being done. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting === 0;
  }

  /** Whether something of a partition is worked on. */
  isRunning(partition: TopicPartition): boolean {
    return this.#shares.get(partitionKey(partition))?.isRunning ?? false;
  }

  /** Messages have come, in the order of each partition. */
  put(messages: readonly Message[]): void {
    let share: PartitionShare | null = null;
    for (const message of messages) {
      if (share === null || share.partition !== message.partition || share.topic !== message.topic) {
        share = this.#shareOf(message);
      }
      const lane = share.laneOf(message);
      lane.add(message);
      share.window?.add(message.offset);
      this.#count(share, 1, sizeOf(message));
      if (!lane.isRunning) this.#makeReady(lane);
    }
  }

  #shareOf(partition: TopicPartition): PartitionShare {
    const key = partitionKey(partition);
    let share = this.#shares.get(key);
    if (share === undefined) {
      const { orderBy, concurrency } = this.#settings;
      share = new PartitionShare(partition, orderBy === "key" ? concurrency : 1);
      this.#shares.set(key, share);
    }
    return share;
  }

  #makeReady(lane: Lane): void {
    if (lane.isReady || lane.length === 0) return;
    lane.isReady = true;
    this.#ready.push(lane);
  }

  /** Takes what is to be worked on next, if there is anything and a hand is free. What is paused is left where it is. */
  next(isPaused: (partition: TopicPartition) => boolean): Unit | null {
    if (this.#running >= this.#settings.concurrency) return null;
    const index = this.#ready.findIndex((lane) => !isPaused(lane.share));
    if (index < 0) return null;
    const [lane] = this.#ready.splice(index, 1);
    lane!.isReady = false;
    lane!.isRunning = true;
    this.#running++;
    const messages = lane!.take(this.#settings.maxMessages);
    this.#count(lane!.share, -messages.length, -sizeOfAll(messages));
    return { lane: lane!, messages };
  }

  /** A unit is no longer worked on. */
  finish({ lane }: Unit): void {
    this.#running--;
    lane.isRunning = false;
    this.#makeReady(lane);
  }

  /**
   * The messages of a unit up to the one at `index` are done. Returns up to where that makes everything done in the partition,
   * or null if an earlier message is left.
   */
  done({ lane, messages }: Unit, index: number): DoneUpTo | null {
    const { window } = lane.share;
    const { offset, leaderEpoch } = messages[index]!;
    if (window === null) return { offset, leaderEpoch };
    let last: number | null = null;
    for (let i = 0; i <= index; i++) last = window.done(messages[i]!.offset) ?? last;
    return last === null ? null : { offset: last, leaderEpoch: last === offset ? leaderEpoch : null };
  }

  /** Puts back what was not done of a unit, to be worked on again. It has to be finished before. */
  putBack({ lane }: Unit, messages: readonly Message[]): void {
    lane.putBack(messages);
    this.#count(lane.share, messages.length, sizeOfAll(messages));
    this.#makeReady(lane);
  }

  /** What waits of a partition will not be worked on. What is worked on may still be done. */
  withdraw(partition: TopicPartition): void {
    const share = this.#shares.get(partitionKey(partition));
    if (share === undefined) return;
    for (const lane of share.lanes) {
      lane.take(Infinity);
      lane.isReady = false;
    }
    this.#ready = this.#ready.filter((lane) => lane.share !== share);
    this.#count(share, -share.waiting, -share.bytes);
  }

  /** Whether so few messages are left, of all or of a unit's partition that was held, that more may be wanted. */
  isLow({ lane: { share } }: Unit): boolean {
    if (share.isHeld && share.bytes <= heldBytes.least) return true;
    return this.#isFull && this.#waiting < this.#capacity / 2;
  }

  /** Forgets a partition. If something of it is worked on, what comes of it next waits for that. */
  drop(partition: TopicPartition): void {
    this.withdraw(partition);
    const key = partitionKey(partition);
    const share = this.#shares.get(key);
    if (share === undefined) return;
    if (share.window !== null) share.window = new Window();
    share.isHeld = false;
    if (!share.isRunning) this.#shares.delete(key);
  }

  /** Takes everything that waits, in the order of each partition. */
  takeAll(): Message[] {
    const all = [...this.#shares.values()].flatMap((share) => {
      const messages = share.lanes.flatMap((lane) => lane.take(Infinity));
      this.#count(share, -share.waiting, -share.bytes);
      return messages.sort((a, b) => a.offset - b.offset);
    });
    for (const lane of this.#ready) lane.isReady = false;
    this.#ready = [];
    return all;
  }

  /** The partitions whose flow was stopped. */
  held(): TopicPartition[] {
    return [...this.#shares.values()].filter(({ isHeld }) => isHeld);
  }

  /**
   * What is wanted now. While there is much to do, nothing is read. But where a hand is free and everything that waits belongs
   * to lanes that are busy, those are held so that others can be read past them.
   */
  demand(isPaused: (partition: TopicPartition) => boolean): Demand {
    const release: TopicPartition[] = [];
    const hold: TopicPartition[] = [];
    const isFull = this.#waiting >= (this.#isFull ? this.#capacity / 2 : this.#capacity);
    this.#isFull = isFull;
    const isHungry = this.#running < this.#settings.concurrency && !this.#ready.some((lane) => !isPaused(lane.share));
    for (const share of this.#shares.values()) {
      if (share.isHeld && share.bytes <= heldBytes.least) {
        share.isHeld = false;
        release.push(share);
      } else if (!share.isHeld && isFull && isHungry && share.bytes >= heldBytes.most) {
        share.isHeld = true;
        hold.push(share);
      }
    }
    return { isOpen: !isFull || isHungry, hold, release };
  }

  #count(share: PartitionShare, messages: number, bytes: number): void {
    share.waiting += messages;
    share.bytes += bytes;
    this.#waiting += messages;
  }
}

/** The offsets of a partition that are not done, of which some may be done before earlier ones. */
class Window {
  readonly #offsets: number[] = [];
  readonly #done = new Set<number>();
  #at = 0;

  add(offset: number): void {
    // What is put back is here already.
    if (this.#at < this.#offsets.length && offset <= this.#offsets.at(-1)!) return;
    this.#offsets.push(offset);
  }

  /** A message is done. Returns the last offset up to which all are, if that is news. */
  done(offset: number): number | null {
    if (this.#at === this.#offsets.length || offset < this.#offsets[this.#at]!) return null;
    this.#done.add(offset);
    let last: number | null = null;
    while (this.#at < this.#offsets.length && this.#done.delete(this.#offsets[this.#at]!)) {
      last = this.#offsets[this.#at++]!;
    }
    if (this.#at >= minCapacity) {
      this.#offsets.splice(0, this.#at);
      this.#at = 0;
    }
    return last;
  }
}

/** What a message takes. */
export function sizeOf({ key, value }: Message): number {
  return messageBytes + (key?.length ?? 0) + (value?.length ?? 0);
}

function sizeOfAll(messages: readonly Message[]): number {
  let size = 0;
  for (const message of messages) size += sizeOf(message);
  return size;
}

/** A number for a key: the same for the same bytes. */
function hash(key: Uint8Array): number {
  let value = 0;
  for (const byte of key) value = (Math.imul(value, 31) + byte) | 0;
  return value >>> 0;
}
