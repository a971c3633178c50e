/** A map that holds no more than so many entries: the one that was not asked for the longest makes room. */

/** A bounded map. No value is undefined. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #capacity: number;

  /** Makes a map for so many entries. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Gives a value, or undefined. */
  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    // The oldest entry is the map's first.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Puts a value in. */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) break;
      this.#entries.delete(oldest);
    }
  }

  /** Takes everything out. */
  clear(): void {
    this.#entries.clear();
  }
}
