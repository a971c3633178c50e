/** The working half of transactions: one call at a time, in pieces, each of which goes on where the one before has stopped. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import type { WaitOptions } from "../client/options.ts";
import { bounded, checkOptions, checkTimeout, Gate } from "../client/wait.ts";
import { perform, type Work } from "../kafka/work.ts";
import { KafkaError } from "../kafka/error.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type { TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { begin, type Caller, callFor, checkOffsets, type ResumableCall, sendOffsets } from "../native/transactions.ts";
import { flush } from "./ending.ts";
import type { ProducerEnd } from "./options.ts";
import type { Sending } from "./sending.ts";

/**
 * How long a C call takes at most, where it can be resumed: a program that ends may have to wait for it, and so does whoever
 * closes the producer. A much shorter one might be cut off before librdkafka has begun.
 */
const sliceMs = 500;
/**
 * The same for a producer that blocks: C waits for reports that this thread takes only between two calls, and nothing else of
 * JavaScript runs meanwhile.
 */
const blockingSliceMs = 100;
/** How long to wait at least between two calls of which the first has failed. */
const pauseMs = 100;

/** Calls that are worth waiting for when the producer closes: the others lead to nothing any more. */
const endings = ["commitTransaction", "abortTransaction"];

/** What a call does. */
interface Call {
  /** Its public name. */
  readonly name: string;
  /** What the caller wants, for errors. */
  readonly action: string;
  /** Whether librdkafka goes on with it behind our back until it is made again. */
  readonly isResumable: boolean;
  /** What comes before. It can be left off. */
  readonly prepare?: (limits: WaitOptions) => Work<void> | void;
  /** Makes one C call, and says why it is not done, or null. */
  readonly make: () => Work<KafkaError | null>;
  /** What changes when it has succeeded. */
  readonly onDone?: () => void;
}

/** How a call went so far, as far as {@link judge} asks. */
interface Progress {
  readonly isResumable: boolean;
  isFirst: boolean;
  hasStrayed: boolean;
}

/** A call that somebody waits for, or that was left while librdkafka was at it. */
interface Running {
  readonly name: string;
  readonly isResumable: boolean;
  /** Who waits for it: ends the wait with an error. Each has a function of its own. */
  waiter: ((error: KafkaError) => void) | null;
  hasBegun: boolean;
  /** How it ended, once that is known. */
  outcome: { readonly error: KafkaError | null } | null;
  /** Why it was not done the last time. */
  lastError: KafkaError | null;
}

/** What follows from how a C call ended. */
export function judge(
  error: KafkaError | null,
  call: Readonly<Progress>,
): "done" | "failed" | "again" | "astray" {
  if (error === null) return "done";
  if (error.isFatal || error.txnRequiresAbort) return "failed";
  if (error.isRetriable) return "again";
  // An answer that came after its own call was given up is taken by the next one, whose second half is then too early.
  if (error.code === errorCodes._STATE && call.isResumable && !call.isFirst && !call.hasStrayed) return "astray";
  return "failed";
}

/** Makes the transaction calls of one producer. */
export class Transacting {
  readonly #sending: Sending;
  #running: Running | null = null;
  /** The C call that is being made; never rejected. */
  #inC: Promise<void> = Promise.resolve();
  #isOpen = false;
  #number = 0;
  /** Is notified when nobody waits for a call any more. */
  readonly #left = new Gate();

  constructor(sending: Sending) {
    this.#sending = sending;
  }

  get #client(): Client {
    return this.#sending.client;
  }

  /** Whether a transaction was begun and has not ended. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How many transactions were begun. */
  get number(): number {
    return this.#number;
  }

  /** Whether a commit was left before it was known how it ends. */
  get isCommitting(): boolean {
    return this.#running !== null && this.#running.name === "commitTransaction" && this.#running.outcome === null;
  }

  /** Whether an abort has a chance: the producer can be used, and no commit has to be gone on with. */
  get canAbort(): boolean {
    try {
      this.#client.check("Cannot abort the transaction");
      return !this.isCommitting;
    } catch {
      return false;
    }
  }

  /** Gets a producer id, and fences other producers of the same transactional id. */
  init(options: WaitOptions): Work<void> {
    checkOptions(options);
    const call = this.#resumable("initTransactions", "Cannot initialize transactions", "rd_kafka_init_transactions");
    return this.#carryOut(call, { ...options, timeoutMs: options.timeoutMs ?? 2 * this.#limitMs });
  }

  /** Begins a transaction. */
  begin(): Work<void> {
    const action = "Cannot begin a transaction";
    return this.#carryOut({
      name: "beginTransaction",
      action,
      isResumable: false,
      // What was sent before belongs to no transaction, and is refused as such.
      prepare: () => this.#sending.cross(),
      make: () => begin(this.#caller(action)),
      onDone: () => {
        this.#isOpen = true;
        this.#number++;
      },
    }, {});
  }

  /** Delivers what was sent, and commits. */
  commit(options: WaitOptions): Work<void> {
    const action = "Cannot commit the transaction";
    return this.#carryOut({
      ...this.#resumable("commitTransaction", action, "rd_kafka_commit_transaction"),
      // librdkafka waits for the messages that it has; others may still wait for room, or for their bytes.
      prepare: (limits) => this.#isOpen ? this.#deliver(action, limits) : undefined,
      onDone: () => this.#isOpen = false,
    }, options);
  }

  /** Gives up what was not sent, and aborts. */
  abort(options: WaitOptions): Work<void> {
    return this.#carryOut({
      ...this.#resumable("abortTransaction", "Cannot abort the transaction", "rd_kafka_abort_transaction"),
      // librdkafka gives up what it has by itself, and in a way of its own: see src/README.md.
      prepare: () => this.#giveUp(),
      onDone: () => {
        // What was sent meanwhile must not wait for the next transaction.
        this.#giveUp();
        this.#isOpen = false;
      },
    }, options);
  }

  /** Makes offsets a part of the transaction. */
  *sendOffsets(
    offsets: readonly TopicPartitionOffset[],
    metadata: ConsumerGroupMetadata,
    options: WaitOptions,
  ): Work<void> {
    const action = "Cannot send offsets to the transaction";
    checkOptions(options);
    checkOffsets(this.#client.native, offsets, metadata);
    const timeoutMs = Math.min(checkTimeout(options.timeoutMs) ?? Infinity, this.#limitMs);
    const deadline = performance.now() + timeoutMs;
    yield* this.#carryOut({
      name: "sendOffsetsToTransaction",
      action,
      isResumable: false,
      make: () => {
        // When the limit is up between its two requests, librdkafka fails the transaction.
        const leftMs = Math.ceil(Math.max(sliceMs, deadline - performance.now()));
        return sendOffsets(this.#caller(action), offsets, metadata, leftMs);
      },
    }, { ...options, timeoutMs });
  }

  /** How long the broker lets a transaction be open. */
  get #limitMs(): number {
    return Number(this.#client.setting(["transaction.timeout.ms"], "60000"));
  }

  #caller(action: string): Caller {
    const { native, handle, blocks } = this.#client;
    return { native, client: handle, action, blocks };
  }

  *#deliver(action: string, limits: WaitOptions): Work<void> {
    if (!this.#client.blocks) yield this.#sending.flush(limits);
    else {
      yield* flush(this.#sending, limits);
      if (this.#sending.pending > 0) throw tooLate(action, limits.timeoutMs);
    }
  }

  #giveUp(): void {
    if (this.#isOpen && !this.#client.isClosed) this.#sending.giveUp();
  }

  #resumable(name: string, action: string, call: ResumableCall): Call {
    const ms = this.#client.blocks ? blockingSliceMs : sliceMs;
    return { name, action, isResumable: true, make: () => callFor(this.#caller(action), call, ms) };
  }

  *#carryOut(call: Call, options: WaitOptions): Work<void> {
    const { action } = call;
    checkOptions(options);
    checkTimeout(options.timeoutMs);
    options.signal?.throwIfAborted();
    const running = this.#take(call);
    this.#running = running;
    this.#client.hold();
    try {
      yield* this.#client.blocks ? this.#block(call, running, options) : this.#await(call, running, options);
    } catch (error) {
      if (running.outcome !== null || !(error instanceof KafkaError) || error.code !== errorCodes._TIMED_OUT) {
        throw error;
      }
      throw lateError(error, running, action);
    } finally {
      // One that was left in C stays: it is gone on with before anything else.
      if (!running.hasBegun || running.outcome !== null) this.#running = null;
      this.#client.release();
      this.#left.notify();
    }
  }

  /** Waits for a call until the limit of the wait, or until the producer is closed. */
  *#await(call: Call, running: Running, options: WaitOptions): Work<void> {
    const stop = new AbortController();
    let waiter: Running["waiter"] = null;
    const closed = new Promise<never>((_, reject) => running.waiter = waiter = reject);
    const isLeft = (): boolean => running.waiter !== waiter;
    try {
      const work = perform(this.#work(call, running, isLeft, { signal: stop.signal }));
      yield bounded(Promise.race([work, closed]), call.action, options);
    } finally {
      running.waiter = null;
      stop.abort();
    }
  }

  /** The same where nothing else can happen meanwhile. */
  *#block(call: Call, running: Running, { timeoutMs = Infinity }: WaitOptions): Work<void> {
    const deadline = performance.now() + timeoutMs;
    let isFirst = true;
    const isLeft = (): boolean => {
      // A call is made at least once, however little time there is.
      const left = !isFirst && performance.now() >= deadline;
      isFirst = false;
      return left;
    };
    yield* this.#work(call, running, isLeft, { timeoutMs });
    if (running.outcome === null) throw tooLate(call.action, timeoutMs);
  }

  /** The call to make, or the same one that was left; throws if another has to end first. */
  #take({ name, action, isResumable }: Call): Running {
    const before = this.#running;
    if (before !== null && before.waiter !== null) {
      throw new KafkaError(`${action}: ${before.name}() is under way`, errorCodes._CONFLICT, { isRetriable: true });
    }
    if (before !== null && before.isResumable) {
      if (before.name === name) return before;
      if (before.outcome === null) {
        const hint = `${before.name}() was left before its end; call it again to learn how it ends`;
        throw new KafkaError(`${action}: ${hint}`, errorCodes._CONFLICT, { isRetriable: true });
      }
    }
    return { name, isResumable, waiter: null, hasBegun: false, outcome: null, lastError: null };
  }

  /** Makes C calls until one says how it ended, or until nobody waits any more. */
  *#work(call: Call, running: Running, isLeft: () => boolean, limits: WaitOptions): Work<void> {
    const client = this.#client;
    // A call that nobody waits for any more may still be in C.
    if (!client.blocks) yield this.#inC;
    if (!running.hasBegun) yield* call.prepare?.(limits) ?? [];
    const progress: Progress = { isResumable: call.isResumable, isFirst: !running.hasBegun, hasStrayed: false };
    while (running.outcome === null && !isLeft()) {
      running.hasBegun = true;
      const start = performance.now();
      const made = this.#make(call, running, progress);
      if (client.blocks) {
        yield* made;
        client.serve();
      } else yield this.#inC = client.during(perform(made));
      const leftMs = pauseMs - (performance.now() - start);
      if (running.outcome === null && leftMs > 0) yield client.pause(Math.ceil(leftMs));
    }
    const error = running.outcome?.error ?? null;
    if (error?.isFatal) this.#isOpen = false;
    if (error !== null) throw error;
  }

  /** Makes one C call, and notes what follows from it. */
  *#make(call: Call, running: Running, progress: Progress): Work<void> {
    try {
      const error = yield* call.make();
      const verdict = judge(error, progress);
      running.lastError = error;
      if (verdict === "done" || verdict === "failed") running.outcome = { error };
      if (verdict === "done") call.onDone?.();
      progress.isFirst = false;
      progress.hasStrayed ||= verdict === "astray";
    } catch (error) {
      running.outcome = { error: error as KafkaError };
    }
  }

  /** Closes the producer. A commit that is under way is let end; what is open then is aborted. */
  *close(timeoutMs: number): Work<ProducerEnd> {
    const before = this.#sending.lost;
    const deadline = performance.now() + timeoutMs;
    const left = (): number => Math.max(0, deadline - performance.now());
    if (this.#running !== null || this.#isOpen) yield* this.#end(left);
    if (this.#client.blocks) yield* this.#sending.closing(left());
    else yield this.#sending.close(left());
    return { undelivered: this.#sending.lost - before };
  }

  *#end(left: () => number): Work<void> {
    while (this.#running?.waiter && endings.includes(this.#running.name) && left() > 0) {
      yield this.#left.waitFor(left());
    }
    this.#running?.waiter?.(
      new KafkaError("Cannot wait for the transaction: the producer was closed", errorCodes._DESTROY),
    );
    // Its waiter hears of that first.
    if (!this.#client.blocks) yield Promise.resolve();
    const canAbort = this.#client.fatalError === null && !this.isCommitting;
    if (!this.#isOpen || !canAbort || left() <= 0) return;
    try {
      yield* this.abort({ timeoutMs: left() });
    } catch {
      // The broker will, when the transaction's time is up.
    }
  }
}

function tooLate(action: string, timeoutMs: number = Infinity): KafkaError {
  return new KafkaError(`${action}: no answer within ${Math.round(timeoutMs)} ms`, errorCodes._TIMED_OUT);
}

/** The error of a wait whose time was up, with what stood in the way. */
function lateError(error: KafkaError, { isResumable, lastError }: Running, action: string): KafkaError {
  if (lastError === null || lastError.code === errorCodes._TIMED_OUT) {
    return new KafkaError(error.message, errorCodes._TIMED_OUT, { isRetriable: isResumable });
  }
  const reason = lastError.message.replace(`${action}: `, "");
  return new KafkaError(`${error.message}: ${reason}`, errorCodes._TIMED_OUT, {
    isRetriable: isResumable,
    cause: lastError,
  });
}
