/** How messages get from librdkafka to the reader: the control queue first, then messages, then waiting. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Pointer } from "../native/memory.ts";
import { slice } from "../client/blocking.ts";
import type { Client } from "../client/client.ts";
import { Gate, nextTurn } from "../client/wait.ts";
import { perform, performNow, type Work } from "../kafka/work.ts";
import { HandlerError, KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import { partitionKey, type TopicPartition, type TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { MessageReader, type QueueNotice } from "../native/incoming.ts";
import { checkList, checkPlaces } from "../native/partition_list.ts";
import { Assignment, partitionEof } from "./assignment.ts";
import { GroupQueue } from "./group_queue.ts";
import { Handing } from "./handing.ts";
import { Holdings, type Keeper } from "./holdings.ts";
import { batchesOf, messagesOf } from "./iterator.ts";
import { currentAssignment } from "./lookups.ts";
import type { BatchOptions, ConsumerOptions, IterateOptions } from "./options.ts";
import { Storing } from "./storing.ts";

/** How long a reader may be served without the event loop getting a turn. */
const maxBusyMs = 10;
/** How many messages a single step of `for await` reads ahead. */
const readAhead = 1000;
/** How long messages that were read ahead are handed over without a look at the group. */
const maxUnservedMs = 50;
/** How much of the time for closing is kept for leaving the group, whatever the handlers do. */
const maxLeaveMs = 1000;
/** How soon a seek that librdkafka was not ready for is tried again. */
const retryMs = 10;

/** What the configuration says about reading. */
export interface ReadingSettings {
  readonly storesOffsets: boolean;
  readonly maxPollMs: number;
}

/** A reader that works on messages by itself, between {@link Reading.beginWork} and {@link Reading.endWork}. */
export interface Worker extends Keeper {
  /** Messages have come, in the order of each partition. */
  put(messages: readonly Message[]): void;
  /** Other partitions are assigned, or the same ones anew. */
  taken?(): void;
  /** Partitions will be given back: what is worked on of them is to end. Undefined if nothing is. */
  ending(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> | undefined;
  /** It is to end. */
  stop(): void;
}

/** The reading half of a consumer. */
export class Reading {
  readonly assignment: Assignment;
  readonly holdings: Holdings;
  readonly storing: Storing;
  readonly #client: Client;
  readonly #handing: Handing | null;
  readonly #options: ConsumerOptions;
  readonly #settings: ReadingSettings;
  readonly #reader: MessageReader;
  readonly #gate = new Gate();
  readonly #group: GroupQueue;
  /** Messages of all assigned partitions, forwarded here. */
  readonly #messageQueue: Pointer;
  /** Rises with everything that a waiting reader has to look at, so that nothing is missed just before it waits. */
  #news = 0;
  #isReading = false;
  #worker: Worker | null = null;
  #isClosing = false;
  #lastTurn = performance.now();
  #lastServed = 0;

  constructor(client: Client, options: ConsumerOptions, settings: ReadingSettings) {
    const { native, handle } = client;
    this.#client = client;
    this.#options = options;
    this.#settings = settings;
    this.#reader = new MessageReader(native, client.setting(["plugin.library.paths"], "") === "");
    this.holdings = new Holdings(client);
    this.#handing = Handing.of(client, this.holdings, options, () => this.wake());
    this.storing = new Storing(client, this.holdings.positions, settings.storesOffsets);
    this.#messageQueue = client.addQueue(native.c.rd_kafka_queue_new(handle));
    this.assignment = new Assignment(client, options, this.#messageQueue, {
      taken: (partitions) => {
        this.holdings.taken(partitions);
        this.#worker?.taken?.();
      },
      ending: (partitions, isLost) => this.#worker?.ending(partitions, isLost),
      giving: (partitions, isLost) => {
        if (!isLost) this.storing.storeDone();
        this.holdings.giving(partitions, isLost);
      },
      given: (partitions) => this.holdings.given(partitions),
    }, Math.floor(settings.maxPollMs * 0.8));
    this.#group = new GroupQueue(client, this.assignment, this.#gate);
  }

  /** Whether a rebalance handler runs: for one of a revocation, a closing consumer can still be used. */
  get isRevoking(): boolean {
    return this.#group.isRebalancing;
  }

  /** Something arrived in one of the queues. */
  wake(): void {
    // A rebalance may be what has arrived: the group is looked at before more of what was read ahead is handed over.
    this.#lastServed = 0;
    this.#news++;
    this.#gate.notify();
  }

  /** Messages one by one. */
  messages(options: IterateOptions): AsyncIterableIterator<Message> {
    return messagesOf(this, this.#client, options);
  }

  /** Messages in batches. */
  batches(options: BatchOptions): AsyncIterableIterator<Message[]> {
    return batchesOf(this, this.#client, options);
  }

  /** A message that is already here. It is handed over without a look at librdkafka, unless the last one is long ago. */
  next(): Message | undefined {
    const now = performance.now();
    if (
      this.holdings.length === 0 || now - this.#lastServed >= maxUnservedMs || this.#isReading || this.#isClosing
    ) return undefined;
    this.storing.finish(now);
    return this.#handing === null ? this.holdings.next() : this.#handing.next();
  }

  /** Messages were handed over to somebody who will not get them any more: they are the next ones again. */
  giveBack(messages: readonly Message[]): void {
    if (!this.#isClosing) this.holdings.giveBack(this.#handing?.rawOf(messages) ?? messages);
  }

  /**
   * Collects messages: waits `firstMs` for the first, and `moreMs` after it until there are `max`.
   *
   * Undefined means without limit for the first, and not at all for more. Nothing is returned after a time-out or a close.
   */
  collect(
    max: number,
    firstMs: number | undefined,
    moreMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Message[]> {
    return perform(this.#collect(max, firstMs, moreMs, signal));
  }

  /** The same for a consumer that blocks. */
  collectNow(max: number, firstMs: number | undefined, moreMs: number | undefined): Message[] {
    return performNow(this.#collect(max, firstMs, moreMs, undefined));
  }

  *#collect(
    max: number,
    firstMs: number | undefined,
    moreMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Work<Message[]> {
    signal?.throwIfAborted();
    // Nothing may be stored any more: librdkafka's client may be gone.
    if (this.#isClosing) return [];
    if (this.#isReading) throw new KafkaError("Cannot read: another call is reading", errorCodes._CONFLICT);
    this.#isReading = true;
    const onAbort = (): void => this.wake();
    signal?.addEventListener("abort", onAbort);
    const start = performance.now();
    const deadline = start + (firstMs ?? Infinity);
    // What was collected stays in the buffer, where a seek, a pause or a rebalance reaches it, until there is enough.
    let moreDeadline: number | undefined;
    try {
      this.storing.finish(start);
      for (;;) {
        if (this.#isClosing) return [];
        this.#client.check("Cannot read");
        if (signal?.aborted) throw signal.reason;
        const now = performance.now();
        const has = this.holdings.length;
        if (has === 0) moreDeadline = undefined;
        else if (moreMs === undefined) moreDeadline = now;
        else moreDeadline ??= (firstMs === undefined ? now : start) + moreMs;
        const isEnough = has >= max || (moreDeadline !== undefined && now >= moreDeadline);
        let isHeld = false;
        if (isEnough && now - this.#lastServed < maxUnservedMs) {
          const messages = this.#hand(max, false);
          if (messages.length > 0) return messages;
          // They were skipped, or are deserialized: then this loop is woken.
          isHeld = this.#handing?.isWaiting ?? false;
          if (!isHeld) continue;
        }
        if (now - this.#lastTurn > maxBusyMs && !this.#client.blocks) {
          yield nextTurn();
          this.#lastTurn = performance.now();
          continue;
        }
        const news = this.#news;
        const rebalance = this.#serveGroup();
        if (rebalance !== undefined) {
          yield* rebalance;
          continue;
        }
        if (!isHeld && (isEnough || this.#readMore(max))) continue;
        this.storing.storeDone();
        this.#client.serve();
        const left = (isHeld ? deadline : moreDeadline ?? deadline) - performance.now();
        if (left <= 0) return this.#hand(max, true);
        // What was served just now may have ended this client.
        if (news === this.#news && this.#client.fatalError === null) yield* this.#wait(left, max);
      }
    } finally {
      this.#isReading = false;
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #hand(max: number, mustEnd: boolean): Message[] {
    return this.#handing === null ? this.holdings.take(max) : this.#handing.take(max, mustEnd);
  }

  /** Whether the end has begun: nothing is read any more. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** From now on the only reader is one that works by itself, and asks for messages by {@link round}. */
  beginWork(worker: Worker): void {
    if (this.#isReading) throw new KafkaError("Cannot run: another call is reading", errorCodes._CONFLICT);
    this.#isReading = true;
    this.storing.finish(performance.now());
    this.#worker = worker;
    this.holdings.keepWith(worker);
  }

  /** That is over. What it has not worked on comes next. */
  endWork(left: readonly Message[]): void {
    this.#isReading = false;
    this.#worker = null;
    if (this.#isClosing) return;
    this.storing.storeDone();
    this.holdings.takeBack(left);
  }

  /** Asks the reader that works by itself to end, if there is one. */
  stopWork(): void {
    this.#worker?.stop();
  }

  /** Looks at the group, and gives the worker the messages that are there if they are wanted, or else waits for something. */
  round(isWanted: boolean, waitMs: number): Promise<void> {
    return perform(this.#round(isWanted, waitMs));
  }

  *#round(isWanted: boolean, waitMs: number): Work<void> {
    if (this.#isClosing) return;
    this.#client.check("Cannot read");
    // What happens from here on may change what the caller wants.
    const news = this.#news;
    if (performance.now() - this.#lastTurn > maxBusyMs) {
      yield nextTurn();
      this.#lastTurn = performance.now();
    }
    const rebalance = this.#serveGroup();
    if (rebalance !== undefined) return yield* rebalance;
    // Given right here: what a seek should reach must not be on its way meanwhile.
    if (isWanted && (this.holdings.length > 0 || this.#readMore(readAhead))) {
      return this.#worker!.put(this.holdings.take(Infinity));
    }
    this.#client.serve();
    if (news === this.#news && this.#client.fatalError === null) yield* this.#wait(waitMs, readAhead);
  }

  /** Looks at the group. A rebalance, which may have to wait for a handler, is returned as work. */
  #serveGroup(): Work<void> | undefined {
    this.#lastServed = performance.now();
    // Nobody else looks at what else has arrived.
    if (this.#client.blocks) this.#client.serve();
    this.#tellEnds();
    const rebalance = this.#group.serve();
    if (rebalance === undefined) this.holdings.retrySeeks();
    return rebalance;
  }

  /** Puts what has arrived into the buffer, and says whether there was anything. */
  #readMore(max: number, waitMs = 0): boolean {
    const { messages, notices } = this.#reader.read(this.#messageQueue, Math.max(max, readAhead), waitMs);
    for (const notice of notices) this.#notice(notice);
    if (messages.length > 0) this.holdings.put(messages);
    return messages.length > 0 || notices.length > 0;
  }

  /** Waits for something to arrive. */
  *#wait(timeoutMs: number, max: number): Work<void> {
    // librdkafka takes a reader that does not poll for one that hangs: so an idle one polls now and then.
    const waitMs = Math.min(timeoutMs, this.holdings.hasSeeks ? retryMs : this.#settings.maxPollMs / 3);
    if (this.#client.blocks) {
      if (this.holdings.positions.all().length > 0) this.#readMore(max, slice(waitMs));
      else yield* this.#group.serve(slice(waitMs)) ?? [];
      return;
    }
    this.#client.hold();
    try {
      yield this.#gate.waitFor(waitMs);
    } finally {
      this.#client.release();
    }
    this.#lastTurn = performance.now();
  }

  #notice(notice: QueueNotice): void {
    if (notice.code === partitionEof) this.holdings.putEnd(notice);
    else this.#client.reportError(new KafkaError(notice.text, notice.code));
  }

  /** Tells of the ends that the reader has come to. */
  #tellEnds(): void {
    const { onPartitionEof } = this.#options;
    for (const end of this.holdings.takeEnds()) {
      if (onPartitionEof !== undefined) this.#client.run("onPartitionEof", () => onPartitionEof(end));
    }
  }

  /** Takes exactly these partitions, or none, without the group. */
  replaceAssignment(partitions: readonly TopicPartitionOffset[] | null): void {
    if (partitions !== null) checkList(this.#client.native, partitions);
    this.storing.storeDone();
    this.assignment.set(partitions);
    this.holdings.givenAllBut(partitions ?? []);
  }

  /** Takes partitions in addition, without the group. */
  addToAssignment(partitions: readonly TopicPartitionOffset[]): void {
    checkList(this.#client.native, partitions);
    // librdkafka would refuse them too, but only after what was read ahead of them has been dropped.
    const taken = new Set(currentAssignment(this.#client).map(partitionKey));
    const again = partitions.find((partition) => taken.has(partitionKey(partition)));
    if (again !== undefined) {
      throw new KafkaError(
        `Cannot assign ${again.topic} [${again.partition}]: it is assigned already`,
        errorCodes._CONFLICT,
      );
    }
    this.assignment.add(partitions);
  }

  /** Gives these partitions back, without the group. */
  removeFromAssignment(partitions: readonly TopicPartition[]): void {
    checkPlaces(partitions);
    this.storing.storeDone();
    this.assignment.remove(partitions);
    this.holdings.given(partitions);
  }

  /** Lets partitions flow again. */
  resume(partitions: readonly TopicPartition[]): void {
    this.holdings.resume(partitions);
    this.wake();
  }

  /**
   * Leaves the group and frees everything. Handlers are waited for until shortly before the time is up; one that closes the
   * consumer itself is not, for it would wait for its own end.
   */
  close(timeoutMs: number): Promise<void> {
    return perform(this.#close(timeoutMs));
  }

  /** The same for a consumer that blocks, which no handler of its own may close. */
  closeNow(timeoutMs: number): void {
    performNow(this.#close(timeoutMs));
  }

  *#close(timeoutMs: number): Work<void> {
    this.#isClosing = true;
    this.wake();
    const deadline = performance.now() + timeoutMs;
    this.assignment.limitHandlers(deadline - Math.min(maxLeaveMs, timeoutMs / 4));
    // A reader that is in a rebalance handler comes first: it answers the group before anything is closed.
    while (this.#group.isRebalancing) yield this.#gate.waitFor(5);
    this.storing.storeDone();
    this.#client.hold();
    let hasLeft: boolean;
    try {
      hasLeft = yield* this.#group.leave(deadline);
    } finally {
      this.#client.release();
      this.#client.rejectRequests();
    }
    if (!hasLeft) {
      // Destroyed while it waits for a coordinator's answer, librdkafka would never end. It goes on behind our back.
      this.assignment.silence();
      if (this.#client.blocks) return;
      void perform(this.#group.leave(Infinity))
        .catch((cause) => this.#client.reportError(new HandlerError("close", cause)))
        .then(() => this.#client.destroy(Infinity));
      return;
    }
    yield this.#client.end(Math.max(maxLeaveMs, deadline - performance.now()));
  }
}
