/** What a producer waits for at its end: that all messages have their reports. */
import { slice } from "../client/blocking.ts";
import type { Client } from "../client/client.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkTimeout, type Gate, nextTurn } from "../client/wait.ts";
import type { Work } from "../kafka/work.ts";

/** With a longer linger than this, a flush tells librdkafka to stop waiting. */
const lingerWorthOverriding = 5;

/** A producer's messages without reports. */
export interface Unsettled {
  readonly client: Client;
  /** How many there are. */
  readonly pending: number;
  /** Is notified when reports have come. */
  readonly settled: Gate;
  /** Hands over what was gathered for them. */
  cross(): void;
}

/** Waits for all reports; returns early, without an error, only when `timeoutMs` is up. */
export function* flush(messages: Unsettled, { timeoutMs, signal }: WaitOptions): Work<void> {
  const { client } = messages;
  const deadline = performance.now() + (checkTimeout(timeoutMs) ?? Infinity);
  const lingerMs = Number(client.setting(["linger.ms", "queue.buffering.max.ms"], "5"));
  signal?.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<void>((resolve) => stop = resolve);
  if (stop !== undefined) signal?.addEventListener("abort", stop, { once: true });
  try {
    while (messages.pending > 0) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      messages.cross();
      // librdkafka stops lingering only while a flush is under way, so it is given short ones.
      if (lingerMs > lingerWorthOverriding) client.native.c.rd_kafka_flush(client.handle, 2);
      if (client.blocks) serveReports(messages, Math.min(left, 50));
      else yield Promise.race([messages.settled.waitFor(Math.min(left, 50)), aborted]);
      signal?.throwIfAborted();
    }
  } finally {
    if (stop !== undefined) signal?.removeEventListener("abort", stop);
  }
}

/** Waits for the reports of messages that were purged: they are on their way. */
export function* awaitPurged(messages: Unsettled): Work<void> {
  for (let turns = 0; messages.pending > 0 && turns < 500; turns++) {
    messages.client.serve();
    if (messages.pending === 0) return;
    if (messages.client.blocks) serveReports(messages, 10);
    else yield turns < 50 ? nextTurn() : messages.settled.waitFor(10);
  }
}

function serveReports({ client }: Unsettled, waitMs: number): void {
  client.serveNext(client.mainQueue, slice(waitMs));
  client.serve();
}
