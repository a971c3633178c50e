/** How messages get from the caller to librdkafka, and their reports back: gathering, room, settling, flushing. */
import { errorCodes } from "../kafka/error_codes.ts";
import { Client } from "../client/client.ts";
import type { WaitOptions } from "../client/options.ts";
import { Gate, nextTurn } from "../client/wait.ts";
import { perform, type Work } from "../kafka/work.ts";
import type { ProducerConfig } from "../config/mod.ts";
import { KafkaError, type MessageStatus } from "../kafka/error.ts";
import type { DeliveryReport, ProducerMessage } from "../kafka/message.ts";
import type { Crossing, EncodedMessage } from "../native/encoding.ts";
import type { NativeEvent } from "../native/events.ts";
import { Outgoing, type PartitionChooser } from "../native/outgoing.ts";
import { ownTimestamp, purgeFlags, ReportReader, type Reports } from "../native/reports.ts";
import { deliveryError, purged } from "./delivery_error.ts";
import { awaitPurged, flush, type Unsettled } from "./ending.ts";
import type { ProducerOptions } from "./options.ts";
import { type OpenBatch, OpenBatches } from "./open_batches.ts";
import {
  ArrayBatch,
  type ArraySettle,
  type PendingBatch,
  PendingBatches,
  type Settle,
  type TakeReport,
} from "./pending.ts";
import { Parking } from "./parking.ts";
import { type Room, roomOf, unlimited } from "./room.ts";

/** How long the end of librdkafka's threads is waited for at least. */
const minDestroyMs = 1000;

// Handing the executor out of each call would be a closure for each message.
let kept: Settle;
const keep = (resolve: Settle): void => {
  kept = resolve;
};

/** The working half of a producer. */
export class Sending implements Unsettled {
  readonly client: Client;
  readonly #outgoing: Outgoing;
  readonly #reports: ReportReader;
  readonly #batches = new PendingBatches();
  readonly #room: Room;
  readonly #options: ProducerOptions;
  readonly #reportsOnlyErrors: boolean;
  readonly #open: OpenBatches;
  readonly #parked: Parking;
  #pending = 0;
  #reported = 0;
  #isCrossing = false;
  /** Whether a message is being read or written: its getters, its headers' iterator or its serializer are the caller's code. */
  #isGathering = false;
  /** Is notified when reports have come. */
  readonly settled: Gate = new Gate();
  /** How many messages were not delivered so far. */
  lost = 0;

  constructor(
    config: ProducerConfig,
    options: ProducerOptions,
    chooser: PartitionChooser | null = null,
    blocks = false,
  ) {
    this.client = new Client(
      "producer",
      config,
      {},
      { "log.queue": "true", "delivery.report.only.error": "false", ...unlimited },
      options,
      { onEvent: (event) => this.#onEvent(event), onWake: () => {}, blocks },
    );
    this.#options = options;
    const { native, handle } = this.client;
    this.#outgoing = new Outgoing(
      native,
      handle,
      (slot, index, code, bytes) => this.#refused(slot, index, code, bytes),
      chooser,
    );
    this.#reports = new ReportReader(native);
    this.#room = roomOf(this.client);
    this.#parked = new Parking(this.#batches);
    this.#open = new OpenBatches(this.#batches, (error) => this.client.reportError(error));
    this.#reportsOnlyErrors = this.client.setting(["delivery.report.only.error"], "false") === "true";
  }

  /** The number of messages without a report. */
  get pending(): number {
    return this.#pending;
  }

  /** The number of reports that have come. */
  get reported(): number {
    return this.#reported;
  }

  /** Whether the next message would be taken at once. */
  get hasRoom(): boolean {
    return this.#parked.length === 0 && this.#room.has;
  }

  /** Sends one message, and settles with its report. What crosses may be another: the same in a form of bytes. */
  send(message: ProducerMessage, wire: Crossing = message): Promise<DeliveryReport> {
    this.#refuseWithin("Cannot send");
    const promise = new Promise<DeliveryReport>(keep);
    const settle = kept;
    if (!this.hasRoom) {
      // What is written in its place is so only while there is room.
      this.#parked.addSingle(message, settle, wire as ProducerMessage);
      if (++this.#pending === 1) this.client.hold();
      return promise;
    }
    const open = this.#open.promised();
    // Gathered first: a message that is none throws before anything counts it.
    this.#add(wire, open);
    open.batch.add(message, settle);
    return promise;
  }

  /** Hands over one message if there is room for it. */
  produce(message: ProducerMessage, onDelivery: TakeReport | undefined, wire: Crossing = message): boolean {
    this.#refuseWithin("Cannot send");
    if (!this.hasRoom) return false;
    const outlet = onDelivery ?? this.#options.onDelivery;
    if (outlet === undefined) {
      const open = this.#open.quiet();
      this.#add(wire, open);
      open.batch.add(message);
      return true;
    }
    const only = this.#reportsOnlyErrors;
    this.deliver(message, (report) => {
      if (!only || report.error !== null) this.client.run("onDelivery", () => outlet(report));
    }, wire);
    return true;
  }

  /** Hands over one message, for which there has to be room. Its report goes to a function, which must not throw. */
  deliver(message: ProducerMessage, onReport: TakeReport, wire: Crossing = message): void {
    this.#refuseWithin("Cannot send");
    const open = this.#open.called();
    this.#add(wire, open);
    open.batch.add(message, onReport);
  }

  /** Sends messages in their order, as room appears, and settles when all have their reports. */
  sendAll(messages: readonly ProducerMessage[], wires: ProducerMessage[] | null = null): Promise<DeliveryReport[]> {
    if (messages.length === 0) return Promise.resolve([]);
    const batch = new ArrayBatch(messages.slice());
    this.#park(batch, wires);
    return batch.promise;
  }

  /** The same for who cannot await: the reports, or the error, go to a function. */
  deliverAll(messages: readonly ProducerMessage[], settle: ArraySettle, wires: ProducerMessage[] | null = null): void {
    if (messages.length > 0) this.#park(new ArrayBatch(messages.slice(), settle), wires);
    else settle.resolve([]);
  }

  #park(batch: ArrayBatch, wires: ProducerMessage[] | null): void {
    this.#refuseWithin("Cannot send");
    this.#parked.add(batch, wires);
    this.#pending += batch.messages.length;
    if (this.#pending === batch.messages.length) this.client.hold();
    if (this.#parked.length === 1) this.#unpark();
  }

  /** Gathers a single message, which crosses at the end of this turn: at once, where no turn may ever end. */
  #add(message: Crossing, { batch, slot }: OpenBatch): void {
    this.#crossSoon();
    this.gather(message, batch, slot, batch.messages.length);
    if (++this.#pending === 1) this.client.hold();
    if (this.client.blocks) this.#outgoing.cross();
  }

  /** Writes a message where C reads it, if that can be done, for the next call to send it. */
  write(message: EncodedMessage): boolean {
    this.#isGathering = true;
    try {
      return this.#outgoing.write(message);
    } finally {
      this.#isGathering = false;
    }
  }

  /** Makes room for an array of which the first messages are gathered at once, by {@link gather}, and gives its number. */
  begin(batch: ArrayBatch): number {
    this.#refuseWithin("Cannot send");
    return this.#batches.add(batch);
  }

  /** So many were, and no more are. */
  end(batch: ArrayBatch, slot: number, count: number): void {
    batch.cut(count);
    if (count === 0) return this.#batches.remove(slot);
    if (this.#pending === 0) this.client.hold();
    this.#pending += count;
    this.cross();
  }

  /** Gathers a message of a batch. */
  gather(message: Crossing, batch: PendingBatch, slot: number, index: number): void {
    this.#isGathering = true;
    try {
      this.#room.take(1, this.#outgoing.add(message, slot, index));
    } finally {
      this.#isGathering = false;
    }
    batch.topics.set(index, this.#outgoing.lastTopic);
  }

  /** Refuses what a message that is being read does itself: it would get that message's place. */
  #refuseWithin(action: string): void {
    if (this.#isGathering) throw new KafkaError(`${action}: another message is being read`, errorCodes._CONFLICT);
  }

  #crossSoon(): void {
    if (this.#isCrossing || this.client.blocks) return;
    this.#isCrossing = true;
    queueMicrotask(() => {
      this.#isCrossing = false;
      this.cross();
    });
  }

  /** Hands this turn's messages over, and ends the turn's batches: later messages join new ones. */
  cross(): void {
    // It crosses at the end of its turn.
    if (this.#isGathering) return;
    this.#open.end();
    if (!this.client.isClosed) this.#outgoing.cross();
  }

  /** Moves messages that wait for room into librdkafka, in order, while there is some. */
  #unpark(): void {
    while (this.#parked.length > 0 && this.#room.has) {
      const parked = this.#parked.first;
      const { messages, slot } = parked;
      const batch = this.#batches.get(slot);
      while (parked.next < messages.length && this.#room.has) {
        const index = parked.next++;
        try {
          this.gather(parked.wires?.[index] ?? messages[index]!, batch, slot, index);
        } catch (error) {
          // Not a message: this one fails, with the reason as the cause, and the others go on.
          this.#fail(slot, index, -1, -1, "NOT_PERSISTED", deliveryError(this.client, errorCodes._INVALID_ARG, error));
        }
      }
      if (parked.next < messages.length) continue;
      this.#parked.shift();
    }
    this.cross();
  }

  #refused(slot: number, index: number, code: number, byteLength: number): void {
    // Told in the next turn: the call that gathers must not settle what it is still gathering.
    this.client.later(() => {
      this.#reported++;
      this.#room.give(1, byteLength);
      this.#fail(slot, index, -1, -1, "NOT_PERSISTED", deliveryError(this.client, code));
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
        const error = deliveryError(this.client, code[i]!);
        this.#fail(slot, index, partition[i]!, timestamp[i]!, this.#reports.status(i), error);
        continue;
      }
      const batch = this.#batches.get(slot);
      if (partition[i] !== learnt) {
        learnt = partition[i]!;
        this.#outgoing.learnPartition(batch.topics.get(index)!, learnt);
      }
      this.#countDown(slot, batch);
      batch.succeed(index, partition[i]!, offset[i]!, timestamp[i]!);
    }
    this.#reported += count;
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
    this.lost++;
    this.#countDown(slot, batch);
    batch.fail(index, partition, timestamp, status, error);
  }

  #countDown(slot: number, batch: PendingBatch): void {
    // A batch that more messages may still join in this turn keeps its slot until the turn's end.
    if (--batch.remaining === 0 && !this.#open.has(batch)) this.#batches.remove(slot);
    if (--this.#pending === 0) this.client.release();
  }

  #afterReports(): void {
    if (this.#parked.length > 0) this.#unpark();
    this.settled.notify();
  }

  /** Waits until the next message would be taken at once. */
  async ready(options: WaitOptions): Promise<void> {
    const action = "Cannot wait for room";
    this.client.check(action);
    const hasRoom = (): boolean => {
      this.client.check(action);
      return this.hasRoom;
    };
    await this.settled.until(hasRoom, action, options);
    // What a producer that closes gives up makes room, but not for another message.
    this.client.check(action);
  }

  /** Waits for all reports; returns early, without an error, only when `timeoutMs` is up. */
  flush(options: WaitOptions): Promise<void> {
    return perform(flush(this, options));
  }

  /** Gives up what has not crossed into librdkafka yet. */
  giveUp(): void {
    this.#outgoing.discard(purged.inQueue);
    this.cross();
    for (const { messages, slot, next } of this.#parked.takeAll()) {
      for (let index = next; index < messages.length; index++) {
        this.#fail(slot, index, -1, -1, "NOT_PERSISTED", deliveryError(this.client, purged.inQueue));
      }
    }
  }

  /** Gives messages up. */
  purge(queued: boolean, inFlight: boolean): void {
    this.#refuseWithin("Cannot purge");
    const { native, handle } = this.client;
    if (queued) this.giveUp();
    else this.cross();
    const flags = (queued ? purgeFlags.queued : 0) | (inFlight ? purgeFlags.inFlight : 0);
    if (flags !== 0) {
      native.checkCode("Cannot purge", native.c.rd_kafka_purge(handle, flags | purgeFlags.nonBlocking));
    }
    this.client.schedule();
  }

  /** Sends what is left, gives up what is left then, and frees everything. */
  close(timeoutMs: number): Promise<void> {
    return perform(this.closing(timeoutMs));
  }

  /** The same in either way to wait. */
  *closing(timeoutMs: number): Work<void> {
    const deadline = performance.now() + timeoutMs;
    if (this.client.blocks) this.#refuseWithin("Cannot close");
    // Called by a delivery handler, or by a message that is being read, it lets that end first.
    else if (this.client.isServing || this.#isGathering) yield nextTurn();
    try {
      if (this.client.fatalError === null) yield* flush(this, { timeoutMs });
      if (this.#pending > 0) {
        this.purge(true, true);
        // Each promise is settled by its own report.
        yield* awaitPurged(this);
      }
      this.lost += this.#pending;
      // Purging is librdkafka's own work and takes it no time; whoever waits for a report that never came is told so.
      for (const batch of this.#batches.all()) batch.abandon(deliveryError(this.client, errorCodes._DESTROY));
    } finally {
      this.#outgoing.close();
      yield this.client.end(Math.max(minDestroyMs, deadline - performance.now()));
      this.settled.notify();
    }
  }
}
