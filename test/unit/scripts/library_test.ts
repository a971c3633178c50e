/** Finding librdkafka: the order of the places, what is said when none has it, and the scripts that fill the cache. */
import { Buffer } from "node:buffer";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { deflateRawSync } from "node:zlib";
import {
  cacheFolder,
  type Candidate,
  floor,
  libraryCandidates,
  notFoundMessage,
  pinnedVersion,
  tooOldMessage,
} from "../../../ffi/library.ts";
import { libraries } from "../../../scripts/pins.ts";
import { SetupError } from "../../../scripts/setup/command.ts";
import { checkHash, installedFile, installFiles } from "../../../scripts/setup/install.ts";
import { features } from "../../../scripts/setup/source.ts";
import { readZip } from "../../../scripts/setup/zip.ts";
import { runtimeName, test } from "../../harness.ts";
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "../../support/assert.ts";

const linux = { platform: "linux", arch: "x64" } as const;

/** Runs the body with an empty cache folder and without LIBRDKAFKA_PATH, unless `variables` say otherwise. */
async function withCache(
  body: (folder: string) => void | Promise<void>,
  variables: Record<string, string> = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-cache-"));
  const names = ["XDG_CACHE_HOME", "LIBRDKAFKA_PATH", "HOME", "LOCALAPPDATA"];
  const before = names.map((name) => [name, process.env[name]] as const);
  delete process.env["LIBRDKAFKA_PATH"];
  Object.assign(process.env, { XDG_CACHE_HOME: folder }, variables);
  try {
    await body(join(folder, "kafka-ffi", "librdkafka"));
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  }
}

function place(...names: [string, ...string[]]): string {
  const path = join(...names);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "");
  return path;
}

const paths = (candidates: readonly Candidate[]): string[] => candidates.flatMap(({ path }) => path || []);

test("libraryCandidates() takes the libraryPath option alone", () =>
  withCache((folder) => {
    place(folder, pinnedVersion, "linux-x64", "librdkafka.so.1");
    assertEquals(paths(libraryCandidates({ libraryPath: "/some/lib.so" })), ["/some/lib.so"]);
  }, { LIBRDKAFKA_PATH: "/other/lib.so" }));

test("libraryCandidates() refuses an empty libraryPath", () => {
  assertThrows(() => libraryCandidates({ libraryPath: "" }), TypeError, 'Cannot use "" as libraryPath');
});

test("libraryCandidates() takes LIBRDKAFKA_PATH alone", () =>
  withCache((folder) => {
    place(folder, pinnedVersion, "linux-x64", "librdkafka.so.1");
    assertEquals(paths(libraryCandidates(linux)), ["/other/lib.so"]);
  }, { LIBRDKAFKA_PATH: "/other/lib.so" }));

test("libraryCandidates() treats an empty LIBRDKAFKA_PATH as not set", () =>
  withCache(() => {
    assertEquals(libraryCandidates(linux)[0]!.note, "not set");
  }, { LIBRDKAFKA_PATH: "" }));

test("libraryCandidates() lists the cache's pinned version, then newer ones first, then the system", () =>
  withCache((folder) => {
    const cached = [pinnedVersion, "2.101.0", "2.17.0", "2.9.0"].map((version) =>
      place(folder, version, "linux-x64", "librdkafka.so.1")
    );
    place(folder, "3.0.0", "linux-arm64", "librdkafka.so.1");
    place(folder, "3.1.0", "linux-x64", "something.else");
    place(folder, "stray file");
    assertEquals(paths(libraryCandidates(linux)), [...cached, "librdkafka.so.1", "/usr/local/lib/librdkafka.so.1"]);
  }));

test("libraryCandidates() knows each platform's names", () =>
  withCache((folder) => {
    const darwin = place(folder, pinnedVersion, "darwin-arm64", "librdkafka.1.dylib");
    const windows = place(folder, pinnedVersion, "win32-x64", "librdkafka-0123abcd.dll");
    assertEquals(paths(libraryCandidates({ platform: "darwin", arch: "arm64" })), [
      darwin,
      "librdkafka.1.dylib",
      "/opt/homebrew/lib/librdkafka.1.dylib",
      "/usr/local/lib/librdkafka.1.dylib",
    ]);
    assertEquals(paths(libraryCandidates({ platform: "win32", arch: "x64" })), [
      windows,
      "librdkafka.dll",
      "rdkafka.dll",
    ]);
  }));

test("libraryCandidates() notes the places that have nothing", () =>
  withCache((folder) => {
    const notes = libraryCandidates(linux).slice(0, 3).map(({ source, note }) => `${source}: ${note}`);
    assertEquals(notes, [
      "the environment variable LIBRDKAFKA_PATH: not set",
      "the npm package @kafka-ffi/librdkafka-linux-x64: not installed",
      `the cache folder "${folder}": nothing there`,
    ]);
  }));

test("cacheFolder() ignores a relative XDG_CACHE_HOME", () =>
  withCache(() => {
    const known: Record<string, string> = {
      darwin: join("/home/me", "Library", "Caches"),
      win32: join("/home/me", "Local"),
    };
    assertEquals(cacheFolder(), join(known[process.platform] ?? join("/home/me", ".cache"), "kafka-ffi"));
  }, { XDG_CACHE_HOME: "relative", HOME: "/home/me", LOCALAPPDATA: join("/home/me", "Local") }));

test("notFoundMessage() tells every place, why it failed, and the mend", () => {
  const message = notFoundMessage([
    { path: "", source: "the cache folder", note: "not looked at: no permission" },
    { path: "librdkafka.so.1", source: "the system", error: new Error("no such file") },
  ]);
  assertStringIncludes(message, "the cache folder: not looked at: no permission\n");
  assertStringIncludes(message, 'the system "librdkafka.so.1": no such file\n');
  assertStringIncludes(message, "deno task setup");
  assertStringIncludes(message, "LIBRDKAFKA_PATH");
});

test("notFoundMessage() names the one library that was asked for", () => {
  const tried = { ...libraryCandidates({ libraryPath: "/some/lib.so" })[0]!, error: new Error("no such file") };
  assertEquals(
    notFoundMessage([tried]),
    'Cannot load librdkafka from "/some/lib.so", named by the libraryPath option: no such file',
  );
});

test("tooOldMessage() names the version found and the version needed", () => {
  assertStringIncludes(tooOldMessage("/lib/x.so", "2.0.2"), 'librdkafka 2.0.2 from "/lib/x.so": 2.8.0 or later');
});

test("pinnedVersion and floor agree with the scripts' pins", () => {
  assertEquals(pinnedVersion, libraries.pinned.librdkafka);
  assertEquals(floor.version, libraries.floor.librdkafka);
  const [major, minor, patch] = floor.version.split(".").map(Number);
  assertEquals(floor.hex, major! * 2 ** 24 + minor! * 2 ** 16 + patch! * 2 ** 8 + 0xff);
});

// Only Deno refuses single permissions without being asked to.
if (runtimeName === "deno") {
  const candidatesUnder = (permissions: readonly string[], options: string): Candidate[] => {
    const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-permissions-"));
    try {
      const module = JSON.stringify(new URL("../../../ffi/library.ts", import.meta.url).href);
      const program = join(folder, "program.ts");
      writeFileSync(
        program,
        `import { libraryCandidates } from ${module}; console.log(JSON.stringify(libraryCandidates(${options})));`,
      );
      // Not by node:child_process, which gives a Deno that it starts all permissions.
      const { code, stdout, stderr } = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-config", "--no-prompt", ...permissions, program],
      }).outputSync();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return JSON.parse(new TextDecoder().decode(stdout));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test("libraryCandidates() with libraryPath needs no permission to read", () => {
    const candidates = candidatesUnder(["--deny-env", "--deny-read", "--deny-sys"], '{ libraryPath: "/some/lib.so" }');
    assertEquals(candidates, [{ path: "/some/lib.so", source: "the libraryPath option" }]);
  });

  test("libraryCandidates() without permissions goes on to the system", () => {
    const candidates = candidatesUnder([], "");
    const notes = candidates.slice(0, 3).map(({ note }) => note);
    assertEquals(notes, Array(3).fill("not looked at: no permission"));
    assertEquals(candidates.slice(3).every(({ source, path }) => source === "the system" && path !== ""), true);
  });
}

test("readZip() reads stored and deflated entries and skips the others", () => {
  const text = "librdkafka ".repeat(20);
  const archive = zip([["stored", text, 0], ["skipped", text, 8], ["deflated", text, 8]]);
  const files = readZip(archive, (name) => name !== "skipped");
  assertEquals([...files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]), [
    ["stored", text],
    ["deflated", text],
  ]);
});

test("readZip() refuses what is not a zip file", () => {
  assertThrows(() => readZip(new Uint8Array(100), () => true), Error, "not a zip file");
});

test("checkHash() refuses bytes with another hash", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  checkHash("nothing", new Uint8Array(), empty);
  assertThrows(() => checkHash("a zero", new Uint8Array(1), empty), SetupError, 'Cannot use "a zero"');
});

test("installFiles() leaves nothing behind when it fails", () =>
  withCache(async () => {
    const target = { version: "2.9.9", ...linux };
    await assertRejects(() => installFiles(target, () => Promise.reject(new Error("no network"))), Error, "no network");
    await assertRejects(
      () => installFiles(target, (_, into) => Promise.resolve(into("readme", new Uint8Array()))),
      SetupError,
      "it is not among",
    );
    assertEquals(installedFile(target), undefined);
    await installFiles(target, (_, into) => Promise.resolve(into("librdkafka.so.1", new Uint8Array())));
    assertEquals(paths(libraryCandidates(linux))[0], installedFile(target));
  }));

test("features() tells what a source build lacks", () => {
  const lines = features("#define WITH_SSL 1\n#define WITH_ZSTD 0\n");
  assertStringIncludes(lines.find((line) => line.includes("SSL"))!, "  with SSL");
  assertStringIncludes(lines.find((line) => line.includes("zstd"))!, "without zstd: install libzstd-dev");
});

/** A zip archive with the fields that a reader needs. */
function zip(entries: readonly [name: string, text: string, method: 0 | 8][]): Uint8Array {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, text, method] of entries) {
    const data = method === 8 ? new Uint8Array(deflateRawSync(encode(text))) : encode(text);
    // An extra field of two bytes in the local header alone, as archivers write them.
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    local.setUint16(26, name.length, true);
    local.setUint16(28, 2, true);
    const parts = [new Uint8Array(local.buffer), encode(name), new Uint8Array(2), data];
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint16(10, method, true);
    entry.setUint32(20, data.length, true);
    entry.setUint16(28, name.length, true);
    entry.setUint32(42, offset, true);
    locals.push(...parts);
    directory.push(new Uint8Array(entry.buffer), encode(name));
    offset += parts.reduce((sum, part) => sum + part.length, 0);
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint32(16, offset, true);
  return new Uint8Array(Buffer.concat([...locals, ...directory, new Uint8Array(end.buffer)]));
}
