/** Which versions there are: this package's and librdkafka's. */
import { readFileSync } from "node:fs";
import { libraryInfo, Producer, version } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";

test("version is that of deno.json", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8")) as { version: string };
  assertEquals(version, manifest.version);
});

test("libraryInfo() tells what a client would use, without one", async () => {
  const info = libraryInfo();
  assertMatch(info.version, /^\d+\.\d+\.\d+/);
  assert(info.features.includes("ssl"), String(info.features));
  await using producer = new Producer({ "bootstrap.servers": "127.0.0.1:1" }, { onLog: false, onError: () => {} });
  assertEquals(producer.library, info);
  assertEquals(libraryInfo({ libraryPath: info.path }).path, info.path);
});

test("libraryInfo() says why there is none", () => {
  assertThrows(() => libraryInfo({ libraryPath: "/nowhere/librdkafka.so.1" }), Error, "/nowhere/librdkafka.so.1");
  assertThrows(() => libraryInfo("/nowhere" as never), TypeError, "options");
});
