/** How a client learns that something has arrived for it: from a pipe that wakes the event loop, or not at all. */
import type { Pointer, Wake } from "../native/memory.ts";
import type { Native } from "../native/native.ts";
import { immediately } from "./wait.ts";

/** What wakes a client, and keeps the process alive for it. */
export interface Waking {
  /** Lets a queue wake the client. */
  listen(queue: Pointer): void;
  /** Ends that, which must happen before the queue is destroyed. */
  forget(queue: Pointer): void;
  /** Wakes the client in the next turn of the event loop. */
  schedule(): void;
  /** Calls back in the next turn of the event loop; without one, it is kept for {@link takeLater}. */
  later(callback: () => void): void;
  /** What is to be called now. */
  takeLater(): readonly (() => void)[];
  /** Keeps the process alive until {@link release} was called as often. */
  hold(): void;
  /** Takes one {@link hold} back. Who holds again before the next turn, as an awaited loop does, costs nothing. */
  release(): void;
  /** Ends everything. All queues have to be forgotten before. */
  close(): void;
}

const nothing: readonly (() => void)[] = [];

/** Wakes by the runtime's event loop. */
export class LoopWaking implements Waking {
  readonly #native: Native;
  readonly #onWake: () => void;
  readonly #wake: Wake;
  /** What librdkafka copies when a queue is told to wake: kept, since queues are added later too. */
  readonly #payload: { readonly pointer: Pointer };
  #holds = 0;
  #isHeld = false;
  #isScheduled = false;
  #isClosed = false;

  /** Throws if the process has no file descriptors left. */
  constructor(native: Native, onWake: () => void) {
    this.#native = native;
    this.#onWake = onWake;
    this.#wake = native.library.wake(onWake);
    this.#payload = native.library.block(1);
  }

  listen(queue: Pointer): void {
    const { c, library } = this.#native;
    c.rd_kafka_queue_io_event_enable(queue, this.#wake.fd, this.#payload.pointer, library.word(1));
  }

  forget(queue: Pointer): void {
    const { c, library } = this.#native;
    // librdkafka forgets the descriptor before it is closed, or it would write into whatever gets its number next.
    c.rd_kafka_queue_io_event_enable(queue, -1, library.nullPointer, library.word(0));
  }

  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    immediately(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#onWake();
    });
  }

  later(callback: () => void): void {
    immediately(callback);
  }

  takeLater(): readonly (() => void)[] {
    return nothing;
  }

  hold(): void {
    if (this.#holds++ > 0 || this.#isHeld) return;
    this.#isHeld = true;
    this.#wake.ref();
  }

  release(): void {
    if (--this.#holds > 0) return;
    immediately(() => {
      if (this.#holds > 0 || !this.#isHeld || this.#isClosed) return;
      this.#isHeld = false;
      this.#wake.unref();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#wake.close();
  }
}

/** For a client that blocks: it looks for itself, and only while it is called. */
export class NoWaking implements Waking {
  #later: (() => void)[] = [];

  later(callback: () => void): void {
    this.#later.push(callback);
  }

  takeLater(): readonly (() => void)[] {
    if (this.#later.length === 0) return nothing;
    const taken = this.#later;
    this.#later = [];
    return taken;
  }

  listen(): void {}
  forget(): void {}
  schedule(): void {}
  hold(): void {}
  release(): void {}
  close(): void {}
}
