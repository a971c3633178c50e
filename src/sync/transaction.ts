/** One transaction of a producer that blocks, which ends by itself when it is left. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type { TopicPartitionOffset } from "../kafka/topic_partition.ts";
import type { Transacting } from "../producer/transacting.ts";
import type { TimeoutOptions } from "./options.ts";
import type { ProducerTransactions } from "./transactions.ts";

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
 * import type { Producer } from "@kafka-ffi/kafka/sync";
 *
 * function transfer(producer: Producer, from: string, to: string): void {
 *   using transaction = producer.transaction();
 *   producer.send({ topic: "accounts", key: from, value: "-10" });
 *   producer.send({ topic: "accounts", key: to, value: "+10" });
 *   transaction.commit();
 * }
 * ```
 */
export class Transaction implements Disposable {
  /** Whether it has neither been committed nor aborted. */
  get isOpen(): boolean {
    const { transacting, number } = workings.get(this)!;
    return transacting.isOpen && transacting.number === number;
  }

  /** Commits: see {@link ProducerTransactions.commitTransaction}. */
  commit(options: TimeoutOptions = {}): void {
    this.#use("Cannot commit the transaction").commitTransaction(options);
  }

  /** Aborts: see {@link ProducerTransactions.abortTransaction}. */
  abort(options: TimeoutOptions = {}): void {
    this.#use("Cannot abort the transaction").abortTransaction(options);
  }

  /** Commits a consumer's offsets with it: see {@link ProducerTransactions.sendOffsetsToTransaction}. */
  sendOffsets(
    offsets: readonly TopicPartitionOffset[],
    groupMetadata: ConsumerGroupMetadata,
    options: TimeoutOptions = {},
  ): void {
    this.#use("Cannot send offsets to the transaction").sendOffsetsToTransaction(offsets, groupMetadata, options);
  }

  /**
   * Aborts, unless it was committed or aborted. Nothing happens either if the producer is closed or has failed for good, or if
   * a commit was left before its end, which can only be gone on with.
   */
  [Symbol.dispose](): void {
    const { producer, transacting } = workings.get(this)!;
    if (this.isOpen && transacting.canAbort) producer.abortTransaction();
  }

  #use(action: string): ProducerTransactions {
    if (!this.isOpen) throw new KafkaError(`${action}: it has ended`, errorCodes._STATE);
    return workings.get(this)!.producer;
  }
}
