/** The adapter for Node 26 and later: `node:ffi`, with every address passed as a bigint. */
import type { Socket } from "node:net";
import process from "node:process";
import type {
  AwayArguments,
  Block,
  Callback,
  Library,
  NativeFunction,
  NativeFunctions,
  NativeType,
  NativeValue,
  Pointer,
  Signature,
  Wake,
} from "./runtime.ts";
import type { NodeDynamicLibrary, NodeFfi } from "./node_types.ts";
import { awayValues, AwayWorkers, keep } from "./away.ts";
import { callOnThread, closeDescriptor, exitNow, fitsThread, missingFunction, openPipe } from "./libc.ts";
import { endWithoutTeardown, endWithoutWaiting } from "./node_exit.ts";
import { BigintWords, newBlock } from "./words.ts";
import { socketWake } from "./socket_wake.ts";

/**
 * The module, or undefined where this Node has none. Asking for it prints Node's own warning that it is experimental; that
 * warning is left to Node and its `--disable-warning` option.
 */
const nodeFfi = (): NodeFfi | undefined => process.getBuiltinModule?.("node:ffi") as unknown as NodeFfi | undefined;

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
 * What the compiler is told where that is allowed. A call whose 64-bit parameters are all of type "pointer" takes 7 ns, and one
 * with a "uint64" among them 100, since its arguments are then checked in JavaScript; the registers and the bigints are the same.
 */
const fastTypes: Record<NativeType, string> = {
  ...types,
  u64: "pointer",
  i64: "pointer",
  size: "pointer",
  ssize: "pointer",
};
const fastParameters: Record<NativeType, string> = { ...fastTypes, i64: "int64", ssize: "int64" };

/**
 * A worker's environment is taken apart whenever it ends, and that must not meet the compiler (see `node_exit.ts`). Functions
 * with a parameter of type "function" are not described to it, and take the same addresses: 145 ns a `memcpy` instead of 110.
 */
const workerTypes: Record<NativeType, string> = { ...types, pointer: "function" };

/** See {@link AwayWorkers}. Node's warning was printed when the module was first asked for, by the thread that asked. */
const bindInWorker = `(path) => {
  process.removeAllListeners("warning");
  const library = new (process.getBuiltinModule("node:ffi").DynamicLibrary)(path);
  return (name, parameters, result) => library.getFunction(name, { arguments: parameters, return: result });
}`;

class NodeFfiLibrary extends BigintWords implements Library {
  readonly path: string;
  readonly runtime = "node";
  readonly interface = "node:ffi";
  readonly #ffi: NodeFfi;
  readonly #library: NodeDynamicLibrary;
  readonly #parameters: Record<NativeType, string>;
  readonly #results: Record<NativeType, string>;
  #away: AwayWorkers | null = null;

  constructor(path: string) {
    super();
    this.path = path;
    const ffi = nodeFfi();
    if (ffi === undefined) throw new Error("Cannot use node:ffi: this Node does not have it");
    this.#ffi = ffi;
    this.#library = new ffi.DynamicLibrary(path);
    const { isMainThread } = process.getBuiltinModule("node:worker_threads") as { isMainThread: boolean };
    this.#parameters = isMainThread ? fastParameters : workerTypes;
    this.#results = isMainThread ? fastTypes : types;
    if (isMainThread) endWithoutTeardown();
    if (isMainThread) endWithoutWaiting(() => this.#away?.isBusy === true, (code) => exitNow(this, code));
  }

  bind<const Table extends Readonly<Record<string, Signature>>>(table: Table): NativeFunctions<Table> {
    const bound: Record<string, unknown> = {};
    for (const [name, { parameters, result, since }] of Object.entries(table)) {
      const signature = { arguments: parameters.map((type) => this.#parameters[type]), return: this.#results[result] };
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

  async callAway<const S extends Signature>(
    name: string,
    signature: S,
    args: AwayArguments<S["parameters"]>,
  ): Promise<NativeValue<S["result"]>> {
    const values = awayValues(args);
    if (fitsThread(signature, process.platform)) {
      return await callOnThread(this, name, values[0] as Pointer) as NativeValue<S["result"]>;
    }
    this.#away ??= new AwayWorkers(this.path, bindInWorker);
    const parameters = signature.parameters.map((type) => workerTypes[type]);
    const result = workerTypes[signature.result];
    const value = await this.#away.call({ name, parameters, result, args: values }, signature.since);
    keep(args);
    return value as NativeValue<S["result"]>;
  }

  callback<const S extends Signature>(signature: S, callback: NativeFunction<S>): Callback {
    const definition = { arguments: signature.parameters.map((type) => types[type]), return: types[signature.result] };
    const pointer = this.#library.registerCallback(definition, callback);
    return { pointer: pointer as unknown as Pointer, close: () => this.#library.unregisterCallback(pointer) };
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
