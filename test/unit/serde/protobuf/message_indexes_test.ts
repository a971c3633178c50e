/** Message indexes: Python's bytes, and what is refused. */
import { SerializationError } from "../../../../mod.ts";
import { readMessageIndexes, writeMessageIndexes } from "../../../../src/serde/message_indexes.ts";
import { test } from "../../../harness.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import { hex, type NegativeCase, protobufCases, readGolden, unhex } from "../../../support/serde/protobuf/golden.ts";

const ID_BYTES = 5;
const GUID_BYTES = 17;

test("writeMessageIndexes() writes, and readMessageIndexes() reads, what Python writes", () => {
  for (const { name, vectors } of protobufCases()) {
    for (const { bytesHex, headers, messageIndexes } of vectors) {
      const header = headers?.["__value_schema_id"];
      const framed = unhex(header ?? bytesHex);
      const start = header === undefined ? ID_BYTES : GUID_BYTES;
      const written = writeMessageIndexes(messageIndexes);
      assertEquals(hex(framed.subarray(start, start + written.length)), hex(written), name);
      assertEquals(readMessageIndexes(framed, start), { indexes: messageIndexes, end: start + written.length }, name);
    }
  }
});

test("readMessageIndexes() reads what writeMessageIndexes() writes", () => {
  for (const indexes of [[0], [1], [0, 0], [63], [64], [8191, 8192], [2 ** 20, 0, 5], [0, 1, 0, 2]]) {
    const bytes = writeMessageIndexes(indexes);
    assertEquals(readMessageIndexes(bytes, 0), { indexes, end: bytes.length });
  }
});

test("readMessageIndexes() refuses a malformed path", () => {
  const refusals: [data: string, reason: string][] = [
    ["", "ends"],
    ["04", "ends"],
    ["0400", "ends"],
    ["80", "ends"],
    ["01", "-1 is no number"],
    ["c29a0c", "100001 is no number"],
    ["0201", "-1 is no index"],
    ["ffffffffffffffffffff01", "more than 10 bytes"],
  ];
  for (const [data, reason] of refusals) {
    assertStringIncludes(assertThrows(() => readMessageIndexes(unhex(data), 0), SerializationError).message, reason);
  }
});

test("readMessageIndexes() refuses what negative.json refuses", () => {
  const names = ["no-indexes", "index-count-negative", "index-count-too-big", "index-truncated"];
  const { cases } = readGolden<{ cases: readonly NegativeCase[] }>("negative.json");
  for (const name of names) {
    const { dataHex } = cases.find((one) => one.name === `protobuf-${name}`)!;
    assertThrows(() => readMessageIndexes(unhex(dataHex), ID_BYTES), SerializationError);
  }
});
