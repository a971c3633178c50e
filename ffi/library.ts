/** Where librdkafka may be: the places that are looked at, in their order, and what to say when none of them has it. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import process from "node:process";

/** The oldest librdkafka that is accepted: older ones can lose messages when they are consumed in batches. */
export const floor = { version: "2.8.0", hex: 0x020800ff } as const;

/** The librdkafka that `deno task setup` fetches; the cache folder's copy of it comes before any other version. */
export const pinnedVersion = "2.16.0";

/** A place that librdkafka may be loaded from. */
export interface Candidate {
  /** A path, or a name for the system's loader to search. Empty if this place has nothing to try. */
  readonly path: string;
  /** The place, for people. */
  readonly source: string;
  /** Why there is nothing to try. */
  readonly note?: string;
}

/** A candidate, and the error that loading it ended with. */
export interface Tried extends Candidate {
  readonly error?: unknown;
}

/** Where, and on what, to look. Only tests give more than `libraryPath`. */
export interface LibraryOptions {
  /** The user's own choice. With it, neither the environment nor the file system is touched. */
  readonly libraryPath?: string | undefined;
  readonly platform?: string;
  readonly arch?: string;
}

/**
 * The places to load librdkafka from, best first: `libraryPath`; `LIBRDKAFKA_PATH`; an installed npm package for the
 * platform; the cache folder; the system.
 *
 * Whoever names a library, by option or by environment, gets that one or an error: then it is the only candidate. A source
 * that the runtime gives no permission for is listed with a note, and the search goes on.
 */
export function libraryCandidates(options: LibraryOptions = {}): Candidate[] {
  const { libraryPath, platform = process.platform, arch = process.arch } = options;
  if (libraryPath !== undefined) {
    // dlopen("") would succeed: it is the program itself.
    if (libraryPath === "") throw new TypeError('Cannot use "" as libraryPath: it must be a path or a library name');
    return [{ path: libraryPath, source: "the libraryPath option" }];
  }
  const named = fromEnvironment();
  if (named.path !== "") return [named];
  return [named, fromPackage(platform, arch), ...fromCache(platform, arch), ...fromSystem(platform)];
}

/**
 * What to say when no candidate could be loaded.
 *
 * @param tried Every candidate in order; those with a path carry the error that loading them ended with.
 */
export function notFoundMessage(tried: readonly Tried[]): string {
  const [only] = tried;
  if (tried.length === 1 && only !== undefined) {
    return `Cannot load librdkafka from "${only.path}", named by ${only.source}: ${reason(only)}`;
  }
  const places = tried.map((each) => `  ${each.source}${each.path && ` "${each.path}"`}: ${reason(each)}\n`);
  return `Cannot find librdkafka; tried in order\n${places.join("")}${advice}`;
}

/** What to say of a library below the {@link floor}. */
export function tooOldMessage(path: string, version: string): string {
  return `Cannot use librdkafka ${version} from "${path}": ${floor.version} or later is needed\n${advice}`;
}

const advice = 'Run "deno task setup" in a checkout of kafka-ffi to fetch the library, or install librdkafka ' +
  `${floor.version} or later (Homebrew: brew install librdkafka; Alpine: apk add librdkafka) and name its file in ` +
  "LIBRDKAFKA_PATH or the libraryPath option";

/** The folder for what is fetched rather than installed: `kafka-ffi` below the user's cache folder. */
export function cacheFolder(): string {
  const { env, platform } = process;
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg && isAbsolute(xdg)) return join(xdg, "kafka-ffi");
  if (platform === "win32" && env["LOCALAPPDATA"]) return join(env["LOCALAPPDATA"], "kafka-ffi");
  const home = env["HOME"] || homedir();
  return platform === "darwin" ? join(home, "Library", "Caches", "kafka-ffi") : join(home, ".cache", "kafka-ffi");
}

/** The folder inside {@link cacheFolder} for one version of the library on one platform. */
export function cachedLibraryFolder(version: string, platform: string, arch: string): string {
  return join(cacheFolder(), "librdkafka", version, `${platform}-${arch}`);
}

/** The library's file name in the cache folder and in our npm packages. On Windows the wheel's own name is kept. */
export function isLibraryFile(name: string, platform: string): boolean {
  if (platform === "win32") return /^librdkafka.*\.dll$/.test(name);
  return name === libraryFile(platform);
}

function libraryFile(platform: string): string {
  if (platform === "win32") return "librdkafka.dll";
  return platform === "darwin" ? "librdkafka.1.dylib" : "librdkafka.so.1";
}

function fromEnvironment(): Candidate {
  const source = "the environment variable LIBRDKAFKA_PATH";
  try {
    const path = process.env["LIBRDKAFKA_PATH"];
    return path ? { path, source } : { path: "", source, note: "not set" };
  } catch (error) {
    return notLookedAt(source, error);
  }
}

function fromPackage(platform: string, arch: string): Candidate {
  const name = `@kafka-ffi/librdkafka-${platform}-${arch}`;
  const source = `the npm package ${name}`;
  // Code that was loaded from a web address has no node_modules.
  if (!import.meta.url.startsWith("file:")) return { path: "", source, note: "not installed" };
  try {
    return { path: createRequire(import.meta.url).resolve(`${name}/${libraryFile(platform)}`), source };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "MODULE_NOT_FOUND") return { path: "", source, note: "not installed" };
    return notLookedAt(source, error);
  }
}

function fromCache(platform: string, arch: string): Candidate[] {
  let source = "the cache folder";
  try {
    const versions = join(cacheFolder(), "librdkafka");
    source += ` "${versions}"`;
    const found = namesIn(versions).sort(newestFirst).flatMap((version) => {
      const folder = cachedLibraryFolder(version, platform, arch);
      const file = namesIn(folder).find((name) => isLibraryFile(name, platform));
      return file === undefined ? [] : [{ path: join(folder, file), source: "the cache folder" }];
    });
    return found.length > 0 ? found : [{ path: "", source, note: "nothing there" }];
  } catch (error) {
    return [notLookedAt(source, error)];
  }
}

function fromSystem(platform: string): Candidate[] {
  const source = "the system";
  const names = platform === "win32"
    ? ["librdkafka.dll", "rdkafka.dll"]
    : platform === "darwin"
    ? ["librdkafka.1.dylib", "/opt/homebrew/lib/librdkafka.1.dylib", "/usr/local/lib/librdkafka.1.dylib"]
    : ["librdkafka.so.1", "/usr/local/lib/librdkafka.so.1"];
  return names.map((path) => ({ path, source }));
}

/** The names in a folder; none if there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

/** Orders version folders: the pinned one, then by number downwards. */
function newestFirst(a: string, b: string): number {
  if (a === pinnedVersion) return -1;
  if (b === pinnedVersion) return 1;
  return b.localeCompare(a, "en", { numeric: true });
}

/** A source that could not be looked at. Anything but a refused permission is unexpected, and told in full. */
function notLookedAt(source: string, error: unknown): Candidate {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  const refused = name === "NotCapable" || code === "ERR_ACCESS_DENIED" || code === "EACCES" || code === "EPERM";
  return { path: "", source, note: refused ? "not looked at: no permission" : `not looked at: ${message ?? error}` };
}

function reason({ note, error }: Tried): string {
  if (note !== undefined) return note;
  return error instanceof Error ? error.message : String(error ?? "not tried");
}
