/** Reading partitions side by side, each by a reader of its own: what `Consumer.partitions()` is made by. */
import type { Client } from "../client/client.ts";
import type { Deserializing } from "../client/deserializing.ts";
import { iterator } from "../client/iterator.ts";
import { Gate } from "../client/wait.ts";
import type { Message } from "../kafka/message.ts";
import { partitionKey, type TopicPartition } from "../kafka/topic_partition.ts";
import { heldBytes, minCapacity } from "./lanes.ts";
import { type LaneHost, OpenLane, type PartitionLane, type PartitionsOptions } from "./partition_lane.ts";
import type { Handed, PartitionState } from "./positions.ts";
import type { Reading, Worker } from "./reading.ts";

/** How soon what was done is stored when nothing else happens. */
const storeWithinMs = 100;
/** How often a consumer that closes is looked at while a reader still has a message in hand. */
const closingMs = 50;

/** One call of `Consumer.partitions()`. */
export class PartitionReading implements Worker, LaneHost {
  readonly deserializing: Deserializing | null;
  readonly #client: Client;
  readonly #reading: Reading;
  readonly #signal: AbortSignal | undefined;
  readonly #lanes = new Map<string, OpenLane>();
  /** Lanes of which nobody knows yet. */
  #offered: OpenLane[] = [];
  /** Is notified when a lane is offered, a reader has put its message down, or everything is over. */
  readonly #gate = new Gate();
  readonly #maxBusyMs: number;
  #flow: Promise<void> | null = null;
  isOverdue = false;
  #isOver = false;
  #isStopping = false;
  #isLeft = false;
  /** Whether other partitions may be assigned than those that there are lanes for. */
  #isOutdated = true;
  #isFull = false;
  #waiting = 0;
  #failure: { readonly error: unknown } | null = null;
  #storing: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, reading: Reading, deserializing: Deserializing | null, options: PartitionsOptions) {
    this.deserializing = deserializing;
    this.#client = client;
    this.#reading = reading;
    this.#signal = options.signal;
    this.#maxBusyMs = Number(client.setting(["max.poll.interval.ms"], "300000"));
  }

  /** The lanes, as partitions are assigned. */
  iterate(): AsyncIterableIterator<PartitionLane> {
    return iterator<PartitionLane>({
      signal: undefined,
      watch: { hold: () => {}, release: () => this.#leave() },
      atOnce: () => this.#offered.shift()?.face,
      later: (signal) => this.#later(signal),
      giveBack: () => {},
      isCalling: () => this.isRevoking,
      end: () => this.#flow ?? Promise.resolve(),
    });
  }

  async #later(signal: AbortSignal): Promise<PartitionLane | undefined> {
    if (this.#flow === null) {
      if (this.#signal?.aborted) return undefined;
      this.#reading.beginWork(this);
      this.#flow = this.#run();
    }
    const onAbort = (): void => this.#gate.notify();
    signal.addEventListener("abort", onAbort);
    try {
      for (;;) {
        const lane = this.#offered.shift();
        if (lane !== undefined) return lane.face;
        if (this.#failure !== null) throw this.#failure.error;
        if (this.#isOver) return undefined;
        if (signal.aborted) throw signal.reason;
        await this.#gate.wait();
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #run(): Promise<void> {
    const stop = (): void => this.stop();
    this.#client.hold();
    this.#signal?.addEventListener("abort", stop);
    try {
      await this.#read();
    } catch (error) {
      this.#failure = { error };
    }
    this.#signal?.removeEventListener("abort", stop);
    this.#endAll(this.#signal?.aborted ? this.#signal.reason : new DOMException("The iteration is over", "AbortError"));
    // A consumer that closes waits for what is in hand when it gives its partitions back.
    while (this.#reading.isClosing && !this.#client.isClosed && this.#isBusy()) await this.#gate.waitFor(closingMs);
    clearTimeout(this.#storing);
    this.#reading.endWork([...this.#lanes.values()].flatMap((lane) => lane.takeAll()));
    this.#lanes.clear();
    this.#client.release();
    this.#isOver = true;
    this.#gate.notify();
  }

  /** Reads until there is an end, and nobody has a message in hand. */
  async #read(): Promise<void> {
    const { holdings } = this.#reading;
    for (;;) {
      if (this.#isOutdated) this.#update();
      for (const lane of this.#lanes.values()) if (lane.length > 0) lane.wake();
      if (this.#reading.isClosing || this.#isLeft || (this.#isStopping && !this.#isBusy())) return;
      const lanes = [...this.#lanes.values()];
      const isHungry = lanes.some((lane) => lane.isHungry);
      this.#isFull = this.#waiting >= (this.#isFull ? minCapacity / 2 : minCapacity);
      if (this.#isFull && isHungry) holdings.hold(lanes.filter(({ bytes }) => bytes >= heldBytes.most), true);
      holdings.hold(lanes.filter(({ state, bytes }) => state.isHeld && bytes <= heldBytes.least), false);
      const patienceMs = this.#patience();
      if (patienceMs <= 0) {
        // A reader that hangs loses its partitions: while it has a message for this long, the group gets no sign of life.
        this.isOverdue = true;
        await this.#gate.wait();
        continue;
      }
      const waitMs = this.isOverdue ? 0 : patienceMs;
      await this.#reading.round((!this.#isFull || isHungry) && !this.#isStopping, waitMs);
      this.isOverdue = false;
    }
  }

  /** How long the reader that has had its message for longest may still have it. */
  #patience(): number {
    let since = Infinity;
    for (const { busySince } of this.#lanes.values()) since = Math.min(since, busySince ?? Infinity);
    return since === Infinity ? Infinity : since + this.#maxBusyMs - performance.now();
  }

  #isBusy(): boolean {
    return [...this.#lanes.values()].some(({ busySince }) => busySince !== null);
  }

  put(messages: readonly Message[]): void {
    let lane: OpenLane | null = null;
    for (const message of messages) {
      if (lane === null || lane.partition !== message.partition || lane.topic !== message.topic) {
        lane = this.#laneOf(this.#reading.holdings.positions.of(message.topic, message.partition));
      }
      lane.put(message);
    }
    this.#waiting += messages.length;
  }

  /** The lane of a partition that is assigned, which is offered if it is new. */
  #laneOf(state: PartitionState): OpenLane {
    const key = partitionKey(state);
    let lane = this.#lanes.get(key);
    if (lane?.state === state) return lane;
    if (lane !== undefined) this.#remove(lane);
    lane = new OpenLane(this, state);
    this.#lanes.set(key, lane);
    if (this.#isStopping) lane.end(new DOMException("The iteration was stopped", "AbortError"));
    else this.#offered.push(lane);
    this.#gate.notify();
    return lane;
  }

  /** Offers lanes of what is assigned, and ends those of what is not. */
  #update(): void {
    this.#isOutdated = false;
    const { positions } = this.#reading.holdings;
    for (const state of positions.all()) this.#laneOf(state);
    for (const lane of this.#lanes.values()) if (positions.find(lane) !== lane.state) this.#remove(lane);
  }

  #remove(lane: OpenLane): void {
    this.#withdraw(lane);
    this.#lanes.delete(partitionKey(lane));
  }

  /** A lane is to end: what waits of it is dropped. */
  #withdraw(lane: OpenLane): void {
    this.#waiting -= lane.length;
    lane.drop();
    lane.end(new DOMException(`${partitionKey(lane)} is given back`, "AbortError"));
    this.#offered = this.#offered.filter((each) => each !== lane);
  }

  /** Gives no more messages; the iteration ends when the readers have put down those in hand. */
  stop(): void {
    this.#isStopping = true;
    this.#offered = [];
    this.#endAll(new DOMException("The iteration was stopped", "AbortError"));
    this.#reading.wake();
  }

  #leave(): void {
    this.#isLeft = true;
    this.#offered = [];
    this.#reading.wake();
    this.#gate.notify();
  }

  #endAll(reason: unknown): void {
    for (const lane of this.#lanes.values()) {
      if (this.#failure === null) lane.end(reason);
      else lane.fail(this.#failure.error);
    }
  }

  taken(): void {
    this.#isOutdated = true;
    this.#reading.wake();
  }

  /** These partitions' lanes end. What is in hand is waited for, unless they are lost. */
  ending(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> | undefined {
    const lanes = partitions.flatMap((partition) => this.#lanes.get(partitionKey(partition)) ?? []);
    for (const lane of lanes) this.#withdraw(lane);
    const isBusy = (): boolean => !this.#isLeft && lanes.some(({ busySince }) => busySince !== null);
    return isLost || !isBusy() ? undefined : this.#until(() => !isBusy());
  }

  async #until(isMet: () => boolean): Promise<void> {
    while (!isMet()) await this.#gate.wait();
  }

  get isIdle(): boolean {
    return this.#waiting === 0 && !this.#isBusy();
  }

  get isRevoking(): boolean {
    return this.#reading.isRevoking;
  }

  drop(partition: TopicPartition): void {
    const lane = this.#lanes.get(partitionKey(partition));
    if (lane === undefined) return;
    this.#waiting -= lane.length;
    lane.drop();
    // It may be that it is given back.
    this.taken();
  }

  took(lane: OpenLane, count: number): void {
    this.#waiting -= count;
    const isLow = this.#isFull && this.#waiting < minCapacity / 2;
    if (isLow || (lane.state.isHeld && lane.bytes <= heldBytes.least)) this.#reading.wake();
  }

  done(handed: Handed): void {
    const { holdings, storing } = this.#reading;
    holdings.positions.markDone(handed);
    this.#storing ??= setTimeout(() => {
      this.#storing = undefined;
      if (!this.#client.isClosed) storing.storeDone();
    }, storeWithinMs);
  }

  freed(): void {
    this.#gate.notify();
    if (this.#isStopping) this.#reading.wake();
  }

  wanting(): void {
    if (this.#isFull) this.#reading.wake();
  }
}
