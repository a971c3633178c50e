/** The hash functions by which librdkafka's partitioners choose, for programs that have to agree with them. */
import type { MessageData } from "../kafka/message.ts";
import { describe } from "../native/scratch.ts";

const encoder = new TextEncoder();

/** A key to hash. A string is hashed as UTF-8; null, or nothing, is hashed as an empty key. */
export type HashKey = MessageData | undefined;

/**
 * The partition that Java's default partitioner chooses for a key, and librdkafka's `murmur2` and `murmur2_random`.
 *
 * @param key The key.
 * @param partitionCount How many partitions the topic has.
 * @returns A partition from 0 to `partitionCount - 1`.
 * @throws {TypeError | RangeError} if the key is none or the count is not a whole number from 1 on.
 *
 * Source: `rd_kafka_msg_partitioner_murmur2`; `murmur2()` in confluent-kafka-python.
 *
 * @example Choose partitions as Java does, but keep the last one for one customer
 * ```ts
 * import { murmur2, Producer } from "@kafka-ffi/kafka";
 *
 * await using producer = new Producer({ "bootstrap.servers": "localhost:9092" }, {
 *   partitioner: ({ key }, count) => key === "the big one" ? count - 1 : murmur2(key, count - 1),
 * });
 * await producer.send({ topic: "orders", key: "ada", value: "a sandwich" });
 * ```
 */
export function murmur2(key: HashKey, partitionCount: number): number {
  return (murmur2Hash(bytesOf(key)) & 0x7fff_ffff) % checkCount(partitionCount);
}

/**
 * The partition that librdkafka's `consistent` and `consistent_random` choose for a key, by its CRC32. The latter is the
 * default of every client that is built on librdkafka.
 *
 * @param key The key.
 * @param partitionCount How many partitions the topic has.
 * @returns A partition from 0 to `partitionCount - 1`.
 * @throws {TypeError | RangeError} if the key is none or the count is not a whole number from 1 on.
 *
 * Source: `rd_kafka_msg_partitioner_consistent`; `consistent()` in confluent-kafka-python.
 *
 * @example Find the partition that a key's messages are in
 * ```ts
 * import { consistent } from "@kafka-ffi/kafka";
 *
 * console.log(consistent("ada", 12));
 * ```
 */
export function consistent(key: HashKey, partitionCount: number): number {
  return crc32(bytesOf(key)) % checkCount(partitionCount);
}

/**
 * The partition that Sarama's default partitioner chooses for a key, and librdkafka's `fnv1a` and `fnv1a_random`.
 *
 * @param key The key.
 * @param partitionCount How many partitions the topic has.
 * @returns A partition from 0 to `partitionCount - 1`.
 * @throws {TypeError | RangeError} if the key is none or the count is not a whole number from 1 on.
 *
 * Source: `rd_kafka_msg_partitioner_fnv1a`; `fnv1a()` in confluent-kafka-python.
 *
 * @example Find the partition that a Go program writes a key's messages to
 * ```ts
 * import { fnv1a } from "@kafka-ffi/kafka";
 *
 * console.log(fnv1a("ada", 12));
 * ```
 */
export function fnv1a(key: HashKey, partitionCount: number): number {
  return fnv1aHash(bytesOf(key)) % checkCount(partitionCount);
}

function bytesOf(key: HashKey): Uint8Array {
  if (key instanceof Uint8Array) return key;
  if (typeof key === "string" && key.isWellFormed()) return encoder.encode(key);
  if (key === undefined || key === null) return new Uint8Array();
  const what = typeof key === "string" ? "a string with half of a surrogate pair" : describe(key);
  throw new TypeError(`Cannot hash ${what}: a Uint8Array, a string or null is wanted`);
}

function checkCount(count: number): number {
  if (Number.isInteger(count) && count > 0 && count <= 0x7fff_ffff) return count;
  throw new RangeError(`Cannot choose among ${describe(count)} partitions: the range is 1 to 2147483647`);
}

/** MurmurHash 2 with the seed that Kafka's Java client uses. */
function murmur2Hash(data: Uint8Array): number {
  const factor = 0x5bd1_e995;
  const { length } = data;
  const whole = length & ~3;
  let hash = 0x9747_b28c ^ length;
  for (let i = 0; i < whole; i += 4) {
    let word = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    word = Math.imul(word, factor);
    word ^= word >>> 24;
    hash = Math.imul(hash, factor) ^ Math.imul(word, factor);
  }
  const left = length - whole;
  if (left === 3) hash ^= data[whole + 2]! << 16;
  if (left >= 2) hash ^= data[whole + 1]! << 8;
  if (left >= 1) hash = Math.imul(hash ^ data[whole]!, factor);
  hash = Math.imul(hash ^ (hash >>> 13), factor);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** FNV-1a of 32 bits, read as a signed number without its sign, as Sarama does. */
function fnv1aHash(data: Uint8Array): number {
  let hash = 0x811c_9dc5 | 0;
  for (const byte of data) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return Math.abs(hash);
}

const crcTable = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

function crc32(data: Uint8Array): number {
  let value = 0xffff_ffff;
  for (const byte of data) value = crcTable[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return (value ^ 0xffff_ffff) >>> 0;
}
