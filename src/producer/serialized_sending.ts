/** Sending messages of a producer's own types: who has to wait for bytes waits in line, and those behind it, too. */
import { errorCodes } from "../kafka/error_codes.ts";
import { isPromise } from "../kafka/promise.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkTimeout, Gate } from "../client/wait.ts";
import type { ProducerConfig } from "../config/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { DeliveryReport, ProducerMessage } from "../kafka/message.ts";
import { SerializationError } from "../kafka/serialization_error.ts";
import type { Crossing } from "../native/encoding.ts";
import type { PartitionChooser } from "../native/outgoing.ts";
import { Line } from "./line.ts";
import type { ProducerOptions } from "./options.ts";
import { ArrayBatch, type ArraySettle, joined, notSent, type TakeReport } from "./pending.ts";
import { Sending } from "./sending.ts";
import { Serializing, type Wire } from "./serializing.ts";
import { StraightMessage } from "./straight.ts";

/** How many messages may wait for their bytes before `produce()` says that there is no room. */
const maxWaiting = 1000;

/** What waits for the bytes of a call's messages, or behind one that does. */
interface Waiting {
  readonly count: number;
  /** Hands the messages over; null until their bytes are there. */
  go: (() => void) | null;
  /** Whether it has to find room, as `produce()` does. */
  readonly needsRoom: boolean;
  readonly fail: (error: unknown) => void;
}

/**
 * A serializer that gives bytes at once costs its messages nothing else. One that gives a promise lets the message wait, and
 * whatever is sent after it, so that messages cross in the order of the calls. All that wait are serialized side by side.
 */
export class SerializedSending extends Sending {
  readonly #serializing: Serializing | null;
  readonly #options: ProducerOptions;
  readonly #line = new Line<Waiting>();
  #waiting = 0;
  #isMoving = false;
  /** Whether a serializer writes a message in its place: then it is in the middle of what was gathered. */
  #isWriting = false;
  readonly #moved = new Gate();

  constructor(
    config: ProducerConfig,
    options: ProducerOptions,
    chooser: PartitionChooser | null = null,
    blocks = false,
  ) {
    const serializing = Serializing.of(options, chooser === null);
    super(config, options, chooser, blocks);
    this.#serializing = serializing;
    this.#options = options;
  }

  override get pending(): number {
    return super.pending + this.#waiting;
  }

  override send(message: ProducerMessage): Promise<DeliveryReport> {
    if (this.#serializing === null) return super.send(message);
    const crossing = this.#crossing(this.#serializing, message);
    if (this.#goes(crossing)) return super.send(message, crossing);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(rejection([message], error));
      this.#wait(1, false, crossing, (wire) => resolve(super.send(message, wire)), fail);
    });
  }

  override sendAll(messages: readonly ProducerMessage[]): Promise<DeliveryReport[]> {
    const serializing = this.#serializing;
    if (serializing === null || messages.length === 0) return super.sendAll(messages);
    const own = messages.slice();
    if (!serializing.isStraight || !this.#isFree || !this.hasRoom) return this.#sendWires(serializing, own);
    const batch = new ArrayBatch(own.slice());
    const slot = this.begin(batch);
    let count = 0;
    let last: Wire | null = null;
    for (; last === null && count < own.length && this.hasRoom; count++) {
      last = this.#gatherNow(serializing, batch, slot, count);
    }
    if (last !== null) count--;
    this.end(batch, slot, count);
    if (count === own.length) return batch.promise;
    const rest = this.#sendWires(serializing, own.slice(count), last);
    return count === 0 ? rest : joined(batch.promise, rest);
  }

  /** Gathers one of an array's messages; gives what crosses of it if that has to wait, or to fail in its turn. */
  #gatherNow(serializing: Serializing, batch: ArrayBatch, slot: number, index: number): Wire | null {
    try {
      const crossing = this.#crossing(serializing, batch.messages[index]!);
      if (!this.#goes(crossing)) return crossing;
      this.gather(crossing, batch, slot, index);
      return null;
    } catch (error) {
      return new Unsendable(error);
    }
  }

  #sendWires(serializing: Serializing, own: ProducerMessage[], first: Wire | null = null): Promise<DeliveryReport[]> {
    const wires = this.#wires(serializing, own, first);
    if (this.#isFree && !isPromise(wires)) return super.sendAll(own, wires);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(rejection(own, error));
      this.#wait(own.length, false, wires, (wires) => resolve(super.sendAll(own, wires)), fail);
    });
  }

  override produce(message: ProducerMessage, onDelivery: TakeReport | undefined): boolean {
    if (this.#serializing === null) return super.produce(message, onDelivery);
    if (!this.#hasRoom) return false;
    const crossing = this.#crossing(this.#serializing, message);
    if (this.#goes(crossing)) return super.produce(message, onDelivery, crossing);
    const fail = (error: unknown): void => this.#tell(message, onDelivery, error);
    this.#wait(1, true, crossing, (wire) => super.produce(message, onDelivery, wire), fail);
    return true;
  }

  override deliver(message: ProducerMessage, onReport: TakeReport, wire?: Crossing): void {
    if (this.#serializing === null || wire !== undefined) return super.deliver(message, onReport, wire);
    super.deliver(message, onReport, this.#crossing(this.#serializing, message) as Crossing);
  }

  override deliverAll(messages: readonly ProducerMessage[], settle: ArraySettle): void {
    if (this.#serializing === null) return super.deliverAll(messages, settle);
    super.deliverAll(messages, settle, this.#wires(this.#serializing, messages) as ProducerMessage[]);
  }

  /** Whether nobody waits in line. What a serializer sends while it writes a message goes there, behind that one. */
  get #isFree(): boolean {
    return this.#line.length === 0 && (!this.#isWriting || this.client.blocks);
  }

  /** Whether what crosses of a message does so now: what is written in its place always does. */
  #goes(crossing: Wire | StraightMessage): crossing is ProducerMessage | StraightMessage {
    return crossing instanceof StraightMessage || this.#isFree && !isPromise(crossing);
  }

  /** What crosses of a message: written in its place if it goes now, and can be written so. */
  #crossing(serializing: Serializing, message: ProducerMessage): Wire | StraightMessage {
    if (!this.#isFree || this.#isWriting || !this.hasRoom) return this.#wire(serializing, message);
    const crossing = serializing.crossing(message);
    if (!(crossing instanceof StraightMessage)) return this.#checkWait(crossing);
    // The key's serializer, which is the user's code, may have sent something itself.
    if (this.#isFree && this.hasRoom && this.#writes(crossing)) return crossing;
    return this.#checkWait(serializing.wireOf(crossing));
  }

  #writes(message: StraightMessage): boolean {
    this.#isWriting = true;
    try {
      return this.write(message);
    } finally {
      this.#isWriting = false;
    }
  }

  #wire(serializing: Serializing, message: ProducerMessage): Wire {
    return this.#checkWait(serializing.wire(message));
  }

  /** Only a client that does not block can wait for what crosses. */
  #checkWait(wire: Wire): Wire {
    if (!this.client.blocks || !isPromise(wire)) return wire;
    wire.catch(() => {});
    throw new SerializationError(
      "Cannot wait for a serializer in a client that blocks: prepare() it first, or use the one of the entry's /sync",
      errorCodes._INVALID_ARG,
    );
  }

  /** What crosses of each of many messages. One that fails does so when its turn comes, and the others go on. */
  #wires(
    serializing: Serializing,
    messages: readonly ProducerMessage[],
    first: Wire | null = null,
  ): ProducerMessage[] | Promise<ProducerMessage[]> {
    let areThere = true;
    const wires = messages.map((message, index): Wire => {
      try {
        const wire = index === 0 && first !== null ? first : this.#wire(serializing, message);
        if (!isPromise(wire)) return wire;
        areThere = false;
        return wire.catch((error: unknown) => new Unsendable(error));
      } catch (error) {
        return new Unsendable(error);
      }
    });
    return areThere ? wires as ProducerMessage[] : Promise.all(wires);
  }

  /** Whether `produce()` takes a message, be it that it waits for its bytes. */
  get #hasRoom(): boolean {
    return this.hasRoom && this.#waiting < maxWaiting;
  }

  /** Puts a call into the line. It goes when what it waits for is there, and those before it have gone. */
  #wait<T extends object>(
    count: number,
    needsRoom: boolean,
    wire: T | Promise<T>,
    go: (wire: T) => void,
    fail: (error: unknown) => void,
  ): void {
    const failed = (error: unknown): void => {
      this.lost += count;
      fail(error);
    };
    const waiting: Waiting = { count, needsRoom, go: null, fail: failed };
    if (isPromise(wire)) {
      const settle = (then: () => void): void => {
        waiting.go = then;
        this.#moveSoon();
      };
      wire.then((wire) => settle(() => go(wire)), (error: unknown) => settle(() => failed(error)));
    } else {
      waiting.go = () => go(wire);
      this.#moveSoon();
    }
    if (this.#line.length === 0) this.client.hold();
    this.#waiting += count;
    this.#line.add(waiting);
  }

  /** Many promises are kept in the same moment: then all their messages cross together. */
  #moveSoon(): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    queueMicrotask(() => {
      this.#isMoving = false;
      this.#move();
    });
  }

  #move(): void {
    while (this.#line.length > 0) {
      const { go, needsRoom, fail } = this.#line.first;
      if (go === null) break;
      if (needsRoom && !this.hasRoom) {
        // Closing gives up what waits then.
        super.ready({}).then(() => this.#moveSoon(), () => {});
        break;
      }
      this.#leave(this.#line.first);
      this.#line.shift();
      try {
        go();
      } catch (error) {
        fail(error);
      }
    }
    this.#moved.notify();
  }

  #leave({ count }: Waiting): void {
    this.#waiting -= count;
    if (this.#waiting === 0) this.client.release();
  }

  /** Tells of a message of `produce()` that was not sent. */
  #tell(message: ProducerMessage, onDelivery: TakeReport | undefined, cause: unknown): void {
    const error = cause instanceof KafkaError
      ? cause
      : new KafkaError(cause instanceof Error ? cause.message : "Cannot send", errorCodes._INVALID_ARG, { cause });
    const outlet = onDelivery ?? this.#options.onDelivery;
    const report = notSent([message], error).reports[0]! as DeliveryReport;
    if (outlet === undefined) this.client.reportError(error);
    else this.client.run("onDelivery", () => outlet(report));
  }

  override async ready(options: WaitOptions): Promise<void> {
    const start = performance.now();
    await this.#moved.until(() => this.#waiting < maxWaiting, "Cannot wait for room", options);
    await super.ready(within(options, start));
  }

  override async flush(options: WaitOptions): Promise<void> {
    const start = performance.now();
    checkTimeout(options.timeoutMs);
    try {
      await this.#moved.until(() => this.#line.length === 0, "Cannot flush", options);
    } catch (error) {
      if (error instanceof KafkaError && error.code === errorCodes._TIMED_OUT) return;
      throw error;
    }
    await super.flush(within(options, start));
  }

  override giveUp(): void {
    this.#giveUpLine();
    super.giveUp();
  }

  override async close(timeoutMs: number): Promise<void> {
    const start = performance.now();
    if (this.client.fatalError === null) await this.flush({ timeoutMs });
    this.#giveUpLine();
    await super.close(Math.max(0, timeoutMs - (performance.now() - start)));
  }

  #giveUpLine(): void {
    const error = new KafkaError(this.client.native.describe(errorCodes._PURGE_QUEUE), errorCodes._PURGE_QUEUE, {
      isRetriable: true,
    });
    for (const waiting of this.#line.takeAll()) {
      this.#leave(waiting);
      waiting.fail(error);
    }
    this.#moved.notify();
  }
}

/** Stands in an array for a message that has no bytes: whoever looks at it is told why. */
class Unsendable implements ProducerMessage {
  readonly #reason: unknown;

  constructor(reason: unknown) {
    this.#reason = reason;
  }

  get topic(): string {
    throw this.#reason;
  }
}

/** What the promise of a call is rejected with: what a serializer threw as it is, for nothing of the call was sent. */
function rejection(messages: readonly ProducerMessage[], error: unknown): unknown {
  return error instanceof KafkaError && !(error instanceof SerializationError) ? notSent(messages, error) : error;
}

/** What is left of the time of a wait that began at `start`. */
function within(options: WaitOptions, start: number): WaitOptions {
  if (options.timeoutMs === undefined) return options;
  return { ...options, timeoutMs: Math.max(0, options.timeoutMs - (performance.now() - start)) };
}
