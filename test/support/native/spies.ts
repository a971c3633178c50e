/** C functions that a test watches. */
import { openNative } from "../../../src/native/native.ts";
import type { Functions } from "../../../src/native/functions.ts";

/** Puts functions of a test's own between the client and C while `run` runs; each is given the one that it replaces. */
export async function withSpies<T>(
  spies: { readonly [Name in keyof Functions]?: (original: Functions[Name]) => Functions[Name] },
  run: () => Promise<T>,
): Promise<T> {
  const c = openNative().c as unknown as Record<string, unknown>;
  const originals = Object.keys(spies).map((name) => [name, c[name]] as const);
  for (const [name, original] of originals) {
    c[name] = (spies as Record<string, (original: unknown) => unknown>)[name]!(original);
  }
  try {
    return await run();
  } finally {
    for (const [name, original] of originals) c[name] = original;
  }
}
