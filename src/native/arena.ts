/** Bytes on their way to C: keys, values and headers, copied into memory that C can read. */
import type { Block, Library } from "../../ffi/mod.ts";
import type { MessageData } from "../kafka/message.ts";
import { type Encoding, isEncoding } from "./encoding.ts";
import { describe } from "./scratch.ts";

const encoder = new TextEncoder();
const twoTo32 = 2 ** 32;

/** The usual size; a larger message gets memory of its own size. */
const usualBytes = 2 ** 20;
/** Up to here a loop is faster than the engine's own copy or encoder, which have to be set up for each call. */
const shortBytes = 40;

/** Memory that is filled from its start, and emptied at once. */
export class Arena {
  readonly #library: Library;
  #block: Block;
  #used = 0;

  constructor(library: Library) {
    this.#library = library;
    this.#block = library.block(usualBytes);
  }

  /** Whether so many more bytes fit. */
  has(byteLength: number): boolean {
    return this.#used + byteLength <= this.#block.bytes.length;
  }

  /** Frees everything, and sees to it that so many bytes fit. */
  clear(byteLength: number): void {
    this.#used = 0;
    const wanted = Math.max(byteLength, usualBytes);
    if (wanted > this.#block.bytes.length || (byteLength === 0 && this.#block.bytes.length > usualBytes)) {
      this.#block = this.#library.block(wanted);
    }
  }

  /**
   * Copies bytes in, and writes their address to `u32[at]` and their length to `u32[lengthAt]`, each in 64 bits. A null has no
   * address; an empty value has one.
   *
   * @param what What it is, and `name` which one, for an error's message.
   */
  put(
    u32: Uint32Array,
    at: number,
    lengthAt: number,
    data: MessageData | undefined,
    what: string,
    name?: string,
  ): void {
    let address = 0;
    let length = 0;
    if (data !== undefined && data !== null) {
      const start = this.#used;
      length = typeof data === "string"
        ? this.#writeText(data, start, what, name)
        : this.#writeBytes(data, start, what);
      this.#used = start + length;
      address = this.#block.address + start;
    }
    point(u32, at, lengthAt, address, length);
  }

  /** The same, also for what writes itself; says whether it did. */
  write(
    u32: Uint32Array,
    at: number,
    lengthAt: number,
    data: MessageData | Encoding,
    what: string,
  ): boolean {
    if (!isEncoding(data)) {
      this.put(u32, at, lengthAt, data, what);
      return true;
    }
    const block = this.#block;
    const start = this.#used;
    const length = data.encodeInto(block.bytes, start);
    // Its code may have had crossed, or given up, what was gathered: then this memory is free for others.
    if (length < 0 || this.#block !== block || this.#used !== start) return false;
    this.#used = start + length;
    point(u32, at, lengthAt, block.address + start, length);
    return true;
  }

  /** How many bytes are in use. */
  get used(): number {
    return this.#used;
  }

  /** Frees what came since so many bytes were in use. */
  cut(used: number): void {
    if (used < this.#used) this.#used = used;
  }

  /** A copy of what came since then. */
  copy(used: number): Uint8Array {
    return this.#block.bytes.slice(used, this.#used);
  }

  #writeBytes(data: Uint8Array, start: number, what: string): number {
    const { bytes } = this.#block;
    const { length } = data;
    if (start + length > bytes.length) throw changed(what);
    if (length > shortBytes) bytes.set(data, start);
    else for (let i = 0; i < length; i++) bytes[start + i] = data[i]!;
    return length;
  }

  #writeText(text: string, start: number, what: string, name: string | undefined): number {
    const { bytes } = this.#block;
    const { length } = text;
    if (length <= shortBytes) {
      if (start + length > bytes.length) throw changed(what);
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        bytes[start + i] = code;
      }
      if (i === length) return length;
    }
    if (!text.isWellFormed()) {
      const which = name === undefined ? what : `${what} ${JSON.stringify(name)}`;
      throw new TypeError(`Cannot send ${which}: the string has half of a surrogate pair`);
    }
    const { read, written } = encoder.encodeInto(text, bytes.subarray(start));
    if (read !== length) throw changed(what);
    return written;
  }
}

/** Writes an address and a length, each in 64 bits. */
function point(u32: Uint32Array, at: number, lengthAt: number, address: number, length: number): void {
  u32[at] = address >>> 0;
  u32[at + 1] = address / twoTo32;
  u32[lengthAt] = length;
  u32[lengthAt + 1] = 0;
}

/** The room for something that has bytes, or will have some. */
export function roomFor(data: MessageData | Encoding, what: string): number {
  return isEncoding(data) ? data.room : maxBytes(data, what);
}

/** The bytes that something takes at most, and the check that it is something that can be sent. */
export function maxBytes(data: MessageData | undefined, what: string): number {
  if (data === undefined || data === null) return 0;
  if (typeof data === "string") return data.length * 3;
  if (data instanceof Uint8Array) return data.length === 0 ? checkEmpty(data, what) : data.length;
  throw new TypeError(`Cannot send ${describe(data)} as ${what}: a Uint8Array, a string or null is wanted`);
}

/** Room was made for what a header's value was at first. */
function changed(what: string): TypeError {
  return new TypeError(`Cannot send the ${what}: it was another one when it was read again`);
}

/** Bytes whose buffer was transferred, or has shrunk, seem to be none. */
function checkEmpty(data: Uint8Array, what: string): 0 {
  try {
    // Any of a typed array's own functions refuses one that has lost its bytes.
    data.indexOf(0);
  } catch {
    throw new TypeError(`Cannot send the ${what}: its bytes are gone, with the buffer that they were in`);
  }
  return 0;
}
