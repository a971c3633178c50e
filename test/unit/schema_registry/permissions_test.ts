/** What Deno has to allow a registry client. */
import { runtimeName, test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";
import { localServer } from "../../support/schema_registry/servers.ts";

if (runtimeName === "deno") {
  const run = async (flags: readonly string[], args: readonly string[]): Promise<string> => {
    const program = new URL("../../support/schema_registry/net_program.ts", import.meta.url).href;
    const command = ["run", "--no-prompt", "--no-check", ...flags, program, ...args];
    // node:child_process would give the program all permissions.
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: command, env: { NO_COLOR: "1" } })
      .output();
    const decoder = new TextDecoder();
    return `${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim();
  };

  for (const way of ["promises", "sync"]) {
    test(`On Deno a registry client needs --allow-net for its registry alone: ${way}`, async () => {
      await using server = await localServer((_, outgoing) => void outgoing.end('["orders-value"]'));
      assertEquals(await run([`--allow-net=${new URL(server.url).host}`], [server.url, way]), '["orders-value"]');
      assertEquals(await run([], [server.url, way]), '"_TRANSPORT"');
      assertEquals(server.lines.length, 1);
    });
  }
}
