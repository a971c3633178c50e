/** The walk over values by the constraints of a JSON Schema: how much work it is, and where it ends. */
import { SerializationError } from "../../../../mod.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { jsonSchema } from "../../../support/serde/json_schema.ts";

const rule = (name: string) => ({ "confluent:rules": [{ name, expr: "true" }] });

/** The places in which constraints are executed. */
async function walked(schema: unknown, value: unknown): Promise<string[]> {
  const { format, parsed } = await jsonSchema(schema, {}, { validate: false, constraints: true });
  const places: string[] = [];
  format.constraints!(parsed, parsed)!(value, ({ name }, _value, { path }) => {
    places.push(`${path} ${name}`);
    return true;
  });
  return places;
}

test("JsonFormat.constraints() looks once at a value that several schemas name, at any depth", async () => {
  const x = { properties: { x: { $ref: "#" } } };
  let deep: unknown = { x: {} };
  for (let level = 1; level < 300; level++) deep = { x: deep };
  // Two walks for each level were 2^300.
  assertEquals((await walked({ allOf: [x, x], ...rule("all") }, deep)).length, 301);
  const two = {
    allOf: [
      { properties: { x: { ...rule("a"), properties: { y: rule("y") } } } },
      { ...rule("own"), properties: { x: { ...rule("b"), properties: { y: rule("z") } } } },
    ],
  };
  const places = ["$.x a", "$.x b", "$.x.y y", "$.x.y z", "$ own"];
  assertEquals(await walked(two, { x: { y: 1 } }), places);
});

test("JsonFormat.constraints() gives nothing where no schema has a constraint", async () => {
  const { format, parsed } = await jsonSchema({ properties: { a: {} } }, { "b.json": {} }, { constraints: true });
  assertEquals(format.constraints!(parsed, parsed), null);
  const other = await jsonSchema({}, { "b.json": rule("r") }, { constraints: true });
  assert(other.format.constraints!(other.parsed, other.parsed) !== null);
});

test("JsonFormat.constraints() finds constraints that only a reference leads to", async () => {
  const schema = { properties: { a: { $ref: "#/components/a" } }, components: { a: rule("a") } };
  assertEquals(await walked(schema, { a: {} }), ["$.a a"]);
});

test("JsonFormat.constraints() ends where many values are under many schemas", async () => {
  const items = { allOf: Array.from({ length: 500 }, () => ({})) };
  const value = Array.from({ length: 10_000 }, () => ({}));
  const { format, parsed } = await jsonSchema({ items, ...rule("r") }, {}, { validate: false, constraints: true });
  const walk = format.constraints!(parsed, parsed)!;
  assertThrows(() => walk(value, () => true), SerializationError, "too large for its schema");
});

test("All that a walk asks the validator of one message has one bound", async () => {
  const bomb = {
    title: "T",
    ...rule("r"),
    type: "array",
    items: { anyOf: [{ $ref: "#/$defs/bomb" }] },
    $defs: { bomb: { properties: { x: { allOf: [{ $ref: "#/$defs/bomb" }, { $ref: "#/$defs/bomb" }] } } } },
  };
  let deep: unknown = {};
  for (let level = 0; level < 18; level++) deep = { x: deep };
  const { format, parsed, walk } = await jsonSchema(bomb, {}, { constraints: true });
  const list = Array.from({ length: 40 }, () => deep);
  const check = format.constraints!(parsed, parsed)!;
  assertThrows(() => check(list, () => true), SerializationError, "takes too long");
  assertThrows(() => walk(list), SerializationError, "takes too long");
  // Each message has it anew.
  for (let times = 0; times < 3; times++) check(list.slice(0, 10), () => true);
});
