/** Which fields of JSON values field rules visit, with which names, types and tags. */
import { SerializationError } from "../../../../mod.ts";
import { perform } from "../../../../src/kafka/work.ts";
import { jsonFormat } from "../../../../src/serde/json/format.ts";
import { Validators } from "../../../../src/serde/json/validator.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../../support/assert.ts";
import { jsonSchema } from "../../../support/serde/json_schema.ts";

const text = { type: "string" };
const tagged = (...tags: string[]) => ({ type: "string", "confluent:tags": tags });

test("JsonFormat.walk() names fields from $, with their types and tags", async () => {
  const { walk } = await jsonSchema({
    properties: {
      name: tagged("PII", "X"),
      age: { type: "integer" },
      score: { type: "number" },
      on: { type: "boolean" },
      kind: { enum: ["a"] },
      gone: { type: ["null", "string"] },
      nest: { properties: { in: tagged("DEEP") } },
      list: { type: "array", items: text, "confluent:tags": ["LIST"] },
      rows: { items: { properties: { cell: text } } },
    },
  });
  const value = {
    name: "n",
    age: 1,
    score: 1,
    on: true,
    kind: "a",
    gone: null,
    nest: { in: "i" },
    list: ["l"],
    rows: [{ cell: "c" }],
    free: "f",
  };
  const { fields, value: walked } = walk(value);
  assertEquals(fields.map(({ fullName, name, type, tags }) => [fullName, name, type, [...tags].join()]), [
    ["$.name", "name", "STRING", "PII,X"],
    ["$.age", "age", "INT", ""],
    ["$.score", "score", "DOUBLE", ""],
    ["$.on", "on", "BOOLEAN", ""],
    ["$.kind", "kind", "ENUM", ""],
    ["$.gone", "gone", "NULL", ""],
    ["$.nest.in", "in", "STRING", "DEEP"],
    ["$.list", "list", "STRING", "LIST"],
    ["$.rows.cell", "cell", "STRING", ""],
  ]);
  assertEquals(walked, {
    ...value,
    name: "n!",
    kind: "a!",
    nest: { in: "i!" },
    list: ["l!"],
    rows: [{ cell: "c!" }],
  });
  assertStrictEquals(fields[6]!.containingMessage, value.nest);
});

test("JsonFormat.walk() leaves the value as it is, and gives it back if nothing changes", async () => {
  const { walk } = await jsonSchema({ properties: { a: text, b: { properties: { n: { type: "integer" } } } } });
  const value = Object.freeze({ a: "x", b: Object.freeze({ n: 1 }) });
  const walked = walk(value).value as typeof value;
  assertEquals(walked, { a: "x!", b: { n: 1 } });
  assertStrictEquals(walked.b, value.b);
  const same = { b: { n: 1 } };
  assertStrictEquals(walk(same).value, same);
});

test("JsonFormat.walk() follows references, all of allOf, the first of oneOf and each of anyOf that holds", async () => {
  const { walk } = await jsonSchema({
    allOf: [{ properties: { a: text } }, { properties: { a: tagged("A"), b: text } }],
    properties: {
      ref: { $ref: "part.json" },
      one: {
        oneOf: [{ type: "object", required: ["x"], properties: { x: text } }, {
          type: "object",
          required: ["y"],
          properties: { y: text },
        }],
      },
      any: {
        anyOf: [{ properties: { p: tagged("P") } }, { properties: { q: text } }, {
          required: ["r"],
          properties: { p: tagged("NO") },
        }],
      },
    },
  }, { "part.json": { properties: { c: { $ref: "#/$defs/c" } }, $defs: { c: { properties: { d: text } } } } });
  const value = { a: "a", b: "b", ref: { c: { d: "d" } }, one: { x: 1, y: "y" }, any: { p: "p", q: "q" } };
  const { fields, value: walked } = walk(value);
  assertEquals(walked, {
    a: "a!",
    b: "b!",
    ref: { c: { d: "d!" } },
    one: { x: 1, y: "y!" },
    any: { p: "p!", q: "q!" },
  });
  assertEquals(fields.map(({ name, tags }) => [name, ...tags]), [["a", "A"], ["b"], ["d"], ["y"], ["p", "P"], ["q"]]);
});

test("JsonFormat.walk() visits nothing that is in no property", async () => {
  assertEquals((await jsonSchema(text)).walk("x"), { value: "x", fields: [] });
  assertEquals((await jsonSchema({ items: text })).walk(["x"]), { value: ["x"], fields: [] });
  assertEquals((await jsonSchema(true)).walk({ a: "x" }), { value: { a: "x" }, fields: [] });
});

test("JsonFormat.walk() loads the validator for a choice, without validation too", async () => {
  const schema = { properties: { un: { oneOf: [{ type: "null" }, text] } } };
  const { format, parsed } = await jsonSchema(schema, {}, { validate: false });
  const work = () =>
    // deno-lint-ignore require-yield -- It waits for nothing.
    format.walk(parsed, { un: "u" }, function* (_, value) {
      return `${value}!`;
    });
  // The first time it waits for that, afterwards it does not.
  assert(work().next().value instanceof Promise);
  assertEquals(await perform(work()), { un: "u!" });
  assertEquals(work().next(), { done: true, value: { un: "u!" } });
});

test("JsonFormat.walk() waits for nothing where it was given what compiles schemas", () => {
  const format = jsonFormat({ validate: false, validators: new Validators() });
  const schema = JSON.stringify({ properties: { un: { oneOf: [{ type: "null" }, text] } } });
  const parsed = format.parse({ schema, schemaType: "JSON" }, []);
  // deno-lint-ignore require-yield -- It waits for nothing.
  const work = format.walk(parsed, { un: "u" }, function* (_, value) {
    return `${value}!`;
  });
  assertEquals(work.next(), { done: true, value: { un: "u!" } });
});

test("JsonFormat.walk() ends on schemas and values without an end", async () => {
  const { walk } = await jsonSchema({
    $defs: { a: { allOf: [{ $ref: "#/$defs/a" }], properties: { b: { $ref: "#/$defs/a" }, t: text } } },
    $ref: "#/$defs/a",
  });
  assertEquals(walk({ b: { b: { t: "x" } } }).value, { b: { b: { t: "x!" } } });
  let deep: unknown = {};
  for (let depth = 0; depth < 5000; depth++) deep = { b: deep };
  assertThrows(() => walk(deep), SerializationError, "nested more than");
});
