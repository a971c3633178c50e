/** Messages that wait for room, in the order in which they were sent. */
import type { ProducerMessage } from "../kafka/message.ts";
import { Line } from "./line.ts";
import { type ArrayBatch, maxSingles, type PendingBatches, PromiseBatch, type Settle } from "./pending.ts";

/** One batch of them. */
export interface Parked {
  readonly messages: readonly ProducerMessage[];
  /** The first that has not crossed yet. */
  next: number;
  readonly slot: number;
  /** What crosses in place of the messages, if it is something else. */
  wires: ProducerMessage[] | null;
}

/** The line of those that wait. */
export class Parking {
  readonly #line = new Line<Parked>();
  readonly #batches: PendingBatches;
  /** The last of the line, if it is single messages which more may join. */
  #singles: PromiseBatch | null = null;
  #last: Parked | null = null;

  /** @param batches Gives each batch its number. */
  constructor(batches: PendingBatches) {
    this.#batches = batches;
  }

  get length(): number {
    return this.#line.length;
  }

  /** Whose turn it is. There must be one. */
  get first(): Parked {
    return this.#line.first;
  }

  /** Lets an array of messages wait. */
  add(batch: ArrayBatch, wires: ProducerMessage[] | null): void {
    this.#line.add({ messages: batch.messages, next: 0, slot: this.#batches.add(batch), wires });
    this.#singles = null;
  }

  /** Lets a single message wait. */
  addSingle(message: ProducerMessage, settle: Settle, wire: ProducerMessage): void {
    let batch = this.#singles;
    if (batch === null || batch.messages.length === maxSingles) {
      this.#singles = batch = new PromiseBatch();
      this.#last = { messages: batch.messages, next: 0, slot: this.#batches.add(batch), wires: null };
      this.#line.add(this.#last);
    }
    if (wire !== message) (this.#last!.wires ??= [])[batch.messages.length] = wire;
    batch.add(message, settle);
  }

  /** Lets the first go. */
  shift(): void {
    this.#line.shift();
    if (this.#line.length === 0) this.#singles = null;
  }

  /** Empties the line and returns who was in it, in order. */
  takeAll(): Parked[] {
    this.#singles = null;
    return this.#line.takeAll();
  }
}
