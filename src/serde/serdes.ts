/** The serializers that need no schema: each is both ways for one type. */
import type { Serde } from "../kafka/serialization.ts";
import { type JsonOptions, jsonSerde } from "./json.ts";
import { double, float, integer, long } from "./numbers.ts";
import { bytes, type StringOptions, stringSerde, uuid } from "./text.ts";

/**
 * Serializers and deserializers for plain types. Each is both: give it to a producer, a consumer, or both.
 *
 * Their bytes are those of confluent-kafka-python where it has the type, and of Kafka's own Java clients where it has not. Null
 * stays null both ways: as a value it is a tombstone.
 *
 * Source: `confluent_kafka.serialization` in confluent-kafka-python.
 *
 * @example Send orders as JSON under integer keys, and read them again
 * ```ts
 * import { Consumer, Producer, Serdes } from "@kafka-ffi/kafka";
 *
 * interface Order {
 *   readonly item: string;
 *   readonly count: number;
 * }
 * const servers = { "bootstrap.servers": "localhost:9092" };
 *
 * await using producer = new Producer(servers, {
 *   keySerializer: Serdes.integer(),
 *   valueSerializer: Serdes.json<Order>(),
 * });
 * await producer.send({ topic: "orders", key: 42, value: { item: "sandwich", count: 2 } });
 *
 * await using consumer = new Consumer({ ...servers, "group.id": "kitchen" }, {
 *   keyDeserializer: Serdes.integer(),
 *   valueDeserializer: Serdes.json<Order>(),
 * });
 * consumer.subscribe(["orders"]);
 * for await (const { key, value } of consumer) console.log(key, value?.item, value?.count);
 * ```
 */
export const Serdes: {
  /**
   * Strings as UTF-8. Source: `StringSerializer`.
   *
   * @throws {SerializationError} when used, for a string with half of a surrogate pair and, unless `fatal` is false, for bytes
   * that are no UTF-8.
   */
  string(options?: StringOptions): Serde<string>;
  /** Whole numbers of 32 bits, as 4 bytes, the highest first. Source: `IntegerSerializer`. */
  integer(): Serde<number>;
  /** Whole numbers of 64 bits, as 8 bytes, the highest first; with a number in place of the bigint there is an error. */
  long(): Serde<bigint>;
  /** Numbers as 8 bytes (IEEE 754, the highest first), which keeps every one as it is. Source: `DoubleSerializer`. */
  double(): Serde<number>;
  /** Numbers as 4 bytes (IEEE 754, the highest first): they are rounded; one that is too large for it is an error. */
  float(): Serde<number>;
  /** Whatever JSON can say, as UTF-8. What `T` is, is a promise to the compiler: nothing checks it. */
  json<T = unknown>(options?: JsonOptions): Serde<T>;
  /** Bytes as they are. What is read is a view of memory that messages share. */
  bytes(): Serde<Uint8Array>;
  /** A UUID in its text form of 36 characters, in lower case, as Java's `UUIDSerializer` has it. */
  uuid(): Serde<string>;
} = Object.freeze({
  string: stringSerde,
  integer: () => integer,
  long: () => long,
  double: () => double,
  float: () => float,
  json: jsonSerde,
  bytes: () => bytes,
  uuid: () => uuid,
});
