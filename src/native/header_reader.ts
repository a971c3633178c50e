/** The headers of fetched messages, copied out of librdkafka's memory. */
import type { Block, Pointer, Word } from "../../ffi/mod.ts";
import type { Header } from "../kafka/message.ts";
import type { Native } from "./native.ts";

const decoder = new TextDecoder();

/** A value that begins this close behind its name is copied together with it: that is how librdkafka allocates a header. */
const maxDistance = 512;
/** Where the out-parameters of one call go, in units of 8 bytes. */
const out = { name: 0, value: 1, size: 2 } as const;

/** A name that was read before, with the bytes it was read from. */
interface KnownName {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Reads headers: one call and one copy for each. */
export class HeaderReader {
  readonly #native: Native;
  readonly #out: Block;
  readonly #outAt: readonly Pointer[];
  #copy: Block;
  readonly #indexes: Word[] = [];
  /** The last name in each place: most messages of a topic have the same ones. */
  readonly #known: KnownName[] = [];

  constructor(native: Native) {
    const { library } = native;
    this.#native = native;
    this.#out = library.block(24);
    this.#outAt = Object.values(out).map((slot) => library.add(this.#out.pointer, 8 * slot));
    this.#copy = library.block(65536);
  }

  /** The headers in a list that belongs to a message. */
  read(headers: Pointer): readonly Header[] {
    const { c, library } = this.#native;
    const list: Header[] = [];
    const [name, value, size] = this.#outAt as readonly [Pointer, Pointer, Pointer];
    for (let i = 0;; i++) {
      const index = this.#indexes[i] ??= library.word(i);
      if (c.rd_kafka_header_get_all(headers, index, name, value, size) !== 0) return list;
      list.push(this.#header(i));
    }
  }

  /** The header that {@link #out} points to. */
  #header(place: number): Header {
    const { library } = this.#native;
    const { u32 } = this.#out;
    const name = library.pointerAt(this.#out, out.name);
    const value = library.pointerAt(this.#out, out.value);
    const length = u32[2 * out.size]!;
    const isNear = u32[2 * out.name + 1] === u32[2 * out.value + 1];
    const distance = u32[2 * out.value]! - u32[2 * out.name]!;
    // Between two addresses less than a page apart in live allocations, everything can be read.
    if (!library.isNull(value) && isNear && distance > 0 && distance <= maxDistance) {
      const bytes = this.#fetch(name, distance + length);
      return [this.#name(place, bytes), bytes.slice(distance, distance + length)];
    }
    const text = this.#native.text(name) ?? "";
    return [text, library.isNull(value) ? null : this.#native.bytesOf(value, length)];
  }

  /** A copy that is good until the next. */
  #fetch(pointer: Pointer, length: number): Uint8Array<ArrayBuffer> {
    const { c, library } = this.#native;
    if (length > this.#copy.bytes.length) this.#copy = library.block(length);
    c.memcpy(this.#copy.pointer, pointer, library.word(length));
    return this.#copy.bytes;
  }

  /** The name at the start of bytes, up to its end mark. */
  #name(place: number, bytes: Uint8Array): string {
    const known = this.#known[place];
    if (known !== undefined) {
      const { length } = known.bytes;
      let i = 0;
      while (i < length && bytes[i] === known.bytes[i]) i++;
      if (i === length) return known.text;
    }
    const end = bytes.indexOf(0) + 1;
    const read = { text: decoder.decode(bytes.subarray(0, end - 1)), bytes: bytes.slice(0, end) };
    this.#known[place] = read;
    return read.text;
  }
}
