/** One piece of work for all who ask for the same at the same time. A client that blocks has none, for it has one asker. */

/** Work that is under way, by what it is for. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  /** Joins the work that is under way for a key, or begins it. A failure is everybody's who joined, and is not kept. */
  async run(key: string, work: () => Promise<T>): Promise<T> {
    const underWay = this.#flights.get(key);
    if (underWay !== undefined) return await underWay;
    const flight = work();
    this.#flights.set(key, flight);
    try {
      return await flight;
    } finally {
      this.#flights.delete(key);
    }
  }
}
