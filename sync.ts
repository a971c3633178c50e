/**
 * The Kafka client that blocks: for scripts, and for workers that have nothing else to do.
 *
 * The same names, messages and errors as in the main entry, without promises. What needs an event loop is in the main entry
 * alone: `run()` with handlers side by side, and streams.
 *
 * @module
 */
export { BlockingClient } from "./src/sync/blocking_client.ts";
export { Consumer } from "./src/sync/consumer.ts";
export { ConsumerOffsets } from "./src/sync/offsets.ts";
export type {
  BatchOptions,
  ConsumerOptions,
  MetadataOptions,
  ProducerOptions,
  TimeoutOptions,
  TransactionOptions,
  WatermarkOptions,
} from "./src/sync/options.ts";
export { Producer } from "./src/sync/producer.ts";
export type { Transaction } from "./src/sync/transaction.ts";
export { ProducerTransactions } from "./src/sync/transactions.ts";
