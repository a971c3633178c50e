/** The adapter for Node before 26: koffi from npm, with every address passed as a number. */
import { createRequire } from "node:module";
import { Socket } from "node:net";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
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
import type { Koffi, KoffiFunction, KoffiType } from "./node_types.ts";
import { awayValues, keep, Turns } from "./away.ts";
import { closeDescriptor, exitNow, missingFunction, openPipe } from "./libc.ts";
import { endWithoutWaiting } from "./node_exit.ts";
import { asNumbers, newBlock, NumberWords } from "./words.ts";
import { socketWake } from "./socket_wake.ts";

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch (cause) {
    throw new Error(
      `Cannot call C on Node ${process.versions.node}: it has no node:ffi, and the package "koffi" is not installed; run "npm install koffi"`,
      { cause },
    );
  }
}

const types: Record<NativeType, string> = {
  void: "void",
  u8: "uint8_t",
  i16: "int16_t",
  u16: "uint16_t",
  i32: "int32_t",
  u32: "uint32_t",
  i64: "int64_t",
  u64: "uint64_t",
  size: "size_t",
  ssize: "intptr_t",
  pointer: "uintptr_t",
  f64: "double",
};

/** Calls off the event loop that are made at a time: Node has four threads for them, and reads files by the same ones. */
const maxAwayCalls = 3;

class KoffiLibrary extends NumberWords implements Library {
  readonly path: string;
  readonly runtime = "node";
  readonly interface = "koffi";
  readonly #koffi: Koffi;
  readonly #library: ReturnType<Koffi["load"]>;
  /** By their text: koffi keeps each type that it makes. */
  readonly #callbackTypes = new Map<string, KoffiType>();
  readonly #addressOf: (bytes: Uint8Array<ArrayBuffer>) => Pointer;
  readonly #away = new Map<string, KoffiFunction>();
  readonly #turns = new Turns(maxAwayCalls);

  constructor(koffi: Koffi, path: string) {
    super();
    this.path = path;
    this.#koffi = koffi;
    this.#library = koffi.load(path);
    const copy = this.#library.func("memcpy", "uintptr_t", ["void *", "void *", "size_t"]);
    this.#addressOf = (bytes) => copy(bytes, bytes, 0) as Pointer;
    if (isMainThread) endWithoutWaiting(() => this.#turns.isBusy, (code) => exitNow(this, code));
  }

  bind<const Table extends Readonly<Record<string, Signature>>>(table: Table): NativeFunctions<Table> {
    const bound: Record<string, unknown> = {};
    for (const [name, { parameters, result, since }] of Object.entries(table)) {
      try {
        bound[name] = this.#library.func(name, types[result], parameters.map((type) => types[type]));
      } catch (error) {
        if (since === undefined) throw error;
        bound[name] = missingFunction(name, since, this.path);
      }
    }
    return bound as NativeFunctions<Table>;
  }

  block(byteLength: number): Block {
    return newBlock(byteLength, this, this.#addressOf);
  }

  wake(onWake: () => void): Wake {
    const [readEnd, writeEnd] = openPipe(this, process.platform);
    return socketWake(Socket, readEnd, writeEnd, onWake, () => closeDescriptor(this, writeEnd));
  }

  async callAway<const S extends Signature>(
    name: string,
    signature: S,
    args: AwayArguments<S["parameters"]>,
  ): Promise<NativeValue<S["result"]>> {
    let call = this.#away.get(name);
    if (call === undefined) {
      const bound = this.bind({ [name]: signature })[name] as unknown as KoffiFunction & { readonly async?: unknown };
      // What stands for a function that the library lacks has no such twin, and throws.
      if (bound.async === undefined) bound();
      this.#away.set(name, call = bound);
    }
    const { async: callAsync } = call;
    const value = await this.#turns.run(() =>
      new Promise((resolve, reject) => {
        callAsync(...awayValues(args), (error: unknown, value: unknown) => error ? reject(error) : resolve(value));
      })
    );
    keep(args);
    return value as NativeValue<S["result"]>;
  }

  callback<const S extends Signature>(signature: S, callback: NativeFunction<S>): Callback {
    const parameters = signature.parameters.map((type) => types[type]);
    const key = `${signature.result} (${parameters.join()})`;
    let type = this.#callbackTypes.get(key);
    if (type === undefined) {
      type = this.#koffi.pointer(this.#koffi.proto(types[signature.result], parameters));
      this.#callbackTypes.set(key, type);
    }
    const call = callback as (...args: unknown[]) => unknown;
    const made = this.#koffi.register((...args) => call(...asNumbers(args)), type);
    return {
      pointer: Number(this.#koffi.address(made)) as unknown as Pointer,
      close: () => this.#koffi.unregister(made),
    };
  }
}

/** Loads koffi, and returns what opens a library by it. */
export function koffiOpener(): (path: string) => Library {
  const koffi = loadKoffi();
  return (path) => new KoffiLibrary(koffi, path);
}
