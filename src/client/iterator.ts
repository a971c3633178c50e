/** An iterator whose reader may come back, and may leave while a step is under way. */

/** What an iteration is made of. */
export interface Iteration<T> {
  /** Ends the iteration: the step that is under way is rejected with its reason. */
  readonly signal: AbortSignal | undefined;
  /** Told that it has begun, and that it is over. */
  readonly watch: IterationWatch;
  /** The next value if it is there already: such a step costs one promise. */
  atOnce(): T | undefined;
  /** The next value, waited for; nothing when the iteration is over. It is rejected soon after the signal is aborted. */
  later(signal: AbortSignal): Promise<T | undefined>;
  /** A value that nobody will get any more: it has to be the next one again. */
  giveBack(value: T): void;
  /** Whether the step that is under way may be waiting for whoever is leaving. */
  isCalling(): boolean;
  /** What has to come to its end beside a step, when the reader leaves. */
  end?(): Promise<void>;
}

/** What is told of an iteration. */
export interface IterationWatch {
  hold(): void;
  release(): void;
}

/** Why a step ends whose reader has left. */
const left = new DOMException("The iteration was left", "AbortError");

/**
 * An iterator that ends without closing anything. From its first step to its end, it is held.
 *
 * Its `return()` ends the step that is under way, which is then the last one and has no value, and waits for that end: whoever
 * has left can read by another call.
 */
export function iterator<T>(iteration: Iteration<T>): AsyncIterableIterator<T> {
  const { signal, watch } = iteration;
  let state: "new" | "under way" | "over" = "new";
  let isLeft = false;
  let ending: AbortController | undefined;
  let pending: Promise<IteratorResult<T>> | null = null;
  const over = (): IteratorResult<T> => {
    if (state === "under way") watch.release();
    state = "over";
    return { done: true, value: undefined };
  };
  const wait = async (): Promise<IteratorResult<T>> => {
    const end = ending ??= new AbortController();
    const onAbort = (): void => end.abort(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    try {
      signal?.throwIfAborted();
      const value = await iteration.later(end.signal);
      if (value === undefined) return over();
      if (!isLeft) return { done: false, value };
      iteration.giveBack(value);
      return over();
    } catch (error) {
      over();
      if (error === left) return { done: true, value: undefined };
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  };
  const waitAlone = (): Promise<IteratorResult<T>> => {
    const step = wait();
    // A step beside another one is refused by what it reads from.
    if (pending !== null) return step;
    pending = step;
    const end = (): void => void (pending = null);
    step.then(end, end);
    return step;
  };
  return {
    next(): Promise<IteratorResult<T>> {
      if (state === "over") return Promise.resolve(over());
      if (state === "new") watch.hold();
      state = "under way";
      const value = iteration.atOnce();
      return value === undefined ? waitAlone() : Promise.resolve({ done: false, value });
    },
    async return(): Promise<IteratorResult<T>> {
      isLeft = true;
      const result = over();
      ending?.abort(left);
      // Its own end is told to whoever has the step.
      if (iteration.isCalling()) return result;
      if (pending !== null) await pending.catch(() => {});
      await iteration.end?.();
      return result;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
