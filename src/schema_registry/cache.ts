/** A bounded cache that fills itself: the least recently used entry gives way, and one request serves all who ask for a key. */
import { SingleFlight } from "./single_flight.ts";

/** How much a {@link Cache} keeps, and for how long. */
export interface CacheOptions<T> {
  /** The number of entries. */
  readonly capacity: number;
  /** The weight of all entries together. The one that came last is kept whatever it weighs. Default: any. */
  readonly maxWeight?: number;
  /** The weight of an entry, which is asked for once. Default: 0. */
  readonly weigh?: (key: string, value: T) => number;
  /** How long an entry is good, in milliseconds. Default: for ever. */
  readonly ttlMs?: number;
  /** The clock, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

interface Entry<T> {
  readonly value: T;
  readonly weight: number;
  readonly expiresAt: number;
}

/** Values by keys. Failures are not kept, and a key that is being loaded holds up no other. */
export class Cache<T> {
  readonly #capacity: number;
  readonly #maxWeight: number;
  readonly #weigh: (key: string, value: T) => number;
  readonly #ttlMs: number;
  readonly #now: () => number;
  /** In the order of their last use, because a map keeps the order in which its keys were set. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #flights = new SingleFlight<T>();
  /** Counts the removals: what was asked for before one must not come in after it. */
  #removals = 0;
  #weight = 0;

  constructor(options: CacheOptions<T>) {
    this.#capacity = options.capacity;
    this.#maxWeight = options.maxWeight ?? Infinity;
    this.#weigh = options.weigh ?? (() => 0);
    this.#ttlMs = options.ttlMs ?? Infinity;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The number of entries, those that have expired and were not asked for since included. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value of a key, if it is there and has not expired. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAt <= this.#now()) {
      this.#remove(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value. */
  set(key: string, value: T): void {
    if (this.#capacity < 1 || this.#ttlMs <= 0) return;
    this.#remove(key);
    const weight = this.#weigh(key, value);
    this.#entries.set(key, { value, weight, expiresAt: this.#now() + this.#ttlMs });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      const { size } = this.#entries;
      if (size === 1 || (size <= this.#capacity && this.#weight <= this.#maxWeight)) return;
      this.#remove(oldest);
    }
  }

  /**
   * The value of a key, loaded if it is not there. Those who ask while it is being loaded wait for the same load.
   *
   * @param load Is given a signal that comes when nobody waits any more.
   */
  async load(key: string, load: (signal?: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const found = this.get(key);
    if (found !== undefined) return found;
    return await this.#flights.run(key, async (shared) => {
      const removals = this.#removals;
      const value = await load(shared);
      if (removals === this.#removals) this.set(key, value);
      return value;
    }, signal);
  }

  /** Removes the entries whose keys begin with a text; default: all. Loads under way are not kept. */
  clear(prefix = ""): void {
    this.#removals++;
    this.#flights.forget();
    for (const key of this.#entries.keys()) {
      if (key.startsWith(prefix)) this.#remove(key);
    }
  }

  #remove(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}
