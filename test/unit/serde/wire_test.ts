/**
 * Ids in front of payloads and in headers, and the names of subjects: confluent-kafka-python's, and what is refused.
 */
import { readFileSync } from "node:fs";
import { SerializationError } from "../../../mod.ts";
import type { SchemaType } from "../../../src/schema_registry/schema.ts";
import { readSchemaId, SchemaId } from "../../../src/serde/schema_id.ts";
import { type NamingContext, simpleStrategies } from "../../../src/serde/subject.ts";
import {
  dualSchemaIdDeserializer,
  headerSchemaIdSerializer,
  prefixSchemaIdDeserializer,
  prefixSchemaIdSerializer,
} from "../../../src/serde/wire.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";
import { hex, unhex } from "../../support/hex.ts";

interface Golden {
  readonly schemaIds: readonly {
    readonly type: SchemaType;
    readonly id?: number;
    readonly guid?: string;
    readonly messageIndexes?: readonly number[];
    readonly prefixHex?: string;
    readonly headerHex?: string;
  }[];
  readonly subjectNames: readonly {
    readonly strategy: "topic" | "record" | "topic_record";
    readonly topic: string | null;
    readonly field?: "key" | "value";
    readonly record?: string;
    readonly subject?: string | null;
    readonly error?: unknown;
  }[];
}

const file = new URL("../../golden/wire.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Golden };

const header = "0189791762233641869674299b90a802e2";
const guid = "89791762-2336-4186-9674-299b90a802e2";

test("SchemaId has confluent-kafka-python's bytes, and is read from them", () => {
  for (const { type, prefixHex, headerHex, ...parts } of cases.schemaIds) {
    const schemaId = new SchemaId(parts);
    const bytes = prefixHex === undefined ? schemaId.header : schemaId.prefix;
    assertEquals(hex(bytes), prefixHex ?? headerHex);
    const { id = null, guid = null, messageIndexes = null } = parts;
    assertEquals(readSchemaId(bytes, type), { id, guid, messageIndexes, payloadStart: bytes.length });
  }
});

test("Subjects have confluent-kafka-python's names", () => {
  for (const { strategy, topic, field = "value", record = null, subject, error } of cases.subjectNames) {
    const name = simpleStrategies[strategy.toUpperCase() as keyof typeof simpleStrategies];
    const context: NamingContext | undefined = topic === null ? undefined : { topic, field };
    if (error) assertThrows(() => name(context, record), SerializationError, "needs a context");
    else assertEquals(name(context, record), subject);
  }
});

test("readSchemaId() refuses what is no id, and says the magic byte", () => {
  const refused: [string, string][] = [
    ["", "no bytes"],
    ["00", "has 5 bytes, and there are 1"],
    ["00000000", "has 5 bytes, and there are 4"],
    ["01000000070261", "magic byte 1 it has 17 bytes, and there are 7"],
    ["05000000070261", "magic byte is 5"],
    ["ff", "magic byte is 255"],
  ];
  for (const [data, text] of refused) assertThrows(() => readSchemaId(unhex(data), "AVRO"), SerializationError, text);
});

test("SchemaId refuses an id that has no bytes", () => {
  for (const id of [null, -1, 2 ** 32, 1.5]) assertThrows(() => new SchemaId({ id }).prefix, SerializationError);
  for (const guid of [null, "", "no guid"]) assertThrows(() => new SchemaId({ guid }).header, SerializationError);
});

test("headerSchemaIdSerializer() replaces the header of a message that is sent on", () => {
  const old = unhex("0100");
  const headers: [string, Uint8Array][] = [["a", old], ["__value_schema_id", old], ["__key_schema_id", old]];
  const before = headerSchemaIdSerializer(new SchemaId({ guid }), { topic: "t", field: "value", headers });
  assertEquals(before.length, 0);
  assertEquals(headers.map(([name, value]) => [name, hex(value)]), [
    ["a", "0100"],
    ["__value_schema_id", header],
    ["__key_schema_id", "0100"],
  ]);
});

test("headerSchemaIdSerializer() refuses a context without headers", () => {
  const schemaId = new SchemaId({ guid });
  for (const context of [undefined, { topic: "t", field: "value" } as const]) {
    assertThrows(() => headerSchemaIdSerializer(schemaId, context), SerializationError, "has no list of headers");
  }
});

test("dualSchemaIdDeserializer() takes the first header of the field, and else the prefix", () => {
  const data = unhex("000000000702");
  const other = unhex("0100000000000000000000000000000001");
  const headers: [string, Uint8Array | null][] = [
    ["__key_schema_id", other],
    ["__value_schema_id", unhex(header)],
    ["__value_schema_id", other],
  ];
  const read = (headers: [string, Uint8Array | null][], field: "key" | "value" = "value") =>
    dualSchemaIdDeserializer(data, { topic: "t", field, headers }, "AVRO");
  assertEquals(read(headers), { id: null, guid, messageIndexes: null, payloadStart: 0 });
  const fromPrefix = { id: 7, guid: null, messageIndexes: null, payloadStart: 5 };
  assertEquals(read([["__key_schema_id", other]]), fromPrefix);
  assertEquals(read([["__value_schema_id", null]]), fromPrefix);
  assertEquals(prefixSchemaIdDeserializer(data, { topic: "t", field: "value", headers }, "AVRO"), fromPrefix);
  assertEquals(prefixSchemaIdSerializer(new SchemaId({ id: 7 })), unhex("0000000007"));
});
