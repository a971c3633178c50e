/** JSON text and bytes: nothing is lost, nothing is guessed, and hostile texts end in an error. */
import { SerializationError } from "../../../../mod.ts";
import { jsonFormat } from "../../../../src/serde/json/format.ts";
import { Output } from "../../../../src/serde/output.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { goldenCases } from "../../../support/serde/golden_values.ts";
import { bytesOf } from "../../../support/serde/golden_values.ts";
import { jsonSchema } from "../../../support/serde/json_schema.ts";

test("jsonFormat() writes UTF-8 without spaces, keeps the order of keys, and reads it back", async () => {
  const { encode, decode } = await jsonSchema({});
  const value = { z: [1, { b: "日本 😀 \u2028" }], a: null, é: true };
  assertEquals(encode(value), '{"z":[1,{"b":"日本 😀 \u2028"}],"a":null,"é":true}');
  assertEquals(decode(encode(value)), value);
  assertEquals(Object.keys(decode('{"z":1,"a":2}') as object), ["z", "a"]);
});

test("jsonFormat() refuses to write what JSON has no form for", async () => {
  const { encode } = await jsonSchema({});
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const secret = {
    toJSON: () => {
      throw new Error("secret");
    },
  };
  for (
    const value of [1n, { a: [1n] }, NaN, { a: Infinity }, new Uint8Array(2), { a: new Map() }, circle, () => 1, secret]
  ) {
    const error = assertThrows(() => encode(value), SerializationError);
    assert(!error.message.includes("secret"));
  }
});

test("jsonFormat() writes what has a JSON form of its own", async () => {
  const { encode } = await jsonSchema({});
  assertEquals(encode({ at: new Date(0), gone: undefined }), '{"at":"1970-01-01T00:00:00.000Z"}');
});

test("jsonFormat() writes behind what is there, and needs no more room than the text has bytes", () => {
  const format = jsonFormat({ validate: false });
  const encode = format.encoder(format.parse({ schema: "{}", schemaType: "JSON" }, []));
  for (const text of ["abc", "é日😀x"]) {
    const bytes = new TextEncoder().encode(JSON.stringify(text));
    const output = new Output(new Uint8Array(bytes.length + 1));
    output.write(Uint8Array.of(7));
    encode(text, output);
    assertEquals(output.bytes.subarray(0, output.at), Uint8Array.of(7, ...bytes));
    assertThrows(() => encode(text, new Output(new Uint8Array(bytes.length - 1))), RangeError);
  }
});

test("jsonFormat() reads text that has the mark for bytes that are none, and text behind a byte order mark", async () => {
  const { decode } = await jsonSchema({});
  assertEquals(decode('"a\ufffdb"'), "a\ufffdb");
  assertEquals(decode('\ufeff"a\ufeff"'), "a\ufeff");
  assertEquals(decode('\ufeff"\ufffd"'), "\ufffd");
});

test("jsonFormat() refuses bytes that are no UTF-8, or no JSON, and does not quote them", async () => {
  const { decode } = await jsonSchema({});
  for (const data of [[0x22, 0xff, 0x22], [0xc0, 0x80], [0xed, 0xa0, 0x80]]) {
    assertThrows(() => decode(Uint8Array.from(data)), SerializationError, "no UTF-8");
  }
  for (const text of ["", " ", "secret", '{"secret"', "1 secret", "NaN", "'secret'"]) {
    const error = assertThrows(() => decode(text), SerializationError, "no JSON");
    assert(!error.message.includes("secret") && error.cause === undefined);
  }
});

test("jsonFormat() refuses JSON that is nested too deep, both ways", async () => {
  const { encode, decode } = await jsonSchema({});
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assertEquals(encode(decode(nested(1000))), nested(1000));
  assertEquals(decode(JSON.stringify(`${"[{".repeat(5000)}\\"`)), `${"[{".repeat(5000)}\\"`);
  for (const text of [nested(1001), nested(2_000_000), '{"a":'.repeat(100_000), "[".repeat(3_000_000)]) {
    assertThrows(() => decode(text), SerializationError, "nested more than 1000 deep");
  }
  let deep: unknown = null;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  assertThrows(() => encode(deep), SerializationError, "nested more than 1000 deep");
});

test("jsonFormat() takes a key __proto__ for a key like any other", async () => {
  const { decode, encode, walk } = await jsonSchema({ properties: { __proto__x: {}, a: { type: "string" } } });
  const text = '{"__proto__":{"polluted":true},"a":"x"}';
  const value = decode(text) as Record<string, unknown>;
  assertEquals(Object.hasOwn(value, "__proto__"), true);
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
  assertEquals(encode(value), text);
  const walked = walk(value).value as Record<string, unknown>;
  assertEquals(encode(walked), '{"__proto__":{"polluted":true},"a":"x!"}');
  assertEquals(Object.getPrototypeOf(walked), Object.prototype);
  assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
});

test("jsonFormat() reads and writes with the functions it was given", async () => {
  const { encode, decode } = await jsonSchema({}, {}, {
    jsonEncode: (value) => JSON.stringify(value, (_, one) => typeof one === "bigint" ? `${one}n` : one),
    jsonDecode: (text) => JSON.parse(text, (_, one) => /^\d+n$/.test(one) ? BigInt(one.slice(0, -1)) : one),
  });
  assertEquals(encode({ big: 2n ** 60n }), '{"big":"1152921504606846976n"}');
  assertEquals(decode('{"big":"1152921504606846976n"}'), { big: 2n ** 60n });
  const error = assertThrows(() => decode("secret"), SerializationError);
  assert(!error.message.includes("secret") && error.cause === undefined);
});

test("jsonFormat() refuses a function jsonEncode that throws, or gives no text", async () => {
  const none = await jsonSchema({}, {}, { jsonEncode: () => undefined as unknown as string });
  assertThrows(() => none.encode(1), SerializationError, "gave no text");
  const throwing = await jsonSchema({}, {}, {
    jsonEncode: () => {
      throw new Error("x");
    },
  });
  assertThrows(() => throwing.encode(1), SerializationError, "jsonEncode threw");
});

interface Negative {
  readonly name: string;
  readonly op: string;
  readonly format: string;
  readonly dataHex?: string;
  readonly python: { readonly accepted?: boolean; readonly result?: unknown };
}

for (const { name, op, format, dataHex, python } of goldenCases<Negative>("negative.json")) {
  // What is about the frame and the registry is not the format's.
  if (format !== "JSON" || op !== "deserialize" || !/no-payload|malformed|utf8|validation|duplicate/.test(name)) {
    continue;
  }
  test(`jsonFormat() agrees with the golden case ${name}`, async () => {
    const schema = { properties: { a: { type: "integer" } }, required: ["a"] };
    const { decode, format, parsed } = await jsonSchema(schema);
    const read = () => {
      const value = decode(bytesOf(dataHex!).subarray(5));
      format.validate(parsed, value);
      return value;
    };
    if (python.accepted) assertEquals(read(), python.result);
    else assertThrows(read, SerializationError);
  });
}
