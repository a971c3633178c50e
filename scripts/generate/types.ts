/** Maps C types to the native types of `ffi/runtime.ts`, and to their size and alignment on 64-bit Unix systems. */
import type { CHeader } from "./c_header.ts";

const scalars = new Map([
  ["void", { native: "void", size: 0 }],
  ["char", { native: "u8", size: 1 }],
  ["int", { native: "i32", size: 4 }],
  ["int16_t", { native: "i16", size: 2 }],
  ["uint16_t", { native: "u16", size: 2 }],
  ["int32_t", { native: "i32", size: 4 }],
  ["int64_t", { native: "i64", size: 8 }],
  ["size_t", { native: "size", size: 8 }],
  ["ssize_t", { native: "ssize", size: 8 }],
]);

const pointer = { native: "pointer", size: 8 };

/** The native type of a C type and its bytes, which are also its alignment. Throws for a type it does not know. */
export function typeOf(header: CHeader, type: string): { readonly native: string; readonly size: number } {
  if (type.includes("*")) return pointer;
  const plain = type.replaceAll(/\bconst\b/g, "").trim();
  const known = scalars.get(plain);
  if (known !== undefined) return known;
  if (header.enums.some((each) => each.name === plain)) return scalars.get("int")!;
  const alias = header.typedefs.get(plain);
  if (alias === undefined) throw new Error(`Cannot map the C type "${type}"`);
  return typeOf(header, alias);
}
