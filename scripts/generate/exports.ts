/** Lists the functions that librdkafka's shared libraries export, from one pinned wheel per release line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { libraries, releasesBetween, wheelPackage } from "../pins.ts";
import { checkHash } from "../setup/install.ts";
import { readZip } from "../setup/zip.ts";
import { download, run, sourcesFolder } from "./sources.ts";

/** What `--since` writes: the newest library's functions, and the version that brought those the floor lacks. */
export interface Exports {
  readonly exports: readonly string[];
  readonly since: Readonly<Record<string, string>>;
}

/** Downloads the pinned wheels, oldest first, and compares what their libraries export. */
export function readExports(): Exports {
  const since = new Map<string, string>();
  let previous: ReadonlySet<string> | undefined;
  const { floor, pinned } = libraries;
  const ends = [floor, pinned].map(({ release, wheels }) => ({ release, sha256: wheels["linux-x64"]!.sha256 }));
  for (const { release, sha256 } of [ends[0]!, ...releasesBetween, ends[1]!]) {
    const names = new Set(exportedFunctions(sharedLibrary(wheel(release, sha256))));
    const lost = [...previous ?? []].filter((name) => !names.has(name));
    if (lost.length > 0) throw new Error(`Cannot go on: ${release} no longer exports ${lost.join(", ")}`);
    if (previous !== undefined) {
      for (const name of names) if (!previous.has(name)) since.set(name, release.split(".").slice(0, 2).join("."));
    }
    previous = names;
  }
  return { exports: [...previous ?? []].sort(), since: Object.fromEntries([...since].sort()) };
}

function wheel(release: string, sha256: string): Uint8Array {
  const { name, python } = wheelPackage;
  const tag = `cp${python.replace(".", "")}`;
  const platform = libraries.floor.wheels["linux-x64"]!.platformTag;
  const file = `${name.replaceAll("-", "_")}-${release}-${tag}-${tag}-${platform}.whl`;
  const target = join(sourcesFolder(), file);
  download(target, (folder) => {
    const only = ["--no-deps", "--only-binary=:all:", "--platform", platform, "--python-version", python];
    run("python3", ["-m", "pip", "download", "--quiet", ...only, "--dest", folder, `${name}==${release}`]);
    return file;
  });
  const bytes = readFileSync(target);
  checkHash(file, bytes, sha256);
  return bytes;
}

/** The librdkafka inside a wheel, which is a zip archive. */
function sharedLibrary(archive: Uint8Array): Uint8Array {
  const [library] = readZip(archive, (name) => /\.libs\/librdkafka-[^/]*\.so/.test(name)).values();
  if (library === undefined) throw new Error("Cannot find librdkafka in the wheel");
  return library;
}

/** The `rd_kafka_` functions in the dynamic symbol table of a 64-bit little-endian ELF file. */
function exportedFunctions(elf: Uint8Array): string[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const word = (at: number): number => Number(view.getBigUint64(at, true));
  const section = (index: number): number => word(0x28) + index * view.getUint16(0x3a, true);
  const names: string[] = [];
  for (let index = 0; index < view.getUint16(0x3c, true); index++) {
    const header = section(index);
    if (view.getUint32(header + 4, true) !== 11) continue; // SHT_DYNSYM
    const strings = word(section(view.getUint32(header + 40, true)) + 24);
    const start = word(header + 24);
    for (let at = start; at < start + word(header + 32); at += 24) {
      const defined = view.getUint16(at + 6, true) !== 0;
      const name = strings + view.getUint32(at, true);
      const text = new TextDecoder().decode(elf.subarray(name, elf.indexOf(0, name)));
      if (defined && text.startsWith("rd_kafka_")) names.push(text);
    }
  }
  return names;
}
