// @ts-check
/**
 * Opens a wake-up and leaves it as it is told; then there is nothing else to do.
 *
 *     wake.mjs <address of mod> <address of testing> new | ref | unref
 */
import process from "node:process";

const [mod = "", , state] = process.argv.slice(2);
const { openLibrary } = await import(new URL(mod.endsWith(".js") ? "ffi/mod.js" : "ffi/mod.ts", mod).href);
const wake = openLibrary().library.wake(() => {});
if (state !== "new") wake.ref();
if (state === "unref") wake.unref();
console.log("ready");
