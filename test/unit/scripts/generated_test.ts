/** The generated tables against what librdkafka exports, and against each other. */
import { readFileSync } from "node:fs";
import * as constants from "../../../ffi/constants.ts";
import * as layout from "../../../ffi/layout.ts";
import { symbols, unbound } from "../../../ffi/symbols.ts";
import { codeNameOf, errorCodes } from "../../../src/kafka/error_codes.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../scripts/generate/${name}`, import.meta.url), "utf8"));
}

test("symbols and unbound hold each exported function once, and no other", () => {
  const exported = readJson("exports.json") as string[];
  assert(exported.length > 500);
  assertEquals([...Object.keys(symbols), ...Object.keys(unbound)].sort(), [...exported].sort());
});

test("symbols know which functions the oldest supported library lacks", () => {
  const since = readJson("since.json") as Record<string, string>;
  const marked = Object.entries(symbols).flatMap(([name, each]) => "since" in each ? [[name, each.since]] : []);
  const expected = Object.entries(since).filter(([name]) => Object.hasOwn(symbols, name));
  assertEquals(Object.fromEntries(marked), Object.fromEntries(expected));
  assertEquals(symbols.rd_kafka_share_poll.since, "2.15");
});

test("unbound gives a reason for each function", () => {
  for (const [name, reason] of Object.entries(unbound)) assert(reason.length > 10, name);
});

test("symbols have the types of the C declarations", () => {
  assertEquals(symbols.rd_kafka_new, { parameters: ["i32", "pointer", "pointer", "size"], result: "pointer" });
  assertEquals(symbols.rd_kafka_consume_batch_queue, {
    parameters: ["pointer", "i32", "pointer", "size"],
    result: "ssize",
  });
  assertEquals(symbols.rd_kafka_message_timestamp, { parameters: ["pointer", "pointer"], result: "i64" });
  assertEquals(symbols.rd_kafka_message_delivery_count, { parameters: ["pointer"], result: "i16", since: "2.15" });
  assertEquals(symbols.rd_kafka_version, { parameters: [], result: "i32" });
  assertEquals(symbols.rd_kafka_header_add.parameters, ["pointer", "pointer", "ssize", "pointer", "ssize"]);
});

test("constants have the values of the C headers", () => {
  assertEquals(constants.RD_KAFKA_CONSUMER, 1);
  assertEquals(constants.RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH, 0x100);
  assertEquals(constants.RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT, 102);
  assertEquals(constants.RD_KAFKA_OFFSET_TAIL_BASE, -2000);
  assertEquals(constants.RD_KAFKA_PARTITION_UA, -1);
  assertEquals(constants.RD_KAFKA_ADMIN_OP_ELECTLEADERS, 22);
  for (const [name, value] of Object.entries(constants)) assert(Number.isInteger(value), name);
});

test("layout has the offsets of the C structs", () => {
  assertEquals(layout.message, {
    size: 72,
    err: 0,
    rkt: 8,
    partition: 16,
    payload: 24,
    len: 32,
    key: 40,
    keyLen: 48,
    offset: 56,
    opaque: 64,
  });
  assertEquals(layout.topicPartitionList, { size: 16, cnt: 0, capacity: 4, elems: 8 });
  assertEquals(layout.topicPartition.size, 64);
  assertEquals(layout.vu.size, 72);
  assertEquals(layout.vu.headerSize, 24);
});

test("errorCodes are one to one, and without the C header's markers of begin and end", () => {
  const codes = Object.values(errorCodes);
  assertEquals(new Set(codes).size, codes.length);
  assertEquals(errorCodes._TIMED_OUT, -185);
  assertEquals(errorCodes.UNKNOWN_TOPIC_OR_PART, 3);
  for (const name of ["_BEGIN", "_END", "END_ALL"]) assert(!Object.hasOwn(errorCodes, name), name);
});

test("codeNameOf() names a known code, and makes a name for another", () => {
  for (const [name, code] of Object.entries(errorCodes)) assertEquals(codeNameOf(code), name);
  assertEquals(codeNameOf(9999), "ERR_9999");
});
