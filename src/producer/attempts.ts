/** Transactions that are tried again, and what decides whether they are. */
import type { WaitOptions } from "../client/options.ts";
import { KafkaError, ProduceError } from "../kafka/error.ts";
import type { ErrorCodeName } from "../kafka/error_codes.ts";
import { describe } from "../native/scratch.ts";
import type { TransactionOptions } from "./options.ts";
import type { Transaction } from "./transaction.ts";
import type { Transacting } from "./transacting.ts";
import type { ProducerTransactions } from "./transactions.ts";

const defaultAttempts = 5;
const firstPauseMs = 100;
const longestPauseMs = 2000;

/** What follows from an error: it is thrown on at once, or after an abort; or all is tried again after an abort. */
export type Reaction = "throw" | "abort" | "again";

/** Calls a function in a transaction and commits it, as often as the errors ask for and `maxAttempts` allows. */
export async function attempt<T>(
  producer: ProducerTransactions,
  transacting: Transacting,
  run: (transaction: Transaction) => T | Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const { maxAttempts = defaultAttempts, signal } = options;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new RangeError(`Cannot use ${describe(maxAttempts)} as maxAttempts: a whole number from 1 on is wanted`);
  }
  for (let count = 1;; count++) {
    signal?.throwIfAborted();
    const transaction = await producer.transaction();
    try {
      const result = await run(transaction);
      signal?.throwIfAborted();
      // Whoever has ended it within the function has decided.
      if (transaction.isOpen) await transaction.commit(options);
      return result;
    } catch (error) {
      const reaction = reactionTo(error);
      // With its end unknown, it can only be committed once more, and that is not for us to do.
      if (reaction === "throw" || transacting.isCommitting) throw error;
      if (transaction.isOpen && transacting.canAbort) await abort(transaction, error, options);
      if (reaction === "abort" || count >= maxAttempts) throw error;
    }
    await pause(Math.min(longestPauseMs, firstPauseMs * 2 ** (count - 1)), signal);
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
async function abort(transaction: Transaction, reason: unknown, { timeoutMs }: WaitOptions): Promise<void> {
  try {
    await transaction.abort(timeoutMs === undefined ? {} : { timeoutMs });
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const { message, code, isFatal, isRetriable } = error;
    throw new KafkaError(message, code, { isFatal, isRetriable, cause: reason });
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
