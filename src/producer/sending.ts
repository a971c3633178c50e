/** How messages get from the caller to librdkafka, and their reports back: gathering, room, settling, flushing. */
import { Client } from "../client/client.ts";
import type { WaitOptions } from "../client/options.ts";
import { bounded, checkTimeout, Gate, immediately, nextTurn } from "../client/wait.ts";
import type { ProducerConfig } from "../config/mod.ts";
import { KafkaError, type MessageStatus } from "../kafka/error.ts";
import type { DeliveryReport, ProducerMessage } from "../kafka/message.ts";
import type { NativeEvent } from "../native/events.ts";
import { Outgoing } from "../native/outgoing.ts";
import { ownTimestamp, purgeFlags, queueFull, ReportReader, type Reports } from "../native/reports.ts";
import type { ProducerOptions } from "./options.ts";
import {
  ArrayBatch,
  CallbackBatch,
  maxSingles,
  type PendingBatch,
  PendingBatches,
  PromiseBatch,
  QuietBatch,
  type Settle,
} from "./pending.ts";
import { Line } from "./line.ts";
import { Room } from "./room.ts";

const invalidArgument = -186;
const destroyed = -197;
const fatal = -150;
/** How long the end of librdkafka's threads is waited for at least. */
const minDestroyMs = 1000;
const purged = { inQueue: -152, inFlight: -151 };
/** With a longer linger than this, a flush tells librdkafka to stop waiting. */
const lingerWorthOverriding = 5;

/**
 * Room is counted here alone. librdkafka would count a message until its report's event is destroyed, which is after its room
 * is given to the next, and would refuse one for whose bytes there is no room at all.
 */
const unlimited = { "queue.buffering.max.messages": "0", "queue.buffering.max.kbytes": "2147483647" };

/** A batch that single messages may still join. */
interface OpenBatch<B extends PendingBatch> {
  readonly batch: B;
  readonly slot: number;
}

// Handing the executor out of each call would be a closure for each message.
let kept: Settle;
const keep = (resolve: Settle): void => {
  kept = resolve;
};

/** Messages that wait for room. */
interface Parked {
  readonly messages: readonly ProducerMessage[];
  next: number;
  readonly slot: number;
}

/** The working half of a producer. */
export class Sending {
  readonly client: Client;
  readonly #outgoing: Outgoing;
  readonly #reports: ReportReader;
  readonly #batches = new PendingBatches();
  readonly #room: Room;
  readonly #options: ProducerOptions;
  readonly #lingerMs: number;
  readonly #reportsOnlyErrors: boolean;
  /** The batches that this turn's single messages join: those with a promise, those with a callback, and the others. */
  #promised: OpenBatch<PromiseBatch> | null = null;
  #called: OpenBatch<CallbackBatch> | null = null;
  #quiet: OpenBatch<QuietBatch> | null = null;
  readonly #parked = new Line<Parked>();
  /** The last of the line, if it is single messages which more may join. */
  #parkedSingles: PromiseBatch | null = null;
  #pending = 0;
  #isCrossing = false;
  readonly #settled = new Gate();

  constructor(config: ProducerConfig, options: ProducerOptions) {
    this.client = new Client(
      "producer",
      config,
      {},
      { "log.queue": "true", "delivery.report.only.error": "false", ...unlimited },
      options,
      { onEvent: (event) => this.#onEvent(event), onWake: () => {} },
    );
    this.#options = options;
    const { native, handle } = this.client;
    this.#outgoing = new Outgoing(
      native,
      handle,
      (slot, index, code, bytes) => this.#refused(slot, index, code, bytes),
    );
    this.#reports = new ReportReader(native);
    this.#room = new Room(
      Number(this.client.setting(["queue.buffering.max.messages"], "100000")),
      Number(this.client.setting(["queue.buffering.max.kbytes"], "1048576")) * 1024,
    );
    this.#lingerMs = Number(this.client.setting(["linger.ms", "queue.buffering.max.ms"], "5"));
    this.#reportsOnlyErrors = this.client.setting(["delivery.report.only.error"], "false") === "true";
  }

  /** The number of messages without a report. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether the next message would be taken at once. */
  get hasRoom(): boolean {
    return this.#parked.length === 0 && this.#room.has;
  }

  /** Sends one message, and settles with its report. */
  send(message: ProducerMessage): Promise<DeliveryReport> {
    const promise = new Promise<DeliveryReport>(keep);
    const settle = kept;
    if (!this.hasRoom) {
      this.#parkSingle(message, settle);
      return promise;
    }
    let open = this.#promised;
    if (open === null || open.batch.messages.length === maxSingles) {
      this.#end(open);
      this.#promised = open = this.#begin(new PromiseBatch());
    }
    // Gathered first: a message that is none throws before anything counts it.
    this.#add(message, open.slot, open.batch.messages.length);
    open.batch.add(message, settle);
    return promise;
  }

  /** Hands over one message if there is room for it. */
  produce(message: ProducerMessage, onDelivery: ((report: DeliveryReport) => void) | undefined): boolean {
    if (!this.hasRoom) return false;
    const outlet = onDelivery ?? this.#options.onDelivery;
    if (outlet === undefined) {
      let open = this.#quiet;
      if (open === null || open.batch.messages.length === maxSingles) {
        this.#end(open);
        this.#quiet = open = this.#begin(new QuietBatch((error) => this.client.reportError(error)));
      }
      this.#add(message, open.slot, open.batch.messages.length);
      open.batch.add(message);
      return true;
    }
    let open = this.#called;
    if (open === null || open.batch.messages.length === maxSingles) {
      this.#end(open);
      this.#called = open = this.#begin(new CallbackBatch());
    }
    this.#add(message, open.slot, open.batch.messages.length);
    const only = this.#reportsOnlyErrors;
    open.batch.add(message, (report) => {
      if (!only || report.error !== null) this.client.run("onDelivery", () => outlet(report));
    });
    return true;
  }

  /** Sends messages in their order, as room appears, and settles when all have their reports. */
  sendAll(messages: readonly ProducerMessage[]): Promise<DeliveryReport[]> {
    if (messages.length === 0) return Promise.resolve([]);
    const batch = new ArrayBatch(messages.slice());
    const slot = this.#batches.add(batch);
    this.#pending += batch.messages.length;
    if (this.#pending === batch.messages.length) this.client.hold();
    this.#parked.add({ messages: batch.messages, next: 0, slot });
    this.#parkedSingles = null;
    if (this.#parked.length === 1) this.#unpark();
    return batch.promise;
  }

  #parkSingle(message: ProducerMessage, settle: Settle): void {
    let batch = this.#parkedSingles;
    if (batch === null || batch.messages.length === maxSingles) {
      this.#parkedSingles = batch = new PromiseBatch();
      this.#parked.add({ messages: batch.messages, next: 0, slot: this.#batches.add(batch) });
    }
    batch.add(message, settle);
    if (++this.#pending === 1) this.client.hold();
  }

  /** Begins a batch, which messages may join until this turn's end. */
  #begin<B extends PendingBatch>(batch: B): OpenBatch<B> {
    this.#crossSoon();
    return { batch, slot: this.#batches.add(batch) };
  }

  /** No more messages join a batch. Its slot is free if its only message was none, or all have their reports already. */
  #end(open: OpenBatch<PendingBatch> | null): void {
    if (open !== null && open.batch.remaining === 0) this.#batches.remove(open.slot);
  }

  /** Gathers a single message, which crosses at the end of this turn. */
  #add(message: ProducerMessage, slot: number, index: number): void {
    this.#room.take(1, this.#outgoing.add(message, slot, index));
    if (++this.#pending === 1) this.client.hold();
  }

  #crossSoon(): void {
    if (this.#isCrossing) return;
    this.#isCrossing = true;
    queueMicrotask(() => {
      this.#isCrossing = false;
      this.#cross();
    });
  }

  /** Hands this turn's messages over, and ends the turn's batches: later messages join new ones. */
  #cross(): void {
    this.#end(this.#promised);
    this.#end(this.#called);
    this.#end(this.#quiet);
    this.#promised = null;
    this.#called = null;
    this.#quiet = null;
    if (!this.client.isClosed) this.#outgoing.cross();
  }

  /** Moves messages that wait for room into librdkafka, in order, while there is some. */
  #unpark(): void {
    while (this.#parked.length > 0 && this.#room.has) {
      const parked = this.#parked.first;
      const { messages, slot } = parked;
      const outgoing = this.#outgoing;
      const room = this.#room;
      while (parked.next < messages.length && room.has) {
        const index = parked.next++;
        try {
          room.take(1, outgoing.add(messages[index]!, slot, index));
        } catch (error) {
          // Not a message: this one fails, with the reason as the cause, and the others go on.
          this.#fail(slot, index, -1, -1, "NOT_PERSISTED", this.#deliveryError(invalidArgument, error));
        }
      }
      if (parked.next < messages.length) continue;
      this.#parked.shift();
      if (this.#parked.length === 0) this.#parkedSingles = null;
    }
    this.#cross();
  }

  #refused(slot: number, index: number, code: number, byteLength: number): void {
    // Told in the next turn: the call that gathers must not settle what it is still gathering.
    immediately(() => {
      this.#room.give(1, byteLength);
      this.#fail(slot, index, -1, -1, "NOT_PERSISTED", this.#deliveryError(code));
      this.#afterReports();
    });
  }

  #onEvent(event: NativeEvent): void {
    if (event.type !== "reports") return;
    for (;;) {
      const reports = this.#reports.read(event.event);
      if (reports.count === 0) break;
      this.#settle(reports);
    }
    this.#afterReports();
  }

  /** Settles messages, each exactly once: its slot's count goes down with it. */
  #settle(reports: Reports): void {
    const { count, batch: slots, index: indexes, code, byteLength, partition, offset, timestamp } = reports;
    let bytes = 0;
    let learnt = -1;
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const index = indexes[i]! & ~ownTimestamp;
      bytes += byteLength[i]!;
      if (code[i] !== 0) {
        this.#fail(slot, index, partition[i]!, timestamp[i]!, this.#reports.status(i), this.#deliveryError(code[i]!));
        continue;
      }
      const batch = this.#batches.get(slot);
      if (partition[i] !== learnt) {
        learnt = partition[i]!;
        this.#outgoing.learnPartition(batch.messages[index]!.topic, learnt);
      }
      this.#countDown(slot, batch);
      batch.succeed(index, partition[i]!, offset[i]!, timestamp[i]!);
    }
    this.#room.give(count, bytes);
  }

  #fail(
    slot: number,
    index: number,
    partition: number,
    timestamp: number,
    status: MessageStatus,
    error: KafkaError,
  ): void {
    const batch = this.#batches.get(slot);
    this.#countDown(slot, batch);
    batch.fail(index, partition, timestamp, status, error);
  }

  #countDown(slot: number, batch: PendingBatch): void {
    // A batch that more messages may still join in this turn keeps its slot until the turn's end.
    const isOpen = batch === this.#promised?.batch || batch === this.#called?.batch || batch === this.#quiet?.batch;
    if (--batch.remaining === 0 && !isOpen) this.#batches.remove(slot);
    if (--this.#pending === 0) this.client.release();
  }

  #afterReports(): void {
    if (this.#parked.length > 0) this.#unpark();
    this.#settled.notify();
  }

  #deliveryError(code: number, cause?: unknown): KafkaError {
    if (cause instanceof Error) return new KafkaError(cause.message, code, { cause });
    const isRetriable = code === queueFull || code === purged.inQueue;
    const facts = { isRetriable, isFatal: code === fatal };
    return new KafkaError(
      this.client.native.describe(code),
      code,
      code === fatal ? { ...facts, cause: this.client.fatalError } : facts,
    );
  }

  /** Waits until the next message would be taken at once. */
  async ready(options: WaitOptions): Promise<void> {
    const action = "Cannot wait for room";
    this.client.check(action);
    const wait = async (): Promise<void> => {
      while (!this.hasRoom) {
        await this.#settled.wait();
        this.client.check(action);
      }
    };
    await bounded(wait(), action, options);
  }

  /** Waits for all reports; returns early, without an error, only when `timeoutMs` is up. */
  async flush(options: WaitOptions): Promise<void> {
    const timeoutMs = checkTimeout(options.timeoutMs) ?? Infinity;
    const deadline = performance.now() + timeoutMs;
    const { native, handle } = this.client;
    options.signal?.throwIfAborted();
    let stop: (() => void) | undefined;
    const aborted = new Promise<void>((resolve) => stop = resolve);
    if (stop !== undefined) options.signal?.addEventListener("abort", stop, { once: true });
    try {
      while (this.#pending > 0) {
        const left = deadline - performance.now();
        if (left <= 0) return;
        this.#cross();
        // librdkafka stops lingering only while a flush is under way, so it is given short ones.
        if (this.#lingerMs > lingerWorthOverriding) native.c.rd_kafka_flush(handle, 2);
        await Promise.race([this.#settled.waitFor(Math.min(left, 50)), aborted]);
        options.signal?.throwIfAborted();
      }
    } finally {
      if (stop !== undefined) options.signal?.removeEventListener("abort", stop);
    }
  }

  /** Gives messages up. */
  purge(queued: boolean, inFlight: boolean): void {
    const { native, handle } = this.client;
    this.#cross();
    if (queued) {
      this.#parkedSingles = null;
      for (const { messages, slot, next } of this.#parked.takeAll()) {
        for (let index = next; index < messages.length; index++) {
          this.#fail(slot, index, -1, -1, "NOT_PERSISTED", this.#deliveryError(purged.inQueue));
        }
      }
    }
    const flags = (queued ? purgeFlags.queued : 0) | (inFlight ? purgeFlags.inFlight : 0);
    if (flags !== 0) {
      native.checkCode("Cannot purge", native.c.rd_kafka_purge(handle, flags | purgeFlags.nonBlocking));
    }
    this.client.schedule();
  }

  /** Sends what is left, gives up what is left then, and frees everything. */
  async close(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    if (this.client.fatalError === null) await this.flush({ timeoutMs });
    if (this.#pending > 0) {
      this.purge(true, true);
      // The purged messages' reports are on their way: each promise is settled by its own.
      for (let turns = 0; this.#pending > 0 && turns < 500; turns++) {
        this.client.serve();
        if (this.#pending > 0) await (turns < 50 ? nextTurn() : this.#settled.waitFor(10));
      }
    }
    // Purging is librdkafka's own work and takes it no time; whoever waits for a report that never came is told so.
    for (const batch of this.#batches.all()) batch.abandon(this.#deliveryError(destroyed));
    this.#outgoing.close();
    await this.client.destroy(Math.max(minDestroyMs, deadline - performance.now()));
    this.#settled.notify();
  }
}
