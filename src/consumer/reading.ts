/** How messages get from librdkafka to the reader: the control queue first, then messages, then waiting. */
import type { Pointer } from "../native/memory.ts";
import type { Client } from "../client/client.ts";
import { Gate, nextTurn } from "../client/wait.ts";
import { HandlerError, KafkaError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import {
  partitionKey,
  type PartitionOffset,
  type TopicPartition,
  type TopicPartitionOffset,
} from "../kafka/topic_partition.ts";
import { pollEvent, readEvent } from "../native/events.ts";
import { MessageReader, type QueueNotice } from "../native/incoming.ts";
import { checkList, readPartitionList, withPartitionList } from "../native/partition_list.ts";
import { describe } from "../native/scratch.ts";
import { Assignment, notAssigned, partitionEof } from "./assignment.ts";
import { Holdings } from "./holdings.ts";
import { iterator } from "./iterator.ts";
import { currentAssignment } from "./lookups.ts";
import type { BatchOptions, ConsumerOptions, IterateOptions } from "./options.ts";

const conflict = -173;
/** How long a reader may be served without the event loop getting a turn. */
const maxBusyMs = 10;
/** How often offsets that are done are stored in librdkafka while messages flow. */
const storeEveryMs = 100;
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

/** The reading half of a consumer. */
export class Reading {
  readonly assignment: Assignment;
  readonly holdings: Holdings;
  readonly #client: Client;
  readonly #options: ConsumerOptions;
  readonly #settings: ReadingSettings;
  readonly #reader: MessageReader;
  readonly #gate = new Gate();
  /** Rebalances and errors of the group. Every poll of it tells librdkafka that the reader lives. */
  #controlQueue: Pointer;
  /** Messages of all assigned partitions, forwarded here. */
  readonly #messageQueue: Pointer;
  /** Rises with everything that a waiting reader has to look at, so that nothing is missed just before it waits. */
  #news = 0;
  #isReading = false;
  #isClosing = false;
  #revoking = 0;
  #lastTurn = performance.now();
  #lastServed = 0;
  #lastStore = 0;

  constructor(client: Client, options: ConsumerOptions, settings: ReadingSettings) {
    const { native, handle } = client;
    this.#client = client;
    this.#options = options;
    this.#settings = settings;
    this.#reader = new MessageReader(native);
    this.holdings = new Holdings(client);
    this.#controlQueue = client.addQueue(native.c.rd_kafka_queue_get_consumer(handle));
    this.#messageQueue = client.addQueue(native.c.rd_kafka_queue_new(handle));
    this.assignment = new Assignment(client, options, this.#messageQueue, {
      taken: (partitions) => this.holdings.taken(partitions),
      giving: (partitions, isLost) => {
        if (!isLost) this.#storeNow();
        this.holdings.giving(partitions, isLost);
      },
      given: (partitions) => this.holdings.given(partitions),
    }, Math.floor(settings.maxPollMs * 0.8));
  }

  /** Whether a revoke handler runs, for which a closing consumer can still be used. */
  get isRevoking(): boolean {
    return this.#revoking > 0;
  }

  /** Something arrived in one of the queues. */
  wake(): void {
    // A rebalance may be what has arrived: the group is looked at before more of what was read ahead is handed over.
    this.#lastServed = 0;
    this.#news++;
    this.#gate.notify();
  }

  /** Messages one by one. */
  messages({ signal }: IterateOptions): AsyncIterableIterator<Message> {
    const atOnce = (): Message | undefined => {
      const now = performance.now();
      // A message that is already here is handed over without a look at librdkafka, unless the last one is long ago.
      if (
        this.holdings.length === 0 || now - this.#lastServed >= maxUnservedMs || this.#isReading || this.#isClosing ||
        signal?.aborted
      ) return undefined;
      this.#finish(now);
      return this.holdings.next();
    };
    const later = async (): Promise<Message | undefined> => (await this.collect(1, undefined, undefined, signal))[0];
    return iterator(atOnce, later, this.#client);
  }

  /** Messages in batches. */
  batches({ maxMessages = 1000, maxWaitMs = 0, signal }: BatchOptions): AsyncIterableIterator<Message[]> {
    if (!Number.isInteger(maxMessages) || maxMessages < 1) {
      throw new RangeError(`Cannot use ${describe(maxMessages)} as maxMessages: a number from 1 on is wanted`);
    }
    if (!(maxWaitMs >= 0)) {
      throw new RangeError(`Cannot use ${describe(maxWaitMs)} as maxWaitMs: milliseconds from 0 on are wanted`);
    }
    const later = async (): Promise<Message[] | undefined> => {
      const batch = await this.collect(maxMessages, undefined, maxWaitMs, signal);
      return batch.length === 0 ? undefined : batch;
    };
    return iterator(() => undefined, later, this.#client);
  }

  /**
   * Collects messages: waits `firstMs` for the first, and `moreMs` after it until there are `max`.
   *
   * Undefined means without limit for the first, and not at all for more. Nothing is returned after a time-out or a close.
   */
  async collect(
    max: number,
    firstMs: number | undefined,
    moreMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Message[]> {
    signal?.throwIfAborted();
    // Nothing may be stored any more: librdkafka's client may be gone.
    if (this.#isClosing) return [];
    if (this.#isReading) throw new KafkaError("Cannot read: another call is reading", conflict);
    this.#isReading = true;
    const onAbort = (): void => this.wake();
    signal?.addEventListener("abort", onAbort);
    const start = performance.now();
    const deadline = start + (firstMs ?? Infinity);
    // What was collected stays in the buffer, where a seek, a pause or a rebalance reaches it, until there is enough.
    let moreDeadline: number | undefined;
    try {
      this.#finish(start);
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
        if (isEnough && now - this.#lastServed < maxUnservedMs) return this.holdings.take(max);
        if (now - this.#lastTurn > maxBusyMs) {
          await nextTurn();
          this.#lastTurn = performance.now();
          continue;
        }
        const news = this.#news;
        const rebalance = this.#serveGroup();
        if (rebalance !== undefined) {
          await rebalance;
          continue;
        }
        if (isEnough || this.#readMore(max)) continue;
        this.#storeNow();
        this.#client.serve();
        const left = (moreDeadline ?? deadline) - performance.now();
        if (left <= 0) return this.holdings.take(max);
        // What was served just now may have ended this client.
        if (news === this.#news && this.#client.fatalError === null) await this.#wait(left);
      }
    } finally {
      this.#isReading = false;
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Looks at the group. A rebalance, which may have to wait for a handler, is returned as a promise. */
  #serveGroup(): Promise<void> | undefined {
    this.#lastServed = performance.now();
    this.#tellEnds();
    const rebalance = this.#serveControl();
    if (rebalance === undefined) this.holdings.retrySeeks();
    return rebalance;
  }

  /** Puts what has arrived into the buffer, and says whether there was anything. */
  #readMore(max: number): boolean {
    const { messages, notices } = this.#reader.read(this.#messageQueue, Math.max(max, readAhead));
    for (const notice of notices) this.#notice(notice);
    if (messages.length > 0) this.holdings.put(messages);
    return messages.length > 0 || notices.length > 0;
  }

  /** Waits for something to arrive. */
  async #wait(timeoutMs: number): Promise<void> {
    this.#client.hold();
    try {
      // librdkafka takes a reader that does not poll for one that hangs: so an idle one polls now and then.
      const atMostMs = this.holdings.hasSeeks ? retryMs : this.#settings.maxPollMs / 3;
      await this.#gate.waitFor(Math.min(timeoutMs, atMostMs));
    } finally {
      this.#client.release();
    }
    this.#lastTurn = performance.now();
  }

  /** The reader is done with what it has had. */
  #finish(now: number): void {
    this.holdings.positions.finish();
    if (now - this.#lastStore > storeEveryMs) this.#storeNow();
  }

  /** Stores what is done, so that a commit finds it. */
  storeDone(): void {
    this.#storeNow();
  }

  #storeNow(): void {
    this.#lastStore = performance.now();
    if (!this.#settings.storesOffsets) return;
    const done = this.holdings.positions.takeDone();
    if (done.length === 0) return;
    for (const { error } of this.store(done)) {
      // A partition that was given back meanwhile: its messages are read again by whoever has it now.
      if (error!.code !== notAssigned) this.#client.reportError(error!);
    }
  }

  /** Stores offsets in librdkafka, and returns those that it refused. */
  store(offsets: readonly TopicPartitionOffset[]): PartitionOffset[] {
    const { native, handle } = this.#client;
    return withPartitionList(native, offsets, (list) => {
      native.c.rd_kafka_offsets_store(handle, list);
      return readPartitionList(native, list, "Cannot store the offset").filter(({ error }) => error !== null);
    });
  }

  /** Offsets were stored by hand. */
  stored(offsets: readonly TopicPartitionOffset[]): void {
    this.holdings.positions.stored(offsets);
  }

  /** Serves the control queue. A rebalance, which may have to wait for a handler, is returned as a promise. */
  #serveControl(): Promise<void> | undefined {
    const { native, handle } = this.#client;
    for (;;) {
      const event = pollEvent(native, this.#controlQueue);
      if (event === null) return undefined;
      const read = readEvent(native, handle, event);
      if (read.type === "rebalance") {
        this.#revoking++;
        return this.assignment.rebalance(read.rebalance).finally(() => {
          this.#revoking--;
          native.c.rd_kafka_event_destroy(event);
        });
      }
      this.#client.dispatch(read);
      native.c.rd_kafka_event_destroy(event);
    }
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
    this.#storeNow();
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
      throw new KafkaError(`Cannot assign ${again.topic} [${again.partition}]: it is assigned already`, conflict);
    }
    this.assignment.add(partitions);
  }

  /** Gives these partitions back, without the group. */
  removeFromAssignment(partitions: readonly TopicPartition[]): void {
    this.#storeNow();
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
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    this.wake();
    const deadline = performance.now() + timeoutMs;
    const { native, handle } = this.#client;
    const { c, library } = native;
    this.assignment.limitHandlers(deadline - Math.min(maxLeaveMs, timeoutMs / 4));
    // A reader that is in a rebalance handler comes first: it answers the group before anything is closed.
    while (this.#revoking > 0) await this.#gate.waitFor(5);
    this.#storeNow();
    // The consumer queue is forwarded to this one: forwarded to itself it would never be served.
    this.#controlQueue = this.#client.addQueue(c.rd_kafka_queue_new(handle));
    const error = c.rd_kafka_consumer_close_queue(handle, this.#controlQueue);
    if (!library.isNull(error)) {
      // Closed already, or failed for good: in both cases only destroying is left.
      c.rd_kafka_error_destroy(error);
      return await this.#client.destroy(Math.max(maxLeaveMs, deadline - performance.now()));
    }
    this.#client.hold();
    try {
      await this.#leave(deadline);
    } finally {
      this.#client.release();
      this.#client.rejectRequests();
    }
    if (c.rd_kafka_consumer_closed(handle) === 0) {
      // Destroyed while it waits for a coordinator's answer, librdkafka would never end. It goes on behind our back.
      this.assignment.silence();
      void this.#leave(Infinity)
        .catch((cause) => this.#client.reportError(new HandlerError("close", cause)))
        .then(() => this.#client.destroy(Infinity));
      return;
    }
    await this.#client.destroy(Math.max(maxLeaveMs, deadline - performance.now()));
  }

  /** Serves the group until the consumer has left it, or the time is up. */
  async #leave(deadline: number): Promise<void> {
    const { native: { c }, handle } = this.#client;
    while (c.rd_kafka_consumer_closed(handle) === 0 && performance.now() < deadline) {
      const rebalance = this.#serveControl();
      if (rebalance !== undefined) {
        await rebalance;
        continue;
      }
      this.#client.serve();
      if (c.rd_kafka_consumer_closed(handle) === 0) await this.#gate.waitFor(Math.max(1, deadline - performance.now()));
    }
    this.#client.serve();
  }
}
