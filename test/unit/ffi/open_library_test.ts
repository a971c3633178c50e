/** Opening librdkafka: which one is taken, and what is said when none is there or none is new enough. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openLibrary, type Runtime } from "../../../ffi/mod.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { FakeLibrary } from "../../support/ffi/fake_library.ts";

/** A runtime with some libraries, by path: their versions, or null for a library of another kind. */
function runtimeWith(libraries: Readonly<Record<string, number | null>>): Runtime & { opened: string[] } {
  const opened: string[] = [];
  return {
    name: "node",
    version: "0",
    opened,
    open(path) {
      opened.push(path);
      const version = libraries[path];
      if (version === undefined) throw new Error("no such file");
      return new FakeLibrary({
        rd_kafka_version: () => {
          if (version === null) throw new Error("no such function");
          return version;
        },
      });
    },
  };
}

/** Runs with the environment's own library and no other named. */
function withPath<T>(path: string | undefined, run: () => T): T {
  const before = process.env["LIBRDKAFKA_PATH"];
  if (path === undefined) delete process.env["LIBRDKAFKA_PATH"];
  else process.env["LIBRDKAFKA_PATH"] = path;
  try {
    return run();
  } finally {
    if (before === undefined) delete process.env["LIBRDKAFKA_PATH"];
    else process.env["LIBRDKAFKA_PATH"] = before;
  }
}

test("openLibrary() takes the one that is named, from the floor's version on", () => {
  for (const version of [0x020800ff, 0x021000ff, 0x030000ff]) {
    const { source } = openLibrary("/a/lib.so", runtimeWith({ "/a/lib.so": version }));
    assertEquals(source, "the libraryPath option");
  }
});

test("openLibrary() refuses one that is named and too old, with its version and a way out", () => {
  for (const [version, text] of [[0x020703ff, "2.7.3"], [0x020000ff, "2.0.0"], [0x010900ff, "1.9.0"]] as const) {
    const runtime = runtimeWith({ "/a/lib.so": version, "librdkafka.so.1": 0x021000ff });
    const { message } = assertThrows(() => openLibrary("/a/lib.so", runtime), Error);
    assert(message.startsWith(`Cannot use librdkafka ${text} from "/a/lib.so": 2.8.0 or later is needed`), message);
    assert(message.includes("deno task setup") && message.includes("LIBRDKAFKA_PATH"), message);
    assertEquals(runtime.opened, ["/a/lib.so"]);
  }
});

test("openLibrary() says why the one that is named cannot be loaded", () => {
  const missing = assertThrows(() => openLibrary("/a/lib.so", runtimeWith({})), Error);
  assertEquals(
    missing.message,
    'Cannot load librdkafka from "/a/lib.so", named by the libraryPath option: no such file',
  );
  const other = assertThrows(() => openLibrary("/a/libc.so", runtimeWith({ "/a/libc.so": null })), Error);
  assertEquals(
    other.message,
    'Cannot load librdkafka from "/a/libc.so", named by the libraryPath option: no such function',
  );
});

test("openLibrary() goes on from a place with an old library to the next", { timeoutMs: 5_000 }, () => {
  if (process.platform !== "linux") return;
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-empty-"));
  const cache = process.env["XDG_CACHE_HOME"];
  process.env["XDG_CACHE_HOME"] = folder;
  try {
    withPath(undefined, () => {
      const libraries = { "librdkafka.so.1": 0x020000ff, "/usr/local/lib/librdkafka.so.1": 0x020a00ff };
      const runtime = runtimeWith(libraries);
      assertEquals(openLibrary(undefined, runtime).source, "the system");
      assertEquals(runtime.opened, ["librdkafka.so.1", "/usr/local/lib/librdkafka.so.1"]);

      const old = runtimeWith({ "librdkafka.so.1": 0x020000ff });
      const { message } = assertThrows(() => openLibrary(undefined, old), Error, "Cannot find librdkafka");
      assert(message.includes('the system "librdkafka.so.1": it is 2.0.0, and 2.8.0 or later is needed\n'), message);
      assert(message.includes('the system "/usr/local/lib/librdkafka.so.1": no such file\n'), message);
      assert(message.includes("deno task setup"), message);
    });
  } finally {
    if (cache === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = cache;
    rmSync(folder, { recursive: true });
  }
});

test("openLibrary() takes what LIBRDKAFKA_PATH names and nothing else", () => {
  withPath("/e/lib.so", () => {
    const runtime = runtimeWith({ "/e/lib.so": 0x020900ff });
    assertEquals(openLibrary(undefined, runtime).source, "the environment variable LIBRDKAFKA_PATH");
    assertThrows(() => openLibrary(undefined, runtimeWith({ "librdkafka.so.1": 0x021000ff })), Error, "/e/lib.so");
  });
});
