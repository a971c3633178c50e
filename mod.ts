/**
 * A Kafka client for Deno, Bun and Node: librdkafka, called through the FFI that each runtime has.
 *
 * @module
 */
export { KafkaClient } from "./src/client/kafka_client.ts";
export { libraryInfo, type LibraryInfoOptions } from "./src/client/library_info.ts";
export { version } from "./src/client/version.ts";
export type { DeserializationAnswer, DeserializingOptions } from "./src/client/deserializing.ts";
export type { MetadataOptions } from "./src/client/metadata.ts";
export type { ClientOptions, CloseOptions, WaitOptions } from "./src/client/options.ts";
export type { Token, TokenHandler } from "./src/client/tokens.ts";
export { type ErrorCodeName, errorCodes } from "./src/kafka/error_codes.ts";
export {
  HandlerError,
  KafkaError,
  type KafkaErrorFacts,
  type MessageStatus,
  ProduceError,
  UnsupportedFeatureError,
} from "./src/kafka/error.ts";
export type { ConsumerGroupMetadata } from "./src/kafka/group_metadata.ts";
export { headersToMap, lastHeader } from "./src/kafka/headers.ts";
export {
  type DeliveryReport,
  detachMessage,
  type Header,
  type HeadersLike,
  type Message,
  type MessageData,
  type ProducerMessage,
  type TimestampType,
} from "./src/kafka/message.ts";
export type {
  DeserializationContext,
  Deserializer,
  MessageField,
  Serde,
  SerializationContext,
  Serializer,
} from "./src/kafka/serialization.ts";
export {
  DeserializationError,
  KeyDeserializationError,
  KeySerializationError,
  NotPreparedError,
  SerializationError,
  type SerializationFacts,
  ValueDeserializationError,
  ValueSerializationError,
} from "./src/kafka/serialization_error.ts";
export type { BrokerMetadata, ClusterMetadata, PartitionMetadata, TopicMetadata } from "./src/kafka/metadata.ts";
export { type LogicalOffset, Offset, type OffsetLike } from "./src/kafka/offset.ts";
export type {
  BrokerPartition,
  BrokerStatistics,
  FatalStatistics,
  GroupStatistics,
  IdempotenceStatistics,
  PartitionStatistics,
  Statistics,
  TopicStatistics,
  WindowStatistics,
} from "./src/kafka/statistics.ts";
export {
  comparePartitions,
  partitionKey,
  type PartitionLag,
  type PartitionOffset,
  type TopicPartition,
  type TopicPartitionOffset,
  type TopicPartitionTime,
  type WatermarkOffsets,
} from "./src/kafka/topic_partition.ts";
export {
  type SendTrace,
  type TraceContext,
  traceContext,
  type Tracing,
  withTraceContext,
} from "./src/kafka/tracing.ts";
export { Consumer } from "./src/consumer/consumer.ts";
export { ConsumerOffsets } from "./src/consumer/offsets.ts";
export type { DoneLike } from "./src/consumer/lookups.ts";
export type {
  BatchOptions,
  ConsumerOptions,
  IterateOptions,
  LookupOptions,
  PartitionEof,
  WatermarkOptions,
} from "./src/consumer/options.ts";
export type { PartitionLane, PartitionsOptions } from "./src/consumer/partition_lane.ts";
export type { LogEntry, LogLevel } from "./src/native/events.ts";
export type { ThrottleEvent } from "./src/native/throttling.ts";
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
export type { JsonOptions } from "./src/serde/json.ts";
export { Serdes } from "./src/serde/serdes.ts";
export type { StringOptions } from "./src/serde/text.ts";
export { Producer } from "./src/producer/producer.ts";
export { consistent, fnv1a, type HashKey, murmur2 } from "./src/producer/hashes.ts";
export type { WritableOptions } from "./src/producer/writable.ts";
export type { ReadableBatchOptions, ReadableOptions } from "./src/consumer/readable.ts";
export type {
  EachBatchOptions,
  EachMessageOptions,
  RunAnswer,
  RunBatchContext,
  RunContext,
  RunOptions,
} from "./src/consumer/run_options.ts";
export type {
  Partitioner,
  ProducerEnd,
  ProducerOptions,
  PurgeOptions,
  TransactionOptions,
} from "./src/producer/options.ts";
export type { Transaction } from "./src/producer/transaction.ts";
export { ProducerTransactions } from "./src/producer/transactions.ts";
export { ShareConsumer } from "./src/share/share_consumer.ts";
export type {
  AcknowledgedOffsets,
  AcknowledgementResult,
  AcknowledgementType,
  MessagePosition,
  ShareConsumerConfig,
  ShareConsumerOptions,
  ShareIterateOptions,
  ShareMessage,
} from "./src/share/options.ts";
