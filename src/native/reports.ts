/** Delivery reports: what librdkafka says of each message that it was given. */
import { errorCodes } from "../kafka/error_codes.ts";
import { constants, layout, type Pointer, type Word } from "../../ffi/mod.ts";
import type { MessageStatus } from "../kafka/error.ts";
import { Gatherer } from "./gather.ts";
import type { Native } from "./native.ts";

const { message } = layout;
const twoTo32 = 2 ** 32;
/** How many reports are read at a time. */
const capacity = 1024;

/**
 * The bit of a message's number that says that it came with a timestamp of its own. All others of one call get the time of
 * that call.
 */
export const ownTimestamp = 0x8000_0000;

const statuses: readonly MessageStatus[] = ["NOT_PERSISTED", "POSSIBLY_PERSISTED", "PERSISTED"];

/** In place of an offset: the message was written, and nobody has said where. So it is of one that an earlier attempt had written. */
export const writtenSomewhere = -2;

/** Reports in columns, good until the next are read: a report object is made only for whoever asked for one. */
export interface Reports {
  count: number;
  /** The batch and the number in it that the message was given when it was sent. */
  readonly batch: Int32Array;
  readonly index: Int32Array;
  readonly code: Int32Array;
  readonly byteLength: Float64Array;
  readonly partition: Int32Array;
  readonly offset: Float64Array;
  readonly timestamp: Float64Array;
}

/** Reads report events: a few calls for a thousand messages. */
export class ReportReader {
  readonly #native: Native;
  readonly #messages: Gatherer;
  readonly #capacity: Word;
  readonly #reports: Reports = {
    count: 0,
    batch: new Int32Array(capacity),
    index: new Int32Array(capacity),
    code: new Int32Array(capacity),
    byteLength: new Float64Array(capacity),
    partition: new Int32Array(capacity),
    offset: new Float64Array(capacity),
    timestamp: new Float64Array(capacity),
  };

  constructor(native: Native) {
    const { library } = native;
    this.#native = native;
    this.#messages = new Gatherer(native, capacity, message.size);
    this.#capacity = library.word(capacity);
  }

  /** Reads the next reports of an event; their `count` is 0 when there are no more. */
  read(event: Pointer): Reports {
    const { c, library } = this.#native;
    const messages = this.#messages;
    const count = library.number(
      c.rd_kafka_event_message_array(event, messages.pointers.pointer, this.#capacity),
    );
    messages.gather(count);
    const { i32, u32 } = messages.records;
    const { batch, index, code, byteLength, partition, offset } = this.#reports;
    for (let i = 0; i < count; i++) {
      const at = messages.at[i]!;
      code[i] = i32[at + message.err / 4]!;
      partition[i] = i32[at + message.partition / 4]!;
      byteLength[i] = u32[at + message.len / 4]!;
      offset[i] = i32[at + message.offset / 4 + 1]! * twoTo32 + u32[at + message.offset / 4]!;
      if (offset[i]! < 0 && code[i] === 0) offset[i] = this.status(i) === "PERSISTED" ? writtenSomewhere : -1;
      index[i] = i32[at + message.opaque / 4]!;
      batch[i] = i32[at + message.opaque / 4 + 1]!;
    }
    this.#readTimestamps(count);
    this.#reports.count = count;
    return this.#reports;
  }

  /** How far the message of a report has come. Asked only where the offset does not say it, before the event is destroyed. */
  status(i: number): MessageStatus {
    const { c, library } = this.#native;
    return statuses[c.rd_kafka_message_status(library.pointerAt(this.#messages.pointers, i))] ?? "POSSIBLY_PERSISTED";
  }

  /**
   * Messages of one batch without timestamps of their own get the time of the call that handed them over, or that of their
   * being written: either rises, so where a stretch of them begins and ends with the same one, all between have it.
   */
  #readTimestamps(count: number): void {
    const { batch, index, timestamp } = this.#reports;
    let start = 0;
    while (start < count) {
      let end = start + 1;
      if (index[start]! >= 0) {
        while (end < count && batch[end] === batch[start] && index[end]! >= 0 && index[end]! > index[end - 1]!) end++;
      }
      timestamp[start] = this.#timestamp(start);
      if (end - start > 1) {
        timestamp[end - 1] = this.#timestamp(end - 1);
        this.#readBetween(start, end - 1);
      }
      start = end;
    }
  }

  /** Reads the timestamps between two that are known, by halves. */
  #readBetween(first: number, last: number): void {
    const { timestamp } = this.#reports;
    if (last - first < 2) return;
    if (timestamp[first] === timestamp[last]) {
      timestamp.fill(timestamp[first]!, first + 1, last);
      return;
    }
    const middle = (first + last) >> 1;
    timestamp[middle] = this.#timestamp(middle);
    this.#readBetween(first, middle);
    this.#readBetween(middle, last);
  }

  #timestamp(i: number): number {
    const { c, library } = this.#native;
    return library.nearest(
      c.rd_kafka_message_timestamp(library.pointerAt(this.#messages.pointers, i), library.nullPointer),
    );
  }
}

/** The code of an error for a queue without room. */
export const queueFull: number = errorCodes._QUEUE_FULL;
/** The bits that `rd_kafka_purge` takes. */
export const purgeFlags: { readonly queued: number; readonly inFlight: number; readonly nonBlocking: number } = {
  queued: constants.RD_KAFKA_PURGE_F_QUEUE,
  inFlight: constants.RD_KAFKA_PURGE_F_INFLIGHT,
  nonBlocking: constants.RD_KAFKA_PURGE_F_NON_BLOCKING,
};
