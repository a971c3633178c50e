/** Runs every example in this process against a mock cluster, and reads what it prints. */
import { readdirSync } from "node:fs";
import { MockCluster } from "../../testing.ts";
import { main as avro } from "../../examples/avro.ts";
import { main as avroBlocking } from "../../examples/avro_blocking.ts";
import { main as backpressure } from "../../examples/backpressure.ts";
import { main as batches } from "../../examples/batches.ts";
import { main as blocking } from "../../examples/blocking.ts";
import { main as consume } from "../../examples/consume.ts";
import { main as encryption } from "../../examples/encryption.ts";
import { main as exactlyOnce } from "../../examples/exactly_once.ts";
import { main as gracefulShutdown } from "../../examples/graceful_shutdown.ts";
import { main as headersAndTombstones } from "../../examples/headers_and_tombstones.ts";
import { main as jsonSchema } from "../../examples/json_schema.ts";
import { main as lag } from "../../examples/lag.ts";
import { main as manualCommit } from "../../examples/manual_commit.ts";
import { main as mockCluster } from "../../examples/mock_cluster.ts";
import { main as partitioner } from "../../examples/partitioner.ts";
import { main as produce } from "../../examples/produce.ts";
import { main as protobuf } from "../../examples/protobuf.ts";
import { main as rebalanceHandlers } from "../../examples/rebalance_handlers.ts";
import { main as replay } from "../../examples/replay.ts";
import { main as run } from "../../examples/run.ts";
import { main as serializers } from "../../examples/serializers.ts";
import { main as shareConsumer } from "../../examples/share_consumer.ts";
import { main as transactions } from "../../examples/transactions.ts";
import { main as statistics } from "../../examples/statistics.ts";
import { main as streams } from "../../examples/streams.ts";
import { main as tracing } from "../../examples/tracing.ts";
import { test } from "../harness.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { logged } from "../support/showing.ts";

/** The mock lets a group that changes wait for a session timeout less a second. */
const quickGroup = { "session.timeout.ms": 1500 };

const examples: Record<string, (servers: string) => Promise<void>> = {
  "avro.ts": async (servers) => {
    assertEquals(await logged(() => avro(servers)), [
      "the registry knows 1 version of the schema",
      "a lamp costs 24.90 EUR",
      "a desk costs 199.00 EUR",
    ]);
  },
  "avro_blocking.ts": async (servers) => {
    assertEquals(await logged(() => avroBlocking(servers)), [
      "2 readings are written, in version 1 of the schema",
      "attic: 31.5 °C",
      "cellar: 12 °C",
    ]);
  },
  "backpressure.ts": async (servers) => {
    assertEquals(await logged(() => backpressure(servers)), [
      "20000 delivered, 0 failed, the loop waited for room",
    ]);
  },
  "batches.ts": async (servers) => {
    assertEquals(await logged(() => batches(servers)), ["stored 2000 measurements, their sum is 1999000"]);
  },
  "blocking.ts": async (servers) => {
    assertEquals(await logged(() => blocking(servers)), [
      "the first note has offset 0",
      "10 more were delivered, 0 are left",
      "buy milk, and 10 more",
    ]);
  },
  "consume.ts": async (servers) => {
    const sent = (await logged(() => produce(servers))).slice(1);
    const read = await logged(() => consume(servers));
    assertEquals(read.length, 10);
    // "grace sandwich 1 3 0" was sent, "3:0 grace sandwich 1" is read.
    const expected = sent.map((line) => line.replace(/^(.*) (\d+) (\d+)$/, "$2:$3 $1"));
    assertEquals(read.filter((line) => !line.includes("ada")).sort(), expected.sort());
  },
  "encryption.ts": async (servers) => {
    const [topic, withKey, without, ...rest] = await logged(() => encryption(servers));
    assertEquals([topic, withKey, ...rest], [
      "in the topic: the customer can be read, the card cannot be read",
      "with the key: Ada pays with 4111 1111",
    ]);
    assert(/^without: Rule "encrypt-private" .* executor of type ENCRYPT/.test(without ?? ""), without);
  },
  "exactly_once.ts": async (servers) => {
    assertEquals(await logged(() => exactlyOnce(servers, quickGroup)), ["100 words shouted", "the first is WORD 0"]);
  },
  "graceful_shutdown.ts": async (servers) => {
    const stop = new AbortController();
    const lines = await logged(() => gracefulShutdown(servers, stop.signal), (count) => {
      if (count === 3) stop.abort();
    });
    assertEquals(lines.slice(0, 3).sort(), ["event 1", "event 2", "event 3"]);
    assertEquals(lines.slice(3), ["stopped"]);
  },
  "headers_and_tombstones.ts": async (servers) => {
    const lines = await logged(() => headersAndTombstones(servers));
    assertEquals(lines.at(-1), "on the menu: hummus, water");
    assertEquals(lines.slice(0, -1).sort(), [
      'cheese: "3.50", headers: currency="EUR"',
      "cheese: null, headers: none",
      'hummus: "4.20", headers: currency="EUR" tag="vegan" tag="new"',
      "water: empty, headers: price=null",
    ]);
  },
  "json_schema.ts": async (servers) => {
    const lines = await logged(() => jsonSchema(servers));
    assertEquals(lines.map((line) => line.replace(/ \(subject .*/, "")), [
      'refused: The value does not satisfy its JSON Schema: "/guest/name" fails "minLength"',
      'refused: The value does not satisfy its JSON Schema: "/nights" fails "type"',
      "Ada stays for 2 nights",
    ]);
  },
  "lag.ts": async (servers) => {
    const lines = await logged(() => lag(servers, quickGroup));
    assertEquals(lines[0], "before the first message: 1000 behind");
    assertEquals(lines.at(-1), "after 1000: 0 behind");
  },
  "manual_commit.ts": async (servers) => {
    assertEquals(await logged(() => manualCommit(servers, quickGroup)), [
      "first reader: a",
      "first reader: b",
      "first reader: the printer is on fire",
      "second reader: c",
      "second reader: d",
    ]);
  },
  "mock_cluster.ts": async () => {
    assertEquals(await logged(mockCluster), [
      "written at offset 0",
      "refused: INVALID_RECORD, NOT_PERSISTED",
      "written at offset 1",
    ]);
  },
  "partitioner.ts": async (servers) => {
    assertEquals(await logged(() => partitioner(servers)), [
      "both chose the same partition for ada",
      "express went to partition 0",
    ]);
  },
  "produce.ts": async (servers) => {
    const [first, ...rest] = await logged(() => produce(servers));
    assert(/^the first order: partition \d, offset 0$/.test(first ?? ""), `unexpected line: ${first}`);
    assertEquals(rest.length, 9);
  },
  "protobuf.ts": async (servers) => {
    assertEquals(await logged(() => protobuf(servers)), [
      "sighting 1: ant with 6 legs, in cage A1",
      "sighting 1152921504606846976: something with some legs, nobody knows where",
    ]);
  },
  "rebalance_handlers.ts": async (servers) => {
    const lines = await logged(() => rebalanceHandlers(servers, quickGroup));
    assertEquals(lines[0], "early: takes 0 1 2 3");
    assert(lines.some((line) => /^late: takes \d/.test(line)), `the late one had nothing: ${lines.join("; ")}`);
    assert(lines.some((line) => /^late: gives back \d/.test(line)), `it gave nothing back: ${lines.join("; ")}`);
  },
  "replay.ts": async (servers) => {
    assertEquals(await logged(() => replay(servers)), [
      "the log has offsets 0 to 5",
      "from the beginning: line 0, line 1, line 2, line 3, line 4, line 5",
      "the last two: line 4, line 5",
      // The mock looks up no times. A real Kafka finds three lines.
      "from 12:03: nothing is that young",
    ]);
  },
  "run.ts": async (servers) => {
    assertEquals(await logged(() => run(servers, quickGroup)), [
      "40 parcels delivered, 1 at the second attempt",
      "several were on their way at once",
    ]);
  },
  "serializers.ts": async (servers) => {
    assertEquals(await logged(() => serializers(servers)), [
      "1: 21.5 degrees in the kitchen",
      "2: -18 degrees in the freezer",
      "1: gone",
      "left out: the key at offset 3",
      "3: 4 degrees in the fridge",
    ]);
  },
  "share_consumer.ts": async (servers) => {
    assertEquals(await logged(() => shareConsumer(servers)), [
      "a brick: nobody can cook that",
      "a sandwich: served at attempt 1",
      "a soufflé: collapsed, try again",
      "a soufflé: served at attempt 2",
    ]);
  },
  "transactions.ts": async (servers) => {
    assertEquals(await logged(() => transactions(servers)), [
      "ada has sent 10 to grace",
      "refused: nobody may send 1000",
      "grace has sent 5 to ada",
      // The mock fences nobody. A real Kafka says that the first cashier is out.
    ]);
  },
  "statistics.ts": async (servers) => {
    assertEquals(await logged(() => statistics(servers)), [
      "1000 messages were sent",
      "the brokers' answers were timed",
    ]);
  },
  "streams.ts": async (servers) => {
    assertEquals(await logged(() => streams(servers)), ["100 shouts, the last is PSST 99"]);
  },
  "tracing.ts": async (servers) => {
    assertEquals(await logged(() => tracing(servers)), [
      "send soup: done",
      "send bread: done",
      "receive: 2 message(s)",
      'process soup follows "send soup" in one trace',
      "process soup: done",
      'process bread follows "send bread" in one trace',
      "process bread: done",
    ]);
  },
};

/** These need a broker that wants a login: test/broker/examples_test.ts runs them. */
const withLogin = ["oauthbearer.ts", "sasl_ssl.ts"];

test("examples/ has no example that is not run here or against a broker", () => {
  const files = readdirSync(new URL("../../examples/", import.meta.url)).filter((name) => name.endsWith(".ts"));
  const run = [...Object.keys(examples), ...withLogin, "bootstrap_servers.ts"];
  assertEquals(files.sort(), run.sort());
});

for (const [name, run] of Object.entries(examples)) {
  test(`examples/${name} does what it says`, { timeoutMs: 40_000 }, async () => {
    await using cluster = new MockCluster({ brokers: 3 });
    cluster.setShareGroups({ heartbeatIntervalMs: 100 });
    await run(cluster.bootstrapServers);
  });
}
