/** The door of this room: chooses the adapter of the runtime that is running, and opens librdkafka with it. */
import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import { nodeRuntime } from "./node.ts";
import { floor, libraryCandidates, notFoundMessage, tooOldMessage, type Tried } from "./library.ts";
import type { Library, Runtime } from "./runtime.ts";

export * as constants from "./constants.ts";
export * as layout from "./layout.ts";
export { type Libc, libc } from "./libc.ts";
export type {
  AwayArguments,
  Block,
  Callback,
  Library,
  NativeFunctions,
  NativeValue,
  Pointer,
  Runtime,
  RuntimeName,
  Signature,
  Wake,
  Word,
} from "./runtime.ts";
export { symbols } from "./symbols.ts";

/** An opened library and where it was found. */
export interface OpenedLibrary {
  readonly library: Library;
  readonly source: string;
}

/** The runtime that is running. */
export function currentRuntime(): Runtime {
  const globals = globalThis as { Bun?: unknown; Deno?: { dlopen?: unknown } };
  if (globals.Bun !== undefined) return bunRuntime();
  if (typeof globals.Deno?.dlopen === "function") return denoRuntime();
  return nodeRuntime();
}

/**
 * Opens the first librdkafka that is found, or the one that was named.
 *
 * @throws {Error} if none can be opened that is new enough, with every place that was tried.
 */
export function openLibrary(libraryPath?: string, runtime: Runtime = currentRuntime()): OpenedLibrary {
  const tried: Tried[] = [];
  const candidates = libraryCandidates({ libraryPath });
  for (const candidate of candidates) {
    if (candidate.path === "") {
      tried.push(candidate);
      continue;
    }
    let library: Library;
    let version: number;
    try {
      library = runtime.open(candidate.path);
      // A library of another kind opens, and has no such function.
      version = library.bind({ rd_kafka_version: { parameters: [], result: "i32" } }).rd_kafka_version();
    } catch (error) {
      tried.push({ ...candidate, error });
      continue;
    }
    if (version >= floor.hex) return { library, source: candidate.source };
    // One that was named is the only candidate. Among several, a later place may have a newer one.
    if (candidates.length === 1) throw new Error(tooOldMessage(candidate.path, versionText(version)));
    tried.push({ ...candidate, note: `it is ${versionText(version)}, and ${floor.version} or later is needed` });
  }
  throw new Error(notFoundMessage(tried));
}

/** `2.8.0` from `0x020800ff`. */
function versionText(version: number): string {
  return [version >>> 24, (version >>> 16) & 0xff, (version >>> 8) & 0xff].join(".");
}
