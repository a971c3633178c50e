/** Fetched messages: taken from a queue many a call, copied into memory of ours, and given back at once. */
import { type Block, constants, layout, type Pointer } from "../../ffi/mod.ts";
import type { Header, Message, TimestampType } from "../kafka/message.ts";
import { Gatherer } from "./gather.ts";
import { HeaderReader } from "./header_reader.ts";
import type { Native } from "./native.ts";
import { type NextRecord, RecordTail } from "./record_tail.ts";

const { message } = layout;
const twoTo32 = 2 ** 32;

/** How many messages one call takes at most. */
const capacity = 4096;
/** The bytes of keys and values that are aimed at for one call: with large messages it takes fewer. */
const targetBytes = 4 * 2 ** 20;
/**
 * Messages no further apart than this are copied with what lies between: librdkafka leaves them in one fetched buffer, where that is
 * headers and the beginning of the next record. It is less than a page, so what lies between is on the pages of the one or the other.
 */
const maxGap = 1024;
/** The same for a message's value and its key. In a record the value's length lies between, which is five bytes at most. */
const maxKeyGap = 16;

const timestampTypes: readonly TimestampType[] = ["NOT_AVAILABLE", "CREATE_TIME", "LOG_APPEND_TIME"];
const noHeaders: readonly Header[] = Object.freeze([]);

/** What a queue holds beside messages: the end of a partition, or an error of one. */
export interface QueueNotice {
  readonly topic: string | null;
  readonly partition: number;
  readonly offset: number | null;
  readonly code: number;
  readonly text: string;
}

/** What one {@link MessageReader.read} took. */
export interface Incoming {
  readonly messages: Message[];
  readonly notices: QueueNotice[];
}

/** Own properties in one order, so that every message has the same shape. */
class FetchedMessage implements Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  readonly timestamp: number | null;
  readonly timestampType: TimestampType;
  leaderEpoch: number | null;

  constructor(
    topic: string,
    partition: number,
    offset: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly Header[],
    timestamp: number | null,
    timestampType: TimestampType,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.key = key;
    this.value = value;
    this.headers = headers;
    this.timestamp = timestamp;
    this.timestampType = timestampType;
    this.leaderEpoch = null;
  }
}

/** Reads messages from one queue after another. */
export class MessageReader {
  readonly #native: Native;
  readonly #fetched: Gatherer;
  readonly #headers: HeaderReader;
  /** Where out-parameters go: the timestamp's type, and the headers. */
  readonly #out: Block;
  readonly #outAt: readonly Pointer[];
  readonly #starts = new Float64Array(2 * capacity);
  /** Where what was copied along before a message begins, which ends where the message does; -1 if nothing was. */
  readonly #gaps = new Float64Array(capacity);
  readonly #tail = new RecordTail();
  readonly #next: NextRecord = { keyStart: -1, keyLength: 0, valueStart: -1, valueLength: 0 };
  readonly #mayHaveTails: boolean;
  /** Whether headers are read out of the fetched record, in this read: not once librdkafka has said something else. */
  #hasTails = true;
  /** Whether it was asked, in this read. */
  #isAgreed = false;
  readonly #topics = new Map<number, string>();
  #averageBytes = 1024;

  /**
   * @param mayHaveTails Whether headers may be read out of the fetched record. With a plugin of librdkafka's they may not: it can
   * give messages others.
   */
  constructor(native: Native, mayHaveTails: boolean) {
    const { library } = native;
    this.#native = native;
    this.#mayHaveTails = mayHaveTails;
    this.#fetched = new Gatherer(native, capacity, message.size);
    this.#headers = new HeaderReader(native);
    this.#out = library.block(16);
    this.#outAt = [0, 8].map((offset) => library.add(this.#out.pointer, offset));
  }

  /**
   * Takes up to `max` messages.
   *
   * @param waitMs How long C waits for the first, and this thread with it: for clients that block only.
   */
  read(queue: Pointer, max: number, waitMs = 0): Incoming {
    const { c, library } = this.#native;
    const wanted = Math.max(1, Math.min(max, capacity, Math.ceil(targetBytes / this.#averageBytes)));
    // The call waits until it has all that it was asked for: so one is waited for, and what is there by then taken along.
    let count = waitMs === 0 ? 0 : this.#fetch(queue, 0, 1, waitMs);
    if (waitMs === 0 || (count > 0 && count < wanted)) count += this.#fetch(queue, count, wanted - count, 0);
    if (count === 0) return { messages: [], notices: [] };
    try {
      return this.#take(count);
    } finally {
      // A message that is kept keeps the client from ever being destroyed.
      for (let i = 0; i < count; i++) c.rd_kafka_message_destroy(library.pointerAt(this.#fetched.pointers, i));
    }
  }

  /** Takes messages from a queue, puts their addresses behind the first `start`, and says how many there were. */
  #fetch(queue: Pointer, start: number, max: number, waitMs: number): number {
    const { c, library } = this.#native;
    const pointers = start === 0
      ? this.#fetched.pointers.pointer
      : library.add(this.#fetched.pointers.pointer, 8 * start);
    return Math.max(0, library.number(c.rd_kafka_consume_batch_queue(queue, waitMs, pointers, library.word(max))));
  }

  /**
   * Takes messages that came in a list of C's, up to {@link MessageReader.maxListed}. They stay the list's.
   *
   * @returns What {@link read} does, and the address of each message.
   */
  readList(list: readonly Pointer[]): Incoming & { readonly addresses: readonly Pointer[] } {
    const { library } = this.#native;
    const { u32 } = this.#fetched.pointers;
    list.forEach((pointer, i) => {
      const address = library.number(pointer);
      u32[2 * i] = address >>> 0;
      u32[2 * i + 1] = Math.floor(address / twoTo32);
    });
    const taken = this.#take(list.length);
    const { i32 } = this.#fetched.records;
    return { ...taken, addresses: list.filter((_, i) => i32[this.#fetched.at[i]! + message.err / 4] === 0) };
  }

  /** How many messages {@link readList} takes at most. */
  static readonly maxListed: number = capacity;

  /** Copies the messages that the first `count` pointers point to. */
  #take(count: number): Incoming {
    const result: Incoming = { messages: [], notices: [] };
    this.#fetched.gather(count);
    const arena = this.#copyPayloads(count);
    this.#topics.clear();
    this.#hasTails = this.#mayHaveTails;
    this.#isAgreed = false;
    for (let i = 0; i < count; i++) {
      const at = this.#fetched.at[i]!;
      if (this.#fetched.records.i32[at + message.err / 4] === 0) result.messages.push(this.#message(i, count, arena));
      else result.notices.push(this.#notice(i));
    }
    this.#tail.finish();
    this.#clearGaps(count, arena);
    this.#headers.finish();
    this.#setLeaderEpochs(result.messages, count);
    return result;
  }

  /**
   * Copies keys and values into one new buffer and notes where each begins.
   *
   * What librdkafka fetched together lies together, so neighbours are copied as one run.
   */
  #copyPayloads(count: number): Uint8Array<ArrayBuffer> {
    const { c, library } = this.#native;
    const { i32, u32 } = this.#fetched.records;
    const starts = this.#starts;
    const address = (at: number): number => u32[at]! + u32[at + 1]! * twoTo32;
    // First where everything would lie, then the copies: the buffer is allocated at its final size.
    const runs: { pointer: Pointer; length: number; target: number }[] = [];
    let total = 0;
    let end = -1;
    for (let i = 0; i < 2 * count; i++) {
      const record = this.#fetched.at[i >> 1]!;
      // A key lies before its value.
      const field = (i & 1) === 0 ? message.key : message.payload;
      const lengthAt = record + ((i & 1) === 0 ? message.keyLen : message.len) / 4;
      const pointerAt = record + field / 4;
      if (i32[record + message.err / 4] !== 0 || (u32[pointerAt] === 0 && u32[pointerAt + 1] === 0)) {
        starts[i] = -1;
        if ((i & 1) === 0) this.#gaps[i >> 1] = -1;
        continue;
      }
      const from = address(pointerAt);
      const length = u32[lengthAt]!;
      const gap = from - end;
      // A message begins with its key, or without one with its value.
      const isFirst = (i & 1) === 0 || starts[i - 1]! < 0;
      const isNear = gap >= 0 && gap <= (isFirst ? maxGap : maxKeyGap) && runs.length > 0;
      if (isFirst) this.#gaps[i >> 1] = isNear ? total : -1;
      if (isNear) {
        const run = runs[runs.length - 1]!;
        starts[i] = run.target + run.length + gap;
        run.length += gap + length;
        total += gap + length;
      } else {
        starts[i] = total;
        runs.push({ pointer: this.#fetched.pointerIn(i >> 1, field), length, target: total });
        total += length;
      }
      end = from + length;
    }
    this.#averageBytes = Math.max(1, 0.5 * this.#averageBytes + 0.5 * (total / count));
    const block = library.block(total);
    for (const { pointer, length, target } of runs) {
      if (length === 0) continue;
      c.memcpy(library.add(block.pointer, target), pointer, library.word(length));
    }
    return block.bytes;
  }

  #message(i: number, count: number, arena: Uint8Array<ArrayBuffer>): FetchedMessage {
    const { c, library } = this.#native;
    const { buffer } = arena;
    const { i32, u32 } = this.#fetched.records;
    const at = this.#fetched.at[i]!;
    const pointer = library.pointerAt(this.#fetched.pointers, i);
    const keyStart = this.#starts[2 * i]!;
    const valueStart = this.#starts[2 * i + 1]!;
    const timestamp = library.nearest(c.rd_kafka_message_timestamp(pointer, this.#outAt[0]!));
    const timestampType = this.#out.i32[0]!;
    return new FetchedMessage(
      this.#topic(i),
      i32[at + message.partition / 4]!,
      i32[at + message.offset / 4 + 1]! * twoTo32 + u32[at + message.offset / 4]!,
      keyStart < 0 ? null : new Uint8Array(buffer, keyStart, u32[at + message.keyLen / 4]!),
      valueStart < 0 ? null : new Uint8Array(buffer, valueStart, u32[at + message.len / 4]!),
      this.#tailOf(i, count, arena) ?? this.#headersOf(pointer),
      timestampType === constants.RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? null : timestamp,
      timestampTypes[timestampType] ?? "NOT_AVAILABLE",
    );
  }

  /** The headers that librdkafka tells of. */
  #headersOf(pointer: Pointer): readonly Header[] {
    const { c, library } = this.#native;
    return c.rd_kafka_message_headers(pointer, this.#outAt[1]!) === 0
      ? this.#headers.read(library.pointerAt(this.#out, 1))
      : noHeaders;
  }

  /** The headers that stand behind a message's value, if that can be said of it. */
  #tailOf(i: number, count: number, arena: Uint8Array): readonly Header[] | null {
    const next = this.#next;
    const starts = this.#starts;
    const start = starts[2 * i + 1]!;
    if (!this.#hasTails || i + 1 === count || start < 0 || this.#gaps[i + 1]! < 0) return null;
    next.valueStart = starts[2 * i + 3]!;
    if (next.valueStart < 0) return null;
    const { u32 } = this.#fetched.records;
    const at = this.#fetched.at[i + 1]!;
    next.keyStart = starts[2 * i + 2]!;
    next.keyLength = u32[at + message.keyLen / 4]!;
    next.valueLength = u32[at + message.len / 4]!;
    const headers = this.#tail.read(arena, start + u32[this.#fetched.at[i]! + message.len / 4]!, next);
    if (headers === null || !(this.#isAgreed || this.#agrees(i, headers.length))) return null;
    // It is the record's own.
    this.#gaps[i + 1] = -1;
    return headers;
  }

  /** Asks librdkafka for the number of headers of one message in each read. */
  #agrees(i: number, count: number): boolean {
    const { c, library } = this.#native;
    const pointer = library.pointerAt(this.#fetched.pointers, i);
    const known = c.rd_kafka_message_headers(pointer, this.#outAt[1]!) === 0
      ? library.number(c.rd_kafka_header_cnt(library.pointerAt(this.#out, 1)))
      : 0;
    this.#isAgreed = this.#hasTails = known === count;
    return this.#isAgreed;
  }

  /** Wipes what was copied along before messages and is nobody's: all of librdkafka's memory may be there. */
  #clearGaps(count: number, arena: Uint8Array): void {
    for (let i = 0; i < count; i++) {
      const from = this.#gaps[i]!;
      if (from < 0) continue;
      const keyStart = this.#starts[2 * i]!;
      arena.fill(0, from, keyStart < 0 ? this.#starts[2 * i + 1]! : keyStart);
    }
  }

  /**
   * The name of a message's topic. A handle's address is good as a key within one read only: afterwards the topic may be
   * freed and another take its place.
   */
  #topic(i: number): string {
    const { c, library } = this.#native;
    const at = this.#fetched.at[i]! + message.rkt / 4;
    const address = this.#fetched.records.u32[at]! + this.#fetched.records.u32[at + 1]! * twoTo32;
    let name = this.#topics.get(address);
    if (name === undefined) {
      const handle = this.#fetched.pointerIn(i, message.rkt);
      name = library.isNull(handle) ? "" : this.#native.text(c.rd_kafka_topic_name(handle)) ?? "";
      this.#topics.set(address, name);
    }
    return name;
  }

  /**
   * Leader epochs rise with the offset, so where a stretch of one partition begins and ends with the same one, all between
   * have it: two calls a stretch and not one a message.
   */
  #setLeaderEpochs(messages: readonly FetchedMessage[], count: number): void {
    if (messages.length === 0) return;
    const { c, library } = this.#native;
    // Notices stand between the messages, so the positions in the queue's array are counted along.
    const positions: number[] | null = messages.length === count ? null : [];
    if (positions !== null) {
      for (let i = 0; i < count; i++) {
        if (this.#fetched.records.i32[this.#fetched.at[i]! + message.err / 4] === 0) positions.push(i);
      }
    }
    const epoch = (i: number): number => {
      const position = positions === null ? i : positions[i]!;
      return c.rd_kafka_message_leader_epoch(library.pointerAt(this.#fetched.pointers, position));
    };
    let start = 0;
    while (start < messages.length) {
      const { topic, partition } = messages[start]!;
      let end = start + 1;
      while (end < messages.length && messages[end]!.partition === partition && messages[end]!.topic === topic) end++;
      const first = epoch(start);
      const isOne = end - start === 1 || epoch(end - 1) === first;
      for (let i = start; i < end; i++) {
        const value = isOne ? first : epoch(i);
        messages[i]!.leaderEpoch = value < 0 ? null : value;
      }
      start = end;
    }
  }

  #notice(i: number): QueueNotice {
    const { library } = this.#native;
    const { i32, u32 } = this.#fetched.records;
    const at = this.#fetched.at[i]!;
    const offset = i32[at + message.offset / 4 + 1]! * twoTo32 + u32[at + message.offset / 4]!;
    const code = i32[at + message.err / 4]!;
    const text = this.#fetched.pointerIn(i, message.payload);
    const length = u32[at + message.len / 4]!;
    return {
      topic: this.#topic(i) || null,
      partition: i32[at + message.partition / 4]!,
      offset: offset < 0 ? null : offset,
      code,
      text: library.isNull(text) || length === 0 ? this.#native.describe(code) : this.#native.textOf(text, length),
    };
  }
}
