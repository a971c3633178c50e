/** Validation of JSON: drafts, references, what errors say, and schemas and messages that mean harm. */
import { SerializationError } from "../../../../mod.ts";
import { jsonFormat } from "../../../../src/serde/json/format.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";
import { jsonSchema } from "../../../support/serde/json_schema.ts";

const draft = (name: string) => `http://json-schema.org/${name}/schema#`;

test("JsonFormat.validate() goes by the draft that a schema names, and by the newest if it names none", async () => {
  const tuple = { prefixItems: [{ type: "integer" }], items: false };
  for (const $schema of [undefined, "https://json-schema.org/draft/2020-12/schema", "https://example.com/mine"]) {
    const { accepts } = await jsonSchema({ $schema, ...tuple });
    assertEquals([accepts([1]), accepts(["x"]), accepts([1, 2])], [true, false, false]);
  }
  const old = await jsonSchema({ $schema: draft("draft-07"), items: [{ type: "integer" }], additionalItems: false });
  assertEquals([old.accepts([1]), old.accepts(["x"]), old.accepts([1, 2])], [true, false, false]);
  const four = await jsonSchema({ $schema: draft("draft-04"), maximum: 5, exclusiveMaximum: true });
  assertEquals([four.accepts(4), four.accepts(5)], [true, false]);
  const six = { $schema: draft("draft-06"), const: 1, if: true, then: false };
  assertEquals((await jsonSchema(six)).accepts(1), true);
  assertEquals((await jsonSchema({ ...six, $schema: draft("draft-07") })).accepts(1), false);
});

test("JsonFormat.validate() leaves out what stands beside a $ref in the drafts that say so", async () => {
  const schema = { $ref: "#/definitions/a", minimum: 5, definitions: { a: { type: "integer" } } };
  for (const name of ["draft-04", "draft-06", "draft-07"]) {
    const { accepts } = await jsonSchema({ $schema: draft(name), ...schema });
    assertEquals([accepts(1), accepts("x")], [true, false]);
  }
  const { accepts } = await jsonSchema(schema);
  assertEquals([accepts(1), accepts(6)], [false, true]);
});

test("JsonFormat.validate() resolves references by name, through others, and relative to the schema's identifier", async () => {
  const others = {
    "addr.json": { properties: { zip: { $ref: "common.json#/$defs/zip" } } },
    "common.json": { $id: "https://example.com/common", $defs: { zip: { type: "string", pattern: "^\\d{5}$" } } },
  };
  for (const $id of [undefined, "https://example.com/person.json"]) {
    const { accepts } = await jsonSchema({ $id, properties: { addr: { $ref: "addr.json" } } }, others);
    assertEquals([accepts({ addr: { zip: "12345" } }), accepts({ addr: { zip: "1" } })], [true, false]);
  }
});

test("JsonFormat.validate() keeps apart what two schemas call by the same name", async () => {
  const format = jsonFormat();
  await format.load?.();
  const parse = (type: string) =>
    format.parse({ schema: '{"$ref":"part.json"}' }, [{ name: "part.json", schema: { schema: `{"type":"${type}"}` } }]);
  const [text, number] = [parse("string"), parse("number")];
  format.validate(text, "x");
  format.validate(number, 1);
  assertThrows(() => format.validate(text, 1), SerializationError);
});

test("jsonFormat() never fetches a reference: what is not given does not exist", async () => {
  for (const $ref of ["https://example.com/schema.json", "missing.json", "#/$defs/missing", "#missing"]) {
    await assertRejects(() => jsonSchema({ properties: { a: { $ref } } }), SerializationError);
  }
});

test("jsonFormat() refuses what is no schema", async () => {
  const schemas = ["{", "1", "null", "[]", { type: "objectt" }, { required: 1 }, { pattern: "(" }, {
    $schema: draft("draft-07"),
    items: 1,
  }];
  for (const schema of schemas) await assertRejects(() => jsonSchema(schema), SerializationError);
  await assertRejects(() => jsonSchema({}, { "a.json": { type: 1 } }), SerializationError, '"a.json"');
});

test("JsonFormat.validate() says where and by which keyword, and shows nothing of the value", async () => {
  const { format, parsed } = await jsonSchema({
    properties: { card: { properties: { number: { type: "integer" } } } },
  });
  const error = assertThrows(() => format.validate(parsed, { card: { number: "secret" } }), SerializationError);
  assertEquals(error.message, 'The value does not satisfy its JSON Schema: "/card/number" fails "type"');
  assert(!`${error.stack}${JSON.stringify(error)}${error.cause}`.includes("secret"));
});

test("JsonFormat.validate() does not ask for formats, and ignores keywords of others", async () => {
  const { accepts } = await jsonSchema({
    format: "email",
    "confluent:tags": ["PII"],
    "confluent:rules": [{ name: "r" }],
  });
  assertEquals(accepts("no email"), true);
});

test("JsonFormat.validate() does not take what a value inherits for a part of it", async () => {
  for (const name of ["toString", "__proto__", "constructor"]) {
    const { accepts } = await jsonSchema({ required: [name] });
    assertEquals([accepts({}), accepts(JSON.parse(`{"${name}":1}`))], [false, true]);
  }
  const { accepts } = await jsonSchema('{"additionalProperties":false,"properties":{"a":{}}}');
  assertEquals([accepts({ a: 1 }), accepts(JSON.parse('{"__proto__":1}'))], [true, false]);
});

test("JsonFormat.validate() takes patterns that other languages allow", async () => {
  assertEquals((await jsonSchema({ pattern: "^[\\w-.]+$" })).accepts("a-b.c"), true);
});

test("JsonFormat.validate() ends on schemas that refer to themselves", async () => {
  const { format, parsed } = await jsonSchema({ $defs: { a: { allOf: [{ $ref: "#/$defs/a" }] } }, $ref: "#/$defs/a" });
  assertThrows(() => format.validate(parsed, 1), SerializationError);
  const list = await jsonSchema({ type: "array", items: { $ref: "#" } });
  assertEquals([list.accepts([[[]]]), list.accepts([[1]])], [true, false]);
});

test("JsonFormat.validate() ends on schemas that would take for ever", { timeoutMs: 60_000 }, async () => {
  // Each definition asks twice for the next: 2^60 in all.
  const $defs: Record<string, unknown> = { d60: { type: "integer" } };
  for (let index = 0; index < 60; index++) {
    const next = { $ref: `#/$defs/d${index + 1}` };
    $defs[`d${index}`] = { allOf: [next, next] };
  }
  const { format, parsed } = await jsonSchema({ $ref: "#/$defs/d0", $defs });
  assertThrows(() => format.validate(parsed, 1), SerializationError, "takes too long");
  // What was used up is not missing the next time.
  assertThrows(() => format.validate(parsed, 1), SerializationError, "takes too long");
});

test("JsonFormat.validate() compares the elements of a long list in bounded time", async () => {
  const { accepts } = await jsonSchema({ uniqueItems: true });
  const many = Array.from({ length: 200_000 }, (_, id) => ({ id, of: [1, "1"] }));
  const start = performance.now();
  assertEquals([accepts(many), accepts([...many, { of: [1, "1"], id: 7 }])], [true, false]);
  assert(performance.now() - start < 10_000);
  assertEquals([accepts([1, "1", true, null, "null"]), accepts([0, -0]), accepts([[1, 2], [1, 2]])], [
    true,
    false,
    false,
  ]);
  assertEquals([accepts([[1, 2], ["1,2"], [[1], 2]]), accepts([{ a: 1 }, '{"a":1}'])], [true, true]);
});

test("jsonFormat() refuses schemas that are nested too deep, or too large", async () => {
  const deep = `${'{"not":'.repeat(5000)}{}${"}".repeat(5000)}`;
  await assertRejects(() => jsonSchema(deep), SerializationError, "nested more than");
  await assertRejects(
    () => jsonSchema(`{"enum":[${"1,".repeat(300_000)}1]}`),
    SerializationError,
    "more than 200000 values",
  );
  await assertRejects(() => jsonSchema(`{"title":"${"x".repeat(5_000_000)}"}`), SerializationError, "characters");
});

test("jsonFormat() without validation accepts everything and does not compile", async () => {
  const { accepts, encode } = await jsonSchema({ type: "string" }, {}, { validate: false });
  assertEquals([accepts(1), encode(1)], [true, "1"]);
});
