/** One task for all who want the same thing at the same time. The blocking client has a file of its own in its place. */

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** Tasks under way, by key. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /**
   * Joins the task of a key that is under way, or starts it.
   *
   * @param task Is given a signal that comes when the last who waited has given up.
   * @param signal Ends this one's waiting, with the signal's reason; the task goes on for the others.
   */
  async run(key: string, task: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, task);
    flight.waiting++;
    try {
      return await (signal === undefined ? flight.result : firstOf(flight.result, signal));
    } finally {
      if (--flight.waiting === 0) {
        this.#remove(key, flight);
        flight.controller.abort();
      }
    }
  }

  /** Lets the tasks under way go on for those who wait; who comes now starts another. */
  forget(): void {
    this.#flights.clear();
  }

  #start(key: string, task: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { result: task(controller.signal), controller, waiting: 0 };
    this.#flights.set(key, flight);
    const end = () => this.#remove(key, flight);
    flight.result.then(end, end);
    return flight;
  }

  #remove(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

async function firstOf<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
