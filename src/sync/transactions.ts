/** The transactions of a producer that blocks. */
import { isPromise } from "../kafka/promise.ts";
import { performNow, settled } from "../kafka/work.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type { TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { type Attempt, attempt } from "../producer/attempts.ts";
import type { ProducerEnd } from "../producer/options.ts";
import type { Transacting } from "../producer/transacting.ts";
import { BlockingClient, openToWait } from "./blocking_client.ts";
import type { TimeoutOptions, TransactionOptions } from "./options.ts";
import { newTransaction, type Transaction } from "./transaction.ts";

const workings = new WeakMap<ProducerTransactions, Transacting>();

/** Gives a producer what makes its transactions, once, as it is made. */
export function useTransacting(self: ProducerTransactions, transacting: Transacting): void {
  workings.set(self, transacting);
}

/**
 * What a {@link Producer} with a `transactional.id` can do: what it sends within a transaction is seen by readers with
 * `isolation.level=read_committed` (the default) all together, or not at all.
 *
 * The calls are those of the main entry's producer, and so are their errors, which say what to do: `isFatal`, close the producer
 * and open another; `txnRequiresAbort`, abort and begin anew; `isRetriable`, make the same call again. {@link withTransaction}
 * does that by itself. When `timeoutMs` has ended the wait for `initTransactions()`, `commitTransaction()` or
 * `abortTransaction()`, the call may still succeed, and until it was made again to learn that, the others are refused with
 * `_CONFLICT`. A limit is kept to about a tenth of a second: that is how long C is waited for at a time.
 *
 * @example Read, transform, write, and commit what was read: exactly once
 * ```ts
 * import type { Consumer, Producer } from "@kafka-ffi/kafka/sync";
 *
 * function run(consumer: Consumer, producer: Producer): void {
 *   producer.initTransactions();
 *   for (const batch of consumer.batches()) {
 *     producer.withTransaction((transaction) => {
 *       producer.send(batch.map(({ key, value }) => ({ topic: "copies", key, value })));
 *       transaction.sendOffsets(consumer.position(), consumer.consumerGroupMetadata());
 *     });
 *   }
 * }
 * ```
 */
export abstract class ProducerTransactions extends BlockingClient<ProducerEnd> {
  /**
   * Makes this producer the only one of its `transactional.id`, after aborting what an earlier one has left open. It has to be
   * called once, before anything is sent.
   *
   * @param options Default `timeoutMs`: twice `transaction.timeout.ms`.
   * @throws {KafkaError} `_NOT_CONFIGURED` without a `transactional.id`; `_STATE` if it was called before; `_TIMED_OUT`, and
   * then it can be called again to go on; `_CONFLICT` within a handler of this producer, as all calls that wait.
   *
   * Source: `rd_kafka_init_transactions`; `Producer.init_transactions()` in confluent-kafka-python.
   */
  initTransactions(options: TimeoutOptions = {}): void {
    openToWait(this, "Cannot initialize transactions");
    performNow(workings.get(this)!.init(options));
  }

  /**
   * Begins a transaction. No broker is asked. What is sent outside a transaction fails with `_STATE`.
   *
   * @throws {KafkaError} `_STATE` before `initTransactions()`, or if one is open.
   *
   * Source: `rd_kafka_begin_transaction`; `Producer.begin_transaction()` in confluent-kafka-python.
   */
  beginTransaction(): void {
    openToWait(this, "Cannot begin a transaction");
    performNow(workings.get(this)!.begin());
  }

  /**
   * Blocks until all that was sent is delivered, and commits the transaction.
   *
   * @param options Default: no limit but that of the messages (`message.timeout.ms`) and of librdkafka's requests. Prefer that:
   * while a commit has not ended, nothing else can be done.
   * @throws {KafkaError} `txnRequiresAbort` if a message was not delivered or the broker has given the transaction up; `_STATE`
   * if none is open; `_TIMED_OUT`, and then it is not known whether it is committed until this is called again.
   *
   * Source: `rd_kafka_commit_transaction`; `Producer.commit_transaction()` in confluent-kafka-python.
   */
  commitTransaction(options: TimeoutOptions = {}): void {
    openToWait(this, "Cannot commit the transaction");
    performNow(workings.get(this)!.commit(options));
  }

  /**
   * Aborts the transaction. Messages that were not sent yet are not: their reports have the error `_PURGE_QUEUE`. Those that are
   * on their way are waited for, and no reader of committed messages ever sees them.
   *
   * @param options Default: no limit.
   * @throws {KafkaError} `_STATE` if none is open.
   *
   * Source: `rd_kafka_abort_transaction`; `Producer.abort_transaction()` in confluent-kafka-python.
   */
  abortTransaction(options: TimeoutOptions = {}): void {
    openToWait(this, "Cannot abort the transaction");
    performNow(workings.get(this)!.abort(options));
  }

  /**
   * Makes a consumer's offsets a part of the transaction: they are committed with it, or not at all. The consumer itself must
   * not commit (`enable.auto.commit=false`). It may be one of the main entry's.
   *
   * @param offsets Partitions with the offset to read next, as `consumer.position()` returns them; those without one are left
   * out. With none at all nothing is done.
   * @param groupMetadata What `consumer.consumerGroupMetadata()` returns, asked for in this transaction: it lets the coordinator
   * refuse the offsets of a consumer that has lost its partitions.
   * @param options Default `timeoutMs`, and its limit: `transaction.timeout.ms`. With a coordinator that cannot be reached it
   * blocks for up to `socket.timeout.ms` all the same.
   * @throws {KafkaError} `txnRequiresAbort` if the group has moved on (`ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID`,
   * `STALE_MEMBER_EPOCH`): abort, and read again from the committed offsets. `_STATE` if no transaction is open.
   * @throws {TypeError | RangeError} if an offset or the group's metadata is none.
   *
   * Source: `rd_kafka_send_offsets_to_transaction`; `Producer.send_offsets_to_transaction()` in confluent-kafka-python.
   */
  sendOffsetsToTransaction(
    offsets: readonly TopicPartitionOffset[],
    groupMetadata: ConsumerGroupMetadata,
    options: TimeoutOptions = {},
  ): void {
    openToWait(this, "Cannot send offsets to the transaction");
    performNow(workings.get(this)!.sendOffsets(offsets, groupMetadata, options));
  }

  /** Begins a transaction as {@link beginTransaction} does, and returns it for `using`: left uncommitted, it is aborted. */
  transaction(): Transaction {
    this.beginTransaction();
    return newTransaction(this, workings.get(this)!);
  }

  /**
   * Begins a transaction, calls a function, and commits when that has returned. What follows from an error is what the main
   * entry's `withTransaction()` makes of it.
   *
   * @param run What to do in the transaction. It may be called several times, so what it does elsewhere should bear that. One
   * that returns a promise is an error: the transaction is aborted, for nothing here could wait for it.
   * @param options `maxAttempts` (default: 5); `timeoutMs` bounds each commit and abort.
   * @returns What the function returned in the transaction that was committed.
   * @throws {KafkaError} `_TIMED_OUT` if the commit took longer than `timeoutMs`: whether it happens is only known when
   * `commitTransaction()` has been called again.
   *
   * @example Count a visit and write it down, both or neither
   * ```ts
   * import type { Producer } from "@kafka-ffi/kafka/sync";
   *
   * function visit(producer: Producer, page: string, total: number): void {
   *   producer.withTransaction(() => {
   *     producer.send({ topic: "visits", key: page, value: null });
   *     producer.send({ topic: "totals", key: page, value: String(total) });
   *   });
   * }
   * ```
   */
  withTransaction<T>(run: (transaction: Transaction) => T, options: TransactionOptions = {}): T {
    const client = openToWait(this, "Cannot begin a transaction");
    const transacting = workings.get(this)!;
    const begin = (): Attempt<T> => {
      const transaction = this.transaction();
      return {
        get isOpen(): boolean {
          return transaction.isOpen;
        },
        run: () => withoutPromise(run(transaction)),
        commit: (options) => transacting.commit(options),
        abort: (options) => transacting.abort(options),
      };
    };
    return performNow(attempt(client, transacting, () => settled(begin()), options));
  }
}

function withoutPromise<T>(result: T): T {
  if (!isPromise(result)) return result;
  (result as Promise<unknown>).then(() => {}, () => {});
  throw new TypeError("Cannot wait for the function of withTransaction(): it gave a promise, and this client blocks");
}
