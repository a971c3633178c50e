/** Putting a library into the cache folder: all of it or nothing, whoever else does the same. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cachedLibraryFolder, isLibraryFile } from "../../ffi/library.ts";
import { SetupError } from "./command.ts";

/** Which library: the name of its version folder, and what it runs on. */
export interface Target {
  readonly version: string;
  readonly platform: string;
  readonly arch: string;
}

/** The library's file if it is in its cache folder. */
export function installedFile({ version, platform, arch }: Target): string | undefined {
  const folder = cachedLibraryFolder(version, platform, arch);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return undefined;
  const file = readdirSync(folder).find((name) => isLibraryFile(name, platform));
  return file === undefined ? undefined : join(folder, file);
}

/**
 * Fills the target's folder. `produce` gets a temporary folder to work in and a function that takes the files; the
 * target's folder appears by a rename when it has returned.
 */
export async function installFiles(
  target: Target,
  produce: (work: string, into: (name: string, bytes: Uint8Array) => void) => Promise<void>,
): Promise<void> {
  const folder = cachedLibraryFolder(target.version, target.platform, target.arch);
  const libraries = dirname(dirname(folder));
  mkdirSync(libraries, { recursive: true });
  const temporary = mkdtempSync(join(libraries, "new-"));
  const ready = join(temporary, "ready");
  const work = join(temporary, "work");
  try {
    mkdirSync(ready);
    mkdirSync(work);
    const names: string[] = [];
    await produce(work, (name, bytes) => {
      writeFileSync(join(ready, name), bytes);
      names.push(name);
    });
    if (!names.some((name) => isLibraryFile(name, target.platform))) {
      throw new SetupError(`Cannot install librdkafka: it is not among ${JSON.stringify(names)}`);
    }
    chmodSync(ready, 0o755);
    // Somebody else may have been quicker: theirs is as good.
    if (installedFile(target) !== undefined) return;
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(ready, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Refuses bytes that do not have the pinned hash. */
export function checkHash(name: string, bytes: Uint8Array, sha256: string): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new SetupError(`Cannot use "${name}": its sha256 is ${found}, and ${sha256} is pinned`);
}
