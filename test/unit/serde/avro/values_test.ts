/** The values that JavaScript has no words for: decimals, times, branches of unions, longs, and the user's own. */
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { SerializationError } from "../../../../src/kafka/serialization_error.ts";
import { bytesOfInteger, Decimal, integerOfBytes } from "../../../../src/serde/avro/decimal.ts";
import type { LogicalType } from "../../../../src/serde/avro/logical.ts";
import { branch, LocalTimestamp, TimeOfDay, TimestampMicros } from "../../../../src/serde/avro/values.ts";
import { toHex } from "../../../support/golden.ts";
import { codec, forms } from "./codec.ts";

test("Decimal.parse() and Decimal.toString() keep every digit", () => {
  for (const text of ["0", "0.00", "-0.01", "12.340", "-123456789012345678901234567890.5", "5"]) {
    assertEquals(Decimal.parse(text).toString(), text);
  }
  assertEquals(Decimal.parse("1.5e3"), new Decimal(1500n));
  assertEquals(Decimal.parse("+15E-4").toString(), "0.0015");
  assertEquals(Decimal.parse(".5").toString(), "0.5");
  assertEquals(JSON.stringify({ price: new Decimal(1234n, 2) }), '{"price":"12.34"}');
  for (const text of ["", ".", "1e", "1,5", "0x10", "1e99999", " 1", "NaN"]) {
    assertThrows(() => Decimal.parse(text), SyntaxError);
  }
  assertThrows(() => new Decimal(1n, -1), RangeError);
});

test("Decimals are as many bytes as fastavro makes of them, and read from more", () => {
  for (
    const [value, hex] of [[0n, "00"], [127n, "7f"], [128n, "0080"], [-128n, "ff80"], [-129n, "ff7f"], [
      -1n,
      "ff",
    ]] as const
  ) {
    assertEquals(toHex(bytesOfInteger(value, null)!), hex);
    assertEquals(integerOfBytes(bytesOfInteger(value, null)!), value);
    assertEquals(integerOfBytes(bytesOfInteger(value, 8)!), value);
  }
  assertEquals(bytesOfInteger(128n, 1), null);
  assertEquals(integerOfBytes(new Uint8Array(0)), 0n);
});

test("TimestampMicros, LocalTimestamp and TimeOfDay say what they are", () => {
  assertEquals(String(new TimestampMicros(1700000000123456n)), "2023-11-14T22:13:20.123456Z");
  assertEquals(String(new TimestampMicros(-1n)), "1969-12-31T23:59:59.999999Z");
  assertEquals(new TimestampMicros(-1n).toDate(), new Date(-1));
  assertEquals(String(new LocalTimestamp(0n)), "1970-01-01T00:00:00.000000");
  assertEquals(String(new TimeOfDay(45_296_789_000)), "12:34:56.789000");
  assertEquals(String(new TimestampMicros(2n ** 63n - 1n)), "9223372036854775807 µsZ");
});

const logical = (type: string, logicalType: string, more = {}) => ({ type, logicalType, ...more });

for (const form of forms) {
  test(`The Avro codec (${form}) takes a top-level decimal, from a text too, and refuses what would be cut`, () => {
    const { encode, decode } = codec(logical("bytes", "decimal", { precision: 4, scale: 2 }), { form });
    assertEquals(toHex(encode("1.23")), "027b");
    assertEquals(decode(encode(Decimal.parse("-1.2"))), new Decimal(-120n, 2));
    for (const value of ["1.234", "100", "x", 1.5, null]) assertThrows(() => encode(value), SerializationError);
    // Without a precision it is no decimal, but bytes; a plain schema of bytes is written raw.
    assertEquals(toHex(codec(logical("bytes", "decimal"), { form }).encode(new Uint8Array([5]))), "05");
    const fixed = codec({ ...logical("fixed", "decimal", { precision: 18 }), name: "F", size: 1 }, { form });
    assertEquals(toHex(fixed.encode("-128")), "80");
    assertThrows(() => fixed.encode("128"), SerializationError);
  });

  test(`The Avro codec (${form}) takes each kind of time for each that can say it, and cuts what is finer`, () => {
    const instant = new TimestampMicros(-1_999n);
    assertEquals(codec(logical("long", "timestamp-millis"), { form }).encode(instant), Uint8Array.of(3));
    const micros = codec(logical("long", "timestamp-micros"), { form });
    assertEquals(micros.decode(micros.encode(new Date(5))), new TimestampMicros(5000n));
    assertEquals(micros.decode(micros.encode(instant)), instant);
    const millis = codec(logical("int", "time-millis"), { form });
    assertEquals(millis.decode(millis.encode(new TimeOfDay(1_999))), new TimeOfDay(1000));
    const date = codec(logical("int", "date"), { form });
    assertEquals(date.decode(date.encode(new Date("1969-12-31T23:59:59Z"))), new Date("1969-12-31"));
    assertThrows(() => date.encode(new Date(NaN)), SerializationError);
    // A Date is an instant: which local time that is, nobody has said.
    assertThrows(
      () => codec(logical("long", "local-timestamp-millis"), { form }).encode(new Date(0)),
      SerializationError,
    );
    assertThrows(
      () => codec(logical("long", "timestamp-millis"), { form }).decode(micros.encode(2n ** 62n)),
      SerializationError,
    );
  });

  test(`The Avro codec (${form}) refuses a text that is no UUID`, () => {
    const { encode } = codec(logical("string", "uuid"), { form });
    assertEquals(encode("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6").length, 37);
    assertThrows(() => encode("f81d4fae7dec11d0a76500a0c91e6bf6"), SerializationError);
    const union = codec([
      logical("string", "uuid"),
      logical("bytes", "decimal", { precision: 3 }),
      logical("int", "date"),
    ], { form });
    assertThrows(() => union.encode("no uuid"), SerializationError);
  });

  test(`The Avro codec (${form}) gives longs as it is told, and never rounds one`, () => {
    const of = (longs: "auto" | "bigint" | "number") => codec({ type: "array", items: "long" }, { form, longs });
    const values = [5, -(2n ** 53n), 2 ** 53 - 1];
    const bytes = of("auto").encode(values);
    assertEquals(of("auto").decode(bytes), values);
    assertEquals(of("bigint").decode(bytes), values.map(BigInt));
    assertThrows(() => of("number").decode(bytes), SerializationError);
    assertEquals(of("number").decode(of("auto").encode([5n])), [5]);
    // A number beyond 2^53 may be another than was meant.
    assertThrows(() => of("auto").encode([2 ** 53]), SerializationError);
    assertEquals(codec("long", { form, longs: "bigint" }).decode(codec("int", { form }).encode(5)), 5n);
  });

  test(`The Avro codec (${form}) uses the logical types of the user before its own`, () => {
    const seconds: LogicalType<{ seconds: number }> = {
      matches: (value): value is { seconds: number } =>
        typeof value === "object" && value !== null && "seconds" in value,
      toAvro: (value) => value.seconds * 1000,
      fromAvro: (value) => ({ seconds: Number(value) / 1000 }),
    };
    const schema = ["null", logical("long", "timestamp-millis"), "string"];
    const own = codec(schema, { form, logicalTypes: { "timestamp-millis": seconds } });
    assertEquals(own.decode(own.encode({ seconds: 2 })), { seconds: 2 });
    const plain = codec(schema, { form, logicalTypes: { "timestamp-millis": null } });
    assertEquals(plain.decode(own.encode({ seconds: 2 })), 2000);
    const failing = { ...seconds, toAvro: () => Promise.reject.call(undefined, "secret") };
    const error = assertThrows(
      () => codec(schema, { form, logicalTypes: { "timestamp-millis": failing } }).encode({ seconds: 2 }),
      SerializationError,
    );
    assertEquals(error.message.includes("secret"), false);
  });

  test(`The Avro encoder (${form}) chooses the branch of a union as fastavro does`, () => {
    const record = (name: string, ...names: string[]) => ({
      type: "record",
      name,
      fields: names.map((name) =>
        name.endsWith("=") ? { name: name.slice(0, -1), type: "int", default: 1 } : { name, type: "int" }
      ),
    });
    const symbols = { type: "enum", name: "E", symbols: ["A"] };
    // Recorded from fastavro 1.13.1.
    const vectors: readonly [union: unknown[], value: unknown, hex: string | null][] = [
      [[record("A", "x"), { type: "map", values: "int" }], { x: 1 }, "020202780200"],
      [[{ type: "map", values: "int" }, record("A", "x")], { x: 1 }, "000202780200"],
      [["float", "double"], 1.5, "02000000000000f83f"],
      [["float", "string", "double"], 1, "04000000000000f03f"],
      [["float", "int"], 1, "000000803f"],
      [["int", "double"], 3000000000, "02000000c00b5ae641"],
      [["long", "double"], 2 ** 63, "02000000000000e043"],
      [[record("A", "x", "y"), record("B", "x", "z=")], { x: 1 }, "020202"],
      [[record("A", "x", "q="), record("B", "x")], { x: 1 }, "000202"],
      [[record("A", "x="), record("B", "x=")], {}, "0002"],
      [[record("A", "x"), record("B", "x")], { "-type": "B", x: 1 }, "0202"],
      [["null", record("A", "x")], { "-type": "B", x: 1 }, null],
      [[symbols, "string"], "B", "020242"],
      [["string", symbols], branch("E", "A"), "0200"],
      [["int", "long"], branch("long", 5), "020a"],
      [["int", { type: "array", items: "int" }], branch("array", [5]), "02020a00"],
      [["null", "int"], branch("int", 5), "020a"],
      [["null", "int"], branch("null", null), "00"],
      [["null", "int"], branch("long", 5), null],
      [["null", "int", "string"], branch("int", "x"), null],
      [["boolean", "string"], 1, null],
      [["int", "string"], true, null],
      [[{ type: "fixed", name: "F", size: 2 }, "bytes"], new Uint8Array(3), "0206000000"],
      [[logical("bytes", "decimal", { precision: 9 }), "string"], "1.5", "0206312e35"],
      [[record("A", "x="), logical("long", "timestamp-millis")], new Date(1), "0202"],
      [[record("A", "x=")], new Map(), null],
      [[], 1, null],
    ];
    for (const [union, value, hex] of vectors) {
      const { encode } = codec(union, { form });
      if (hex === null) assertThrows(() => encode(value), SerializationError);
      else assertEquals(toHex(encode(value)), hex);
    }
  });

  test(`The Avro encoder (${form}) is as strict as it is told`, () => {
    const field = { name: "x", type: ["null", "int"] };
    const schema = { type: "record", name: "R", fields: [field, { name: "d", type: "int", default: 3 }] };
    const allowed = (value: unknown, options: object) => {
      try {
        return toHex(codec(schema, { form, ...options }).encode(value));
      } catch {
        return null;
      }
    };
    const values = [
      { x: 1, d: 3 },
      { x: 1 },
      { d: 3 },
      { x: 1, d: 3, more: 1 },
      { "-type": "R", x: 1, d: 3 },
      new Date(),
      [],
      null,
    ];
    const results = (options: object) => values.map((value) => allowed(value, options));
    assertEquals(results({}), ["020206", "020206", "0006", "020206", "020206", null, null, null]);
    assertEquals(results({ validateStrict: true }), ["020206", null, null, null, "020206", null, null, null]);
    assertEquals(results({ validateStrictAllowDefault: true }), [
      "020206",
      "020206",
      null,
      null,
      "020206",
      null,
      null,
      null,
    ]);
  });

  test(`The Avro encoder (${form}) takes Maps for maps, and getters of a class for fields`, () => {
    const map = codec({ type: "map", values: "int" }, { form });
    assertEquals(map.decode(map.encode(new Map([["a", 1], ["__proto__", 2]]))), JSON.parse('{"a":1,"__proto__":2}'));
    assertThrows(() => map.encode(new Map([[1, 1]])), SerializationError);
    class Point {
      get x() {
        return 5;
      }
    }
    const point = codec({ type: "record", name: "P", fields: [{ name: "x", type: "int" }] }, { form });
    assertEquals(toHex(point.encode(new Point())), "0a");
  });
}

test("A union of records of the same shape takes a value that is nested deep, in time that grows with its depth", () => {
  const record = (name: string, next: unknown) => ({
    type: "record",
    name,
    fields: [{ name: "x", type: "int" }, { name: "next", type: next }],
  });
  const union = ["null", record("A", ["null", "A", record("B", ["null", "A", "B"])]), "B"];
  const nested = (x: unknown, depth: number) => {
    let value: unknown = { x, next: null };
    for (let level = 1; level < depth; level++) value = { x: 1, next: value };
    return value;
  };
  for (const form of forms) {
    const { encode, decode } = codec(union, { form });
    const value = nested(7, 300);
    assertEquals(decode(encode(value)), value);
    // What is remembered of a value is forgotten when it is written again.
    const inner = { x: 1 as unknown, next: null };
    const holder = nested(1, 20) as { next: unknown };
    holder.next = inner;
    encode(nested(1, 100));
    encode(holder);
    inner.x = "text";
    const error = assertThrows(() => encode(holder), SerializationError);
    assert(!error.message.includes("too large"), error.message);
    const wrong = assertThrows(() => encode(nested("text", 100)), SerializationError);
    assert(!wrong.message.includes("too large"), wrong.message);
  }
});
