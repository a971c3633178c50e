/** A map that forgets what was not asked for the longest when it is full. */

/** Keeps what is made from keys, so many of them at most. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #capacity: number;

  /** Makes an empty one. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** What was made from a key, or else is made now. What throws is not kept. */
  get(key: K, make: (key: K) => V): V {
    let value = this.#entries.get(key);
    if (value === undefined) {
      value = make(key);
      if (this.#entries.size >= this.#capacity) this.#entries.delete(this.#entries.keys().next().value!);
    } else {
      this.#entries.delete(key);
    }
    this.#entries.set(key, value);
    return value;
  }
}
