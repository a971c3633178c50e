/** Copies of many structs that librdkafka has allocated one by one, made with few calls. */
import type { Block, Pointer } from "../../ffi/mod.ts";
import type { Native } from "./native.ts";

const twoTo32 = 2 ** 32;

/**
 * Structs whose addresses are not further apart than this are copied with what lies between. librdkafka makes its messages in
 * a row and the allocator puts them side by side, so a thousand are usually one copy.
 *
 * Bytes between two live allocations less than a page apart are on the pages of the one or the other, and so can be read.
 */
const maxDistance = 512;

/** Gathers up to `capacity` structs of one size at a time. */
export class Gatherer {
  readonly #native: Native;
  readonly #size: number;
  /** The addresses to gather from, for C to fill. */
  readonly pointers: Block;
  /** The copies. */
  readonly records: Block;
  /** Where in {@link records} each struct begins, in units of 4 bytes. */
  readonly at: Int32Array;

  constructor(native: Native, capacity: number, size: number) {
    const { library } = native;
    this.#native = native;
    this.#size = size;
    this.pointers = library.block(capacity * 8);
    this.records = library.block(capacity * Math.max(size, maxDistance) + size);
    this.at = new Int32Array(capacity);
  }

  /** Copies the structs that the first `count` pointers point to. */
  gather(count: number): void {
    const { u32 } = this.pointers;
    const { at } = this;
    const size = this.#size;
    let first = 0;
    let target = 0;
    let start = 0;
    let last = -1;
    for (let i = 0; i < count; i++) {
      const address = u32[2 * i]! + u32[2 * i + 1]! * twoTo32;
      const distance = address - last;
      if (last < 0 || distance < size || distance > maxDistance) {
        if (i > 0) target = this.#copy(first, target, last - start + size);
        first = i;
        start = address;
      }
      at[i] = (target + address - start) >> 2;
      last = address;
    }
    if (count > 0) this.#copy(first, target, last - start + size);
  }

  /** Copies a run that begins with a struct, and returns where the next may be put. */
  #copy(first: number, target: number, length: number): number {
    const { c, library } = this.#native;
    c.memcpy(
      library.add(this.records.pointer, target),
      library.pointerAt(this.pointers, first),
      library.word(length),
    );
    return (target + length + 7) & ~7;
  }

  /** The address that the pointer field at `offset` of a struct holds. */
  pointerIn(record: number, offset: number): Pointer {
    return this.#native.library.pointerAt(this.records, (this.at[record]! + offset / 4) >> 1);
  }
}
