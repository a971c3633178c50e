/** What was written with one schema, read as values of another. */
import { test } from "../../../harness.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { SerializationError } from "../../../../src/kafka/serialization_error.ts";
import { Decimal } from "../../../../src/serde/avro/decimal.ts";
import { Branch, TimestampMicros } from "../../../../src/serde/avro/values.ts";
import { codec, forms } from "./codec.ts";

const record = (name: string, fields: Record<string, unknown>, more = {}) => ({
  type: "record",
  name,
  fields: Object.entries(fields).map(([name, type]) =>
    typeof type === "object" && type !== null && "t" in type
      ? { name, ...Object.fromEntries(Object.entries(type).map(([key, one]) => [key === "t" ? "type" : key, one])) }
      : { name, type }
  ),
  ...more,
});
const logical = (type: string, logicalType: string, more = {}) => ({ type, logicalType, ...more });
const REFUSED = Symbol("refused");

/** Writer, reader, what is written, and what is read. */
const vectors: readonly [writer: unknown, reader: unknown, written: unknown, read: unknown][] = [
  ["int", "double", 7, 7],
  ["long", "double", 2n ** 60n, 2 ** 60],
  ["float", "double", 0.5, 0.5],
  ["string", "bytes", "hé", new TextEncoder().encode("hé")],
  ["double", "float", 1, REFUSED],
  ["long", "int", 1, REFUSED],
  ["int", "string", 1, REFUSED],
  // The writer's raw bytes have no length, those inside a record have.
  ["bytes", "string", new Uint8Array([104, 105]), "hi"],
  ["bytes", ["null", "bytes"], new Uint8Array([1]), new Uint8Array([1])],
  ["string", "bytes", "", new Uint8Array(0)],
  // Into unions and out of them.
  ["int", ["string", "double", "long"], 5, 5],
  [["null", "int"], "int", 5, 5],
  [["null", "int"], "int", null, REFUSED],
  [["int", "string"], "long", 5, 5],
  [["int", "string"], "long", "x", REFUSED],
  [["null", "int"], ["string", "null", "long"], 5, 5],
  ["int", ["string", "null"], 5, REFUSED],
  // Names.
  [record("a.A", { x: "int" }), record("b.A", { x: "int" }), { x: 1 }, { x: 1 }],
  [record("A", { x: "int" }), record("B", { x: "int" }), { x: 1 }, REFUSED],
  [record("A", { x: "int" }), record("B", { x: "int" }, { aliases: ["A"] }), { x: 1 }, { x: 1 }],
  [{ type: "enum", name: "A", symbols: ["x"] }, { type: "enum", name: "B", symbols: ["x"] }, "x", REFUSED],
  [{ type: "fixed", name: "F", size: 1 }, { type: "fixed", name: "F", size: 2 }, new Uint8Array(1), REFUSED],
  // A field's own name comes before an alias.
  [record("A", { x: "int", y: "int" }), record("A", { z: { t: "int", aliases: ["x"] }, x: { t: "int", default: 9 } }), {
    x: 1,
    y: 2,
  }, REFUSED],
  [record("A", { x: "int" }), record("A", { z: { t: "int", aliases: ["w", "x"] } }), { x: 1 }, { z: 1 }],
  // What the reader has not is passed over, whatever it is.
  [
    record("A", {
      a: record("B", { s: "string", l: { type: "array", items: ["null", "long", "double"] } }),
      b: { type: "map", values: { type: "fixed", name: "F", size: 3 } },
      c: "boolean",
      d: "float",
      e: { type: "enum", name: "E", symbols: ["p", "q"] },
      x: "int",
    }),
    record("A", { x: "long" }),
    {
      a: { s: "é", l: [null, 2n ** 60n, 1.5] },
      b: { k: new Uint8Array(3), l: new Uint8Array(3) },
      c: true,
      d: 1,
      e: "q",
      x: 7,
    },
    { x: 7 },
  ],
  // Defaults of each kind.
  [record("A", {}), record("A", { a: { t: ["int", "null"], default: null } }), {}, { a: null }],
  [record("A", {}), record("A", { a: { t: { type: "map", values: "long" }, default: { __proto: 1 } } }), {}, {
    a: { __proto: 1 },
  }],
  [record("A", {}), record("A", { a: { t: logical("int", "date"), default: 1 } }), {}, { a: new Date(86_400_000) }],
  [record("A", {}), record("A", { a: { t: "double", default: "NaN" } }), {}, { a: NaN }],
  [record("A", {}), record("A", { a: { t: "int" } }), {}, REFUSED],
  // The reader's word for the value; where both have one, the instant or the number stays the same.
  [logical("long", "timestamp-millis"), logical("long", "timestamp-micros"), new Date(5), new TimestampMicros(5000n)],
  [logical("long", "timestamp-micros"), "long", new TimestampMicros(5n), 5],
  ["long", logical("long", "timestamp-millis"), 5, new Date(5)],
  [
    record("A", { d: logical("bytes", "decimal", { precision: 4, scale: 1 }) }),
    record("A", { d: logical("bytes", "decimal", { precision: 9, scale: 3 }) }),
    { d: "1.5" },
    { d: new Decimal(1500n, 3) },
  ],
  [
    record("A", { d: logical("bytes", "decimal", { precision: 4, scale: 3 }) }),
    record("A", { d: logical("bytes", "decimal", { precision: 4, scale: 2 }) }),
    { d: "1.5" },
    REFUSED,
  ],
];

for (const form of forms) {
  test(`The Avro decoder (${form}) reads with a reader's schema`, () => {
    for (const [index, [writer, reader, written, read]] of vectors.entries()) {
      const { encode, decodeAs } = codec(writer, { form });
      const bytes = encode(written);
      if (read === REFUSED) {
        assertThrows(() => decodeAs(reader, bytes), SerializationError, undefined, `vector ${index}`);
      } else assertEquals(decodeAs(reader, bytes), read, `vector ${index}`);
    }
  });

  test(`The Avro decoder (${form}) reads records that hold one another, and only fails where a message has what does not fit`, () => {
    const list = (value: unknown) => record("N", { v: value, next: ["null", "N"] });
    const { encode, decodeAs } = codec(list(["int", "string"]), { form });
    const value = { v: 1, next: { v: 2, next: null } };
    assertEquals(decodeAs(list("long"), encode(value)), value);
    const bytes = encode({ v: 1, next: { v: "x", next: null } });
    assertThrows(() => decodeAs(list("long"), bytes), SerializationError);
    // The record that cannot be read is in a union, and is reached by another that was planned meanwhile.
    const union = (x: unknown) => ["null", record("A", { b: ["null", record("B", { a: ["null", "A"] })], x }), "B"];
    const writer = codec(union("string"), { form });
    assertEquals(writer.decodeAs(union("int"), writer.encode({ a: null })), { a: null });
    assertThrows(() => writer.decodeAs(union("int"), writer.encode({ a: { b: null, x: "1" } })), SerializationError);
  });

  test(`The Avro decoder (${form}) names the records of a reader's union where it is told`, () => {
    const schema = ["null", record("A", { x: "int" })];
    const { encode, decodeAs } = codec(schema, { form, returnRecordName: true });
    assertEquals(decodeAs(schema, encode({ x: 1 })), new Branch("A", { x: 1 }));
    assertEquals(decodeAs(schema[1], encode({ x: 1 })), { x: 1 });
    assertEquals(
      codec(schema[1], { form, returnRecordName: true }).decodeAs(schema, encode({ x: 1 }).slice(1)),
      new Branch("A", { x: 1 }),
    );
  });

  test(`The Avro decoder (${form}) gives each message its own defaults, and views of its bytes`, () => {
    const reader = record("A", { a: { t: { type: "array", items: "bytes" }, default: ["\u00ff"] }, b: "bytes" });
    const { encode, decodeAs } = codec(record("A", { b: "bytes" }), { form });
    const bytes = encode({ b: new Uint8Array([1]) });
    const first = decodeAs(reader, bytes) as { a: Uint8Array[]; b: Uint8Array };
    first.a[0]![0] = 0;
    first.a.pop();
    assertEquals(decodeAs(reader, bytes), { a: [new Uint8Array([255])], b: new Uint8Array([1]) });
    assertEquals(first.b.buffer, bytes.buffer);
  });
}
