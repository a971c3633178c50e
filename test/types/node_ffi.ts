/**
 * Compiles only if the typings of `node:ffi` fit the interfaces of `ffi/node_types.ts`. The names of C types are plain
 * strings there; a wrong one fails when the library is opened.
 */
import type * as nodeFfi from "node:ffi";
import type { NodeDynamicLibrary, NodeFfi } from "../../ffi/node_types.ts";

declare const real: typeof nodeFfi;

export const pointer: NodeFfi["getRawPointer"] = real.getRawPointer;
export const library: InstanceType<typeof nodeFfi.DynamicLibrary> = new real.DynamicLibrary("library");
export const found: ReturnType<NodeDynamicLibrary["getFunction"]> = library.getFunction("f", {
  arguments: ["pointer"],
  return: "int32",
});
export const callback: ReturnType<NodeDynamicLibrary["registerCallback"]> = library.registerCallback(
  { arguments: ["pointer"], return: "void" },
  () => {},
);
export const unregister: NodeDynamicLibrary["unregisterCallback"] = (pointer: bigint): void =>
  library.unregisterCallback(pointer);
