/** What stands behind a value in a fetched record: its headers, and then the next record. */
import type { Header } from "../kafka/message.ts";

const decoder = new TextDecoder();
const noHeaders: readonly Header[] = Object.freeze([]);

/** Bytes of a varint at most: of 64 bits, and of a length. */
const longestVarint = 10;
const longestLength = 5;

/** Where the next record's parts have to be. */
export interface NextRecord {
  /** Where its key begins, or -1 if it has none. */
  keyStart: number;
  keyLength: number;
  valueStart: number;
  valueLength: number;
}

/** A name that was read before, with the bytes it was read from. */
interface KnownName {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads headers where they were fetched to. librdkafka would parse them again for each message, and allocate to do so.
 *
 * That what follows a value in memory is the rest of its record is the layout of the wire, where messages are not copied out of it.
 * librdkafka does not promise that. So nothing is taken for headers unless the next record follows them, whose lengths, key and value
 * have to be where librdkafka says that they are, to the byte.
 *
 * A record is (Kafka's message format 2): length, attributes, timestamp, offset, key, value, number of headers, headers; all
 * numbers are zigzag varints, but the attributes, which are a byte.
 */
export class RecordTail {
  /** The last name in each place: most messages of a topic have the same ones. */
  readonly #known: KnownName[] = [];
  #bytes = new Uint8Array(0);
  #at = 0;
  /** No read goes further. */
  #end = 0;
  #isWrong = false;

  /**
   * The headers behind a value that ends at `at`, or null if what is there is something else.
   *
   * @param bytes The copy. The headers' values will be views of it.
   */
  read(bytes: Uint8Array<ArrayBuffer>, at: number, next: NextRecord): readonly Header[] | null {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = next.valueStart;
    this.#isWrong = false;
    const count = this.#length();
    // Each takes two bytes or more.
    if (count < 0 || 2 * count > this.#end - this.#at) return null;
    const start = this.#at;
    for (let i = 0; i < count && !this.#isWrong; i++) this.#skipHeader();
    if (this.#isWrong || !this.#isNext(next)) return null;
    if (count === 0) return noHeaders;
    this.#at = start;
    return this.#headers(bytes, count);
  }

  #headers(bytes: Uint8Array<ArrayBuffer>, count: number): readonly Header[] {
    const list: Header[] = [];
    for (let i = 0; i < count; i++) {
      const nameLength = this.#length();
      const name = this.#name(i, this.#at, nameLength);
      this.#at += nameLength;
      const length = this.#length();
      list.push([name, length < 0 ? null : new Uint8Array(bytes.buffer, bytes.byteOffset + this.#at, length)]);
      this.#at += Math.max(0, length);
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

  /** A length or a number of things. */
  #length(): number {
    const bytes = this.#bytes;
    if (this.#at >= this.#end) return this.#wrong();
    let byte = bytes[this.#at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let i = 1; i < longestLength && this.#at < this.#end; i++) {
      byte = bytes[this.#at++]!;
      value |= (byte & 0x7f) << (7 * i);
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

  #name(place: number, start: number, length: number): string {
    const bytes = this.#bytes;
    const known = this.#known[place];
    if (known !== undefined && known.bytes.length === length) {
      let i = 0;
      while (i < length && bytes[start + i] === known.bytes[i]) i++;
      if (i === length) return known.text;
    }
    const read = { bytes: bytes.slice(start, start + length), text: "" };
    read.text = decoder.decode(read.bytes);
    // A program that gives each message names of its own would have them all kept.
    if (place < 64) this.#known[place] = read;
    return read.text;
  }
}
