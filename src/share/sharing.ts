/** How messages get from librdkafka to the reader of a share group, and acknowledgements back. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import type { WaitOptions } from "../client/options.ts";
import { iterator } from "../client/iterator.ts";
import { bounded, checkTimeout, Gate, maxTimerMs, nextTurn } from "../client/wait.ts";
import { HandlerError, KafkaError } from "../kafka/error.ts";
import type { Pointer } from "../native/memory.ts";
import { MessageReader } from "../native/incoming.ts";
import { commitAway, pollShare } from "../native/share.ts";
import type { Deserializing } from "../client/deserializing.ts";
import type { DeserializationError } from "../kafka/serialization_error.ts";
import { deserialize, deserializingOf } from "./deserializing.ts";
import { Acknowledgements, resultsOf } from "./acknowledgements.ts";
import type {
  AcknowledgementResult,
  AcknowledgementType,
  MessagePosition,
  ShareConsumerOptions,
  ShareMessage,
} from "./options.ts";

const defaultCommitMs = 60_000;
/** How long a reader may be served without the event loop getting a turn. */
const maxBusyMs = 10;
/** How often acknowledgements are sent while messages are handed over one by one. */
const sendEveryMs = 1000;
/** How much of the time for closing is kept for leaving the group. */
const maxLeaveMs = 1000;

/** The working half of a share consumer. */
export class Sharing {
  readonly #client: Client;
  readonly #options: ShareConsumerOptions;
  readonly #isImplicit: boolean;
  readonly #maxPollMs: number;
  readonly #reader: MessageReader;
  readonly #acknowledgements: Acknowledgements;
  readonly #deserializing: Deserializing | null;
  readonly #queue: Pointer;
  readonly #gate = new Gate();
  /** What a poll gave and the reader has not had yet. */
  #buffer: ShareMessage[] = [];
  /** Where in the buffer that begins. */
  #next = 0;
  /** Why the first message of the buffer cannot be handed over. */
  #failure: DeserializationError | null = null;
  /** Handed over, and to be accepted when the reader asks for more: only with implicit acknowledgement. */
  #inHand: ShareMessage[] = [];
  /** The commit that is under way: until its end, no call may be made. */
  #commit: Promise<unknown> | null = null;
  /** Rises with everything that a waiting reader has to look at, so that nothing is missed just before it waits. */
  #news = 0;
  #isReading = false;
  #isClosing = false;
  #lastSent = 0;
  #lastTurn = performance.now();

  constructor(
    client: Client,
    options: ShareConsumerOptions,
    settings: { readonly isImplicit: boolean; readonly maxPollMs: number },
  ) {
    this.#client = client;
    this.#options = options;
    this.#isImplicit = settings.isImplicit;
    this.#maxPollMs = settings.maxPollMs;
    this.#reader = new MessageReader(client.native, client.setting(["plugin.library.paths"], "") === "");
    this.#acknowledgements = new Acknowledgements(client);
    this.#deserializing = deserializingOf(client, options);
    // Only its wake-up and its length are of use: what is in it, rd_kafka_share_poll() alone may take.
    this.#queue = client.addQueue(client.native.c.rd_kafka_queue_get_consumer(client.handle));
  }

  /** Something arrived in one of the queues. */
  wake(): void {
    this.#news++;
    this.#gate.notify();
  }

  /** Messages one by one, until the share consumer is closed. */
  messages(signal: AbortSignal | undefined): AsyncIterableIterator<ShareMessage> {
    return this.#steps(signal, async (signal) => (await this.collect(1, undefined, signal))[0], (message) => [message]);
  }

  /** Messages as they came, until the share consumer is closed. */
  batches(signal: AbortSignal | undefined): AsyncIterableIterator<ShareMessage[]> {
    const later = async (signal: AbortSignal): Promise<ShareMessage[] | undefined> => {
      const batch = await this.collect(Infinity, undefined, signal);
      return batch.length === 0 ? undefined : batch;
    };
    return this.#steps(signal, later, (batch) => batch);
  }

  #steps<T>(
    signal: AbortSignal | undefined,
    later: (signal: AbortSignal) => Promise<T | undefined>,
    messagesIn: (value: T) => ShareMessage[],
  ): AsyncIterableIterator<T> {
    return iterator({
      signal,
      watch: this.#client,
      atOnce: () => undefined,
      later,
      giveBack: (value) => this.#giveBack(messagesIn(value)),
      isCalling: () => false,
    });
  }

  /** Messages that were handed over have not reached the reader: they are the next ones again, and not in hand. */
  #giveBack(messages: readonly ShareMessage[]): void {
    this.#inHand = [];
    if (this.#isClosing) return;
    this.#buffer = [...messages, ...this.#buffer.slice(this.#next)];
    this.#next = 0;
  }

  /** Hands over up to `max` messages; none after a time-out or a close. */
  async collect(max: number, timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<ShareMessage[]> {
    signal?.throwIfAborted();
    if (this.#isClosing) return [];
    if (this.#isReading) throw new KafkaError("Cannot read: another call is reading", errorCodes._CONFLICT);
    this.#isReading = true;
    const onAbort = (): void => this.wake();
    signal?.addEventListener("abort", onAbort);
    const deadline = performance.now() + (timeoutMs ?? Infinity);
    try {
      for (;;) {
        if (this.#isClosing) return [];
        this.#client.check("Cannot read");
        if (signal?.aborted) throw signal.reason;
        if (performance.now() - this.#lastTurn > maxBusyMs) {
          await nextTurn();
          this.#lastTurn = performance.now();
          continue;
        }
        const news = this.#news;
        if (this.#commit === null) {
          this.#acceptInHand();
          if (this.#next < this.#buffer.length) {
            const messages = await this.#handOver(max);
            if (messages.length > 0) return messages;
            // All of them were skipped.
            continue;
          }
          if (this.#options.onAcknowledgementCommit !== undefined && !this.#acknowledgements.isEmpty) {
            this.commitLater();
          } else if (this.#poll()) continue;
        }
        const left = deadline - performance.now();
        if (left <= 0) return [];
        if (news === this.#news) await this.#wait(left);
      }
    } finally {
      this.#isReading = false;
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Takes what has arrived, and says whether there was anything, or may be more. */
  #poll(): boolean {
    const { native, share } = this.#client;
    const { c, library } = native;
    // An answer without messages for us, such as one with the end of a transaction, looks like none at all. But librdkafka asks
    // the broker for more only in a poll that finds the queue empty: so there has to be another one.
    const hadAnswer = library.number(c.rd_kafka_queue_length(this.#queue)) > 0;
    // The poll would swallow the events of the main queue, so they are taken first.
    this.#client.serve();
    // A handler that was just called may have closed this share consumer, or begun a commit.
    if (this.#isClosing || this.#commit !== null) return false;
    const polled = pollShare(native, share!, this.#reader);
    if (polled instanceof KafkaError) {
      if (polled.isFatal && this.#client.fatalError === null) this.#client.reportError(polled);
      if (polled.isFatal || polled.code === errorCodes._STATE) throw polled;
      // Of a topic or a broker: librdkafka goes on trying.
      this.#client.reportError(polled);
      return true;
    }
    this.#sent();
    for (const { code, text } of polled.notices) this.#client.reportError(new KafkaError(text, code));
    this.#buffer = polled.deliveries.map(({ message, deliveryCount }) => Object.assign(message, { deliveryCount }));
    this.#next = 0;
    return this.#buffer.length > 0 || hadAnswer;
  }

  /** Takes up to `max` messages out of the buffer, and deserializes them. */
  async #handOver(max: number): Promise<ShareMessage[]> {
    if (!this.#acknowledgements.isEmpty && performance.now() - this.#lastSent > sendEveryMs) this.commitLater();
    const taken = this.#buffer.slice(this.#next, this.#next + max);
    if (this.#deserializing === null) return this.#handed(taken, taken.length);
    if (this.#failure === null) {
      const { messages, skipped, error } = await deserialize(this.#deserializing, taken);
      // The end came while a deserializer was waited for: these messages count as not handed over.
      if (this.#isClosing) return [];
      this.#failure = error;
      // Nobody else can do anything with them either.
      for (const message of skipped) this.#acknowledgements.add(message, "reject", this.#commit !== null);
      const handed = this.#handed(messages, messages.length + skipped.length);
      if (handed.length > 0 || error === null) return handed;
    }
    // The messages before it were handed over. The error stands for its message, which is the first that is left.
    const error = this.#failure!;
    this.#failure = null;
    this.#handed([this.#buffer[this.#next]!], 1);
    throw error;
  }

  /** Notes that messages are handed over, which together with those that are not took `count` places of the buffer. */
  #handed(messages: ShareMessage[], count: number): ShareMessage[] {
    this.#next += count;
    if (this.#isImplicit) this.#inHand = messages;
    return messages;
  }

  #acceptInHand(): void {
    const done = this.#inHand;
    this.#inHand = [];
    this.#acknowledgements.accept(done);
  }

  #sent(): void {
    this.#acknowledgements.take();
    this.#lastSent = performance.now();
  }

  /** Waits for something to arrive. */
  async #wait(timeoutMs: number): Promise<void> {
    this.#client.hold();
    try {
      // librdkafka takes a reader that does not poll for one that hangs: so an idle one polls now and then.
      await this.#gate.waitFor(Math.min(timeoutMs, this.#maxPollMs / 3));
    } finally {
      this.#client.release();
    }
    this.#lastTurn = performance.now();
  }

  /**
   * Throws while a commit is under way. librdkafka would refuse the call too, or refuse the commit: whichever came second.
   *
   * @param action What the caller is about to do, for the message.
   */
  checkFree(action: string): void {
    if (this.#commit !== null) throw new KafkaError(`${action}: a commit is under way`, errorCodes._CONFLICT);
  }

  /** Acknowledges messages. They are sent with the next poll or commit. */
  acknowledge(messages: readonly MessagePosition[], type: AcknowledgementType): void {
    if (this.#isImplicit) {
      throw new KafkaError(
        'Cannot acknowledge: "share.acknowledgement.mode" is not "explicit", so messages are accepted by asking for more',
        errorCodes._STATE,
      );
    }
    for (const message of messages) this.#acknowledgements.add(message, type, this.#commit !== null);
  }

  /** Sends acknowledgements and waits for the answers. */
  async commit(options: WaitOptions): Promise<AcknowledgementResult[]> {
    const timeoutMs = checkTimeout(options.timeoutMs) ?? defaultCommitMs;
    options.signal?.throwIfAborted();
    const { signal } = options;
    return await bounded(this.#startCommit(timeoutMs), "Cannot commit", signal === undefined ? {} : { signal });
  }

  /** Sends acknowledgements without waiting for answers, unless somebody wants to know them. */
  commitLater(): void {
    if (this.#commit !== null || this.#options.onAcknowledgementCommit !== undefined) {
      this.#startCommit(defaultCommitMs).catch((error) => this.#reportFailure(error));
      return;
    }
    const { native, share } = this.#client;
    this.#acceptInHand();
    this.#client.serve();
    if (this.#commit !== null) return;
    native.checkError("Cannot commit", native.c.rd_kafka_share_commit_async(share!));
    this.#sent();
  }

  #reportFailure(error: unknown): void {
    this.#client.reportError(error instanceof KafkaError ? error : new HandlerError("commit", error));
  }

  /** Commits after the commit that is under way, if there is one. */
  #startCommit(timeoutMs: number): Promise<AcknowledgementResult[]> {
    const before = this.#commit;
    if (before === null) this.#acceptInHand();
    // Not at once, for a handler that is called by it may commit too, and has to find this one under way.
    const commit = (before ?? Promise.resolve()).then(() => this.#commitNow(timeoutMs));
    // Nobody may call while it runs, and whoever waits for its end looks at its own promise for the outcome.
    const end = commit.then(() => {}, () => {}).then(() => {
      if (this.#commit !== end) return;
      this.#commit = null;
      this.#acknowledgements.catchUp();
      this.wake();
    });
    this.#commit = end;
    return commit;
  }

  async #commitNow(timeoutMs: number): Promise<AcknowledgementResult[]> {
    const { native, share } = this.#client;
    this.#acknowledgements.catchUp();
    this.#acceptInHand();
    const unsent = this.#acknowledgements.take();
    if (unsent.size === 0) return [];
    this.#lastSent = performance.now();
    this.#client.serve();
    this.#client.hold();
    try {
      const results = resultsOf(unsent, await commitAway(native, share!, Math.min(timeoutMs, maxTimerMs)));
      const { onAcknowledgementCommit } = this.#options;
      if (onAcknowledgementCommit !== undefined) {
        for (const { error, ...acknowledged } of results) {
          this.#client.run("onAcknowledgementCommit", () => onAcknowledgementCommit(acknowledged, error));
        }
      }
      return results;
    } finally {
      this.#client.release();
    }
  }

  /** Sends what was acknowledged, leaves the group and frees everything. */
  async close(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    this.#isClosing = true;
    // The messages in hand were not dealt with, as far as anybody can know, and those not handed over certainly were not: the
    // broker gives them to others as soon as this member has left.
    this.#inHand = [];
    this.#buffer = [];
    this.wake();
    const commitMs = Math.max(0, timeoutMs - maxLeaveMs);
    const isWanted = this.#options.onAcknowledgementCommit !== undefined && !this.#acknowledgements.isEmpty;
    if (isWanted && this.#client.fatalError === null) {
      this.#startCommit(commitMs).catch((error) => this.#reportFailure(error));
    }
    await this.#ended(deadline);
    if (this.#commit !== null) {
      // librdkafka is in the middle of a call, and nothing may be destroyed before its end.
      this.#commit.then(() => this.#leave(Infinity)).then(() => this.#client.destroy(Infinity))
        .catch((error) => this.#reportFailure(error));
      return;
    }
    if (!await this.#leave(deadline)) {
      // It goes on behind our back.
      this.#serveEnd(Infinity).then(() => this.#client.destroy(Infinity)).catch((error) => this.#reportFailure(error));
      return;
    }
    await this.#client.destroy(Math.max(maxLeaveMs, deadline - performance.now()));
  }

  /** Waits for the commits that are under way, until the time is up. */
  async #ended(deadline: number): Promise<void> {
    this.#client.hold();
    try {
      while (this.#commit !== null && performance.now() < deadline) {
        await this.#gate.waitFor(deadline - performance.now());
      }
    } finally {
      this.#client.release();
    }
  }

  /** Leaves the group, and says whether that was done in time. */
  async #leave(deadline: number): Promise<boolean> {
    const { native, handle, share } = this.#client;
    const { c, library } = native;
    this.#client.serve();
    // The queues are forwarded to this one: forwarded to itself, one would never be served.
    const queue = this.#client.addQueue(c.rd_kafka_queue_new(handle));
    const error = c.rd_kafka_share_consumer_close_queue(share!, queue);
    if (!library.isNull(error)) {
      c.rd_kafka_error_destroy(error);
      return true;
    }
    return await this.#serveEnd(deadline);
  }

  /** Serves the main queue, which leads to that of the end now, until the group is left or the time is up. */
  async #serveEnd(deadline: number): Promise<boolean> {
    const { native: { c }, share } = this.#client;
    this.#client.hold();
    try {
      for (;;) {
        const news = this.#news;
        this.#client.serve();
        if (c.rd_kafka_share_consumer_closed(share!) !== 0) return true;
        const left = deadline - performance.now();
        if (left <= 0) return false;
        if (news === this.#news) await this.#gate.waitFor(Math.min(left, 100));
      }
    } finally {
      this.#client.release();
      this.#client.rejectRequests();
    }
  }
}
