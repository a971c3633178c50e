/** The two ways in which a runtime's calls take 64-bit values, as bigints or as numbers: what adapters are built on. */
import type { Block, Pointer, Word, Words } from "./runtime.ts";

const twoTo32 = 2 ** 32;

function unsafe(value: number | bigint): never {
  throw new RangeError(`Cannot represent ${value} as a number: it is beyond 2^53 - 1`);
}

// Reading the halves back from memory lets the optimizer keep the bigint unboxed; Number(value) does not.
const signed = new BigInt64Array(1);
const halves = new Int32Array(signed.buffer);

/**
 * For V8 (Deno, `node:ffi`). A bigint goes through a fast call unboxed, while a number above 2³¹ takes the slow path: 9 ns
 * against 170 ns for a `memcpy` on Deno 2.9.
 */
export class BigintWords implements Words {
  readonly nullPointer = 0n as unknown as Pointer;

  word(value: number): Word {
    return BigInt(value) as unknown as Word;
  }

  number(value: Word): number {
    signed[0] = value as unknown as bigint;
    const high = halves[1]!;
    if (high > 0x1fffff || high < -0x200000) unsafe(signed[0]!);
    return high * twoTo32 + (halves[0]! >>> 0);
  }

  nearest(value: Word): number {
    signed[0] = value as unknown as bigint;
    return halves[1]! * twoTo32 + (halves[0]! >>> 0);
  }

  isNull(pointer: Pointer): boolean {
    return (pointer as unknown as bigint) === 0n;
  }

  add(pointer: Pointer, bytes: number): Pointer {
    return BigInt.asUintN(64, (pointer as unknown as bigint) + BigInt(bytes)) as unknown as Pointer;
  }

  pointerAt(block: Block, index: number): Pointer {
    return block.u64[index] as unknown as Pointer;
  }
}

/** For Bun and koffi, which pass numbers and hand out numbers while they are safe integers. */
export class NumberWords implements Words {
  readonly nullPointer = 0 as unknown as Pointer;

  word(value: number): Word {
    return value as unknown as Word;
  }

  number(value: Word): number {
    const plain = value as unknown as number | bigint;
    if (typeof plain === "number") return plain;
    if (plain > Number.MAX_SAFE_INTEGER || plain < Number.MIN_SAFE_INTEGER) unsafe(plain);
    return Number(plain);
  }

  nearest(value: Word): number {
    const plain = value as unknown as number | bigint;
    // JavaScriptCore calls `Number` for what might be a bigint, which takes it 300 ns.
    return typeof plain === "number" ? plain : Number(plain);
  }

  isNull(pointer: Pointer): boolean {
    return (pointer as unknown as number) === 0;
  }

  add(pointer: Pointer, bytes: number): Pointer {
    return ((pointer as unknown as number) + bytes) as unknown as Pointer;
  }

  pointerAt(block: Block, index: number): Pointer {
    return (block.u32[2 * index]! + block.u32[2 * index + 1]! * twoTo32) as unknown as Pointer;
  }
}

/** What C passes to a function of ours, where 64-bit values are numbers: the interface may hand out bigints all the same. */
export function asNumbers(values: readonly unknown[]): unknown[] {
  return values.map((value) => typeof value === "bigint" ? Number(value) : value);
}

/**
 * A block around a new buffer. `addressOf` asks C for the buffer's address.
 *
 * The buffer is made as an ArrayBuffer of at least 4 KiB: engines keep small typed arrays inside the garbage-collected heap,
 * where they may move.
 */
export function newBlock(
  byteLength: number,
  words: Words,
  addressOf: (bytes: Uint8Array<ArrayBuffer>) => Pointer,
): Block {
  const buffer = new ArrayBuffer(Math.max(4096, Math.ceil(byteLength / 8) * 8));
  const bytes = new Uint8Array(buffer);
  const pointer = addressOf(bytes);
  return {
    bytes,
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    u64: new BigUint64Array(buffer),
    pointer,
    address: words.number(pointer as Word),
  };
}
