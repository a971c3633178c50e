/** The adapter for Bun: `bun:ffi`, with every address passed as a number. */
import { existsSync } from "node:fs";
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
import type { BunFfi, BunGlobal, BunSocket, BunSymbol } from "./bun_types.ts";
import { awayValues, AwayWorkers, keep } from "./away.ts";
import { callOnThread, closeDescriptor, fitsThread, missingFunction, openSocketPair, pin } from "./libc.ts";
import { asNumbers, newBlock, NumberWords } from "./words.ts";

const bunFfi = (): BunFfi => process.getBuiltinModule("bun:ffi") as BunFfi;
const bun = (): BunGlobal => (globalThis as unknown as { Bun: BunGlobal }).Bun;

const types: Record<NativeType, string> = {
  void: "void",
  u8: "u8",
  i16: "i16",
  u16: "u16",
  i32: "i32",
  u32: "u32",
  i64: "i64_fast",
  u64: "u64_fast",
  size: "u64_fast",
  ssize: "i64_fast",
  pointer: "ptr",
  f64: "f64",
};

/** A result of type "ptr" is null for the null pointer; read as an integer it stays a number. */
const resultType = (type: NativeType): string => type === "pointer" ? "u64_fast" : types[type];

/** See {@link AwayWorkers}. */
const bindInWorker = `(path) => {
  const { dlopen } = process.getBuiltinModule("bun:ffi");
  return (name, args, returns) => dlopen(path, { [name]: { args, returns } }).symbols[name];
}`;

class BunLibrary extends NumberWords implements Library {
  readonly path: string;
  readonly runtime = "bun";
  readonly interface = "bun:ffi";
  #away: AwayWorkers | null = null;

  constructor(path: string) {
    super();
    this.path = path;
    // Bun would try the file's bare name then, and find another library of that name which is loaded already.
    if (path.includes("/") && !existsSync(path)) throw new Error("there is no such file");
    bunFfi().dlopen(path, { rd_kafka_version: { args: [], returns: "i32" } });
  }

  bind<const Table extends Readonly<Record<string, Signature>>>(table: Table): NativeFunctions<Table> {
    const { dlopen } = bunFfi();
    const required: Record<string, BunSymbol> = {};
    const bound: Record<string, unknown> = {};
    for (const [name, { parameters, result, since }] of Object.entries(table)) {
      const symbol = { args: parameters.map((type) => types[type]), returns: resultType(result) };
      if (since === undefined) {
        required[name] = symbol;
        continue;
      }
      // Bun binds all of a set or nothing, so each function that may be missing is a set of its own.
      try {
        bound[name] = dlopen(this.path, { [name]: symbol }).symbols[name];
      } catch {
        bound[name] = missingFunction(name, since, this.path);
      }
    }
    if (Object.keys(required).length > 0) Object.assign(bound, dlopen(this.path, required).symbols);
    return bound as NativeFunctions<Table>;
  }

  block(byteLength: number): Block {
    const { ptr } = bunFfi();
    return newBlock(byteLength, this, (bytes) => ptr(bytes) as unknown as Pointer);
  }

  wake(onWake: () => void): Wake {
    // A pipe could only be read as a stream, and the pending read of a stream keeps the process alive, whatever is wanted.
    const [readEnd, writeEnd] = openSocketPair(this, process.platform);
    let socket: BunSocket | undefined;
    let isWanted = false;
    let isClosed = false;
    const open = (opened: BunSocket): void => {
      socket = opened;
      if (isClosed) socket.terminate();
      else if (!isWanted) socket.unref();
    };
    void bun().connect({ fd: readEnd, socket: { open, data: onWake } });
    return {
      fd: writeEnd,
      ref() {
        isWanted = true;
        socket?.ref();
      },
      unref() {
        isWanted = false;
        socket?.unref();
      },
      close: () => {
        isClosed = true;
        closeDescriptor(this, writeEnd);
        socket?.terminate();
      },
    };
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
    const parameters = signature.parameters.map((type) => types[type]);
    const result = resultType(signature.result);
    const value = await this.#away.call({ name, parameters, result, args: values }, signature.since);
    keep(args);
    return value as NativeValue<S["result"]>;
  }

  callback<const S extends Signature>(signature: S, callback: NativeFunction<S>): Callback {
    const { JSCallback } = bunFfi();
    const call = callback as (...args: unknown[]) => unknown;
    const made = new JSCallback((...args) => call(...asNumbers(args)), {
      args: signature.parameters.map(resultType),
      returns: resultType(signature.result),
    });
    return { pointer: Number(made.ptr) as unknown as Pointer, close: () => made.close() };
  }
}

function open(path: string): Library {
  const library = new BunLibrary(path);
  pin(library, process.platform);
  return library;
}

/** Bun as a {@link Runtime}. */
export function bunRuntime(): Runtime {
  return { name: "bun", version: bun().version, open };
}
