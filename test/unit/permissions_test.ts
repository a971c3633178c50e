/** What a program has to be allowed: one library, and nothing else. */
import { runtimeName, test } from "../harness.ts";
import { assertEquals, assertGreater, assertMatch, assertNotEquals } from "../support/assert.ts";
import { runProgram } from "../support/program.ts";
import { localServer } from "../support/schema_registry/servers.ts";
import { listenTls } from "../support/scripts/tls_listener.ts";
import { thisRuntime } from "../support/this_runtime.ts";
import { Producer } from "../../mod.ts";

/** The librdkafka that the other tests use. */
async function usedLibrary(): Promise<string> {
  await using producer = new Producer({ "bootstrap.servers": "127.0.0.1:1" }, { onLog: false, onError: () => {} });
  return producer.library.path;
}

test("A named library is used whatever the environment says", async () => {
  const library = await usedLibrary();
  const { end, output } = await runProgram(thisRuntime, "permissions/program.mjs", {
    args: [library],
    env: { LIBRDKAFKA_PATH: "/nowhere/librdkafka.so.1", HOME: "/nowhere", XDG_CACHE_HOME: "/nowhere" },
  });
  assertEquals(end, 0, output);
  assertMatch(output, /^a message$/m);
});

if (runtimeName === "deno") {
  const denoRun = async (
    flags: string[],
    name = "deno_program.ts",
    more: readonly string[] = [],
  ): Promise<{ code: number; output: string }> => {
    const library = await usedLibrary();
    const program = new URL(`../support/permissions/${name}`, import.meta.url).href;
    const args = [
      "run",
      "--no-prompt",
      ...flags.map((flag) => flag.replace("LIBRARY", library)),
      program,
      library,
      ...more,
    ];
    // node:child_process would give the program all permissions.
    const command = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } });
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  };

  test("On Deno a client needs --allow-ffi for its library alone", async () => {
    const { code, output } = await denoRun(["--allow-ffi=LIBRARY"]);
    assertEquals(code, 0, output);
    assertMatch(output, /^a message$/m);
  });

  test("On Deno clients of every kind need nothing else: transactions, shares, blocking, TLS by PEM text", async () => {
    await using listener = await listenTls();
    const { address, authority, otherAuthority } = listener;
    const more = [address, authority, otherAuthority];
    const { code, output } = await denoRun(["--allow-ffi=LIBRARY"], "deno_clients.ts", more);
    assertEquals(code, 0, output);
    for (const line of ["a transaction", "a share", "a blocking client 1"]) {
      assertMatch(output, RegExp(`^${line}$`, "m"));
    }
    // The listener says nothing after the handshake, which is all that PEM text is needed for.
    assertMatch(output, /^trusted: (_TIMED_OUT|_TRANSPORT)$/m);
    assertMatch(output, /^not trusted: _SSL$/m);
    assertMatch(output, /^blocking: _SSL .*\(wrong CA\)/m);
    assertGreater(listener.agreed, 0);
  });

  for (const way of ["promises", "sync"]) {
    test(`On Deno a registry client needs --allow-net for its registry alone: ${way}`, async () => {
      await using server = await localServer((_, outgoing) => void outgoing.end('["orders-value"]'));
      const ask = async (flags: string[]): Promise<string> =>
        (await denoRun(flags, "../schema_registry/net_program.ts", [server.url, way])).output.trim();
      assertEquals(await ask([`--allow-net=${new URL(server.url).host}`]), '["orders-value"]');
      assertEquals(await ask([]), '"_TRANSPORT"');
      assertEquals(server.lines.length, 1);
    });
  }

  test("On Deno onThrottle needs --allow-ffi without a path, and says so", async () => {
    const refused = await denoRun(["--allow-ffi=LIBRARY"], "throttle.ts");
    assertNotEquals(refused.code, 0, refused.output);
    assertMatch(refused.output, /Cannot let C call back: Deno wants --allow-ffi/);
    const allowed = await denoRun(["--allow-ffi"], "throttle.ts");
    assertEquals(allowed.code, 0, allowed.output);
  });

  test("On Deno a client without permission says which one it needs", async () => {
    for (const flags of [[], ["--allow-ffi=/nowhere"], ["--allow-net", "--allow-read", "--allow-env"]]) {
      const { code, output } = await denoRun(flags);
      assertNotEquals(code, 0, output);
      assertMatch(output, /Cannot load librdkafka from .*--allow-ffi/);
    }
  });
}

if (runtimeName === "node26") {
  test("On Node a client needs --allow-ffi and to read its files", async () => {
    const library = await usedLibrary();
    const flags = ["--permission", "--allow-fs-read=*"];
    const allowed = await runProgram(thisRuntime, "permissions/program.mjs", {
      args: [library],
      flags: [...flags, "--allow-ffi"],
    });
    assertEquals(allowed.end, 0, allowed.output);
    const refused = await runProgram(thisRuntime, "permissions/program.mjs", { args: [library], flags });
    assertNotEquals(refused.end, 0, refused.output);
    assertMatch(refused.output, /--allow-ffi/);
  });
}
