/** Messages on their way into librdkafka: gathered in memory that C can read, then handed over many a call. */
import { errorCodes } from "../kafka/error_codes.ts";
import { type Block, constants, layout, type Pointer } from "../../ffi/mod.ts";
import type { ProducerMessage } from "../kafka/message.ts";
import { Arena, maxBytes, roomFor } from "./arena.ts";
import { type Crossing, EncodedMessage, isEncoding } from "./encoding.ts";
import { headerList, HeaderNames, noHeaders } from "./header_writer.ts";
import type { Native } from "./native.ts";
import { checkPartition } from "./partition_list.ts";
import { ownTimestamp } from "./reports.ts";
import { describe } from "./scratch.ts";

const { message, vu } = layout;

/** How many messages are gathered at most before they cross. */
const capacity = 8192;
/** The argument slots of messages with headers or a timestamp that are gathered at most. */
const argumentCapacity = 16384;

/** A message that is likely to be larger is not written in its place. */
const maxWrittenBytes = 2 ** 18;

const messageWords = message.size / 4;
const argumentWords = vu.size / 4;
const twoTo32 = 2 ** 32;

/** Chooses the partitions of messages that name none, where that is not left to librdkafka. */
export interface PartitionChooser {
  /** The partition, or -1 to leave it to librdkafka after all. What it throws, {@link Outgoing.add} throws. */
  choose(message: ProducerMessage): number;
  /** librdkafka knows no such partition as was chosen. */
  distrust(): void;
}

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

/** What is sent of a message that crosses by a call of its own. */
type Single = Pick<ProducerMessage, "key" | "value" | "headers" | "timestamp">;

/** What of a run's record is where: the first message or argument slot, how many, and what a single message's report needs. */
const runColumns = { start: 0, count: 1, batch: 2, index: 3, byteLength: 4, size: 5 } as const;
/** The batch number of a run of plain messages, which has none of its own. */
const plain = -1;

/**
 * Plain messages go by `rd_kafka_produce_batch`, which has no room for headers or a timestamp; those that have one go by
 * `rd_kafka_produceva`. Both are copied by librdkafka within the call, so the memory is used again at once.
 */
export class Outgoing {
  readonly #native: Native;
  readonly #client: Pointer;
  readonly #refused: Refused;
  readonly #chooser: PartitionChooser | null;
  readonly #messages: Block;
  readonly #arguments: Block;
  readonly #arena: Arena;
  readonly #names: HeaderNames;
  #messageCount = 0;
  #argumentCount = 0;
  /** Where the message begins that was written last. */
  #writtenFrom = 0;
  /** What crosses by one call each, in order: messages in a row to one topic, or a single one with headers or a timestamp. */
  readonly #runs = new Int32Array(runColumns.size * (capacity + argumentCapacity / 2));
  readonly #runTopics: Pointer[] = [];
  readonly #topics = new Map<string, Topic>();
  #lastTopic: Topic | null = null;

  constructor(native: Native, client: Pointer, refused: Refused, chooser: PartitionChooser | null = null) {
    this.#native = native;
    this.#client = client;
    this.#refused = refused;
    this.#chooser = chooser;
    this.#messages = native.library.block(capacity * message.size);
    this.#arguments = native.library.block(argumentCapacity * vu.size);
    this.#arena = new Arena(native.library);
    this.#names = new HeaderNames(native.library);
  }

  /** The topic of the message that was gathered last. */
  get lastTopic(): string {
    return this.#lastTopic!.name;
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
  add(record: Crossing, batch: number, index: number): number {
    if (typeof record !== "object" || record === null) {
      throw new TypeError(`Cannot send ${describe(record)}: a message is wanted`);
    }
    if (record instanceof EncodedMessage) return this.#addWritten(record, batch, index);
    // Each field once: it may be a getter, and what was checked has to be what is sent.
    const { topic: name, partition: wanted, key, value, headers, timestamp } = record;
    const topic = this.#topic(name);
    const partition = wanted === undefined || wanted === null
      ? this.#chooser === null ? constants.RD_KAFKA_PARTITION_UA : this.#chooser.choose(record)
      : checkPartition(wanted);
    // produce_batch leaks a message for a partition that does not exist, so one that was never seen goes alone.
    if ((headers ?? null) !== null || (timestamp ?? null) !== null || partition >= topic.partitions) {
      return this.#addSingle({ key, value, headers, timestamp }, topic.handle, partition, batch, index);
    }
    const bytes = maxBytes(key, "key") + maxBytes(value, "value");
    if (this.#messageCount === capacity || !this.#arena.has(bytes)) this.#makeRoom(bytes);
    const at = this.#messageCount * messageWords;
    const { u32 } = this.#messages;
    this.#arena.put(u32, at + message.key / 4, at + message.keyLen / 4, key, "key");
    this.#arena.put(u32, at + message.payload / 4, at + message.len / 4, value, "value");
    return this.#addPlain(topic, partition, batch, index);
  }

  /**
   * Writes a message where C reads it, behind what was gathered, for {@link add} to gather. That has to come next.
   *
   * @returns Whether it was. Else it has to be made of bytes of its own.
   */
  write({ key, value }: EncodedMessage): boolean {
    const room = roomFor(key, "key") + value.room;
    if (room > maxWrittenBytes) return false;
    const arena = this.#arena;
    if (this.#messageCount === capacity || !arena.has(room)) this.#makeRoom(room);
    const { u32 } = this.#messages;
    const count = this.#messageCount;
    const at = count * messageWords;
    const start = this.#writtenFrom = arena.used;
    let isThere = false;
    try {
      isThere = arena.write(u32, at + message.key / 4, at + message.keyLen / 4, key, "key") &&
        arena.write(u32, at + message.payload / 4, at + message.len / 4, value, "value") &&
        // What was gathered may have crossed meanwhile, and then this is not the next place.
        this.#messageCount === count;
    } finally {
      if (!isThere) arena.cut(start);
    }
    return isThere;
  }

  /** Gathers a message that was written just before. */
  #addWritten({ topic: name, partition: wanted, key, headers }: EncodedMessage, batch: number, index: number): number {
    const topic = this.#topic(name);
    const partition = (wanted ?? null) === null ? constants.RD_KAFKA_PARTITION_UA : checkPartition(wanted!);
    if ((headers ?? null) === null && partition < topic.partitions) {
      return this.#addPlain(topic, partition, batch, index);
    }
    // It goes alone, and what goes with it may have no room behind it: so it gets bytes of its own after all.
    const keyEnd = isEncoding(key) ? this.#messages.u32[this.#messageCount * messageWords + message.keyLen / 4]! : 0;
    const bytes = this.#arena.copy(this.#writtenFrom);
    this.#arena.cut(this.#writtenFrom);
    const single = { key: isEncoding(key) ? bytes.subarray(0, keyEnd) : key, value: bytes.subarray(keyEnd), headers };
    return this.#addSingle(single, topic.handle, partition, batch, index);
  }

  /** Gathers the plain message that was put behind the last. */
  #addPlain(topic: Topic, partition: number, batch: number, index: number): number {
    const { i32, u32 } = this.#messages;
    const at = this.#messageCount * messageWords;
    i32[at + message.err / 4] = 0;
    i32[at + message.partition / 4] = partition;
    i32[at + message.opaque / 4] = index;
    i32[at + message.opaque / 4 + 1] = batch;
    const topics = this.#runTopics;
    const run = (topics.length - 1) * runColumns.size;
    if (run >= 0 && this.#runs[run + runColumns.batch] === plain && topics[topics.length - 1] === topic.handle) {
      this.#runs[run + runColumns.count]!++;
    } else {
      this.#addRun(topic.handle, this.#messageCount, 1, plain, 0, 0);
    }
    this.#messageCount++;
    return u32[at + message.len / 4]!;
  }

  #addRun(topic: Pointer, start: number, count: number, batch: number, index: number, byteLength: number): void {
    const runs = this.#runs;
    const at = (this.#runTopics.push(topic) - 1) * runColumns.size;
    runs[at + runColumns.start] = start;
    runs[at + runColumns.count] = count;
    runs[at + runColumns.batch] = batch;
    runs[at + runColumns.index] = index;
    runs[at + runColumns.byteLength] = byteLength;
  }

  /** Hands over everything that was gathered. */
  cross(): void {
    const topics = this.#runTopics;
    if (topics.length === 0) return;
    const { c, library } = this.#native;
    const runs = this.#runs;
    const flags = constants.RD_KAFKA_MSG_F_COPY | constants.RD_KAFKA_MSG_F_PARTITION;
    for (let run = 0; run < topics.length; run++) {
      const at = run * runColumns.size;
      const start = runs[at + runColumns.start]!;
      const count = runs[at + runColumns.count]!;
      if (runs[at + runColumns.batch] === plain) {
        const first = library.add(this.#messages.pointer, start * message.size);
        const taken = c.rd_kafka_produce_batch(topics[run]!, constants.RD_KAFKA_PARTITION_UA, flags, first, count);
        if (taken !== count) this.#refuse(start, count);
        continue;
      }
      const first = library.add(this.#arguments.pointer, start * vu.size);
      const error = c.rd_kafka_produceva(this.#client, first, library.word(count));
      if (library.isNull(error)) continue;
      const code = c.rd_kafka_error_code(error);
      c.rd_kafka_error_destroy(error);
      if (code === errorCodes._UNKNOWN_PARTITION) this.#chooser?.distrust();
      this.#refused(
        runs[at + runColumns.batch]!,
        runs[at + runColumns.index]!,
        code,
        runs[at + runColumns.byteLength]!,
      );
    }
    this.#clear();
  }

  /** Gives up everything that was gathered: each message is refused for the same reason. */
  discard(code: number): void {
    const runs = this.#runs;
    const { i32 } = this.#messages;
    for (let run = 0; run < this.#runTopics.length; run++) {
      const at = run * runColumns.size;
      if (runs[at + runColumns.batch] !== plain) {
        this.#refused(
          runs[at + runColumns.batch]!,
          runs[at + runColumns.index]!,
          code,
          runs[at + runColumns.byteLength]!,
        );
        continue;
      }
      const start = runs[at + runColumns.start]!;
      const count = runs[at + runColumns.count]!;
      for (let i = start; i < start + count; i++) i32[i * messageWords + message.err / 4] = code;
      this.#refuse(start, count);
    }
    this.#clear();
  }

  #clear(): void {
    this.#runTopics.length = 0;
    this.#messageCount = 0;
    this.#argumentCount = 0;
    this.#arena.clear(0);
    this.#names.clear();
  }

  /** Lets go of the topic handles, which must happen before the client is destroyed. */
  close(): void {
    this.#lastTopic = null;
    for (const { handle } of this.#topics.values()) this.#native.c.rd_kafka_topic_destroy(handle);
    this.#topics.clear();
  }

  #topic(name: string): Topic {
    const last = this.#lastTopic;
    return last !== null && name === last.name ? last : this.#findTopic(name);
  }

  #findTopic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      const { c, library, scratch } = this.#native;
      if (name === "") throw new TypeError('Cannot use "" as topic: a topic has a name');
      const text = scratch.reset().text(name, "topic");
      const handle = c.rd_kafka_topic_new(this.#client, text, library.nullPointer);
      if (library.isNull(handle)) {
        throw this.#native.error(`Cannot send to topic ${JSON.stringify(name)}`, errorCodes._INVALID_ARG);
      }
      topic = { name, handle, partitions: 0 };
      this.#topics.set(name, topic);
    }
    return this.#lastTopic = topic;
  }

  /** Hands over what was gathered, and sees to it that so many bytes fit. */
  #makeRoom(bytes: number): void {
    this.cross();
    this.#arena.clear(bytes);
  }

  /** Gathers a message with headers or a timestamp as the arguments of a call of its own. */
  #addSingle(single: Single, topic: Pointer, partition: number, batch: number, index: number): number {
    const { key, value } = single;
    const timestamp = (single.timestamp ?? null) === null ? null : checkTimestamp(single.timestamp);
    const headers = (single.headers ?? null) === null ? noHeaders : headerList(single.headers!);
    let bytes = maxBytes(key, "key") + maxBytes(value, "value");
    for (let i = 0; i < headers.length; i++) bytes += maxBytes(headers[i]![1], "header value");
    const slots = headers.length + fixedArguments;
    if (slots > argumentCapacity) {
      throw new RangeError(
        `Cannot send ${headers.length} headers with one message: at most ${argumentCapacity - fixedArguments}`,
      );
    }
    if (this.#argumentCount + slots > argumentCapacity || !this.#arena.has(bytes)) this.#makeRoom(bytes);
    const start = this.#argumentCount;
    const { i32, u32 } = this.#arguments;
    const arena = this.#arena;
    let at = start * argumentWords;
    i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_RKT;
    this.#writeAddress(at + vu.rkt / 4, this.#native.library.number(topic));
    at += argumentWords;
    i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_MSGFLAGS;
    i32[at + vu.i / 4] = constants.RD_KAFKA_MSG_F_COPY;
    at += argumentWords;
    i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_OPAQUE;
    i32[at + vu.ptr / 4] = timestamp === null ? index : index | ownTimestamp;
    i32[at + vu.ptr / 4 + 1] = batch;
    at += argumentWords;
    i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_VALUE;
    arena.put(u32, at + vu.memPtr / 4, at + vu.memSize / 4, value, "value");
    const byteLength = u32[at + vu.memSize / 4]!;
    at += argumentWords;
    // What is not given need not be said.
    if (partition !== constants.RD_KAFKA_PARTITION_UA) {
      i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_PARTITION;
      i32[at + vu.i32 / 4] = partition;
      at += argumentWords;
    }
    if ((key ?? null) !== null) {
      i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_KEY;
      arena.put(u32, at + vu.memPtr / 4, at + vu.memSize / 4, key, "key");
      at += argumentWords;
    }
    if (timestamp !== null) {
      i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_TIMESTAMP;
      this.#writeAddress(at + vu.i64 / 4, timestamp);
      at += argumentWords;
    }
    for (let i = 0; i < headers.length; i++) {
      const [name, value] = headers[i]!;
      i32[at + vu.vtype / 4] = constants.RD_KAFKA_VTYPE_HEADER;
      this.#writeAddress(at + vu.headerName / 4, this.#names.address(name));
      arena.put(u32, at + vu.headerVal / 4, at + vu.headerSize / 4, value, "header", name);
      at += argumentWords;
    }
    const next = at / argumentWords;
    this.#argumentCount = next;
    this.#addRun(topic, start, next - start, batch, index, byteLength);
    return byteLength;
  }

  /** Writes 64 bits: an address or a timestamp. */
  #writeAddress(at: number, value: number): void {
    const { u32 } = this.#arguments;
    u32[at] = value >>> 0;
    u32[at + 1] = value / twoTo32;
  }

  /** Finds the messages of a run that librdkafka did not take. */
  #refuse(start: number, count: number): void {
    const { i32, u32 } = this.#messages;
    for (let i = start; i < start + count; i++) {
      const at = i * messageWords;
      const code = i32[at + message.err / 4]!;
      if (code === 0) continue;
      this.#refused(i32[at + message.opaque / 4 + 1]!, i32[at + message.opaque / 4]!, code, u32[at + message.len / 4]!);
    }
  }
}

function checkTimestamp(timestamp: unknown): number {
  // librdkafka takes 0 for the time of the call, so it cannot be sent.
  if (typeof timestamp === "number" && Number.isSafeInteger(timestamp) && timestamp > 0) return timestamp;
  if (typeof timestamp !== "number") {
    throw new TypeError(`Cannot use ${describe(timestamp)} as timestamp: milliseconds since 1970 are wanted`);
  }
  throw new RangeError(`Cannot use ${timestamp} as timestamp: whole milliseconds from 1 to 2^53 - 1 are wanted`);
}
