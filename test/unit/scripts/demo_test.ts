/** The demo's checks: a run that is right passes, and each thing that can be wrong is told of by its own check. */
import type { DeliveryReport, Message } from "../../../mod.ts";
import { Ledger } from "../../../scripts/demo/ledger.ts";
import { formatDemoOptions, parseDemoOptions } from "../../../scripts/demo/options.ts";
import { customersOf, type Order, order } from "../../../scripts/demo/orders.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../support/assert.ts";

const topic = "orders";
const count = 300;
const encoder = new TextEncoder();

/** What was sent and read when all is right: everything in one partition, in order. */
function goodRun(): { reports: DeliveryReport[]; messages: Message[] } {
  const orders = Array.from({ length: count }, (_, id) => order(topic, id, customersOf(count)));
  return { reports: orders.map(reportOf), messages: orders.map(messageOf) };
}

function reportOf(message: Order): DeliveryReport {
  const { id } = message;
  return { topic, partition: 0, offset: id, timestamp: 0, status: "PERSISTED", error: null, message };
}

function messageOf({ id, key, value, headers }: Order): Message {
  return {
    topic,
    partition: 0,
    offset: id,
    key: encoder.encode(key),
    value: encoder.encode(value),
    headers: headers.map(([name, text]) => [name, encoder.encode(text)] as const),
    timestamp: 0,
    timestampType: "CREATE_TIME",
    leaderEpoch: null,
  };
}

/** The names of the checks that fail for a run. */
function failures({ reports, messages }: ReturnType<typeof goodRun>): string[] {
  const ledger = new Ledger(topic, count);
  reports.forEach((report) => ledger.enterReport(report));
  messages.forEach((message) => ledger.enterMessage(message));
  return ledger.close().filter((check) => check.failures > 0).map(({ name }) => name);
}

test("Ledger passes a run in which all is right", () => {
  assertEquals(failures(goodRun()), []);
});

test("Ledger tells of a message that was not read", () => {
  const run = goodRun();
  run.messages.splice(7, 1);
  assertEquals(failures(run), ["every message was read"]);
});

test("Ledger tells of a message that was read twice", () => {
  const run = goodRun();
  run.messages.push(run.messages[7]!);
  assertEquals(failures(run), ["none was read twice"]);
});

test("Ledger tells of a changed key, value or header", () => {
  for (
    const change of [
      { key: encoder.encode("customer-x") },
      { key: null },
      { value: encoder.encode("{}") },
      { headers: goodRun().messages[7]!.headers.slice(0, 1) },
      { headers: [["order-id", encoder.encode("7")], ["content-type", null]] as const },
    ]
  ) {
    const run = goodRun();
    run.messages[7] = { ...run.messages[7]!, ...change };
    assertEquals(failures(run), ["keys, values and headers are as they were sent"]);
  }
});

test("Ledger tells of a message that is not of this run", () => {
  const run = goodRun();
  run.messages.push(messageOf(order(topic, count, customersOf(count))));
  assertEquals(failures(run), ["keys, values and headers are as they were sent"]);
});

test("Ledger tells of a message at another place than its report said", () => {
  const run = goodRun();
  run.messages[7] = { ...run.messages[7]!, partition: 1 };
  assertEquals(failures(run), ["each was read where its delivery report said"]);
});

test("Ledger tells of a key whose messages came out of order", () => {
  const run = goodRun();
  const { key } = order(topic, 7, customersOf(count));
  const next = run.messages.findIndex((_, id) => id > 7 && order(topic, id, customersOf(count)).key === key);
  [run.messages[7], run.messages[next]] = [run.messages[next]!, run.messages[7]!];
  assertEquals(failures(run), ["each key's messages came in the order of sending"]);
});

test("Ledger tells of a message without a report, and of one with two", () => {
  const without = goodRun();
  without.reports.splice(7, 1);
  assertEquals(failures(without), [
    "every message was reported as delivered",
    "each was read where its delivery report said",
  ]);
  const twice = goodRun();
  twice.reports.push(twice.reports[7]!);
  assertEquals(failures(twice), ["every message was reported as delivered"]);
});

test("Ledger.close() counts all failures and shows the first three", () => {
  const ledger = new Ledger(topic, count);
  const check = ledger.close().find(({ name }) => name === "every message was read")!;
  assertEquals([check.failures, check.examples.length], [count, 3]);
  assertStringIncludes(check.examples[0]!, "order 0");
});

test("parseDemoOptions() reads what formatDemoOptions() wrote, and refuses what cannot be", () => {
  const options = parseDemoOptions(["--messages", "1_000", "--bootstrap-servers", "a:1,b:2", "--runtime", "bun"]);
  assertEquals(options, { messages: 1000, bootstrapServers: "a:1,b:2", runtime: "bun", help: false });
  assertEquals(parseDemoOptions(formatDemoOptions(options)), { ...options, runtime: undefined });
  for (const messages of ["0", "-1", "1.5", "x", "", "1e9"]) {
    assertThrows(() => parseDemoOptions([`--messages=${messages}`]), Error, `"${messages}"`);
  }
  assertThrows(() => parseDemoOptions(["--runtime", "perl"]), Error, "deno, bun, node, node20");
});
