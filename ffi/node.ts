/** Node: `node:ffi` where the runtime has it (26.1 and later), else koffi from npm. */
import process from "node:process";
import type { Library, Runtime } from "./runtime.ts";
import { hasNodeFfi, openNodeFfi } from "./node_ffi.ts";
import { koffiOpener } from "./koffi.ts";
import { pin } from "./libc.ts";

/**
 * Node as a {@link Runtime}.
 *
 * @throws {Error} if this Node can call C by neither.
 */
export function nodeRuntime(): Runtime {
  const open = hasNodeFfi() ? openNodeFfi : koffiOpener();
  return {
    name: "node",
    version: process.versions.node,
    open(path: string): Library {
      const library = open(path);
      pin(library, process.platform);
      return library;
    },
  };
}
