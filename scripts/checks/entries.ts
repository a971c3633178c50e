/** The entries of the package: what a user may import, and the modules that they lead to. */
import { read } from "./source.ts";

/** One of them. */
export interface Entry {
  /** As a user writes it behind the package's name: `.`, `./sync`. */
  readonly name: string;
  /** The module, relative to the project's folder. */
  readonly file: string;
}

/** All entries, as `deno.json` names them. */
export function packageEntries(): Entry[] {
  const { exports } = JSON.parse(read("deno.json")) as { exports: Record<string, string> };
  return Object.entries(exports).map(([name, file]) => ({ name, file: file.replace(/^\.\//, "") }));
}
