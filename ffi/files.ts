/** Reads small files, by the runtime's own `node:fs`: for what a configuration names, where there is a file system at all. */
import type * as NodeFs from "node:fs";

/**
 * Gives the text of a file.
 *
 * @throws {Error} the runtime's, whose `code` says what is wrong (`ENOENT`), or one without it where there are no files.
 */
export function readTextFile(path: string): string {
  // A static import would end every program on a host without this module.
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const node = process?.getBuiltinModule?.("node:fs") as typeof NodeFs | undefined;
  if (node === undefined) throw new Error("Cannot read a file: this runtime has no node:fs");
  return node.readFileSync(path, "utf8");
}
