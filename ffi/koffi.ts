/** The adapter for Node before 26: koffi from npm, with every address passed as a number. */
import { createRequire } from "node:module";
import { Socket } from "node:net";
import process from "node:process";
import type { Block, Library, NativeFunctions, NativeType, Pointer, Signature, Wake } from "./runtime.ts";
import type { Koffi, KoffiFunction } from "./node_types.ts";
import { closeDescriptor, missingFunction, openPipe } from "./libc.ts";
import { newBlock, NumberWords } from "./words.ts";
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

class KoffiLibrary extends NumberWords implements Library {
  readonly path: string;
  readonly runtime = "node";
  readonly interface = "koffi";
  readonly #library: ReturnType<Koffi["load"]>;
  readonly #addressOf: (bytes: Uint8Array<ArrayBuffer>) => Pointer;
  readonly #away = new Map<string, KoffiFunction>();

  constructor(koffi: Koffi, path: string) {
    super();
    this.path = path;
    this.#library = koffi.load(path);
    const copy = this.#library.func("memcpy", "uintptr_t", ["void *", "void *", "size_t"]);
    this.#addressOf = (bytes) => copy(bytes, bytes, 0) as Pointer;
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

  async callAway(name: string, argument: Pointer): Promise<void> {
    let call = this.#away.get(name);
    if (call === undefined) this.#away.set(name, call = this.#library.func(name, "void", ["uintptr_t"]));
    await new Promise<void>((resolve, reject) => {
      call.async(argument, (error: unknown) => error ? reject(error) : resolve());
    });
  }
}

/** Loads koffi, and returns what opens a library by it. */
export function koffiOpener(): (path: string) => Library {
  const koffi = loadKoffi();
  return (path) => new KoffiLibrary(koffi, path);
}
