/** Messages exchanged with kcat and confluent-kafka-python: what one writes, the other reads byte for byte. */
import process from "node:process";
import { Consumer, Producer } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assertEquals } from "../support/assert.ts";
import { type PeerMessage, readWithPython, run, writeWithPython } from "../support/peers.ts";
import { randomName } from "../support/random.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const allBytes = new Uint8Array(256).map((_, i) => i);

const messages: readonly PeerMessage[] = [
  { partition: 0, key: utf8("k"), value: utf8("v"), headers: [], timestamp: 1_700_000_000_001 },
  { partition: 0, key: null, value: utf8("no key"), headers: [], timestamp: 1_700_000_000_002 },
  { partition: 0, key: utf8(""), value: utf8(""), headers: [], timestamp: 1_700_000_000_003 },
  { partition: 0, key: utf8("tombstone"), value: null, headers: [], timestamp: 1_700_000_000_004 },
  { partition: 0, key: allBytes, value: allBytes, headers: [["bytes", allBytes]], timestamp: 1_700_000_000_005 },
  {
    partition: 0,
    key: utf8("žluťoučký 😀"),
    value: utf8("kůň"),
    headers: [["b", utf8("2")], ["a", utf8("1")], ["b", null], ["b", utf8("")], ["ž", utf8("😀")]],
    timestamp: 1_700_000_000_006,
  },
];

/** Reads a partition's first messages with our consumer. */
async function read(bootstrapServers: string, topic: string, count: number): Promise<unknown[]> {
  await using consumer = new Consumer({ "bootstrap.servers": bootstrapServers, "group.id": topic });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  const read = await consumer.consume(count, { timeoutMs: 30_000 });
  return read.map(({ offset, key, value, headers, timestamp }) => ({
    offset,
    key: key && key.slice(),
    value: value && value.slice(),
    headers: headers.map(([name, data]) => [name, data && data.slice()]),
    timestamp,
  }));
}

const expected = messages.map(({ key, value, headers, timestamp }, offset) => ({
  offset,
  key,
  value,
  headers,
  timestamp,
}));

testBroker(
  "Producer writes what confluent-kafka-python reads byte for byte",
  { timeoutMs: 60_000 },
  async ({ bootstrapServers }) => {
    const topic = randomName("to-python");
    await using producer = new Producer({ "bootstrap.servers": bootstrapServers });
    await producer.send(messages.map((message) => ({ topic, ...message })));
    assertEquals(await readWithPython(bootstrapServers, topic, 0, messages.length), expected);
  },
);

testBroker(
  "Consumer reads what confluent-kafka-python wrote byte for byte",
  { timeoutMs: 60_000 },
  async ({ bootstrapServers }) => {
    const topic = randomName("from-python");
    await writeWithPython(bootstrapServers, topic, messages);
    assertEquals(await read(bootstrapServers, topic, messages.length), expected);
  },
);

// `deno task test` sets it to nothing, and says so, where kcat is not installed.
const hasKcat = process.env["KCAT"] !== "";

if (hasKcat) {
  testBroker("Producer writes what kcat reads", { timeoutMs: 60_000 }, async ({ bootstrapServers }) => {
    const topic = randomName("to-kcat");
    await using producer = new Producer({ "bootstrap.servers": bootstrapServers });
    await producer.send([
      { topic, partition: 0, key: "k", value: "v", headers: [["a", "1"], ["a", "2"], ["b", null]] },
      { topic, partition: 0, value: "no key" },
      { topic, partition: 0, key: "tombstone", value: null },
      { topic, partition: 0, key: "", value: "" },
    ]);
    const output = await run("kcat", [
      "-C",
      "-q",
      "-b",
      bootstrapServers,
      "-t",
      topic,
      "-p",
      "0",
      "-o",
      "0",
      "-c",
      "4",
      "-J",
    ]);
    const lines = output.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    assertEquals(
      lines.map(({ offset, key, payload, headers }) => ({ offset, key, payload, headers })),
      [
        { offset: 0, key: "k", payload: "v", headers: ["a", "1", "a", "2", "b", null] },
        { offset: 1, key: null, payload: "no key", headers: undefined },
        { offset: 2, key: "tombstone", payload: null, headers: undefined },
        { offset: 3, key: "", payload: "", headers: undefined },
      ],
    );
  });
}

if (hasKcat) {
  testBroker("Consumer reads what kcat wrote", { timeoutMs: 60_000 }, async ({ bootstrapServers }) => {
    const topic = randomName("from-kcat");
    const write = [
      "-P",
      "-b",
      bootstrapServers,
      "-t",
      topic,
      "-p",
      "0",
      "-Z",
      "-K",
      ":",
      "-H",
      "a=1",
      "-H",
      "a=2",
      "-H",
      "b=",
    ];
    await run("kcat", write, "k:v\n:no key\ntombstone:\n");
    const found = await read(bootstrapServers, topic, 3) as { key: Uint8Array; value: Uint8Array; headers: unknown }[];
    const headers = [["a", utf8("1")], ["a", utf8("2")], ["b", utf8("")]];
    assertEquals(found.map(({ key, value, headers }) => ({ key, value, headers })) as unknown[], [
      { key: utf8("k"), value: utf8("v"), headers },
      { key: null, value: utf8("no key"), headers },
      { key: utf8("tombstone"), value: null, headers },
    ]);
  });
}
