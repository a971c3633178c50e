/** Headers on their way to C: what was given as pairs, and their names as C strings. */
import type { Block, Library } from "../../ffi/mod.ts";
import type { HeadersLike, MessageData } from "../kafka/message.ts";
import { checkText, describe } from "./scratch.ts";

const encoder = new TextEncoder();

/** How many names are kept for good, and how long one of them is at most. */
const maxNames = 256;
const maxNameBytes = 256;

/** C strings of header names. A program uses few of them, so each is written once. */
export class HeaderNames {
  readonly #block: Block;
  readonly #library: Library;
  readonly #addresses = new Map<string, number>();
  #used = 0;
  /** Names that did not fit, kept until they have crossed. */
  #others: Block[] = [];

  constructor(library: Library) {
    this.#library = library;
    this.#block = library.block(maxNames * (maxNameBytes + 1));
  }

  /**
   * The address of a name.
   *
   * @throws {TypeError} if it cannot be one.
   */
  address(name: string): number {
    return this.#addresses.get(name) ?? this.#write(name);
  }

  #write(name: string): number {
    const encoded = encoder.encode(checkText(name, "header name"));
    const isKept = this.#addresses.size < maxNames && encoded.length <= maxNameBytes;
    const block = isKept ? this.#block : this.#library.block(encoded.length + 1);
    const start = isKept ? this.#used : 0;
    block.bytes.set(encoded, start);
    block.bytes[start + encoded.length] = 0;
    const address = block.address + start;
    if (isKept) {
      this.#used += encoded.length + 1;
      this.#addresses.set(name, address);
    } else {
      this.#others.push(block);
    }
    return address;
  }

  /** What was handed over needs no names any more. */
  clear(): void {
    if (this.#others.length > 0) this.#others = [];
  }
}

/** What is sent as a header. */
export type HeaderPair = readonly [name: string, value: MessageData | undefined];

/** Of a message without any. */
export const noHeaders: readonly HeaderPair[] = [];

/** Headers as pairs, each checked to be one. */
export function headerList(headers: HeadersLike): readonly HeaderPair[] {
  if (typeof headers !== "object") {
    throw new TypeError(`Cannot send ${describe(headers)} as headers: pairs or an object are wanted`);
  }
  const list = Array.isArray(headers)
    ? headers as readonly HeaderPair[]
    : Symbol.iterator in headers
    ? [...headers as Iterable<HeaderPair>]
    : Object.entries(headers as Readonly<Record<string, MessageData>>);
  for (let i = 0; i < list.length; i++) {
    const entry: unknown = list[i];
    if (!Array.isArray(entry)) {
      throw new TypeError(`Cannot send ${describe(entry)} among headers: pairs of a name and a value are wanted`);
    }
    if (typeof entry[0] !== "string") checkText(entry[0], "header name");
  }
  return list;
}
