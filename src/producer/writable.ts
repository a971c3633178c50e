/** A producer as a stream of the web's kind, which messages are written to. */
import type { WaitOptions } from "../client/options.ts";
import { Gate } from "../client/wait.ts";

/** How a stream is buffered. */
export interface WritableOptions {
  /**
   * How many chunks may wait in the stream itself, before the producer has taken them. Default: 1. The producer has a queue of
   * its own, whose size `queue.buffering.max.messages` and `queue.buffering.max.kbytes` set.
   */
  readonly highWaterMark?: number;
}

/** What a stream needs of a producer. */
export interface Target<M> {
  /** Whether the queue has room. */
  hasRoom(): boolean;
  ready(options: WaitOptions): Promise<void>;
  send(message: M): Promise<unknown>;
  flush(options: WaitOptions): Promise<unknown>;
}

/** How many messages of a stream may be without a report, whatever room there is: some wait for more than room. */
const maxPending = 100_000;

/** A stream that takes messages, or arrays of them, as there is room. */
export function writableTo<M extends object>(
  target: Target<M>,
  { highWaterMark = 1 }: WritableOptions,
): WritableStream<M | readonly M[]> {
  const settled = new Gate();
  /** Ends the wait for room: the stream waits for the write that is under way before it ends itself. */
  const ended = new AbortController();
  const end = (reason: unknown): void => {
    ended.abort(reason);
    settled.notify();
  };
  let pending = 0;
  let failure: { readonly error: unknown } | null = null;
  let control: WritableStreamDefaultController | undefined;

  const settle = (): void => {
    pending--;
    settled.notify();
  };
  const fail = (error: unknown): void => {
    if (failure === null) {
      failure = { error };
      // What is written next is refused at once, and a pipe ends here.
      control?.error(error);
      end(error);
    }
    settle();
  };
  const write = async (message: M): Promise<void> => {
    while (!target.hasRoom()) await target.ready({ signal: ended.signal });
    while (pending >= maxPending && !ended.signal.aborted) await settled.wait();
    // Of an array, what comes after the failure is not sent.
    ended.signal.throwIfAborted();
    pending++;
    target.send(message).then(settle, fail);
  };
  return new WritableStream<M | readonly M[]>({
    start(controller): void {
      control = controller;
      const { signal } = controller;
      signal.addEventListener("abort", () => end(signal.reason));
    },
    async write(chunk): Promise<void> {
      if (!Array.isArray(chunk)) return await write(chunk as M);
      for (const message of chunk as readonly M[]) await write(message);
    },
    async close(): Promise<void> {
      const enough = new AbortController();
      // Others may send for ever: only the messages of this stream are waited for.
      const flushing = target.flush({ signal: enough.signal }).catch(() => {});
      while (pending > 0) await settled.wait();
      enough.abort();
      await flushing;
      if (failure !== null) throw failure.error;
    },
  }, { highWaterMark });
}
