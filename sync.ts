/**
 * The Kafka client that blocks: for scripts, and for workers that have nothing else to do.
 *
 * The same names, messages and errors as in the main entry, without promises.
 *
 * @module
 */
export { BlockingClient } from "./src/sync/blocking_client.ts";
export { Consumer } from "./src/sync/consumer.ts";
export { ConsumerOffsets } from "./src/sync/offsets.ts";
export type { BatchOptions, ConsumerOptions, ProducerOptions, TimeoutOptions } from "./src/sync/options.ts";
export { Producer } from "./src/sync/producer.ts";
