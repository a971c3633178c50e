/** The adapter for Deno: `Deno.dlopen`, with every address passed as a bigint. */
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
  Runtime,
  Signature,
  Wake,
} from "./runtime.ts";
import { awayValues, keep, Turns } from "./away.ts";
import { closeDescriptor, missingFunction, openPipe, pin } from "./libc.ts";
import { BigintWords, newBlock } from "./words.ts";
import { socketWake } from "./socket_wake.ts";

/** The part of the `Deno` global that is used, so that other runtimes' type checks need no Deno typings. */
interface DenoGlobal {
  readonly version: { readonly deno: string };
  dlopen(path: string, symbols: Record<string, DenoSymbol>): { readonly symbols: Record<string, unknown> };
  readonly UnsafeCallback: new (
    definition: { readonly parameters: readonly string[]; readonly result: string },
    callback: (...args: never[]) => unknown,
  ) => { readonly pointer: object; close(): void };
  readonly UnsafePointer: { value(pointer: object): bigint };
}
interface DenoSymbol {
  name?: string;
  parameters: readonly string[];
  result: string;
  nonblocking?: boolean;
  optional?: boolean;
}

const deno = (): DenoGlobal => (globalThis as unknown as { Deno: DenoGlobal }).Deno;

// "pointer" would make objects and needs permission for all of FFI; "usize" passes bigints and a scoped permission is enough.
const types: Record<NativeType, string> = {
  void: "void",
  u8: "u8",
  i16: "i16",
  u16: "u16",
  i32: "i32",
  u32: "u32",
  i64: "i64",
  u64: "u64",
  size: "usize",
  ssize: "isize",
  pointer: "usize",
  f64: "f64",
};

/** Calls off the event loop that are made at a time: Deno has 32 threads for them, and reads files by the same ones. */
const maxAwayCalls = 8;

type AwayFunction = (...args: unknown[]) => Promise<unknown>;

class DenoLibrary extends BigintWords implements Library {
  readonly path: string;
  readonly runtime = "deno";
  readonly interface = "Deno.dlopen";
  readonly #addressOf: (bytes: Uint8Array<ArrayBuffer>) => Pointer;
  readonly #away = new Map<string, AwayFunction>();
  readonly #turns = new Turns(maxAwayCalls);

  constructor(path: string) {
    super();
    this.path = path;
    const { symbols } = deno().dlopen(path, {
      memcpy: { parameters: ["buffer", "buffer", "usize"], result: "usize" },
    });
    const copy = symbols["memcpy"] as (to: Uint8Array, from: Uint8Array, length: bigint) => Pointer;
    // Copying nothing returns the target's address, without the permission that Deno.UnsafePointer.of() asks for.
    this.#addressOf = (bytes) => copy(bytes, bytes, 0n);
  }

  bind<const Table extends Readonly<Record<string, Signature>>>(table: Table): NativeFunctions<Table> {
    const request: Record<string, DenoSymbol> = {};
    for (const [name, { parameters, result, since }] of Object.entries(table)) {
      request[name] = {
        parameters: parameters.map((type) => types[type]),
        result: types[result],
        optional: since !== undefined,
      };
    }
    const { symbols } = deno().dlopen(this.path, request);
    const bound: Record<string, unknown> = {};
    for (const [name, { since }] of Object.entries(table)) {
      bound[name] = symbols[name] ?? missingFunction(name, since, this.path);
    }
    return bound as NativeFunctions<Table>;
  }

  block(byteLength: number): Block {
    return newBlock(byteLength, this, this.#addressOf);
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
    let call = this.#away.get(name);
    if (call === undefined) {
      const { symbols } = deno().dlopen(this.path, {
        [name]: {
          parameters: signature.parameters.map((type) => types[type]),
          result: types[signature.result],
          nonblocking: true,
          optional: signature.since !== undefined,
        },
        // A nonblocking symbol that is missing is a function all the same; this one is null then.
        found: { name, parameters: [], result: "void", optional: signature.since !== undefined },
      });
      if (symbols["found"] === null) missingFunction(name, signature.since, this.path)();
      call = symbols[name] as AwayFunction;
      this.#away.set(name, call);
    }
    const bound = call;
    const value = await this.#turns.run(() => bound(...awayValues(args)));
    keep(args);
    return value as NativeValue<S["result"]>;
  }

  callback<const S extends Signature>(signature: S, callback: NativeFunction<S>): Callback {
    const { UnsafeCallback, UnsafePointer } = deno();
    const definition = { parameters: signature.parameters.map((type) => types[type]), result: types[signature.result] };
    let made: InstanceType<DenoGlobal["UnsafeCallback"]>;
    try {
      made = new UnsafeCallback(definition, callback);
    } catch (cause) {
      throw new Error("Cannot let C call back: Deno wants --allow-ffi for that, and not for single files only", {
        cause,
      });
    }
    return { pointer: BigInt(UnsafePointer.value(made.pointer)) as unknown as Pointer, close: () => made.close() };
  }
}

function open(path: string): Library {
  const library = new DenoLibrary(path);
  pin(library, process.platform);
  return library;
}

/** Deno as a {@link Runtime}. */
export function denoRuntime(): Runtime {
  return { name: "deno", version: deno().version.deno, open };
}
