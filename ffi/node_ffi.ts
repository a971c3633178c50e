/** The adapter for Node 26 and later: `node:ffi`, with every address passed as a bigint. */
import type { Socket } from "node:net";
import process from "node:process";
import type { Block, Library, NativeFunctions, NativeType, Pointer, Signature, Wake } from "./runtime.ts";
import type { NodeDynamicLibrary, NodeFfi } from "./node_types.ts";
import { callOnThread, closeDescriptor, missingFunction, openPipe } from "./libc.ts";
import { endWithoutTeardown } from "./node_exit.ts";
import { BigintWords, newBlock } from "./words.ts";
import { socketWake } from "./socket_wake.ts";

/**
 * The module, or undefined where this Node has none. Asking for it prints Node's own warning that it is experimental; that
 * warning is left to Node and its `--disable-warning` option.
 */
const nodeFfi = (): NodeFfi | undefined => process.getBuiltinModule?.("node:ffi") as NodeFfi | undefined;

const types: Record<NativeType, string> = {
  void: "void",
  u8: "uint8",
  i16: "int16",
  u16: "uint16",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
  size: "uint64",
  ssize: "int64",
  pointer: "pointer",
  f64: "double",
};

/**
 * A worker's environment is taken apart whenever it ends, and that must not meet the compiler (see `node_exit.ts`). Functions
 * with a parameter of type "function" are not described to it, and take the same addresses: 145 ns a `memcpy` instead of 110.
 */
const workerTypes: Record<NativeType, string> = { ...types, pointer: "function" };

class NodeFfiLibrary extends BigintWords implements Library {
  readonly path: string;
  readonly runtime = "node";
  readonly interface = "node:ffi";
  readonly #ffi: NodeFfi;
  readonly #library: NodeDynamicLibrary;
  readonly #types: Record<NativeType, string>;

  constructor(path: string) {
    super();
    this.path = path;
    const ffi = nodeFfi();
    if (ffi === undefined) throw new Error("Cannot use node:ffi: this Node does not have it");
    this.#ffi = ffi;
    this.#library = new ffi.DynamicLibrary(path);
    const { isMainThread } = process.getBuiltinModule("node:worker_threads") as { isMainThread: boolean };
    this.#types = isMainThread ? types : workerTypes;
    if (isMainThread) endWithoutTeardown();
  }

  bind<const Table extends Readonly<Record<string, Signature>>>(table: Table): NativeFunctions<Table> {
    const bound: Record<string, unknown> = {};
    for (const [name, { parameters, result, since }] of Object.entries(table)) {
      const signature = { arguments: parameters.map((type) => this.#types[type]), return: this.#types[result] };
      try {
        bound[name] = this.#library.getFunction(name, signature);
      } catch (error) {
        if (since === undefined) throw error;
        bound[name] = missingFunction(name, since, this.path);
      }
    }
    return bound as NativeFunctions<Table>;
  }

  block(byteLength: number): Block {
    return newBlock(byteLength, this, (bytes) => this.#ffi.getRawPointer(bytes) as unknown as Pointer);
  }

  wake(onWake: () => void): Wake {
    const { Socket: SocketClass } = process.getBuiltinModule("node:net") as { Socket: typeof Socket };
    const [readEnd, writeEnd] = openPipe(this, process.platform);
    return socketWake(SocketClass, readEnd, writeEnd, onWake, () => closeDescriptor(this, writeEnd));
  }

  async callAway(name: string, argument: Pointer): Promise<void> {
    await callOnThread(this, process.platform, name, argument);
  }
}

/** Whether this Node has `node:ffi`. */
export function hasNodeFfi(): boolean {
  const builtin = process.getBuiltinModule as typeof process.getBuiltinModule | undefined;
  return builtin !== undefined && Number(process.versions.node.split(".")[0]) >= 26 && nodeFfi() !== undefined;
}

/** Opens a library by `node:ffi`. */
export function openNodeFfi(path: string): Library {
  return new NodeFfiLibrary(path);
}
