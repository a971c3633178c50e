/**
 * A Kafka client for Deno, Bun and Node: librdkafka, called through the FFI that each runtime has.
 *
 * @module
 */
export { KafkaClient } from "./src/client/kafka_client.ts";
export type { ClientOptions, WaitOptions } from "./src/client/options.ts";
export { type ErrorCodeName, errorCodes } from "./src/kafka/error_codes.ts";
export {
  HandlerError,
  KafkaError,
  type KafkaErrorFacts,
  type MessageStatus,
  ProduceError,
  UnsupportedFeatureError,
} from "./src/kafka/error.ts";
export type {
  DeliveryReport,
  Header,
  HeadersLike,
  Message,
  MessageData,
  ProducerMessage,
  TimestampType,
} from "./src/kafka/message.ts";
export { type LogicalOffset, Offset, type OffsetLike } from "./src/kafka/offset.ts";
export type {
  PartitionOffset,
  TopicPartition,
  TopicPartitionOffset,
  TopicPartitionTime,
  WatermarkOffsets,
} from "./src/kafka/topic_partition.ts";
export { Consumer } from "./src/consumer/consumer.ts";
export { ConsumerOffsets } from "./src/consumer/offsets.ts";
export type { DoneLike } from "./src/consumer/lookups.ts";
export type {
  BatchOptions,
  ConsumerOptions,
  IterateOptions,
  LookupOptions,
  PartitionEof,
} from "./src/consumer/options.ts";
export type { LogEntry } from "./src/native/events.ts";
export type { LibraryInfo } from "./src/native/native.ts";
export type {
  BooleanValue,
  CommonConfig,
  ConsumerConfig,
  ListValue,
  NumberValue,
  ProducerConfig,
  TextValue,
} from "./src/config/mod.ts";
export { Producer } from "./src/producer/producer.ts";
export type { ProducerOptions, PurgeOptions } from "./src/producer/options.ts";
