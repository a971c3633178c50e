/** What must be refused: the vectors of refusals that the codec decides, and hostile bytes, values and schemas. */
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertLess, assertThrows } from "../../../support/assert.ts";
import { SerializationError } from "../../../../src/kafka/serialization_error.ts";
import { Output } from "../../../../src/serde/output.ts";
import { avroFormat } from "../../../../src/serde/avro/format.ts";
import { fromHex, golden, toHex, untagged } from "../../../support/golden.ts";
import { avroTags, codec, forms } from "./codec.ts";

interface NegativeCase {
  readonly name: string;
  readonly op: "serialize" | "deserialize" | "construct";
  readonly format: string;
  readonly portMust: string;
  readonly schema?: unknown;
  readonly register?: readonly { readonly schema: unknown }[];
  readonly readerSchema?: unknown;
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly input?: unknown;
  readonly dataHex?: string;
  readonly python: { readonly result?: unknown };
}

/** The cases that are decided before or after the codec: framing, the registry, configuration. */
const others =
  /magic|guid|header|empty|4-of-5|unknown-id|subject-strategy|conf-|no-context|not-registered|use-latest|schema-id|incompatible|bad-reference/;

const cases = golden<NegativeCase>("negative.json").cases.filter(({ name, format }) =>
  format === "AVRO" && !others.test(name)
);

for (const form of forms) {
  for (const one of cases) {
    test(`The Avro codec (${form}) does with ${one.name} what the golden vectors say`, () => {
      const isAccepted = one.portMust.startsWith("accepted");
      const run = () => {
        const options = {
          form,
          validateStrict: one.conf?.["validate.strict"] === true,
          validateStrictAllowDefault: one.conf?.["validate.strict.allow.default"] === true,
        };
        const { encode, decode, decodeAs } = codec(schemaOf(one), options);
        if (one.op === "serialize") return encode(untagged(one.input, avroTags));
        if (one.op === "construct") return null;
        const data = fromHex(one.dataHex!).subarray(5);
        return one.readerSchema ? decodeAs(one.readerSchema, data) : decode(data);
      };
      if (!isAccepted) return void assertThrows(run, SerializationError);
      const result = run();
      const expected = untagged(one.python.result, avroTags);
      // Python's bytes have the schema's id in front.
      if (one.op === "serialize") assertEquals(toHex(result as Uint8Array), toHex(expected as Uint8Array).slice(10));
      else assertEquals(result, expected);
    });
  }

  test(`The Avro decoder (${form}) refuses five million nulls in five bytes, and nulls that add up to as many`, () => {
    const nulls = codec({ type: "array", items: "null" }, { form });
    // A count of five million in zigzag, then the end.
    assertRefused(() => nulls.decode(fromHex("80ade20400")));
    const lists = codec({ type: "array", items: { type: "array", items: "null" } }, { form });
    const list = nulls.encode(new Array(600_000).fill(null));
    assertEquals((nulls.decode(list) as unknown[]).length, 600_000);
    assertRefused(() => lists.decode(fromHex(`04${toHex(list)}${toHex(list)}00`)));
    assertEquals(nulls.decode(nulls.encode([null, null])), [null, null]);
  });

  test(`The Avro decoder (${form}) refuses nulls and empty records that come by a union or a map`, () => {
    const empty = {
      type: "record",
      name: "E",
      fields: Array.from({ length: 5000 }, (_, i) => ({ name: `f${i}`, type: "null" })),
    };
    const { decode, encode } = codec({ type: "array", items: ["string", empty] }, { form });
    // Four hundred records of 5000 nulls in 400 bytes.
    assertRefused(() => decode(fromHex(`a006${"02".repeat(400)}00`)));
    assertEquals((decode(fromHex("040202" + "00")) as unknown[]).length, 2);
    assertEquals(toHex(encode(["x"])), "0200027800");
    // Each record holds the one before twice: without a byte, thirty of them are a thousand million parts.
    let doubled: unknown = "null";
    for (let level = 0; level < 30; level++) {
      const name = `D${level}`;
      doubled = record(name, [doubled, level === 0 ? "null" : `D${level - 1}`]);
    }
    assertRefused(() => codec(doubled, { form }).decode(new Uint8Array(0)));
    const dropped = codec({ type: "record", name: "R", fields: [{ name: "d", type: doubled }] }, { form });
    assertRefused(() => dropped.decodeAs({ type: "record", name: "R", fields: [] }, new Uint8Array(0)));
  });

  test(`The Avro codec (${form}) refuses values that hold themselves or are too deep, and goes on with the next`, () => {
    const node = { type: "record", name: "N", fields: [{ name: "next", type: ["null", "N"] }] };
    const { encode, decode } = codec(node, { form });
    const loop: { next: unknown } = { next: null };
    loop.next = loop;
    assertRefused(() => encode(loop));
    assertRefused(() => decode(new Uint8Array(100_000).fill(2)));
    const deep = fromHex("02".repeat(300) + "00");
    assertEquals(toHex(encode(decode(deep))), toHex(deep));
    // With a second record in the union the branch has to be chosen by looking.
    const other = { type: "record", name: "M", fields: [] };
    const chosen = codec({ ...node, fields: [{ name: "next", type: ["null", "N", other] }] }, { form });
    assertRefused(() => chosen.encode(loop));
    assertEquals(toHex(chosen.encode({ next: { next: null } })), "0200");
    // A list that holds itself is no value of a schema that ends.
    const list: unknown[] = [];
    list.push(list);
    assertRefused(() => codec({ type: "array", items: { type: "array", items: "int" } }, { form }).encode(list));
  });

  test(`The Avro encoder (${form}) leaves nothing behind of a value that it refuses`, () => {
    const format = avroFormat({ form });
    const schema = { type: "record", name: "R", fields: [{ name: "a", type: "string" }, { name: "b", type: "int" }] };
    const encode = format.encoder(format.parse({ schema: JSON.stringify(schema) }, []));
    const output = new Output();
    output.write(fromHex("0000000007"));
    assertThrows(() => encode({ a: "x".repeat(5000), b: "secret" }, output), SerializationError);
    assertEquals(output.at, 5);
    encode({ a: "x", b: 1 }, output);
    assertEquals(toHex(output.bytes.subarray(0, output.at)), "0000000007027802");
  });

  test(`The Avro codec (${form}) names the field that is wrong, and never shows a value`, () => {
    const inner = { type: "record", name: "I", fields: [{ name: "x", type: "int" }] };
    const schema = {
      type: "record",
      name: "O",
      namespace: "a.b",
      fields: [{ name: "l", type: { type: "array", items: inner } }],
    };
    const { encode } = codec(schema, { form });
    const message = assertRefused(() => encode({ l: [{ x: 1 }, { x: "secret" }] }));
    assertEquals(message, 'Cannot write "a.b.I.x": want an int, got a string');
    assertEquals(assertRefused(() => encode({})), 'Cannot write "a.b.O.l": want an array, but it is missing');
    assertEquals(assertRefused(() => codec("string", { form }).encode("\ud800secret")).includes("secret"), false);
  });
}

test("Avro schemas that are hostile are refused in little time", () => {
  const wrap = (depth: number, open: string, inner: string, close: string) =>
    open.repeat(depth) + inner + close.repeat(depth);
  // The default of each record is twice that of the one before.
  let defaults = recordOf("D0", '{"name":"a","type":"int","default":1}');
  for (let level = 1; level < 30; level++) {
    const second = `{"name":"b","type":"D${level - 1}","default":{}}`;
    defaults = recordOf(`D${level}`, `{"name":"a","type":${defaults},"default":{}},${second}`);
  }
  const hostile = [
    wrap(100_000, "[", "", "]"),
    wrap(1000, '{"type":"array","items":', '"int"', "}"),
    wrap(1000, '{"type":', '"int"', "}"),
    recordOf("R", Array.from({ length: 150_000 }, (_, n) => `{"name":"f${n}","type":"int"}`).join(",")),
    defaults,
    recordOf("A", '{"name":"a","type":"A","default":{}}'),
    `{"type":"fixed","name":"F","size":${2 ** 40}}`,
    recordOf("R", '{"name":"a\\"]=1;throw 1;//","type":"int"}'),
    '{"type":"enum","name":"E","symbols":["a","a"]}',
    `"${"x".repeat(10_000_001)}"`,
    '{"type":"record","name":"R","fields":{}}',
    "null",
    "5",
    '"constructor"',
    '{"type":"__proto__"}',
  ];
  for (const [index, schema] of hostile.entries()) {
    const start = performance.now();
    assertRefused(() => codec({ schema }), `schema ${index}`);
    assertLess(performance.now() - start, 3000, `schema ${index}`);
  }
});

test("Avro schemas whose references double a type without a name are refused in little time", () => {
  const format = avroFormat();
  const references = [{ name: "n0", schema: { schema: '"int"' } }];
  for (let level = 1; level < 60; level++) {
    const [of, name] = [`n${level - 1}`, `n${level}`];
    references.push({ name, schema: { schema: `[{"type":"array","items":"${of}"},{"type":"map","values":"${of}"}]` } });
  }
  assertRefused(() => format.parse({ schema: '"n59"' }, references));
  const { type } = format.parse({ schema: '"n2"' }, references.slice(0, 3));
  assertEquals(type.kind, "union");
});

test("Avro schemas may define a type in the words of a reference, and not in others", () => {
  const format = avroFormat();
  const city = (size: number) => JSON.stringify(record("City", ["string", { type: "fixed", name: "Code", size }]));
  const references = [{ name: "a", schema: { schema: `{"type":"array","items":${city(2)}}` } }];
  const parse = (size: number) =>
    format.parse({ schema: recordOf("P", `{"name":"c","type":${city(size)}},{"name":"d","type":"Code"}`) }, references);
  assertEquals(parse(2).recordName, "P");
  assertRefused(() => parse(3));
});

test("Avro schemas that only look hostile are used", () => {
  const many = Array.from({ length: 6000 }, (_, n) => ({ name: `f${n}`, type: "int" }));
  const { encode, decode } = codec({ type: "record", name: "R", fields: many });
  const value = Object.fromEntries(many.map(({ name }, index) => [name, index]));
  assertEquals(decode(encode(value)), value);
  const proto = codec({
    type: "record",
    name: "__proto__",
    namespace: "__proto__",
    fields: [{ name: "__proto__", type: "int" }],
  });
  assertEquals(Object.hasOwn(proto.decode(fromHex("02")) as object, "__proto__"), true);
  const map = codec({ type: "map", values: "int" }).decode(fromHex("02125f5f70726f746f5f5f0200")) as object;
  assert(Object.getPrototypeOf(map) === Object.prototype && Object.hasOwn(map, "__proto__"));
});

function recordOf(name: string, fields: string): string {
  return `{"type":"record","name":"${name}","fields":[${fields}]}`;
}

function record(name: string, types: readonly unknown[]): unknown {
  return { type: "record", name, fields: types.map((type, index) => ({ name: `f${index}`, type })) };
}

function schemaOf(one: NegativeCase): unknown {
  const schema = one.register?.[0]?.schema ?? one.schema;
  return one.op === "construct" ? { schema } : schema;
}

/** Asserts that a call is refused by an error of ours, and gives its text. */
function assertRefused(call: () => unknown, what = ""): string {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  assertInstanceOf(thrown, SerializationError, `${what} ${thrown}`);
  assert(!/secret/.test(thrown.message), thrown.message);
  return thrown.message;
}
