/** What the storeys above may know of C: addresses to pass on, and the constants that go with them. */
export { constants, type Pointer, type Wake } from "../../ffi/mod.ts";
