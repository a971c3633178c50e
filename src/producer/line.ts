/** Those who wait, first come first served. */

/** How many places at the front may be empty before they are given back. */
const slack = 1024;

/** A queue whose front is taken at no cost, however long it is: `Array.shift()` moves all that is left. */
export class Line<T> {
  #places: (T | undefined)[] = [];
  #front = 0;

  get length(): number {
    return this.#places.length - this.#front;
  }

  /** The one whose turn it is. There must be one. */
  get first(): T {
    return this.#places[this.#front]!;
  }

  add(one: T): void {
    this.#places.push(one);
  }

  /** Lets the first go. */
  shift(): void {
    this.#places[this.#front++] = undefined;
    if (this.#front < slack || 2 * this.#front < this.#places.length) return;
    this.#places = this.#places.slice(this.#front);
    this.#front = 0;
  }

  /** Empties the line and returns who was in it, in order. */
  takeAll(): T[] {
    const all = this.#places.slice(this.#front) as T[];
    this.#places = [];
    this.#front = 0;
    return all;
  }
}
