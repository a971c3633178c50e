/** The transactions of a producer. */
import { KafkaClient, open } from "../client/kafka_client.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkOptions } from "../client/wait.ts";
import { perform, settled } from "../kafka/work.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type { TopicPartitionOffset } from "../kafka/topic_partition.ts";
import { type Attempt, attempt } from "./attempts.ts";
import type { ProducerEnd, TransactionOptions } from "./options.ts";
import { newTransaction, type Transaction } from "./transaction.ts";
import type { Transacting } from "./transacting.ts";

const workings = new WeakMap<ProducerTransactions, Transacting>();

/** Gives a producer what makes its transactions, once, as it is made. */
export function useTransacting(self: ProducerTransactions, transacting: Transacting): void {
  workings.set(self, transacting);
}

/**
 * What a {@link Producer} with a `transactional.id` can do: what it sends within a transaction is seen by readers with
 * `isolation.level=read_committed` (the default) all together, or not at all.
 *
 * One of these calls at a time: another is refused with `_CONFLICT`. None of them holds the event loop. Their errors say what
 * to do: `isFatal`, close the producer and open another; `txnRequiresAbort`, abort and begin anew; `isRetriable`, make the same
 * call again. {@link withTransaction} does that by itself. When `timeoutMs` or `signal` has ended the wait for
 * `initTransactions()`, `commitTransaction()` or `abortTransaction()`, the call may still succeed, and until it was made again
 * to learn that, the others are refused with `_CONFLICT`.
 *
 * A producer is fenced when another one of the same `transactional.id` calls `initTransactions()`: its calls then fail with
 * `_FENCED`, which is fatal.
 *
 * @example Read, transform, write, and commit what was read: exactly once
 * ```ts
 * import type { Consumer, Producer } from "@kafka-ffi/kafka";
 *
 * async function run(consumer: Consumer, producer: Producer): Promise<void> {
 *   await producer.initTransactions();
 *   for await (const batch of consumer.batches()) {
 *     await producer.withTransaction(async (transaction) => {
 *       await producer.send(batch.map(({ key, value }) => ({ topic: "copies", key, value })));
 *       await transaction.sendOffsets(consumer.position(), consumer.consumerGroupMetadata());
 *     });
 *   }
 * }
 * ```
 */
export abstract class ProducerTransactions extends KafkaClient<ProducerEnd> {
  /**
   * Makes this producer the only one of its `transactional.id`, after aborting what an earlier one has left open. It has to be
   * called once, before anything is sent.
   *
   * @param options Default `timeoutMs`: twice `transaction.timeout.ms`.
   * @throws {KafkaError} `_NOT_CONFIGURED` without a `transactional.id`; `_STATE` if it was called before; `_TIMED_OUT`, and
   * then it can be called again to go on.
   *
   * Source: `rd_kafka_init_transactions`; `Producer.init_transactions()` in confluent-kafka-python.
   */
  async initTransactions(options: WaitOptions = {}): Promise<void> {
    open(this, "Cannot initialize transactions");
    await perform(workings.get(this)!.init(options));
  }

  /**
   * Begins a transaction. No broker is asked. What is sent outside a transaction fails with `_STATE`.
   *
   * @throws {KafkaError} `_STATE` before `initTransactions()`, or if one is open.
   *
   * Source: `rd_kafka_begin_transaction`; `Producer.begin_transaction()` in confluent-kafka-python.
   */
  async beginTransaction(): Promise<void> {
    open(this, "Cannot begin a transaction");
    await perform(workings.get(this)!.begin());
  }

  /**
   * Waits until all that was sent is delivered, and commits the transaction.
   *
   * @param options Default: no limit but that of the messages (`message.timeout.ms`) and of librdkafka's requests. Prefer that:
   * while a commit has not ended, nothing else can be done.
   * @throws {KafkaError} `txnRequiresAbort` if a message was not delivered or the broker has given the transaction up; `_STATE`
   * if none is open; `_TIMED_OUT`, and then it is not known whether it is committed until this is called again.
   *
   * Source: `rd_kafka_commit_transaction`; `Producer.commit_transaction()` in confluent-kafka-python.
   */
  async commitTransaction(options: WaitOptions = {}): Promise<void> {
    open(this, "Cannot commit the transaction");
    await perform(workings.get(this)!.commit(options));
  }

  /**
   * Aborts the transaction. Messages that were not sent yet are not: their promises are rejected with `_PURGE_QUEUE`, and so are
   * those of messages sent while it is under way. Those that are on their way are waited for, and no reader of committed
   * messages ever sees them.
   *
   * @param options Default: no limit.
   * @throws {KafkaError} `_STATE` if none is open.
   *
   * Source: `rd_kafka_abort_transaction`; `Producer.abort_transaction()` in confluent-kafka-python.
   */
  async abortTransaction(options: WaitOptions = {}): Promise<void> {
    open(this, "Cannot abort the transaction");
    await perform(workings.get(this)!.abort(options));
  }

  /**
   * Makes a consumer's offsets a part of the transaction: they are committed with it, or not at all. The consumer itself must
   * not commit (`enable.auto.commit=false`).
   *
   * @param offsets Partitions with the offset to read next, as `consumer.position()` returns them; those without one are left
   * out. With none at all nothing is done.
   * @param groupMetadata What `consumer.consumerGroupMetadata()` returns, asked for in this transaction: it lets the coordinator
   * refuse the offsets of a consumer that has lost its partitions.
   * @param options Default `timeoutMs`, and its limit: `transaction.timeout.ms`. With a coordinator that cannot be reached
   * librdkafka is at it for up to `socket.timeout.ms`. Other calls wait for that, and so does a program that ends by itself;
   * one that is ended, by `process.exit()` or a signal, does not.
   * @throws {KafkaError} `txnRequiresAbort` if the group has moved on (`ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID`,
   * `STALE_MEMBER_EPOCH`): abort, and read again from the committed offsets. `_STATE` if no transaction is open.
   * @throws {TypeError | RangeError} if an offset or the group's metadata is none.
   *
   * Source: `rd_kafka_send_offsets_to_transaction`; `Producer.send_offsets_to_transaction()` in confluent-kafka-python.
   */
  async sendOffsetsToTransaction(
    offsets: readonly TopicPartitionOffset[],
    groupMetadata: ConsumerGroupMetadata,
    options: WaitOptions = {},
  ): Promise<void> {
    open(this, "Cannot send offsets to the transaction");
    await perform(workings.get(this)!.sendOffsets(offsets, groupMetadata, options));
  }

  /**
   * Begins a transaction as {@link beginTransaction} does, and returns it for `await using`: left uncommitted, it is aborted.
   *
   * @param options `signal`: with it aborted by the time that the transaction has begun, there is none.
   */
  async transaction(options: { readonly signal?: AbortSignal } = {}): Promise<Transaction> {
    open(this, "Cannot begin a transaction");
    checkOptions(options);
    const { signal } = options;
    const transacting = workings.get(this)!;
    signal?.throwIfAborted();
    await perform(transacting.begin());
    const transaction = newTransaction(this, transacting);
    if (!signal?.aborted) return transaction;
    await transaction[Symbol.asyncDispose]();
    throw signal.reason;
  }

  /**
   * Begins a transaction, calls a function, and commits when that has returned.
   *
   * When something fails, the error's class decides. The transaction is aborted and the function called again if the error
   * `txnRequiresAbort`, `isRetriable` or is that of a message which was not delivered in time. After another error, of Kafka's
   * or of the function's own, it is aborted and the error thrown on; so it is after `ILLEGAL_GENERATION` and the like, by which the
   * group says that the input is another member's now. After a fatal error it is thrown on at once.
   *
   * @param run What to do in the transaction. It may be called several times, so what it does elsewhere should bear that.
   * @param options `maxAttempts` (default: 5); `timeoutMs` bounds each commit and abort; `signal` ends it: the transaction is
   * aborted, unless it is being committed.
   * @returns What the function returned in the transaction that was committed.
   * @throws {KafkaError} `_TIMED_OUT` if the commit took longer than `timeoutMs`: whether it happens is only known when
   * `commitTransaction()` has been called again.
   *
   * @example Count a visit and write it down, both or neither
   * ```ts
   * import type { Producer } from "@kafka-ffi/kafka";
   *
   * async function visit(producer: Producer, page: string, total: number): Promise<void> {
   *   await producer.withTransaction(async () => {
   *     await producer.send({ topic: "visits", key: page, value: null });
   *     await producer.send({ topic: "totals", key: page, value: String(total) });
   *   });
   * }
   * ```
   */
  async withTransaction<T>(
    run: (transaction: Transaction) => T | Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const client = open(this, "Cannot begin a transaction");
    const transacting = workings.get(this)!;
    const begin = async (): Promise<Attempt<T>> => {
      const transaction = await this.transaction();
      return {
        get isOpen(): boolean {
          return transaction.isOpen;
        },
        run: () => run(transaction),
        commit: (options) => settled(transaction.commit(options)),
        abort: (options) => settled(transaction.abort(options)),
      };
    };
    return await perform(attempt(client, transacting, () => settled(begin()), options));
  }
}
