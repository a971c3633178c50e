/** The part of Bun that the adapter uses. No module here may name `bun:ffi`, not even in a type: dnt cannot build it. */

/** A symbol as `bun:ffi` wants it described. */
export interface BunSymbol {
  readonly args: readonly string[];
  readonly returns: string;
}

/** What is used of the module `bun:ffi`. */
export interface BunFfi {
  dlopen(path: string, symbols: Record<string, BunSymbol>): { readonly symbols: Record<string, unknown> };
  ptr(view: Uint8Array<ArrayBuffer>): number;
  readonly JSCallback: new (
    callback: (...args: unknown[]) => unknown,
    definition: BunSymbol,
  ) => { readonly ptr: number | bigint; close(): void };
}

/** What is used of the `Bun` global. */
export interface BunGlobal {
  readonly version: string;
  connect(options: {
    fd: number;
    socket: { open(socket: BunSocket): void; data(): void };
  }): Promise<unknown>;
}

/** What is used of a socket that Bun has opened. */
export interface BunSocket {
  ref(): void;
  unref(): void;
  terminate(): void;
}
