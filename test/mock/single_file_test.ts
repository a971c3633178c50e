/**
 * A program that was compiled into a single file brings librdkafka along.
 *
 * Only Bun makes one here: `deno compile` fetches a part of Deno from the network, and Node has nothing like it.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { MockCluster } from "../../testing.ts";
import { Producer } from "../../mod.ts";
import { runtimeName, test } from "../harness.ts";
import { assertEquals } from "../support/assert.ts";
import { run } from "../support/peers.ts";

/** librdkafka is opened by its path, so a program that has it inside puts it into a file first. */
const program = (mod: string): string => `
  import { join } from "node:path";
  import { Producer, ShareConsumer } from ${JSON.stringify(mod)};
  import embedded from "./librdkafka.so.1" with { type: "file" };

  const libraryPath = join(process.env.UNPACKED, "librdkafka.so.1");
  await Bun.write(libraryPath, Bun.file(embedded));
  const servers = { "bootstrap.servers": process.argv[2] };
  await using producer = new Producer(servers, { libraryPath });
  await producer.send({ topic: "orders", value: "a sandwich" });
  // Its commit runs on a thread of its own, which has to be found in the single file too.
  await using consumer = new ShareConsumer({ ...servers, "group.id": "kitchen" }, { libraryPath, onLog: false });
  consumer.subscribe(["orders"]);
  const [message] = await consumer.poll({ timeoutMs: 10_000 });
  const [result] = await consumer.commit();
  console.log(new TextDecoder().decode(message.value), result.error, producer.library.path === libraryPath);
`;

test("A program in a single file brings librdkafka along", { timeoutMs: 40_000 }, async () => {
  if (runtimeName !== "bun") return;
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-single-"));
  try {
    await using producer = new Producer({ "bootstrap.servers": "localhost:9" }, { onLog: false, onError: () => {} });
    copyFileSync(producer.library.path, join(folder, "librdkafka.so.1"));
    writeFileSync(join(folder, "main.ts"), program(new URL("../../mod.ts", import.meta.url).pathname));
    const compiled = join(folder, "compiled");
    await run(process.execPath, ["build", "--compile", "--outfile", compiled, join(folder, "main.ts")]);
    rmSync(join(folder, "librdkafka.so.1"));
    await using cluster = new MockCluster();
    cluster.createTopic("orders", { partitions: 1 });
    cluster.setShareGroups({ autoOffsetReset: "earliest", heartbeatIntervalMs: 100 });
    const args = [`UNPACKED=${folder}`, "HOME=/nonexistent", compiled, cluster.bootstrapServers];
    assertEquals(await run("env", args), "a sandwich null true\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
