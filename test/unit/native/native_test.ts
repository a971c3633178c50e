/** Opening librdkafka through a client: what is said of a file that is none, and what is told of the one that was opened. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Producer } from "../../../mod.ts";
import { openNative } from "../../../src/native/native.ts";
import { test } from "../../harness.ts";
import { assert, assertInstanceOf, assertThrows } from "../../support/assert.ts";

test("Producer with a library that is not there says where it looked", () => {
  const open = (libraryPath: string): Error =>
    assertThrows(() => new Producer({ "bootstrap.servers": "127.0.0.1:1" }, { libraryPath }), Error);
  for (let round = 0; round < 2; round++) {
    const { message } = open("/nowhere/librdkafka.so.1");
    const start = 'Cannot load librdkafka from "/nowhere/librdkafka.so.1", named by the libraryPath option: ';
    assert(message.startsWith(start) && message.length > start.length, message);
  }
  // It is the name of none, also when the library that is found by itself is open already.
  openNative();
  assertInstanceOf(open(""), TypeError);
});

test("Producer with a file that is no library says so", () => {
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-text-"));
  const file = join(folder, "librdkafka.so.1");
  writeFileSync(file, "not a library\n");
  try {
    assertThrows(
      () => new Producer({ "bootstrap.servers": "127.0.0.1:1" }, { libraryPath: file }),
      Error,
      `Cannot load librdkafka from "${file}", named by the libraryPath option: `,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("Producer with a library of another kind says so", () => {
  if (process.platform !== "linux") return;
  assertThrows(
    () => new Producer({ "bootstrap.servers": "127.0.0.1:1" }, { libraryPath: "libm.so.6" }),
    Error,
    'Cannot load librdkafka from "libm.so.6", named by the libraryPath option: ',
  );
});

test("openNative() opens a library once and tells what it is", () => {
  const native = openNative();
  assert(openNative() === native);
  const { version, features, path, interface: name, source } = native.info();
  assert(/^2\.\d+\.\d+/.test(version), version);
  assert(features.includes("ssl") && path !== "" && source !== "", features.join());
  assert(["Deno.dlopen", "bun:ffi", "node:ffi", "koffi"].includes(name), name);
});
