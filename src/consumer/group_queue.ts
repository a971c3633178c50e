/** The control queue of a consumer: what its group says, and leaving it. */
import { slice } from "../client/blocking.ts";
import type { Client } from "../client/client.ts";
import type { Gate } from "../client/wait.ts";
import type { Work } from "../kafka/work.ts";
import { pollEvent, readEvent, type RebalanceEvent } from "../native/events.ts";
import type { Pointer } from "../native/memory.ts";
import type { Assignment } from "./assignment.ts";

/** Rebalances and errors of the group. Every poll of the queue tells librdkafka that the reader lives. */
export class GroupQueue {
  readonly #client: Client;
  readonly #assignment: Assignment;
  readonly #gate: Gate;
  #queue: Pointer;
  #rebalances = 0;
  #isLeaving = false;

  /** @param gate Is notified when something has arrived in any queue of the client. */
  constructor(client: Client, assignment: Assignment, gate: Gate) {
    this.#client = client;
    this.#assignment = assignment;
    this.#gate = gate;
    this.#queue = client.addQueue(client.native.c.rd_kafka_queue_get_consumer(client.handle));
  }

  /** Whether a rebalance is being answered: a handler of the user's may run. */
  get isRebalancing(): boolean {
    return this.#rebalances > 0;
  }

  /**
   * Serves the queue until it is empty. A rebalance, which may have to wait for a handler, is returned as work.
   *
   * @param firstMs How long the first event is waited for, in C: only a consumer that blocks may.
   */
  serve(firstMs = 0): Work<void> | undefined {
    const { native, handle } = this.#client;
    for (let waitMs = firstMs;; waitMs = 0) {
      const event = pollEvent(native, this.#queue, waitMs);
      if (event === null) return undefined;
      const read = readEvent(native, handle, event);
      if (read.type === "rebalance") return this.#rebalance(event, read.rebalance);
      this.#client.dispatch(read);
      native.c.rd_kafka_event_destroy(event);
    }
  }

  *#rebalance(event: Pointer, rebalance: RebalanceEvent): Work<void> {
    this.#rebalances++;
    try {
      yield* this.#assignment.rebalance(rebalance);
    } finally {
      this.#rebalances--;
      this.#client.native.c.rd_kafka_event_destroy(event);
    }
  }

  /**
   * Leaves the group, and says whether the consumer has done so: not if the time was up. Then this goes on where it was when it is
   * called again.
   */
  *leave(deadline: number): Work<boolean> {
    if (!this.#isLeaving && !this.#beginLeaving()) return true;
    yield* this.#serveUntilLeft(deadline);
    return this.#client.native.c.rd_kafka_consumer_closed(this.#client.handle) !== 0;
  }

  /** False if there is nothing to leave: the consumer was closed already, or has failed for good. */
  #beginLeaving(): boolean {
    const { native: { c, library }, handle } = this.#client;
    this.#isLeaving = true;
    // The consumer queue is forwarded to this one: forwarded to itself it would never be served.
    this.#queue = this.#client.addQueue(c.rd_kafka_queue_new(handle));
    const error = c.rd_kafka_consumer_close_queue(handle, this.#queue);
    if (library.isNull(error)) return true;
    c.rd_kafka_error_destroy(error);
    return false;
  }

  *#serveUntilLeft(deadline: number): Work<void> {
    const { native: { c }, handle } = this.#client;
    let waitMs = 0;
    while (c.rd_kafka_consumer_closed(handle) === 0 && performance.now() < deadline) {
      const rebalance = this.serve(waitMs);
      waitMs = 0;
      if (rebalance !== undefined) {
        yield* rebalance;
        continue;
      }
      this.#client.serve();
      if (c.rd_kafka_consumer_closed(handle) !== 0) continue;
      const left = Math.max(1, deadline - performance.now());
      if (this.#client.blocks) waitMs = slice(left);
      else yield this.#gate.waitFor(left);
    }
    this.#client.serve();
  }
}
