/** The walk of field rules over a value. */
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../../support/assert.ts";
import { SerializationError } from "../../../../src/kafka/serialization_error.ts";
import { perform, performNow, settled, type Work } from "../../../../src/kafka/work.ts";
import { avroFormat } from "../../../../src/serde/avro/format.ts";
import { branch } from "../../../../src/serde/avro/values.ts";
import type { VisitField } from "../../../../src/serde/format.ts";
import type { FieldContext } from "../../../../src/serde/rules/types.ts";

const schema = {
  type: "record",
  name: "Person",
  namespace: "ga",
  fields: [
    { name: "name", type: "string", "confluent:tags": ["PII", "NAME"] },
    { name: "mail", type: ["null", "string"], default: null, "confluent:tags": ["PII"] },
    { name: "ages", type: { type: "array", items: "int" } },
    {
      name: "home",
      type: ["null", { type: "record", name: "Home", fields: [{ name: "city", type: ["null", "string"] }] }, "string"],
    },
    { name: "more", type: { type: "map", values: "bytes" } },
    { name: "__proto__", type: { type: "enum", name: "E", symbols: ["A"] } },
    { name: "kept", type: "long", default: 5 },
  ],
};

/** A visit that waits for nothing. */
function visiting(make: (field: FieldContext, value: unknown) => unknown): VisitField {
  return (field, value) => settled(make(field, value));
}

const format = avroFormat();
const parsed = format.parse({ schema: JSON.stringify(schema) }, []);
const value = JSON.parse(
  '{"name":"Ada","ages":[36,37],"home":{"city":"London"},"more":{"__proto__":1},"__proto__":"A"}',
);

test("The walk over an Avro value visits what its fields hold, with their names, types and tags", () => {
  const seen: unknown[] = [];
  const walked = performNow(format.walk(
    parsed,
    value,
    visiting((field, one) => {
      seen.push([field.fullName, field.name, field.type, [...field.tags], one]);
      assert(field.containingMessage === value || field.containingMessage === value.home);
      return one;
    }),
  ));
  assertEquals(seen, [
    ["ga.Person.name", "name", "STRING", ["PII", "NAME"], "Ada"],
    // Null is what will be written for it, and what a rule has to know.
    ["ga.Person.mail", "mail", "NULL", ["PII"], null],
    ["ga.Person.ages", "ages", "INT", [], 36],
    ["ga.Person.ages", "ages", "INT", [], 37],
    ["ga.Home.city", "city", "STRING", [], "London"],
    ["ga.Person.more", "more", "BYTES", [], 1],
    ["ga.Person.__proto__", "__proto__", "ENUM", [], "A"],
  ]);
  assertEquals(walked, value);
});

test("The walk over an Avro value changes a copy, and waits for what a visit waits for", async () => {
  const before = JSON.stringify(value);
  const walked = await perform(format.walk(parsed, value, function* (field, one): Work<unknown> {
    const text = yield* settled(Promise.resolve(`<${one}>`));
    return field.type === "INT" ? Number(one) + 1 : field.type === "NULL" ? one : text;
  }));
  assertEquals(JSON.stringify(value), before);
  const home = { city: "<London>" };
  assertEquals(
    JSON.stringify(walked),
    JSON.stringify({ name: "<Ada>", ages: [37, 38], home, more: null, ["__proto__"]: "<A>" }).replace(
      '"more":null',
      '"more":{"__proto__":"<1>"}',
    ),
  );
  assertEquals(Object.getPrototypeOf(walked), Object.prototype);
});

test("The walk over an Avro value keeps the branch that is named, and what does not fit", () => {
  const upper = visiting((_, one) => typeof one === "string" ? one.toUpperCase() : one);
  const named = { ...value, home: branch("ga.Home", { city: "Paris" }) };
  assertEquals(
    (performNow(format.walk(parsed, named, upper)) as typeof named).home,
    branch("ga.Home", { city: "PARIS" }),
  );
  assertStrictEquals(performNow(format.walk(parsed, "no record", upper)), "no record");
  const odd = { ages: "none", home: 5, more: null };
  assertStrictEquals(performNow(format.walk(parsed, odd, upper)), odd);
  const text = format.parse({ schema: '"string"' }, []);
  assertEquals(performNow(format.walk(text, "top", upper)), "top");
});

test("The walk over an Avro value ends where the value holds itself", () => {
  const node = format.parse(
    { schema: '{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}' },
    [],
  );
  const loop: { next: unknown } = { next: null };
  loop.next = loop;
  assertThrows(() => performNow(format.walk(node, loop, visiting((_, one) => one))), SerializationError);
});
