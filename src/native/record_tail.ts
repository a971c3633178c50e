/** What stands behind a value in a fetched record: its headers, and then the next record. */
import type { Header } from "../kafka/message.ts";
import { KnownNames } from "./known_names.ts";

const noHeaders: readonly Header[] = Object.freeze([]);
const noBytes = new Uint8Array(0);
/** Stands where a header's value is not copied yet. */
const nothing: Header = ["", null];

/** Bytes of a varint at most: of 64 bits, and of a length. */
const longestVarint = 10;
const longestLength = 5;
/** librdkafka takes a message with more for a broken one. */
const maxHeaders = 100_000;
/** Up to here a loop is faster than the engine's own copy, which has to be set up for each call. */
const shortBytes = 40;

/** Where librdkafka says that the parts of the next record are. */
export interface NextRecord {
  /** Where its key begins, or -1 if it has none. */
  keyStart: number;
  keyLength: number;
  valueStart: number;
  valueLength: number;
}

/** A header whose value is not copied yet: where it belongs, and where its value is. */
interface Noted {
  readonly list: Header[];
  readonly place: number;
  readonly name: string;
  readonly start: number;
  readonly length: number;
}

/**
 * Reads headers where they were fetched to. librdkafka would parse them again for each message, and allocate to do so.
 *
 * That the rest of its record follows a value in memory is the layout of the wire, as long as messages are not copied out of what
 * was fetched. librdkafka does not promise that. So nothing is taken for headers unless the next record follows them: its lengths,
 * key and value have to be where librdkafka says that they are, to the byte.
 *
 * A record is (Kafka's message format 2): length, attributes, timestamp, offset, key, value, number of headers, headers; all
 * numbers are zigzag varints, but the attributes, which are a byte.
 */
export class RecordTail {
  readonly #names = new KnownNames();
  #noted: Noted[] = [];
  #valueBytes = 0;
  #bytes: Uint8Array = noBytes;
  #at = 0;
  /** No read goes further. */
  #end = 0;
  #isWrong = false;

  /**
   * The headers behind a value, or null if what is there is something else. Their values are there after {@link finish}.
   *
   * @param bytes The copy of what was fetched: the same one for all messages up to {@link finish}.
   * @param at Where the value ends.
   * @param next The record that has to follow.
   */
  read(bytes: Uint8Array, at: number, next: NextRecord): readonly Header[] | null {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = next.valueStart;
    this.#isWrong = false;
    const count = this.#length();
    // Each takes two bytes or more.
    if (count < 0 || count > maxHeaders || 2 * count > this.#end - this.#at) return null;
    const start = this.#at;
    for (let i = 0; i < count && !this.#isWrong; i++) this.#skipHeader();
    if (this.#isWrong || !this.#isNext(next)) return null;
    if (count === 0) return noHeaders;
    this.#at = start;
    return this.#headers(count);
  }

  /** Copies the values: views of what was fetched would keep all of it. */
  finish(): void {
    const bytes = this.#bytes;
    this.#bytes = noBytes;
    if (this.#noted.length === 0) return;
    const values = new Uint8Array(this.#valueBytes);
    let used = 0;
    for (const { list, place, name, start, length } of this.#noted) {
      if (length > shortBytes) values.set(bytes.subarray(start, start + length), used);
      else for (let i = 0; i < length; i++) values[used + i] = bytes[start + i]!;
      list[place] = [name, new Uint8Array(values.buffer, used, length)];
      used += length;
    }
    this.#noted = [];
    this.#valueBytes = 0;
  }

  #headers(count: number): readonly Header[] | null {
    const list: Header[] = [];
    const { length: noted } = this.#noted;
    const valueBytes = this.#valueBytes;
    for (let i = 0; i < count; i++) {
      const nameLength = this.#length();
      const name = this.#name(i, this.#at, nameLength);
      if (name === null) {
        this.#noted.length = noted;
        this.#valueBytes = valueBytes;
        return null;
      }
      this.#at += nameLength;
      const length = this.#length();
      if (length < 0) {
        list.push([name, null]);
        continue;
      }
      list.push(nothing);
      this.#noted.push({ list, place: i, name, start: this.#at, length });
      this.#valueBytes += length;
      this.#at += length;
    }
    return list;
  }

  #skipHeader(): void {
    const nameLength = this.#length();
    this.#at += Math.max(0, nameLength);
    const length = this.#length();
    this.#at += Math.max(0, length);
    // Only a value may be null.
    if (nameLength < 0 || length < -1) this.#isWrong = true;
  }

  /** Whether the next record stands here, and its value where it has to. */
  #isNext({ keyStart, keyLength, valueStart, valueLength }: NextRecord): boolean {
    const length = this.#length();
    const start = this.#at;
    this.#at++;
    this.#skipLong();
    this.#skipLong();
    const key = this.#length();
    if (keyStart < 0 ? key !== -1 : key !== keyLength || this.#at !== keyStart) return false;
    this.#at += Math.max(0, key);
    const value = this.#length();
    return !this.#isWrong && value === valueLength && this.#at === valueStart &&
      length > valueStart + valueLength - start;
  }

  /** A length, or a number of things. */
  #length(): number {
    const bytes = this.#bytes;
    if (this.#at >= this.#end) return this.#wrong();
    let byte = bytes[this.#at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let i = 1; i < longestLength && this.#at < this.#end; i++) {
      byte = bytes[this.#at++]!;
      value |= (byte & 0x7f) << (7 * i);
      // Beyond 32 bits librdkafka sees another number than this would be.
      if (i === longestLength - 1 && byte > 0x0f) return this.#wrong();
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    return this.#wrong();
  }

  #skipLong(): void {
    for (let i = 0; i < longestVarint && this.#at < this.#end; i++) if (this.#bytes[this.#at++]! < 0x80) return;
    this.#isWrong = true;
  }

  #wrong(): number {
    this.#isWrong = true;
    return -1;
  }

  /** A header's name; null if it has a null character, at which C would end it. */
  #name(place: number, start: number, length: number): string | null {
    const bytes = this.#bytes;
    const known = this.#names.find(place, bytes, start);
    if (known !== undefined && known.bytes.length === length) return known.text;
    for (let i = start; i < start + length; i++) if (bytes[i] === 0) return null;
    return this.#names.read(place, bytes, start, start + length);
  }
}
