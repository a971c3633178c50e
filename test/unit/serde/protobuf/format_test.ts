/** The Protobuf format: Python's bytes and JSON, indexes, types of the user's own, migrations, and what is refused. */
import {
  create,
  type DescMessage,
  fromJson,
  isMessage,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import { SerializationError } from "../../../../mod.ts";
import { readMessageIndexes } from "../../../../src/serde/message_indexes.ts";
import { protobufFormat } from "../../../../src/serde/protobuf/format.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import {
  encoded,
  type GoldenVector,
  hex,
  type NegativeCase,
  parseCase,
  protobufCases,
  readGolden,
  unhex,
} from "../../../support/serde/protobuf/golden.ts";

const ID_BYTES = 5;

const parse = (schema: string, format = protobufFormat()) => format.parse({ schema }, []);

/** A vector's bytes behind the id and the message indexes. */
function payloadOf({ bytesHex, headers }: GoldenVector): Uint8Array {
  const bytes = unhex(bytesHex);
  return headers === undefined ? bytes.subarray(readMessageIndexes(bytes, ID_BYTES).end) : bytes;
}

for (const form of ["text", "descriptorBase64"] as const) {
  test(`protobufFormat() writes and reads as Python does, from ${form}`, () => {
    let vectors = 0;
    for (const { name, files, vectors: cases } of protobufCases()) {
      for (const vector of cases) {
        const { format, parsed } = parseCase(files, form, { messageType: vector.message });
        const where = `${name} ${vector.message}`;
        const type = parsed.message!;
        const { registry } = parsed;
        assertEquals(format.recordName(parsed), vector.message, where);
        assertEquals(format.indexes(parsed), vector.messageIndexes, where);
        assertEquals(format.select(parsed, vector.messageIndexes).message, type, where);
        const payload = payloadOf(vector);
        const message = fromJson(type, vector.input as JsonValue, { registry });
        assertEquals(hex(encoded((output) => format.encoder(parsed)(message, output))), hex(payload), where);
        const around = new Uint8Array([1, 2, 3, ...payload]);
        const read = format.decoder(parsed, null)(around, 3) as Message;
        assertEquals(toJson(type, read, { registry }), vector.decoded as JsonValue, where);
        vectors++;
      }
    }
    assertEquals(vectors, 28);
  });
}

test("protobufFormat() does with data what negative.json says", () => {
  const { cases } = readGolden<{ cases: readonly NegativeCase[] }>("negative.json");
  const format = protobufFormat();
  let count = 0;
  for (const { name, format: kind, portMust, dataHex, registered, python } of cases) {
    if (kind !== "PROTOBUF" || name === "protobuf-bad-magic" || name === "protobuf-empty") continue;
    const schema = parse(registered[0]!.schema);
    const read = (): JsonValue => {
      const data = unhex(dataHex);
      const { indexes, end } = readMessageIndexes(data, ID_BYTES);
      const parsed = format.select(schema, indexes);
      return toJson(parsed.message!, format.decoder(parsed, null)(data, end) as Message);
    };
    if (portMust.startsWith("accepted")) assertEquals(read(), python.result as JsonValue, name);
    else assertThrows(read, SerializationError);
    count++;
  }
  assertEquals(count, 10);
});

test("protobufFormat().indexes() counts the messages that stand for the entries of maps", () => {
  const format = protobufFormat();
  const parsed = parse(`syntax = "proto3"; message X {}
    message A { map<string, int32> m = 1; message B { map<string, B> n = 1; message C {} } }`);
  const at = (...indexes: number[]): string => format.select(parsed, indexes).message!.typeName;
  assertEquals([at(1), at(1, 1), at(1, 1, 1)], ["A", "A.B", "A.B.C"]);
  assertEquals(format.indexes(format.select(parsed, [1, 1, 1])), [1, 1, 1]);
  for (const wrong of [[2], [1, 2], [1, 0], [1, 1, 0], [0, 0], [1, 1, 1, 0], []]) {
    assertThrows(() => format.select(parsed, wrong), SerializationError);
  }
});

test("protobufFormat().forValue() selects the message that a value says it is", () => {
  const format = protobufFormat();
  const parsed = parse(
    'syntax = "proto3"; package p; message A { int32 a = 1; } message B { int32 b = 1; message C {} }',
  );
  const named = (value: unknown) => format.indexes(format.forValue(parsed, value));
  assertEquals(named({ a: 1 }), [0]);
  assertEquals(named(null), [0]);
  assertEquals(named({ $typeName: "p.B", b: 1 }), [1]);
  assertEquals(named({ $typeName: "p.B.C" }), [1, 0]);
  assertThrows(() => named({ $typeName: "p.D" }), SerializationError);
  assertThrows(() => format.encoder(parsed)({ $typeName: "p.B" }, null as never), SerializationError);
});

test("protobufFormat() of a type reads and writes that type, under the names of its own descriptor", () => {
  const schema = 'syntax = "proto3"; package p; message First {} message A { int32 renamed = 1; string kept = 2; }';
  const own = parse('syntax = "proto3"; package p; message A { int32 old_name = 1; }').message!;
  const format = protobufFormat({ messageType: own });
  const parsed = parse(schema, format);
  assertEquals(format.indexes(parsed), [1]);
  const data = encoded((output) => format.encoder(parsed)(create(own, { oldName: 5 }), output));
  assertEquals(hex(data), "0805");
  const read = format.decoder(parsed, null)(unhex("0805120178"), 0) as Message & { oldName: number };
  assert(isMessage(read, own));
  assertEquals(read.oldName, 5);
  assertEquals(hex(encoded((output) => format.encoder(parsed)(read, output))), "0805120178");
  assertEquals(format.toPlain(parsed, read), { renamed: 5, kept: "x" });
  const made = format.fromPlain(parsed, { renamed: 6, kept: "y" }) as Message & { oldName: number };
  assertEquals(made.oldName, 6);
  assertEquals(hex(encoded((output) => format.encoder(parsed)(made, output))), "0806120179");
});

test("protobufFormat() refuses a type that the schema has not", () => {
  const schema =
    'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { google.protobuf.Timestamp t = 1; }';
  for (const messageType of ["B", "google.protobuf.Timestamp"]) {
    const format = protobufFormat({ messageType });
    const parsed = parse(schema, format);
    assertStringIncludes(assertThrows(() => format.encoder(parsed), SerializationError).message, "no such message");
    assertThrows(() => format.indexes(parsed), SerializationError);
  }
  assertThrows(() => protobufFormat({ messageType: "B" }).decoder(parse(schema), null), SerializationError);
  const none = parse('syntax = "proto3"; enum E { A = 0; }');
  assertEquals(protobufFormat().recordName(none), null);
  assertThrows(() => protobufFormat().indexes(none), SerializationError);
});

test("protobufFormat().decoder() gives the message of the reader's schema which the writer's is", () => {
  const format = protobufFormat();
  const writer = format.select(parse('syntax = "proto3"; package p; message X {} message A { int32 old = 1; }'), [1]);
  const reader = parse('syntax = "proto3"; package p; message Y {} message A { int32 new = 1; }');
  const read = format.decoder(writer, reader)(unhex("0805"), 0) as Message & { new: number };
  assertEquals([read.$typeName, read.new], ["p.A", 5]);
});

test("protobufFormat().toPlain() gives JSON with the schema's own names, and fromPlain() takes it", () => {
  const format = protobufFormat();
  const parsed = parse(`syntax = "proto3"; package p; import "google/protobuf/timestamp.proto";
    message A { string full_name = 1; int64 big = 2; bytes raw = 3; google.protobuf.Timestamp at = 4; E kind = 5; optional int32 maybe = 6; }
    enum E { ZERO = 0; ONE = 1; }`);
  const type = parsed.message as DescMessage;
  const message = create(type, { fullName: "x", big: 2n ** 60n, raw: Uint8Array.of(1), at: { seconds: 1n }, kind: 1 });
  const plain = { full_name: "x", big: "1152921504606846976", raw: "AQ==", at: "1970-01-01T00:00:01Z", kind: "ONE" };
  assertEquals(format.toPlain(parsed, message), plain);
  assertEquals(format.toPlain(parsed, create(type)), { full_name: "", big: "0", raw: "", kind: "ZERO" });
  assertEquals(format.fromPlain(parsed, { ...plain, gone: 1 }), message);
  const { message: text } = assertThrows(() => format.fromPlain(parsed, { big: "secret" }), SerializationError);
  assert(!text.includes("secret"), text);
});

test("protobufFormat().decoder() refuses hostile data in bounded time", () => {
  const format = protobufFormat();
  const parsed = parse(
    'syntax = "proto3"; message A { A a = 1; string s = 2; repeated int32 p = 3; map<string, A> m = 4; fixed64 f = 5; }',
  );
  const decode = format.decoder(parsed, null);
  const hostile = [
    "0a", // a length that is missing
    "0affffffff0f", // a length of 4 GiB
    "12ffffffff07", // a string of 2 GiB
    "1a7f01", // a packed list that ends too early
    "2200ff", // half a tag
    "29010203", // half a number
    "12016",
    "00", // the field number 0
    "0b", // a group that does not end
    "12" + "02" + "c328", // no UTF-8
    "0a".repeat(200),
    "fa0f".repeat(3),
    "ffffffffffffffffffffff01",
  ];
  for (const data of hostile) assertThrows(() => decode(unhex(data), 0), SerializationError);
  let nested = "";
  for (let i = 0; i < 200; i++) {
    nested = `0a${(nested.length / 2).toString(16).padStart(2, "0")}${nested}`.slice(0, 250);
  }
  const deep = Uint8Array.from({ length: 100_000 }, () => 0x0b);
  assertThrows(() => decode(deep, 0), SerializationError);
});
