/** The batches that a turn's single messages join: those with a promise, those with a callback, and the others. */
import type { KafkaError } from "../kafka/error.ts";
import {
  CallbackBatch,
  maxSingles,
  type PendingBatch,
  type PendingBatches,
  PromiseBatch,
  QuietBatch,
} from "./pending.ts";

/** A batch that single messages may still join. */
export interface OpenBatch<B extends PendingBatch = PendingBatch> {
  readonly batch: B;
  readonly slot: number;
}

/** One batch of each kind at a time, from a turn's first message of that kind to the turn's end. */
export class OpenBatches {
  readonly #batches: PendingBatches;
  readonly #onError: (error: KafkaError) => void;
  #promised: OpenBatch<PromiseBatch> | null = null;
  #called: OpenBatch<CallbackBatch> | null = null;
  #quiet: OpenBatch<QuietBatch> | null = null;

  /**
   * @param batches Gives each batch its number.
   * @param onError Is told of messages that failed and that nobody asks about.
   */
  constructor(batches: PendingBatches, onError: (error: KafkaError) => void) {
    this.#batches = batches;
    this.#onError = onError;
  }

  /** The batch of messages with a promise. */
  promised(): OpenBatch<PromiseBatch> {
    const open = this.#promised;
    if (open !== null && open.batch.messages.length < maxSingles) return open;
    return this.#promised = this.#follow(open, new PromiseBatch());
  }

  /** The batch of messages with a callback. */
  called(): OpenBatch<CallbackBatch> {
    const open = this.#called;
    if (open !== null && open.batch.messages.length < maxSingles) return open;
    return this.#called = this.#follow(open, new CallbackBatch());
  }

  /** The batch of messages that nobody asks about. */
  quiet(): OpenBatch<QuietBatch> {
    const open = this.#quiet;
    if (open !== null && open.batch.messages.length < maxSingles) return open;
    return this.#quiet = this.#follow(open, new QuietBatch(this.#onError));
  }

  /** Whether more messages may join a batch, which keeps its number that long. */
  has(batch: PendingBatch): boolean {
    return batch === this.#promised?.batch || batch === this.#called?.batch || batch === this.#quiet?.batch;
  }

  /** The turn has ended: later messages join other batches. */
  end(): void {
    this.#close(this.#promised);
    this.#close(this.#called);
    this.#close(this.#quiet);
    this.#promised = null;
    this.#called = null;
    this.#quiet = null;
  }

  #follow<B extends PendingBatch>(full: OpenBatch | null, batch: B): OpenBatch<B> {
    this.#close(full);
    return { batch, slot: this.#batches.add(batch) };
  }

  /** Its number is free at once if its only message was none, or if all have their reports already. */
  #close(open: OpenBatch | null): void {
    if (open !== null && open.batch.remaining === 0) this.#batches.remove(open.slot);
  }
}
