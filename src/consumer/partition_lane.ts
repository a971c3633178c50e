/** One partition's messages for a reader of its own: in order, with account kept of the one in hand. */
import type { Deserializing, Outcome } from "../client/deserializing.ts";
import { iterator } from "../client/iterator.ts";
import { Gate, nextTurn } from "../client/wait.ts";
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import type { TopicPartition } from "../kafka/topic_partition.ts";
import { DeserializationError } from "../kafka/serialization_error.ts";
import { sizeOf } from "./lanes.ts";
import type { Handed, PartitionState } from "./positions.ts";

/** How long a reader may be given messages that are at hand without the event loop getting a turn. */
const maxBusyMs = 10;

/** A partition that is assigned to a consumer, as {@link Consumer.partitions} gives it. */
export interface PartitionLane<K = Uint8Array, V = Uint8Array> extends TopicPartition {
  /**
   * The partition's messages, in order. Each is done when the next one is asked for. The iteration ends when the partition is
   * given back, and when that of the partitions ends. One that was left goes on in the next, after the message that was in hand.
   */
  readonly messages: AsyncIterable<Message<K, V>>;
  /** Is aborted when the partition is to be given back or the iteration is to end: there is a little time left to finish. */
  readonly signal: AbortSignal;
}

/** What {@link Consumer.partitions} takes. */
export interface PartitionsOptions {
  /** Ends the iteration, as {@link Consumer.stop} does. */
  readonly signal?: AbortSignal;
}

/** What a lane needs of what it is one of. */
export interface LaneHost {
  readonly deserializing: Deserializing | null;
  /** Whether a rebalance handler runs, which may be what is leaving an iteration. */
  readonly isRevoking: boolean;
  /** Whether the group was not looked at for so long that what waits may no longer be ours. */
  readonly isOverdue: boolean;
  /** A message of a lane was handed over, or given back if `count` is negative. */
  took(lane: OpenLane, count: number): void;
  /** A message is done. */
  done(handed: Handed): void;
  /** A reader has nothing in hand any more. */
  freed(): void;
  /** A reader wants a message that has to be read yet. */
  wanting(): void;
}

/** The working side of a {@link PartitionLane}. */
export class OpenLane implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly state: PartitionState;
  readonly face: PartitionLane;
  readonly #host: LaneHost;
  readonly #ending = new AbortController();
  readonly #gate = new Gate();
  #messages: Message[] = [];
  #at = 0;
  /** What the messages that wait take. */
  bytes = 0;
  /** The message that the reader has, and since when. */
  #inHand: { readonly message: Message; readonly handed: Handed; readonly since: number } | null = null;
  #readers = 0;
  #isWaiting = false;
  #isEnded = false;
  #failure: { readonly error: unknown } | null = null;
  /** What became of the first message, of which nobody has heard yet. */
  #outcome: { readonly raw: Message; readonly outcome: Outcome } | null = null;
  #lastTurn = performance.now();

  constructor(host: LaneHost, state: PartitionState) {
    const { topic, partition } = state;
    this.#host = host;
    this.topic = topic;
    this.partition = partition;
    this.state = state;
    const messages = { [Symbol.asyncIterator]: () => this.#iterate() };
    this.face = { topic, partition, messages, signal: this.#ending.signal };
  }

  /** How many messages wait. */
  get length(): number {
    return this.#messages.length - this.#at;
  }

  /** Whether a reader waits for a message that has to be read yet. */
  get isHungry(): boolean {
    return this.#isWaiting && this.length === 0 && !this.state.isPaused;
  }

  /** Since when a reader has been busy with its message; null if none is. */
  get busySince(): number | null {
    return this.#readers === 0 ? null : this.#inHand?.since ?? null;
  }

  /** Messages have come. */
  put(message: Message): void {
    this.#messages.push(message);
    this.bytes += sizeOf(message);
  }

  /** Drops what waits. What is in hand is told apart by its epoch. */
  drop(): void {
    this.#messages = [];
    this.#at = 0;
    this.bytes = 0;
    this.#outcome = null;
  }

  /** Takes all that is not done. */
  takeAll(): Message[] {
    const current = this.#inHand !== null && this.#inHand.handed.epoch === this.state.epoch;
    const all = [...current ? [this.#inHand!.message] : [], ...this.#messages.slice(this.#at)];
    this.drop();
    this.#inHand = null;
    return all;
  }

  /** Whether its first message may be handed over. */
  get #isReady(): boolean {
    return this.length > 0 && !this.#isEnded && !this.state.isPaused && !this.#host.isOverdue;
  }

  /** Lets a reader that waits look again, if there is something for it. */
  wake(): void {
    if (this.#isWaiting && this.#isReady) this.#gate.notify();
  }

  /** Gives no more messages. The one in hand may still be done. */
  end(reason: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#ending.abort(reason);
    this.#gate.notify();
  }

  /** The same after an error, which whoever reads is told. */
  fail(error: unknown): void {
    if (!this.#isEnded) this.#failure = { error };
    this.end(error);
  }

  #iterate(): AsyncIterableIterator<Message> {
    return iterator<Message>({
      signal: undefined,
      watch: {
        hold: () => void this.#readers++,
        release: () => {
          this.#readers--;
          this.#host.freed();
        },
      },
      atOnce: () => this.#atOnce(),
      later: (signal) => this.#later(signal),
      giveBack: (message) => this.#giveBack(message),
      isCalling: () => this.#host.isRevoking,
    });
  }

  #atOnce(): Message | undefined {
    if (!this.#isReady || this.#isWaiting || this.#host.deserializing !== null) return undefined;
    if (performance.now() - this.#lastTurn > maxBusyMs) return undefined;
    this.#finish();
    return this.#hand();
  }

  async #later(signal: AbortSignal): Promise<Message | undefined> {
    if (this.#isWaiting) {
      throw new KafkaError(
        `Cannot read ${this.topic} [${this.partition}]: another call is reading it`,
        errorCodes._CONFLICT,
      );
    }
    const onAbort = (): void => this.#gate.notify();
    signal.addEventListener("abort", onAbort);
    this.#isWaiting = true;
    this.#finish();
    try {
      if (performance.now() - this.#lastTurn > maxBusyMs) {
        await nextTurn();
        this.#lastTurn = performance.now();
      }
      for (;;) {
        if (signal.aborted) throw signal.reason;
        if (this.#failure !== null) throw this.#failure.error;
        if (this.#isEnded) return undefined;
        if (this.#isReady) {
          const message = await this.#deserialized(signal);
          if (message !== undefined) return message;
          continue;
        }
        if (this.isHungry) this.#host.wanting();
        await this.#gate.wait();
        this.#lastTurn = performance.now();
      }
    } finally {
      this.#isWaiting = false;
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** The first message as the reader is to have it; nothing if it was skipped, or if something else is first by now. */
  async #deserialized(signal: AbortSignal): Promise<Message | undefined> {
    const { deserializing } = this.#host;
    if (deserializing === null) return this.#hand();
    const raw = this.#messages[this.#at]!;
    const outcome = this.#outcome?.raw === raw ? this.#outcome.outcome : await deserializing.outcome(raw);
    if (this.#messages[this.#at] !== raw) return undefined;
    this.#outcome = { raw, outcome };
    // It stays the first one, for whoever reads next.
    if (signal.aborted || !this.#isReady) return undefined;
    this.#hand();
    this.#outcome = null;
    if (outcome instanceof DeserializationError) throw outcome;
    if (outcome !== null) return outcome as Message;
    this.#finish();
    return undefined;
  }

  #hand(): Message {
    const { state } = this;
    const message = this.#messages[this.#at++]!;
    if (this.#at === this.#messages.length) {
      this.#messages = [];
      this.#at = 0;
    }
    const { offset, leaderEpoch } = message;
    state.position = offset + 1;
    this.#inHand = {
      message,
      handed: { state, epoch: state.epoch, offset: offset + 1, leaderEpoch },
      since: performance.now(),
    };
    this.bytes -= sizeOf(message);
    this.#host.took(this, 1);
    return message;
  }

  /** A message has not reached the reader. */
  #giveBack({ offset }: Message): void {
    const { handed, message } = this.#inHand ?? {};
    if (handed === undefined || handed.epoch !== this.state.epoch || message!.offset !== offset) return;
    this.#inHand = null;
    this.#messages = [message!, ...this.#messages.slice(this.#at)];
    this.#at = 0;
    this.bytes += sizeOf(message!);
    this.#host.took(this, -1);
    this.state.position = offset;
  }

  #finish(): void {
    if (this.#inHand === null) return;
    const { handed } = this.#inHand;
    this.#inHand = null;
    this.#host.done(handed);
    this.#host.freed();
  }
}
