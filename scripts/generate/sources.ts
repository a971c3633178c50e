/** Fetches the librdkafka headers that the generator reads, out of a pinned npm package, into the user's cache. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { cacheFolder } from "../../ffi/library.ts";
import { sourceTarball } from "../pins.ts";
import { checkHash } from "../setup/install.ts";

/** The texts that everything generated is made from. */
export interface Sources {
  /** librdkafka's version, as in `2.15.1`. */
  readonly version: string;
  readonly header: string;
  readonly mockHeader: string;
  readonly configuration: string;
  readonly statistics: string;
}

const paths = {
  header: `${sourceTarball.folder}/src/rdkafka.h`,
  mockHeader: `${sourceTarball.folder}/src/rdkafka_mock.h`,
  configuration: `${sourceTarball.folder}/CONFIGURATION.md`,
  statistics: `${sourceTarball.folder}/STATISTICS.md`,
} as const;

/** The folder in which downloads are kept between runs; it is never inside the working tree. */
export function sourcesFolder(): string {
  const folder = join(cacheFolder(), "sources");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs a program to its end and returns what it printed; throws with its errors if it failed. */
export function run(program: string, args: readonly string[], cwd?: string): string {
  const done = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (done.error !== undefined) throw new Error(`Cannot run ${program}`, { cause: done.error });
  if (done.status !== 0) throw new Error(`${program} ${args[0] ?? ""} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
}

/** Moves a download to its place in one step, so that a broken run leaves nothing half written there. */
export function download(target: string, fetchInto: (folder: string) => string): void {
  if (existsSync(target)) return;
  const folder = mkdtempSync(`${target}.`);
  try {
    renameSync(join(folder, fetchInto(folder)), target);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Reads the pinned headers, downloading their package first if it is not in the cache. */
export function readSources(): Sources {
  const { name, version, sha256, librdkafka } = sourceTarball;
  const target = join(sourcesFolder(), `${name.replaceAll(/\W+/g, "_").slice(1)}-${version}.tgz`);
  download(target, (folder) => {
    const listed = run("npm", ["pack", `${name}@${version}`, "--json", "--pack-destination", folder], folder);
    return (JSON.parse(listed) as { filename: string }[])[0]!.filename.replace(/^@/, "").replaceAll("/", "-");
  });
  const bytes = readFileSync(target);
  checkHash(name, bytes, sha256);
  const files = readTar(gunzipSync(bytes), new Set(Object.values(paths)));
  const text = (path: string): string => {
    const file = files.get(path);
    if (file === undefined) throw new Error(`Cannot find ${path} in ${name}@${version}`);
    return new TextDecoder().decode(file);
  };
  return {
    version: librdkafka,
    header: text(paths.header),
    mockHeader: text(paths.mockHeader),
    configuration: text(paths.configuration),
    statistics: text(paths.statistics),
  };
}

function readTar(tar: Uint8Array, wanted: ReadonlySet<string>): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const field = (at: number, length: number): string =>
    new TextDecoder().decode(tar.subarray(at, at + length)).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= tar.length;) {
    const name = field(at, 100);
    if (name === "") break;
    const prefix = field(at + 345, 155);
    const size = Number.parseInt(field(at + 124, 12), 8);
    const path = prefix === "" ? name : `${prefix}/${name}`;
    if (wanted.has(path)) found.set(path, tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}
