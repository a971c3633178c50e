/** CEL: numbers by the schema, presence, errors that are failures, guards, and what comes back. */
import { SerializationError } from "../../../../mod.ts";
import type { Schema } from "../../../../src/schema_registry/schema.ts";
import { CelExecutor, CelFieldExecutor } from "../../../../src/serde/rules/cel.ts";
import { RuleRegistry } from "../../../../src/serde/rules/registry.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { avroWalk, rule, runRules } from "../../../support/serde/rules.ts";

const registry = new RuleRegistry({ executors: [new CelExecutor(), new CelFieldExecutor()] });

const avro: Partial<Schema> = {
  schema: JSON.stringify({
    type: "record",
    name: "R",
    namespace: "n",
    fields: [
      { name: "i", type: "int" },
      { name: "l", type: "long" },
      { name: "d", type: "double" },
      { name: "f", type: ["null", "float"] },
      { name: "s", type: "string" },
      { name: "b", type: "bytes" },
      { name: "none", type: ["null", "string"] },
      { name: "at", type: { type: "long", logicalType: "timestamp-millis" } },
      { name: "list", type: { type: "array", items: "double" } },
      { name: "map", type: { type: "map", values: "int" } },
      { name: "next", type: ["null", "R"] },
    ],
  }),
};
const record = {
  i: 36,
  l: 2n ** 60n,
  d: 2,
  f: 3,
  s: "text",
  b: Uint8Array.of(1, 2),
  none: null,
  at: new Date(86_400_000),
  list: [1, 2.5],
  map: { k: 7, constructor: 8 },
  next: { i: 1, d: 5 },
};

async function holds(expr: string, schema: Partial<Schema> = avro, value: unknown = record): Promise<boolean | string> {
  try {
    await runRules([rule({ type: "CEL", kind: "CONDITION", expr })], value, { registry, schema });
    return true;
  } catch (error) {
    const { cause } = error as SerializationError;
    return (cause as Error).message === `Rule expr failed: ${expr}` ? false : (cause as Error).message;
  }
}

function transformed(expr: string, value: unknown = record, schema: Partial<Schema> = avro): Promise<unknown> {
  return runRules([rule({ type: "CEL", expr })], value, { registry, schema });
}

const truths = [
  "message.i + 1 == 37",
  "message.i / 5 == 7",
  "message.l == 1152921504606846976",
  "message.d * 1.5 == 3.0",
  "message.d == 2",
  "message.d > 1",
  "message.f + 0.5 == 3.5",
  "message.list[0] + 0.5 == 1.5 && message.list.size() == 2",
  "message.map['k'] + 1 == 8",
  "message.map['constructor'] == 8",
  "!('toString' in message.map) && !has(message.map.toString)",
  "message.next.d / 2.0 == 2.5 && message.next.i == 1",
  "has(message.none) && message.none == null && 'none' in message",
  "!has(message.nope)",
  "size(message.b) == 2 && message.b == b'\\x01\\x02'",
  "message.at == timestamp('1970-01-02T00:00:00Z') && message.at.getFullYear() == 1970",
  "message.at + duration('24h') > message.at",
  "message.s.matches('^te.t$') && message.s.matches('ex') && !message.s.matches('y')",
  "message.s.upperAscii() == 'TEXT' && message.s.charAt(0) == 't' && message.s.split('x').size() == 2",
  "'%d-%s'.format([message.i, message.s]) == '36-text'",
  "type(message.i) == int && type(message.d) == double && type(message.s) == string",
  "message.s == 'Ada' || message.i == 36",
  "message.nope == 1 || true",
  "dyn(1) == 1.0 && 1u == 1",
  "[1, 2, 3].exists_one(x, x > 2) && [1, 2].map(x, x * 2) == [2, 4]",
  "'a@b.example'.isEmail() && isUuid('9b5d6c1e-0000-4000-8000-000000000000') && '::1'.isIpv6() && '1.2.3.4'.isIpv4()",
  "'example.com'.isHostname() && 'https://example.com/a?b#c'.isUri() && '../a'.isUriRef() && !'a b'.isUri()",
];

for (const expr of truths) {
  test(`CelExecutor holds ${expr} for true`, async () => assertEquals(await holds(expr), true));
}

test("CelExecutor holds what is false for false", async () => {
  for (const expr of ["message.i == 35", "false", "message.none != null", "'' != ''"]) {
    assertEquals(await holds(expr), false);
  }
});

test("CelExecutor takes every error for a failure, and says nothing of the message", async () => {
  const secret = { ...record, s: "secret" };
  const errors = {
    "1 / 0 == 1": "divide by zero",
    "message.nope == 1": "no such field or key",
    "message.map[message.s] == 1": "no such field or key",
    "message.i + 1.5 == 1.0": "found no matching overload",
    "int(message.s) == 1": "Cannot evaluate",
    "timestamp(message.s) == timestamp('1970-01-01T00:00:00Z')": "Cannot evaluate",
    "message.none.size() == 1": "found no matching overload",
    "[1][5] == 1": "out of bounds",
    "nope(1)": "Cannot evaluate",
    "nope": "Cannot evaluate",
    "'a'.matches(message.s + '(')": "Cannot evaluate",
    "message.i ==": "Cannot parse",
    "(": "Cannot parse",
  };
  for (const [expr, text] of Object.entries(errors)) {
    const error = await assertRejects(
      () => runRules([rule({ type: "CEL", kind: "CONDITION", expr })], secret, { registry, schema: avro }),
      SerializationError,
    );
    const shown = [error.message, (error.cause as Error).message, String((error.cause as Error).cause)].join();
    assert(shown.includes(text), `${expr}: ${shown}`);
    assert(!shown.includes("secret"), shown);
  }
  await assertRejects(() => transformed("1 / 0"), SerializationError);
  await assertRejects(
    () => runRules([rule({ type: "CEL" })], record, { registry, schema: avro }),
    SerializationError,
    "has no expression",
  );
});

test("CelExecutor runs the expression where the guard holds, and parts the two outside of strings", async () => {
  assertEquals(await holds("message.i == 36 ; message.s == 'text'"), true);
  assertEquals(await holds("message.i == 36 ; message.s == 'x'"), false);
  assertEquals(await holds("message.i == 0 ; message.s == 'x'"), true);
  assertEquals(await holds("; message.i == 0"), false);
  assertEquals(await holds("'a;b' == \"a;b\" && r'\\' != '\\';' ; message.i == 0"), false);
  assertEquals(await holds("'''a';b''' == \"a';b\""), true);
  assert(String(await holds("1 / 0 == 1 ; true")).includes("Cannot evaluate"));
  assertEquals(await transformed("message.i == 0 ; 'x'"), record);
});

test("CelExecutor gives plain values back: an int is a number where that loses nothing", async () => {
  assertEquals(await transformed("{'a': message.i + 1, 'l': message.l, 'd': message.d, 's': [1u, 'x', null]}"), {
    a: 37,
    l: 2n ** 60n,
    d: 2,
    s: [1, "x", null],
  });
  assertEquals(await transformed("{'at': message.at, 'b': message.b}"), { at: record.at, b: record.b });
  const proto = await transformed("{'__proto__': {'polluted': true}}") as object;
  assertEquals([Object.hasOwn(proto, "__proto__"), Object.getPrototypeOf(proto)], [true, Object.prototype]);
  assertEquals(await transformed("message", { i: 1, map: { k: 1 } }), { i: 1, map: { k: 1 } });
});

test("CelExecutor goes by the types of a JSON Schema, through references and combinations", async () => {
  const schema: Partial<Schema> = {
    schemaType: "JSON",
    schema: JSON.stringify({
      properties: {
        n: { type: "number" },
        i: { type: "integer" },
        any: {},
        ref: { $ref: "#/$defs/price" },
        list: { items: { type: "number" } },
        un: { oneOf: [{ type: "null" }, { type: "number" }] },
      },
      allOf: [{ properties: { more: { type: "number" } } }],
      $defs: { price: { properties: { amount: { type: "number" } } } },
    }),
  };
  const value = { n: 1, i: 1, any: 1, ref: { amount: 2 }, list: [1], un: 1, more: 1, other: 1, constructor: 1 };
  for (
    const expr of [
      "message.n + 0.5 == 1.5",
      "message.i + 1 == 2",
      "message.any + 1 == 2",
      "message.ref.amount * 1.5 == 3.0",
      "message.list[0] + 0.5 == 1.5",
      "message.un + 0.5 == 1.5",
      "message.more + 0.5 == 1.5",
      "message.other + 1 == 2",
      "message.constructor == 1",
    ]
  ) {
    assertEquals([expr, await holds(expr, schema, value)], [expr, true]);
  }
});

test("CelExecutor takes a message by its own types where the format says them", async () => {
  const { CelExecutor } = await import("../../../../src/serde/rules/cel.ts");
  const context = {
    rule: rule({ type: "CEL", kind: "CONDITION", expr: "message.a + 1 == 2" }),
    typed: () => new Map([["a", 1n]]),
  };
  assertEquals(new CelExecutor().transform(context as never, {}), true);
});

test("CelFieldExecutor shows a rule the field and the record that has it", async () => {
  const run = (expr: string, kind: "TRANSFORM" | "CONDITION" = "TRANSFORM") =>
    runRules([rule({ type: "CEL_FIELD", kind, expr })], { ...record, next: null }, {
      registry,
      schema: avro,
      walk: avroWalk(avro.schema!),
    });
  const changed = await run(
    "typeName == 'STRING' ; value + name + fullName + string(size(tags)) + string(message.i)",
  ) as typeof record;
  assertEquals(changed.s, "textsn.R.s036");
  const numbers = await run(
    "typeName == 'INT' || typeName == 'LONG' ; type(value) == int ? value + 1 : value",
  ) as typeof record;
  assertEquals([numbers.i, numbers.l, numbers.map["k"]], [37, 2n ** 60n + 1n, 8]);
  const doubles = await run("typeName == 'DOUBLE' ; value + 0.5") as typeof record;
  assertEquals([doubles.d, doubles.list], [2.5, [1.5, 3]]);
  assertEquals((await run("value == null ; 'was null'") as typeof record).none, "was null");
  await assertRejects(() => run("name == 's' ; message.d + value == 1", "CONDITION"), SerializationError);
});

test("CelExecutor refuses expressions and messages that are too large for it", async () => {
  assert(String(await holds(`${"1+".repeat(40_000)}1 == 1`)).includes("characters"));
  assert(String(await holds("(".repeat(20_000))).includes("Cannot parse"));
  let deep: unknown = null;
  for (let depth = 0; depth < 5000; depth++) deep = [deep];
  assert(String(await holds("message.deep == 1", { schema: '"string"' }, { deep })).includes("nested more than"));
});

test("CelExecutor finds the branch of an Avro union from a value's fields, or from its name", async () => {
  class Branch {
    readonly name: string;
    readonly value: unknown;
    constructor(name: string, value: unknown) {
      this.name = name;
      this.value = value;
    }
  }
  const recordOf = (name: string, type: string) => ({
    type: "record",
    name,
    fields: [{ name, type: "string" }, { name: "n", type }],
  });
  const fields = [{
    name: "u",
    type: [recordOf("A", "int"), recordOf("B", "double"), "n.C", "double", { type: "array", items: "double" }],
  }];
  const schema = { schema: JSON.stringify({ type: "record", name: "R", namespace: "n", fields }) };
  const truths: [string, unknown][] = [
    ["message.u.n + 1 == 2", { A: "x", n: 1 }],
    ["message.u.n + 0.5 == 1.5", { B: "x", n: 1 }],
    ["message.u.n + 0.5 == 1.5", new Branch("n.B", { n: 1 })],
    ["message.u.n + 1 == 2", { C: "x", n: 1 }],
    ["message.u + 0.5 == 1.5", 1],
    ["message.u[0] + 0.5 == 1.5", [1]],
    ["message.u == null", null],
  ];
  for (const [expr, u] of truths) assertEquals([expr, await holds(expr, schema, { u })], [expr, true]);
});

test("CelExecutor takes Avro's own values for what they stand for", async () => {
  class Own {
    constructor(facts: object) {
      Object.assign(this, facts);
    }
  }
  const value = {
    at: new Own({ epochMicros: -1n }),
    time: new Own({ micros: 5 }),
    price: new Own({ unscaled: 120n, scale: 2, toString: () => "1.20" }),
    plain: { epochMicros: 1n },
  };
  for (
    const expr of [
      "message.at < timestamp('1970-01-01T00:00:00Z') && message.at > timestamp('1969-12-31T23:59:59Z')",
      "message.time + 1 == 6",
      "message.price == decimal('1.2') && string(message.price) == '1.20'",
      "message.plain.epochMicros == 1",
    ]
  ) {
    assertEquals([expr, await holds(expr, { schema: '"string"' }, value)], [expr, true]);
  }
});

test("CelFieldExecutor makes a record for CEL once, however many of its fields a rule is for", async () => {
  const names = Array.from({ length: 200 }, (_, index) => `f${index}`);
  const inner = { type: "record", name: "I", fields: names.map((name) => ({ name, type: "string" })) };
  const schema = JSON.stringify({
    type: "record",
    name: "R",
    namespace: "n",
    fields: [...inner.fields, { name: "list", type: { type: "array", items: { ...inner, namespace: "n" } } }],
  });
  let reads = 0;
  const record = (letter: string, more: object) => {
    const value = { ...Object.fromEntries(names.map((name) => [name, letter])), ...more };
    return Object.defineProperty(value, "f0", { enumerable: true, get: () => (reads++, letter) });
  };
  const value = record("a", { list: [record("b", {}), record("c", {})] });
  const run = (expr: string) =>
    runRules([rule({ type: "CEL_FIELD", expr })], value, { registry, schema: { schema }, walk: avroWalk(schema) });
  const changed = await run("message.f1 + value") as Record<string, unknown>;
  assertEquals([changed["f0"], changed["f199"]], ["aa", "aa"]);
  assertEquals((changed["list"] as Record<string, unknown>[]).map((one) => one["f199"]), ["bb", "cc"]);
  assert(reads < 20, String(reads));
});
