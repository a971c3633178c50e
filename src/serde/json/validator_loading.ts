/** Loads the validator when it is needed. The blocking serdes have a file of their own in its place, for that takes a promise. */
import type { Validators } from "./validator.ts";

/** Loads it, and the package that it is made of. */
export async function loadValidators(): Promise<Validators> {
  const { Validators } = await import("./validator.ts");
  return new Validators();
}
