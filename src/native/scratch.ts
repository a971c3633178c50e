/** Memory for the arguments of one call at a time: C strings, arrays and out-parameters. */
import type { Block, Library, Pointer } from "../../ffi/mod.ts";

const encoder = new TextEncoder();

/**
 * Refuses a text that C would cut short or that has no UTF-8 form.
 *
 * @throws {TypeError} naming the argument.
 */
export function checkText(text: unknown, argument: string): string {
  if (typeof text !== "string") throw new TypeError(`Cannot use ${describe(text)} as ${argument}: a string is wanted`);
  if (text.includes("\0")) {
    throw new TypeError(`Cannot use ${JSON.stringify(text)} as ${argument}: it has a null character`);
  }
  if (!text.isWellFormed()) {
    throw new TypeError(`Cannot use ${JSON.stringify(text)} as ${argument}: it has half of a surrogate pair`);
  }
  return text;
}

/** A value in a few words, for an error message. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "object") {
    return Array.isArray(value) ? "an array" : `an object of ${value.constructor?.name ?? "no class"}`;
  }
  if (typeof value === "function") return "a function";
  return String(value);
}

/**
 * A bump allocator that is emptied before each call. What it hands out is good until the next {@link Scratch.reset}; nothing
 * that C keeps may be put here.
 */
export class Scratch {
  readonly #library: Library;
  readonly #block: Block;
  #used = 0;
  // Blocks for what did not fit, kept reachable until the reset.
  #large: Block[] = [];

  constructor(library: Library, byteLength = 65536) {
    this.#library = library;
    this.#block = library.block(byteLength);
  }

  /** Frees everything that was handed out. */
  reset(): this {
    this.#used = 0;
    if (this.#large.length > 0) this.#large = [];
    return this;
  }

  /** Room for `byteLength` bytes, aligned to 8, as a block of its own view and address. */
  take(byteLength: number): { readonly bytes: Uint8Array<ArrayBuffer>; readonly pointer: Pointer } {
    const start = this.#used;
    const end = start + byteLength;
    if (end > this.#block.bytes.length) {
      const block = this.#library.block(byteLength);
      this.#large.push(block);
      return { bytes: block.bytes.subarray(0, byteLength), pointer: block.pointer };
    }
    this.#used = (end + 7) & ~7;
    return { bytes: this.#block.bytes.subarray(start, end), pointer: this.#library.add(this.#block.pointer, start) };
  }

  /** A text's UTF-8 without an end mark, for what is passed with its length. */
  bytes(value: string, argument: string): { readonly bytes: Uint8Array<ArrayBuffer>; readonly pointer: Pointer } {
    const encoded = encoder.encode(checkText(value, argument));
    const taken = this.take(encoded.length);
    taken.bytes.set(encoded);
    return taken;
  }

  /** A C string. `argument` names it in the error when it cannot be one. */
  text(value: string, argument: string): Pointer {
    const encoded = encoder.encode(checkText(value, argument));
    const { bytes, pointer } = this.take(encoded.length + 1);
    bytes.set(encoded);
    bytes[encoded.length] = 0;
    return pointer;
  }
}
