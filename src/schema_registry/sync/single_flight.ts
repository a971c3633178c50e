/** One task for all who want the same thing at the same time: in a client that blocks, nobody else wants it meanwhile. */

/** Tasks, of which each is done at once. */
export class SingleFlight<T> {
  /** Does the task of a key. */
  run(_key: string, task: (signal: AbortSignal | undefined) => T, signal?: AbortSignal): T {
    signal?.throwIfAborted();
    return task(signal);
  }

  /** There is nothing under way. */
  forget(): void {}
}
