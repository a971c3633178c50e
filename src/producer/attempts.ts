/** Transactions that are tried again, and what decides whether they are. */
import { serveUntil } from "../client/blocking.ts";
import type { Client } from "../client/client.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkOptions } from "../client/wait.ts";
import { settled, type Work } from "../kafka/work.ts";
import { KafkaError, ProduceError } from "../kafka/error.ts";
import type { ErrorCodeName } from "../kafka/error_codes.ts";
import { describe } from "../native/scratch.ts";
import type { TransactionOptions } from "./options.ts";
import type { Transacting } from "./transacting.ts";

const defaultAttempts = 5;
const firstPauseMs = 100;
const longestPauseMs = 2000;

/** What follows from an error: it is thrown on at once, or after an abort; or all is tried again after an abort. */
export type Reaction = "throw" | "abort" | "again";

/** One attempt: what the function is given, and the calls that end it. */
export interface Attempt<T> {
  readonly isOpen: boolean;
  /** Calls the function. */
  run(): T | Promise<T>;
  commit(options: WaitOptions): Work<void>;
  abort(options: WaitOptions): Work<void>;
}

/** Calls a function in a transaction and commits it, as often as the errors ask for and `maxAttempts` allows. */
export function* attempt<T>(
  client: Client,
  transacting: Transacting,
  begin: () => Work<Attempt<T>>,
  options: TransactionOptions,
): Work<T> {
  checkOptions(options);
  const { maxAttempts = defaultAttempts, signal } = options;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new RangeError(`Cannot use ${describe(maxAttempts)} as maxAttempts: a whole number from 1 on is wanted`);
  }
  for (let count = 1;; count++) {
    signal?.throwIfAborted();
    const transaction = yield* begin();
    try {
      const result = yield* settled(transaction.run());
      signal?.throwIfAborted();
      // Whoever has ended it within the function has decided.
      if (transaction.isOpen) yield* transaction.commit(options);
      return result;
    } catch (error) {
      const reaction = reactionTo(error);
      // With its end unknown, it can only be committed once more, and that is not for us to do.
      if (reaction === "throw" || transacting.isCommitting) throw error;
      if (transaction.isOpen && transacting.canAbort) yield* abort(transaction, error, options);
      if (reaction === "abort" || count >= maxAttempts) throw error;
    }
    yield* pause(client, Math.min(longestPauseMs, firstPauseMs * 2 ** (count - 1)), signal);
  }
}

/**
 * The group has moved on: what the function was given is somebody else's to read now, and committed again it would be there
 * twice, although a new attempt may well succeed.
 */
const movedOn: readonly ErrorCodeName[] = [
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "REBALANCE_IN_PROGRESS",
  "FENCED_INSTANCE_ID",
  "FENCED_MEMBER_EPOCH",
  "STALE_MEMBER_EPOCH",
];

/** Decides by an error's class. */
export function reactionTo(error: unknown): Reaction {
  if (!(error instanceof KafkaError)) return "abort";
  if (error.isFatal) return "throw";
  if (movedOn.includes(error.codeName)) return "abort";
  const isLate = error instanceof ProduceError && error.codeName === "_MSG_TIMED_OUT";
  return error.txnRequiresAbort || error.isRetriable || isLate ? "again" : "abort";
}

/** Aborts because of an error, which is what the caller is told of if that fails too. */
function* abort(transaction: Attempt<unknown>, reason: unknown, { timeoutMs }: WaitOptions): Work<void> {
  try {
    yield* transaction.abort(timeoutMs === undefined ? {} : { timeoutMs });
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const { message, code, isFatal, isRetriable } = error;
    throw new KafkaError(message, code, { isFatal, isRetriable, cause: reason });
  }
}

function* pause(client: Client, ms: number, signal: AbortSignal | undefined): Work<void> {
  if (client.blocks) serveUntil(client, () => false, ms);
  else {
    yield new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end, { once: true });
    });
  }
}
