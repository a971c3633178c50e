/** One transaction of a producer, which ends by itself when it is left. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { WaitOptions } from "../client/options.ts";
import { KafkaError } from "../kafka/error.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type { TopicPartitionOffset } from "../kafka/topic_partition.ts";
import type { ProducerTransactions } from "./transactions.ts";
import type { Transacting } from "./transacting.ts";

/** The workings are kept here and not in a field, so that no type of theirs becomes public. */
const workings = new WeakMap<
  Transaction,
  { readonly producer: ProducerTransactions; readonly transacting: Transacting; readonly number: number }
>();

/** Makes the object for the transaction that was just begun. */
export function newTransaction(producer: ProducerTransactions, transacting: Transacting): Transaction {
  const transaction = new Transaction();
  workings.set(transaction, { producer, transacting, number: transacting.number });
  return transaction;
}

/**
 * A transaction that {@link ProducerTransactions.transaction} has begun. All that the producer sends is in it until it ends.
 *
 * @example Write two messages, or none
 * ```ts
 * import type { Producer } from "@kafka-ffi/kafka";
 *
 * async function transfer(producer: Producer, from: string, to: string): Promise<void> {
 *   await using transaction = await producer.transaction();
 *   await producer.send({ topic: "accounts", key: from, value: "-10" });
 *   await producer.send({ topic: "accounts", key: to, value: "+10" });
 *   await transaction.commit();
 * }
 * ```
 */
export class Transaction implements AsyncDisposable {
  /** Whether it has neither been committed nor aborted. */
  get isOpen(): boolean {
    const { transacting, number } = workings.get(this)!;
    return transacting.isOpen && transacting.number === number;
  }

  /** Commits: see {@link ProducerTransactions.commitTransaction}. */
  async commit(options: WaitOptions = {}): Promise<void> {
    await this.#use("Cannot commit the transaction").commitTransaction(options);
  }

  /** Aborts: see {@link ProducerTransactions.abortTransaction}. */
  async abort(options: WaitOptions = {}): Promise<void> {
    await this.#use("Cannot abort the transaction").abortTransaction(options);
  }

  /** Commits a consumer's offsets with it: see {@link ProducerTransactions.sendOffsetsToTransaction}. */
  async sendOffsets(
    offsets: readonly TopicPartitionOffset[],
    groupMetadata: ConsumerGroupMetadata,
    options: WaitOptions = {},
  ): Promise<void> {
    const producer = this.#use("Cannot send offsets to the transaction");
    await producer.sendOffsetsToTransaction(offsets, groupMetadata, options);
  }

  /**
   * Aborts, unless it was committed or aborted. Nothing happens either if the producer is closed or has failed for good, or if
   * a commit was left before its end, which can only be gone on with.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { producer, transacting } = workings.get(this)!;
    if (this.isOpen && transacting.canAbort) await producer.abortTransaction();
  }

  #use(action: string): ProducerTransactions {
    if (!this.isOpen) throw new KafkaError(`${action}: it has ended`, errorCodes._STATE);
    return workings.get(this)!.producer;
  }
}
