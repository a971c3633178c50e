/** How much librdkafka's queue can still take, counted here so that the answer needs no call. */
import type { Client } from "../client/client.ts";

/**
 * Room is counted here alone. librdkafka would count a message until its report's event is destroyed, which is after its room
 * is given to the next, and would refuse one for whose bytes there is no room at all.
 */
export const unlimited = { "queue.buffering.max.messages": "0", "queue.buffering.max.kbytes": "2147483647" };

/** The room that a client's configuration grants. */
export function roomOf(client: Client): Room {
  return new Room(
    Number(client.setting(["queue.buffering.max.messages"], "100000")),
    Number(client.setting(["queue.buffering.max.kbytes"], "1048576")) * 1024,
  );
}

/** A message takes room from when it is gathered until its report has been served. */
export class Room {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages = 0;
  #bytes = 0;

  /** With `maxMessages` 0 the number of messages is not limited. */
  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages === 0 ? Infinity : maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** Whether another message may come. One that is larger than what is left is taken alone. */
  get has(): boolean {
    return this.#messages < this.#maxMessages && this.#bytes < this.#maxBytes;
  }

  take(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }

  give(messages: number, bytes: number): void {
    this.#messages -= messages;
    this.#bytes -= bytes;
  }
}
