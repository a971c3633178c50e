/** librdkafka out of a Python wheel: fetched by pip, checked against its pinned hash, put into the cache folder. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { type PinnedLibrary, type PinnedWheel, wheelPackage } from "../pins.ts";
import { run, SetupError, tail } from "./command.ts";
import { checkHash, installedFile, installFiles, type Target } from "./install.ts";
import { readZip } from "./zip.ts";

/** Puts the library of one pinned release into its cache folder; the path of its file. */
export async function installFromWheel(library: PinnedLibrary, target: Target): Promise<string> {
  const { platform, arch } = target;
  const wheel = library.wheels[`${platform}-${arch}`];
  if (wheel === undefined) {
    throw new SetupError(
      `Cannot fetch librdkafka ${library.librdkafka} for ${platform}-${arch}: there is no wheel for it; ` +
        'try "deno task setup --from-source"',
    );
  }
  if (platform === "linux" && process.platform === "linux" && usesMusl()) {
    throw new SetupError(
      "Cannot fetch librdkafka: the wheels need glibc and this system uses musl; install the distribution's package " +
        '(Alpine: apk add librdkafka), which is then found by itself, or try "deno task setup --from-source"',
    );
  }
  await installFiles(target, async (work, into) => {
    const archive = await download(library.release, wheel, work);
    const files = readZip(archive, (name) => /(\.libs|\.dylibs)\/[^/]+$/.test(name));
    for (const [name, bytes] of files) into(installedName(basename(name), platform), bytes);
  });
  return installedFile(target)!;
}

/** Wheels mark libraries with a hash in the name. On Windows they import each other by those names, which therefore stay. */
function installedName(name: string, platform: string): string {
  if (platform === "win32") return name;
  return name.replace(/^librdkafka(-[0-9a-f]+)?\.so/, "librdkafka.so").replace(
    /^librdkafka\.dylib$/,
    "librdkafka.1.dylib",
  );
}

async function download(release: string, wheel: PinnedWheel, folder: string): Promise<Uint8Array> {
  const { name, python } = wheelPackage;
  const what = ["--no-deps", "--only-binary=:all:", "--platform", wheel.platformTag, "--python-version", python];
  await pip(["download", "--quiet", ...what, "--dest", folder, `${name}==${release}`]);
  const file = readdirSync(folder).find((each) => each.endsWith(".whl"));
  if (file === undefined) throw new SetupError(`Cannot fetch ${name} ${release}: pip left no wheel`);
  const bytes = readFileSync(join(folder, file));
  checkHash(file, bytes, wheel.sha256);
  return bytes;
}

async function pip(parameters: readonly string[]): Promise<void> {
  const ways = [["python3", "-m", "pip"], ["python", "-m", "pip"], ["pip3"], ["pip"]] as const;
  for (const [command, ...before] of ways) {
    const outcome = await run(command, [...before, ...parameters]);
    if (outcome === undefined || outcome.stderr.includes("No module named pip")) continue;
    if (outcome.code === 0) return;
    throw new SetupError(
      `Cannot fetch librdkafka: "${[command, ...before].join(" ")}" failed\n${tail(outcome.stderr)}`,
    );
  }
  throw new SetupError(
    "Cannot fetch librdkafka: Python's pip was not found; install it (Debian: apt-get install python3-pip; " +
      "Homebrew: brew install python), or install librdkafka itself and name its file in LIBRDKAFKA_PATH",
  );
}

/** Whether the C library is musl: its loader is there, and glibc's is not. */
function usesMusl(): boolean {
  const loaders = ["/lib", "/lib64"].flatMap((folder) => {
    try {
      return readdirSync(folder);
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return [];
      throw error;
    }
  });
  const has = (prefix: string): boolean => loaders.some((name) => name.startsWith(prefix));
  return has("ld-musl-") && !has("ld-linux");
}
