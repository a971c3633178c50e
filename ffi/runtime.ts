/**
 * The port: all that the client asks of a runtime's foreign function interface.
 *
 * Each adapter (`deno.ts`, `bun.ts`, `node_ffi.ts`, `koffi.ts`) implements it with the same functions in the same order, so
 * that two of them laid side by side show exactly what differs.
 */

/** The C types that occur in librdkafka's functions. `pointer` stands for every address: handles, strings, arrays. */
export type NativeType =
  | "void"
  | "u8"
  | "i16"
  | "u16"
  | "i32"
  | "u32"
  | "i64"
  | "u64"
  | "size"
  | "ssize"
  | "pointer"
  | "f64";

/** One C function: its types, and the librdkafka version that brought it if the floor does not have it. */
export interface Signature {
  readonly parameters: readonly NativeType[];
  readonly result: NativeType;
  readonly since?: string;
}

declare const wordBrand: unique symbol;
declare const pointerBrand: unique symbol;

/**
 * A 64-bit value as the runtime's calls want it: a bigint where V8 passes bigints in registers (Deno, `node:ffi`), a number
 * where the engine prefers those (Bun, koffi). Made and read with {@link Words} only.
 */
export interface Word {
  readonly [wordBrand]: true;
}

/** A {@link Word} that is an address. */
export interface Pointer extends Word {
  readonly [pointerBrand]: true;
}

/** What a {@link NativeType} is in TypeScript. */
export type NativeValue<T extends NativeType> = T extends "void" ? void
  : T extends "pointer" ? Pointer
  : T extends "i64" | "u64" | "size" | "ssize" ? Word
  : number;

type NativeArguments<P extends readonly NativeType[]> = { -readonly [I in keyof P]: NativeValue<P[I]> };

/** The arguments of a call off the event loop: a block stands for its address, and is kept until the call has returned. */
export type AwayArguments<P extends readonly NativeType[]> = {
  readonly [I in keyof P]: P[I] extends "pointer" ? Pointer | Block : NativeValue<P[I]>;
};

/** The TypeScript function that calls a C function with this signature. */
export type NativeFunction<S extends Signature> = (
  ...args: NativeArguments<S["parameters"]>
) => NativeValue<S["result"]>;

/** A function of ours that C can call. */
export interface Callback {
  /** For a call that takes a function's address. */
  readonly pointer: Pointer;
  /** Gives its memory back. C must not have the address any more. */
  close(): void;
}

/** A set of C functions by name. */
export type NativeFunctions<Table extends Readonly<Record<string, Signature>>> = {
  readonly [Name in keyof Table]: NativeFunction<Table[Name]>;
};

/** How 64-bit values are made, read and laid out in memory on this runtime. */
export interface Words {
  /** The null pointer. */
  readonly nullPointer: Pointer;
  /** A 64-bit argument from a safe integer. */
  word(value: number): Word;
  /** The value of a 64-bit result; exact up to 2⁵³, and {@link RangeError} beyond. */
  number(value: Word): number;
  /** The value of a signed 64-bit result, or the nearest number beyond 2⁵³: for what is only shown, and must not fail. */
  nearest(value: Word): number;
  isNull(pointer: Pointer): boolean;
  /** An address `bytes` further on. */
  add(pointer: Pointer, bytes: number): Pointer;
  /** The address stored in the 64-bit slot `index` of a block. */
  pointerAt(block: Block, index: number): Pointer;
}

/** Memory of ours that C may read and write: a JavaScript buffer with a known, fixed address. */
export interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  readonly u32: Uint32Array<ArrayBuffer>;
  readonly u64: BigUint64Array<ArrayBuffer>;
  /** Where `bytes` begins, for a call. */
  readonly pointer: Pointer;
  /** The same as a number, for arithmetic. */
  readonly address: number;
}

/** A pipe whose write end librdkafka is given, and whose read end wakes the event loop. */
export interface Wake {
  /** The write end's file descriptor. */
  readonly fd: number;
  /** Lets a pending wake-up keep the process alive. A new `Wake` does not. */
  ref(): void;
  /** Lets the process end although a wake-up may still come. */
  unref(): void;
  /** Closes both ends. librdkafka must have been told to forget the write end before. */
  close(): void;
}

/** A shared library that has been opened for good: it is never closed, since its threads may run to the very end. */
export interface Library extends Words {
  /** The path or name it was opened by. */
  readonly path: string;
  readonly runtime: RuntimeName;
  /** How it calls C, for people: `Deno.dlopen`, `bun:ffi`, `node:ffi`, `koffi`. */
  readonly interface: string;
  /** Binds the functions of a table. One that the library lacks throws when it is called, naming its `since`. */
  bind<const Table extends Readonly<Record<string, Signature>>>(table: Table): NativeFunctions<Table>;
  /** Allocates memory that C may use while the block is reachable from JavaScript. */
  block(byteLength: number): Block;
  /** Opens a {@link Wake}; `onWake` runs on the event loop after each time librdkafka has written to it. */
  wake(onWake: () => void): Wake;
  /**
   * Calls a C function on a thread that is not the event loop's, and settles with what it returned.
   *
   * The process lives until then, so a call that may take long should be one that C ends by itself after half a second or so.
   * What belongs to a thread, as `errno` does, is lost. What C writes to had better be C's own memory: a worker of the user's
   * that is terminated meanwhile takes its blocks with it.
   */
  callAway<const S extends Signature>(
    name: string,
    signature: S,
    args: AwayArguments<S["parameters"]>,
  ): Promise<NativeValue<S["result"]>>;
  /**
   * Makes a function that C can call, for the few things that librdkafka tells in no other way.
   *
   * Only a call that this very thread is making may call it, and it must not throw: on another thread, or with an error to
   * pass on, some runtimes stop both threads and others end the process. It may call C itself. While it exists it keeps no
   * process alive.
   *
   * @throws {Error} on Deno, where it needs the permission for all of FFI, and not only for the library's file.
   */
  callback<const S extends Signature>(signature: S, callback: NativeFunction<S>): Callback;
}

/** The runtimes with an adapter. */
export type RuntimeName = "deno" | "bun" | "node";

/** What an adapter exports: opening a library, which throws if it is not there. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly version: string;
  open(path: string): Library;
}
