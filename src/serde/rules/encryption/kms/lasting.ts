/** Keeps a token or another credential for as long as it is good. */
import { EncryptionError } from "../error.ts";

/** What was obtained, and for how long it is good: `Infinity` is for ever. */
export interface Obtained<T> {
  readonly value: T;
  readonly lifetimeMs: number;
}

/** Of its life, so much a credential is used: with the rest there is time to get the next. */
const USED_SHARE = 0.8;

/** A credential that is obtained when it is asked for, and again when it has become old. */
export class Lasting<T> {
  readonly #obtain: () => Promise<Obtained<T>>;
  readonly #now: () => number;
  #held: { readonly value: T; readonly untilMs: number } | null = null;

  /** Makes one of what obtains it, and a clock in milliseconds. */
  constructor(obtain: () => Promise<Obtained<T>>, now: () => number = Date.now) {
    this.#obtain = obtain;
    this.#now = now;
  }

  /**
   * Does something with the credential. When that fails for more than the moment, the credential is let go of, for it may be
   * what was refused: the next to ask obtains another.
   */
  async use<R>(work: (value: T) => Promise<R>): Promise<R> {
    const value = await this.#get();
    try {
      return await work(value);
    } catch (error) {
      if (!(error instanceof EncryptionError && error.isRetriable)) this.#held = null;
      throw error;
    }
  }

  async #get(): Promise<T> {
    if (this.#held !== null && this.#now() < this.#held.untilMs) return this.#held.value;
    const { value, lifetimeMs } = await this.#obtain();
    this.#held = { value, untilMs: this.#now() + lifetimeMs * USED_SHARE };
    return value;
  }
}
