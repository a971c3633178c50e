/** Compiles only if koffi's own typings fit the interfaces of `ffi/node_types.ts`. */
import type * as koffi from "koffi";
import type { Koffi } from "../../ffi/node_types.ts";

declare const real: typeof koffi;
export const ffi: Koffi = real;
