/** The headers of fetched messages, copied out of librdkafka's memory together. */
import type { Block, Pointer, Word } from "../../ffi/mod.ts";
import type { Header } from "../kafka/message.ts";
import { KnownNames } from "./known_names.ts";
import type { Native } from "./native.ts";

const twoTo32 = 2 ** 32;

/**
 * A value that begins this close behind its name is copied together with it, and so is a header this close behind the one
 * before: librdkafka allocates them one after the other. Less than a page lies between, and can be read.
 */
const maxDistance = 512;
/** The memory that is kept for copies. */
const usualBytes = 2 ** 20;
/** Up to here a loop is faster than the engine's own copy, which has to be set up for each call. */
const shortBytes = 40;
/** Where the out-parameters of one call go, in units of 8 bytes. */
const out = { name: 0, value: 1, size: 2 } as const;

/** Memory that is copied by one call. */
interface Run {
  readonly pointer: Pointer;
  length: number;
  readonly target: number;
}

/** A header whose bytes are not copied yet, and where it belongs. */
interface Noted {
  readonly list: Header[];
  readonly place: number;
  /** Where its name begins in the copy, and where its value does. */
  readonly start: number;
  readonly valueStart: number;
  readonly length: number;
}

/** Reads the headers of many messages: one call for each, and few copies for all. */
export class HeaderReader {
  readonly #native: Native;
  readonly #out: Block;
  readonly #outAt: readonly Pointer[];
  readonly #indexes: Word[] = [];
  readonly #names = new KnownNames();
  #noted: Noted[] = [];
  #runs: Run[] = [];
  /** The address behind what was noted last, the length of all copies, and that of the values in them. */
  #end = -Infinity;
  #total = 0;
  #valueBytes = 0;
  #copy: Block;

  constructor(native: Native) {
    const { library } = native;
    this.#native = native;
    this.#out = library.block(24);
    this.#copy = library.block(usualBytes);
    this.#outAt = Object.values(out).map((slot) => library.add(this.#out.pointer, 8 * slot));
  }

  /** The headers in a list that belongs to a message. What they hold is there after {@link finish}. */
  read(headers: Pointer): readonly Header[] {
    const { c, library } = this.#native;
    const list: Header[] = [];
    const [name, value, size] = this.#outAt as readonly [Pointer, Pointer, Pointer];
    const count = library.number(c.rd_kafka_header_cnt(headers));
    for (let i = 0; i < count; i++) {
      const index = this.#indexes[i] ??= library.word(i);
      c.rd_kafka_header_get_all(headers, index, name, value, size);
      list.push(this.#note(list, i));
    }
    return list;
  }

  /** Notes the header that {@link #out} points to; returns it if it could not be noted, and something in its place else. */
  #note(list: Header[], place: number): Header {
    const { u32 } = this.#out;
    const start = u32[2 * out.name]! + u32[2 * out.name + 1]! * twoTo32;
    const value = u32[2 * out.value]! + u32[2 * out.value + 1]! * twoTo32;
    const length = u32[2 * out.size]!;
    const distance = value - start;
    if (distance <= 0 || distance > maxDistance) return this.#single(length);
    const gap = start - this.#end;
    let run = this.#runs[this.#runs.length - 1];
    if (run !== undefined && gap >= 0 && gap <= maxDistance) {
      run.length += gap + distance + length;
      this.#total += gap + distance + length;
    } else {
      run = {
        pointer: this.#native.library.pointerAt(this.#out, out.name),
        length: distance + length,
        target: this.#total,
      };
      this.#runs.push(run);
      this.#total += distance + length;
    }
    this.#end = value + length;
    this.#valueBytes += length;
    const valueStart = this.#total - length;
    this.#noted.push({ list, place, start: valueStart - distance, valueStart, length });
    return nothing;
  }

  /** A header whose value is null, or lies elsewhere. */
  #single(length: number): Header {
    const { library } = this.#native;
    const value = library.pointerAt(this.#out, out.value);
    const text = this.#native.text(library.pointerAt(this.#out, out.name)) ?? "";
    return [text, library.isNull(value) ? null : this.#native.bytesOf(value, length)];
  }

  /** Copies what was noted. The messages must not have been destroyed yet. */
  finish(): void {
    if (this.#noted.length === 0) return;
    const { c, library } = this.#native;
    if (this.#copy.bytes.length < this.#total) this.#copy = library.block(this.#total);
    for (const { pointer, length, target } of this.#runs) {
      c.memcpy(library.add(this.#copy.pointer, target), pointer, library.word(length));
    }
    const { bytes } = this.#copy;
    // Only the values go on: what lies between them is librdkafka's, and nobody else's business.
    const values = new Uint8Array(this.#valueBytes);
    let used = 0;
    for (const { list, place, start, valueStart, length } of this.#noted) {
      if (length > shortBytes) values.set(bytes.subarray(valueStart, valueStart + length), used);
      else for (let i = 0; i < length; i++) values[used + i] = bytes[valueStart + i]!;
      list[place] = [this.#name(place, bytes, start), new Uint8Array(values.buffer, used, length)];
      used += length;
    }
    if (this.#total > usualBytes) this.#copy = library.block(usualBytes);
    this.#noted = [];
    this.#runs = [];
    this.#end = -Infinity;
    this.#total = 0;
    this.#valueBytes = 0;
  }

  /** The name at a place of bytes, up to its end mark. */
  #name(place: number, bytes: Uint8Array, start: number): string {
    const known = this.#names.find(place, bytes, start);
    if (known !== undefined && bytes[start + known.bytes.length] === 0) return known.text;
    return this.#names.read(place, bytes, start, bytes.indexOf(0, start));
  }
}

const nothing: Header = ["", null];
