/** Hearing of throttling: librdkafka has no event for it, so this is the one thing that it tells by a callback. */
import type { Callback, Pointer } from "../../ffi/mod.ts";
import type { Native } from "./native.ts";

/** A broker has made this client wait, for it sends or asks more than its quota allows. */
export interface ThrottleEvent {
  /** The broker's address: `host:port`. */
  readonly brokerName: string;
  /** The broker's number. */
  readonly brokerId: number;
  /** Milliseconds that the broker has waited with an answer. 0: after it had throttled, it does so no more. */
  readonly throttleMs: number;
}

const signature = { parameters: ["pointer", "pointer", "i32", "i32", "pointer"], result: "void" } as const;

/**
 * Collects what the callback is told.
 *
 * librdkafka calls it from within `rd_kafka_queue_poll` of the main queue, which is ours and on this thread. So it only takes
 * notes, and the user's handler runs after the poll.
 */
export class Throttling {
  readonly #callback: Callback;
  #events: ThrottleEvent[] = [];

  /** @throws {Error} if this runtime, or its permissions, let nothing be called back. */
  constructor(native: Native) {
    this.#callback = native.library.callback(signature, (_client, name, brokerId, throttleMs) => {
      try {
        this.#events.push({ brokerName: native.text(name) ?? "", brokerId, throttleMs });
      } catch {
        // Nothing may be thrown through C: what cannot be read is not told.
      }
    });
  }

  /** For the configuration. */
  get pointer(): Pointer {
    return this.#callback.pointer;
  }

  /** What came since the last time. */
  take(): readonly ThrottleEvent[] {
    if (this.#events.length === 0) return this.#events;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The client is destroyed: librdkafka looks at the pointer until then. */
  close(): void {
    this.#callback.close();
  }
}
