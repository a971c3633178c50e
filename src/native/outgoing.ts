/** Messages on their way into librdkafka: gathered in memory that C can read, then handed over many a call. */
import { type Block, constants, layout, type Pointer } from "../../ffi/mod.ts";
import type { HeadersLike, MessageData, ProducerMessage } from "../kafka/message.ts";
import type { Native } from "./native.ts";
import { checkPartition } from "./partition_list.ts";
import { ownTimestamp } from "./reports.ts";
import { checkText, describe } from "./scratch.ts";

const { message, vu } = layout;
const encoder = new TextEncoder();

/** How many messages are gathered at most before they cross. */
const capacity = 8192;
/** The bytes of keys, values and headers that are gathered at most; a larger message gets memory of its own size. */
const arenaBytes = 2 ** 20;
/** The argument slots of messages with headers or a timestamp that are gathered at most. */
const argumentCapacity = 16384;

const messageWords = message.size / 4;
const argumentWords = vu.size / 4;
const twoTo32 = 2 ** 32;

/** Who is told when a message could not be handed over; `batch` and `index` are those of {@link Outgoing.add}. */
export type Refused = (batch: number, index: number, code: number, byteLength: number) => void;

/** The arguments of a single message beside its headers, at most. */
const fixedArguments = 7;

/** A topic that messages were sent to; its handle lives as long as the producer. */
interface Topic {
  readonly name: string;
  readonly handle: Pointer;
  /** How many partitions it is known to have, at least. */
  partitions: number;
}

/** Messages in a row that cross by one call. */
interface Run {
  readonly topic: Pointer;
  /** The first message of a batch call, or the first argument slot of a single one. */
  readonly start: number;
  count: number;
  /** With a single call: the message that failed, if it fails. */
  readonly single: { readonly batch: number; readonly index: number; readonly byteLength: number } | null;
}

/**
 * Plain messages go by `rd_kafka_produce_batch`, which has no room for headers or a timestamp; those that have one go by
 * `rd_kafka_produceva`. Both are copied by librdkafka within the call, so the memory is used again at once.
 */
export class Outgoing {
  readonly #native: Native;
  readonly #client: Pointer;
  readonly #refused: Refused;
  readonly #messages: Block;
  readonly #arguments: Block;
  #arena: Block;
  #used = 0;
  #messageCount = 0;
  #argumentCount = 0;
  #runs: Run[] = [];
  readonly #topics = new Map<string, Topic>();
  #lastTopic: Topic | null = null;

  constructor(native: Native, client: Pointer, refused: Refused) {
    this.#native = native;
    this.#client = client;
    this.#refused = refused;
    this.#messages = native.library.block(capacity * message.size);
    this.#arguments = native.library.block(argumentCapacity * vu.size);
    this.#arena = native.library.block(arenaBytes);
  }

  /** Says that a topic has this partition: from then on, messages for it may cross in batches. */
  learnPartition(topic: string, partition: number): void {
    const known = this.#topics.get(topic);
    if (known !== undefined && partition >= known.partitions) known.partitions = partition + 1;
  }

  /**
   * Gathers a message under the number that its report will carry, and returns its bytes as librdkafka's queue limit counts
   * them.
   *
   * @throws {TypeError | RangeError} naming what is wrong with it; then nothing was gathered.
   */
  add(record: ProducerMessage, batch: number, index: number): number {
    if (typeof record !== "object" || record === null) {
      throw new TypeError(`Cannot send ${describe(record)}: a message is wanted`);
    }
    const { key, value, headers, timestamp } = record;
    const last = this.#lastTopic;
    const topic = last !== null && record.topic === last.name ? last : this.#topic(record.topic);
    const partition = record.partition === undefined || record.partition === null
      ? constants.RD_KAFKA_PARTITION_UA
      : checkPartition(record.partition);
    // produce_batch leaks a message for a partition that does not exist, so one that was never seen goes alone.
    if ((headers ?? null) !== null || (timestamp ?? null) !== null || partition >= topic.partitions) {
      return this.#addSingle(topic.handle, partition, record, batch, index);
    }
    const bytes = maxBytes(key, "key") + maxBytes(value, "value");
    if (this.#messageCount === capacity || this.#used + bytes > this.#arena.bytes.length) this.#makeRoom(bytes);
    const at = this.#messageCount * messageWords;
    const { i32, u32 } = this.#messages;
    this.#put(u32, at + message.key / 4, at + message.keyLen / 4, key, "key");
    this.#put(u32, at + message.payload / 4, at + message.len / 4, value, "value");
    i32[at + message.err / 4] = 0;
    i32[at + message.partition / 4] = partition;
    i32[at + message.opaque / 4] = index;
    i32[at + message.opaque / 4 + 1] = batch;
    const run = this.#runs[this.#runs.length - 1];
    if (run !== undefined && run.single === null && run.topic === topic.handle) run.count++;
    else this.#runs.push({ topic: topic.handle, start: this.#messageCount, count: 1, single: null });
    this.#messageCount++;
    return u32[at + message.len / 4]!;
  }

  /** Hands over everything that was gathered. */
  cross(): void {
    if (this.#runs.length === 0) return;
    const runs = this.#runs;
    const { c, library } = this.#native;
    const flags = constants.RD_KAFKA_MSG_F_COPY | constants.RD_KAFKA_MSG_F_PARTITION;
    for (const run of runs) {
      if (run.single === null) {
        const first = library.add(this.#messages.pointer, run.start * message.size);
        const taken = c.rd_kafka_produce_batch(run.topic, constants.RD_KAFKA_PARTITION_UA, flags, first, run.count);
        if (taken !== run.count) this.#refuse(run);
        continue;
      }
      const first = library.add(this.#arguments.pointer, run.start * vu.size);
      const error = c.rd_kafka_produceva(this.#client, first, library.word(run.count));
      if (library.isNull(error)) continue;
      const { batch, index, byteLength } = run.single;
      const code = c.rd_kafka_error_code(error);
      c.rd_kafka_error_destroy(error);
      this.#refused(batch, index, code, byteLength);
    }
    this.#runs = [];
    this.#messageCount = 0;
    this.#argumentCount = 0;
    this.#used = 0;
    if (this.#arena.bytes.length > arenaBytes) this.#arena = library.block(arenaBytes);
  }

  /** Lets go of the topic handles, which must happen before the client is destroyed. */
  close(): void {
    this.#lastTopic = null;
    for (const { handle } of this.#topics.values()) this.#native.c.rd_kafka_topic_destroy(handle);
    this.#topics.clear();
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      const { c, library, scratch } = this.#native;
      if (name === "") throw new TypeError('Cannot use "" as topic: a topic has a name');
      const text = scratch.reset().text(name, "topic");
      const handle = c.rd_kafka_topic_new(this.#client, text, library.nullPointer);
      if (library.isNull(handle)) throw this.#native.error(`Cannot send to topic ${JSON.stringify(name)}`, -186);
      topic = { name, handle, partitions: 0 };
      this.#topics.set(name, topic);
    }
    return this.#lastTopic = topic;
  }

  /** Hands over what was gathered, and sees to it that so many bytes fit. */
  #makeRoom(bytes: number): void {
    this.cross();
    if (bytes > this.#arena.bytes.length) this.#arena = this.#native.library.block(bytes);
  }

  /** Copies a key or value into the arena, and writes its address and length. A null has no address; an empty value has one. */
  #put(u32: Uint32Array, at: number, lengthAt: number, data: MessageData | undefined, what: string): void {
    let address = 0;
    let length = 0;
    if (data !== undefined && data !== null) {
      const start = this.#used;
      if (typeof data === "string") {
        if (!data.isWellFormed()) throw new TypeError(`Cannot send ${what}: the string has half of a surrogate pair`);
        length = encoder.encodeInto(data, this.#arena.bytes.subarray(start)).written;
      } else {
        length = data.length;
        this.#arena.bytes.set(data, start);
      }
      this.#used = start + length;
      address = this.#arena.address + start;
    }
    u32[at] = address >>> 0;
    u32[at + 1] = address / twoTo32;
    u32[lengthAt] = length;
    u32[lengthAt + 1] = 0;
  }

  /** Gathers a message with headers or a timestamp as the arguments of a call of its own. */
  #addSingle(topic: Pointer, partition: number, record: ProducerMessage, batch: number, index: number): number {
    const timestamp = (record.timestamp ?? null) === null ? null : checkTimestamp(record.timestamp);
    const headers = (record.headers ?? null) === null ? [] : headerList(record.headers!);
    let bytes = maxBytes(record.key, "key") + maxBytes(record.value, "value");
    for (const { name, value } of headers) bytes += maxBytes(name, "header") + maxBytes(value, "header") + 1;
    const slots = headers.length + fixedArguments;
    if (slots > argumentCapacity) {
      throw new RangeError(
        `Cannot send ${headers.length} headers with one message: at most ${argumentCapacity - fixedArguments}`,
      );
    }
    if (this.#argumentCount + slots > argumentCapacity || this.#used + bytes > this.#arena.bytes.length) {
      this.#makeRoom(bytes);
    }
    const start = this.#argumentCount;
    const { i32, u32 } = this.#arguments;
    let next = start;
    const slot = (type: number): number => {
      const at = next++ * argumentWords;
      i32[at + vu.vtype / 4] = type;
      return at;
    };
    const topicAddress = this.#native.library.number(topic);
    let at = slot(constants.RD_KAFKA_VTYPE_RKT);
    u32[at + vu.rkt / 4] = topicAddress >>> 0;
    u32[at + vu.rkt / 4 + 1] = topicAddress / twoTo32;
    at = slot(constants.RD_KAFKA_VTYPE_PARTITION);
    i32[at + vu.i32 / 4] = partition;
    at = slot(constants.RD_KAFKA_VTYPE_MSGFLAGS);
    i32[at + vu.i / 4] = constants.RD_KAFKA_MSG_F_COPY;
    at = slot(constants.RD_KAFKA_VTYPE_KEY);
    this.#put(u32, at + vu.memPtr / 4, at + vu.memSize / 4, record.key, "key");
    at = slot(constants.RD_KAFKA_VTYPE_VALUE);
    this.#put(u32, at + vu.memPtr / 4, at + vu.memSize / 4, record.value, "value");
    const byteLength = u32[at + vu.memSize / 4]!;
    at = slot(constants.RD_KAFKA_VTYPE_OPAQUE);
    i32[at + vu.ptr / 4] = timestamp === null ? index : index | ownTimestamp;
    i32[at + vu.ptr / 4 + 1] = batch;
    if (timestamp !== null) {
      at = slot(constants.RD_KAFKA_VTYPE_TIMESTAMP);
      u32[at + vu.i64 / 4] = timestamp >>> 0;
      u32[at + vu.i64 / 4 + 1] = timestamp / twoTo32;
    }
    for (const { name, value } of headers) {
      at = slot(constants.RD_KAFKA_VTYPE_HEADER);
      // The name's length is the end mark's place; the length that #put writes is overwritten by the value's address.
      this.#put(u32, at + vu.headerName / 4, at + vu.headerVal / 4, name, "header name");
      this.#arena.bytes[this.#used++] = 0;
      this.#put(u32, at + vu.headerVal / 4, at + vu.headerSize / 4, value, "header value");
    }
    this.#argumentCount = next;
    this.#runs.push({ topic, start, count: next - start, single: { batch, index, byteLength } });
    return byteLength;
  }

  /** Finds the messages of a run that librdkafka did not take. */
  #refuse(run: Run): void {
    const { i32, u32 } = this.#messages;
    for (let i = run.start; i < run.start + run.count; i++) {
      const at = i * messageWords;
      const code = i32[at + message.err / 4]!;
      if (code === 0) continue;
      this.#refused(i32[at + message.opaque / 4 + 1]!, i32[at + message.opaque / 4]!, code, u32[at + message.len / 4]!);
    }
  }
}

interface EncodedHeader {
  readonly name: string;
  readonly value: MessageData;
}

/** The bytes that something takes at most, and the check that it is something that can be sent. */
function maxBytes(data: MessageData | undefined, what: string): number {
  if (data === undefined || data === null) return 0;
  if (typeof data === "string") return data.length * 3;
  if (data instanceof Uint8Array) return data.length;
  throw new TypeError(`Cannot send ${describe(data)} as ${what}: a Uint8Array, a string or null is wanted`);
}

function headerList(headers: HeadersLike): EncodedHeader[] {
  if (typeof headers !== "object") {
    throw new TypeError(`Cannot send ${describe(headers)} as headers: pairs or an object are wanted`);
  }
  const entries = Symbol.iterator in headers
    ? headers as Iterable<readonly [string, MessageData]>
    : Object.entries(headers as Readonly<Record<string, MessageData>>);
  const list: EncodedHeader[] = [];
  for (const entry of entries) {
    if (!Array.isArray(entry)) {
      throw new TypeError(`Cannot send ${describe(entry)} among headers: pairs of a name and a value are wanted`);
    }
    const [name, value] = entry as readonly [string, MessageData];
    checkText(name, "header name");
    maxBytes(value, "header value");
    if (typeof value === "string" && !value.isWellFormed()) {
      throw new TypeError(`Cannot send header ${JSON.stringify(name)}: the string has half of a surrogate pair`);
    }
    list.push({ name, value: value ?? null });
  }
  return list;
}

function checkTimestamp(timestamp: unknown): number {
  // librdkafka takes 0 for the time of the call, so it cannot be sent.
  if (typeof timestamp === "number" && Number.isSafeInteger(timestamp) && timestamp > 0) return timestamp;
  if (typeof timestamp !== "number") {
    throw new TypeError(`Cannot use ${describe(timestamp)} as timestamp: milliseconds since 1970 are wanted`);
  }
  throw new RangeError(`Cannot use ${timestamp} as timestamp: whole milliseconds from 1 to 2^53 - 1 are wanted`);
}
