/** Constraints (`confluent:rules`): what violates them in which format, when they are executed, and what an error shows. */
import { fromJson, type JsonValue, type Message } from "@bufbuild/protobuf";
import { KafkaError, SerializationError } from "../../../mod.ts";
import type { RuleSet, SchemaType } from "../../../src/schema_registry/schema.ts";
import { AvroDeserializer, AvroSerializer, Decimal } from "../../../src/serde/avro/mod.ts";
import type { SerdeConfig } from "../../../src/serde/config.ts";
import type { SchemaDeserializer } from "../../../src/serde/deserializer.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { loadProtoFile } from "../../../src/serde/protobuf/descriptors.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/protobuf/mod.ts";
import { CelExecutor, CelValidator } from "../../../src/serde/rules/cel.ts";
import { RuleRegistry, ValidationRuleError, type ValidationRuleExecutor } from "../../../src/serde/rules/mod.ts";
import type { SchemaSerializer } from "../../../src/serde/serializer.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { golden } from "../../support/golden.ts";
import { GoldenRegistry } from "../../support/serde/golden_registry.ts";

interface ChecksCase {
  readonly name: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly conf: SerdeConfig;
  readonly ruleSet?: RuleSet;
  readonly vectors: readonly {
    readonly input: unknown;
    readonly violations: readonly string[];
    readonly portMust?: readonly string[];
  }[];
}

const orders = { topic: "orders", field: "value", headers: [] as [string, Uint8Array][] } as const;
const executor = new CelValidator();
const after = {
  "validation.rules.execution": "AFTER_DOMAIN_RULES",
  "validation.rules.executor": executor,
} as const;

function registryOf({ schema, schemaType, ruleSet }: Pick<ChecksCase, "schema" | "schemaType" | "ruleSet">) {
  return new GoldenRegistry([
    { subject: "orders-value", version: 1, id: 7, schema, schemaType, ...(ruleSet && { ruleSet }) },
  ]);
}

const serializers = { AVRO: AvroSerializer, JSON: JsonSerializer, PROTOBUF: ProtobufSerializer };

function serializerOf(one: Pick<ChecksCase, "schema" | "schemaType" | "ruleSet">, config: SerdeConfig) {
  const ruleRegistry = new RuleRegistry({ executors: [new CelExecutor()] });
  const latest = one.ruleSet ? { "use.latest.version": true, "auto.register.schemas": false } : {};
  const options = { ...config, ...latest, ruleRegistry };
  return new serializers[one.schemaType](registryOf(one), one.schema, options);
}

function deserializerOf(one: Pick<ChecksCase, "schema" | "schemaType">, config: SerdeConfig): SchemaDeserializer {
  const registry = registryOf(one);
  if (one.schemaType === "PROTOBUF") return new ProtobufDeserializer(registry, null, config);
  return one.schemaType === "AVRO"
    ? new AvroDeserializer(registry, null, config)
    : new JsonDeserializer(registry, null, config);
}

function inputOf({ schema, schemaType }: ChecksCase, input: unknown): unknown {
  if (schemaType !== "PROTOBUF") return input;
  const { registry } = loadProtoFile({ schema, schemaType }, []);
  return fromJson(registry.getMessage("shop.Order")!, input as JsonValue);
}

/** The violations as Python has them in its text. */
function linesOf(error: ValidationRuleError): string[] {
  return error.violations.map((violation) => {
    const { rule, path, message } = violation;
    return `${path || "<root>"}: ${rule.name || "unnamed"}: ${message || rule.doc || rule.sql || rule.expr || ""}`;
  });
}

function expectedLine(line: string): string {
  return line.replace(/ \(caused by: .*\)$/, "").replace(/: None$/, ": ");
}

async function violationsOf(serializer: SchemaSerializer, value: unknown): Promise<string[]> {
  try {
    await serializer.serialize(value, orders);
    serializer.serializeSync(value, orders);
    serializer.encodeInto(value, orders, new Uint8Array(10_000), 0);
    return [];
  } catch (error) {
    assert(error instanceof ValidationRuleError, String(error));
    assertEquals(error.subject, "orders-value");
    assertEquals(error.schemaId, 7);
    const lines = linesOf(error);
    const sync = assertThrows(() => serializer.serializeSync(value, orders), ValidationRuleError);
    assertEquals(linesOf(sync), lines);
    const into = () => serializer.encodeInto(value, orders, new Uint8Array(10_000), 0);
    assertEquals(linesOf(assertThrows(into, ValidationRuleError)), lines);
    return lines;
  }
}

const { cases } = golden<ChecksCase>("checks.json");

for (const one of cases) {
  test(`Constraints agree with the golden case ${one.name}`, async () => {
    const config = { ...one.conf, "validation.rules.executor": executor };
    const serializer = serializerOf(one, config);
    const plain = serializerOf(one, {});
    const deserializer = deserializerOf(one, config);
    for (const { input, violations, portMust } of one.vectors) {
      const value = inputOf(one, input);
      const expected = (portMust ?? violations).map(expectedLine);
      assertEquals(await violationsOf(serializer, value), expected);
      if (one.ruleSet) continue;
      const bytes = await plain.serialize(value, orders);
      if (expected.length === 0) {
        assertEquals(
          await deserializer.deserialize(bytes, orders),
          await deserializerOf(one, {}).deserialize(bytes, orders),
        );
        deserializer.deserializeSync(bytes, orders);
        continue;
      }
      const reading = await assertRejects(() => deserializer.deserialize(bytes, orders), ValidationRuleError);
      assertEquals(linesOf(reading), expected);
      assertThrows(() => deserializer.deserializeSync(bytes, orders), ValidationRuleError);
    }
  });
}

test("The golden file of constraints is whole", () => {
  assertEquals(cases.length, 10);
  assertEquals(cases.reduce((count, { vectors }) => count + vectors.length, 0), 105);
});

const secret = "s3cret-value";
const telling = JSON.stringify({
  type: "record",
  name: "R",
  fields: [
    { name: "a", type: "string", "confluent:rules": [{ name: "quotes", expr: "'it is ' + this", doc: "never so" }] },
    { name: "b", type: "string", "confluent:rules": [{ name: "broken", expr: "int(this) > 0" }] },
    { name: "c", type: "string", "confluent:rules": [{ name: "fixed", expr: "this == '' ? '' : 'c is not empty'" }] },
  ],
});

test("ValidationRuleError shows the schema's words and where, and nothing of the value", async () => {
  const serializer = serializerOf({ schema: telling, schemaType: "AVRO" }, after);
  const write = () => serializer.serialize({ a: secret, b: secret, c: secret }, orders);
  const error = await assertRejects(write, ValidationRuleError);
  assertEquals(
    error.message,
    'Cannot serialize a value: 3 violations of its schema\'s validation rules (subject "orders-value", schema 7)\n' +
      "  - a: quotes: never so\n" +
      '  - b: broken: int(this) > 0 (Cannot evaluate the CEL expression "int(this) > 0")\n' +
      "  - c: fixed: c is not empty",
  );
  assert(error instanceof SerializationError && error instanceof KafkaError);
  assertEquals(error.violations[0]!.message, `it is ${secret}`);
  for (const shown of [error.message, String(error.stack), JSON.stringify(error), JSON.stringify(error.violations)]) {
    assert(!shown.includes(secret), shown);
  }
});

test("Constraints are not executed by default, and need an executor", () => {
  const schema = { schema: telling, schemaType: "AVRO" } as const;
  const make = () => serializerOf(schema, { "validation.rules.execution": "BEFORE_DOMAIN_RULES" });
  assertThrows(make, TypeError, 'without "validation.rules.executor"');
  const wrong = { ...after, "validation.rules.executor": {} } as unknown as SerdeConfig;
  assertThrows(() => serializerOf(schema, wrong), TypeError, "a function `execute` is wanted");
  assertThrows(
    () => serializerOf(schema, { "validation.rules.execution": "LATER" } as unknown as SerdeConfig),
    TypeError,
  );
  serializerOf(schema, { "validation.rules.execution": "DISABLED" });
});

test("Constraints are executed without a validator in JSON too, and by an executor of one's own", async () => {
  const places: string[] = [];
  const own: ValidationRuleExecutor = {
    execute(rule, value, { path, owner, field, descriptor }) {
      places.push(`${rule.name} ${JSON.stringify(value)} ${path} ${owner} ${field} ${descriptor}`);
      return rule.name !== "no";
    },
  };
  const rule = (name: string) => ({ "confluent:rules": [{ name }] });
  const item = { type: "object", ...rule("item"), properties: { x: { type: "integer", ...rule("no") } } };
  const schema = JSON.stringify({
    title: "T",
    type: "object",
    ...rule("root"),
    properties: { list: { type: "array", items: { anyOf: [item, { type: "string" }] }, ...rule("list") } },
  });
  const config = { ...after, "validation.rules.executor": own };
  const registry = registryOf({ schema, schemaType: "JSON" });
  const serializer = new JsonSerializer(registry, schema, { ...config, validate: false });
  const error = await assertRejects(() => serializer.serialize({ list: ["", { x: 1 }] }, orders), ValidationRuleError);
  assertEquals(error.violations.map(String), ["$.list[1].x: no: no words for it"]);
  assertEquals(places, [
    'root {"list":["",{"x":1}]} $ $ null null',
    'list ["",{"x":1}] $.list $ list null',
    'item {"x":1} $.list[1] $.list null null',
    "no 1 $.list[1].x $.list x null",
  ]);
});

test("An executor that gives neither a truth nor a text, or throws what is no error of rules, shows nothing", async () => {
  for (
    const execute of [() => 7, () => {
      throw new Error(secret);
    }]
  ) {
    const own = { execute } as unknown as ValidationRuleExecutor;
    const config = { ...after, "validation.rules.executor": own };
    const serializer = serializerOf({ schema: telling, schemaType: "AVRO" }, config);
    const error = await assertRejects(() => serializer.serialize({ a: "", b: "", c: "" }, orders), SerializationError);
    assert(!error.message.includes(secret));
  }
});

const positive = { "confluent:rules": [{ name: "positive", expr: "this > 0" }] };

test("Of a million violations a thousand are told, and none is looked for beyond", async () => {
  const record = { type: "record", name: "I", fields: [{ name: "x", type: "int", ...positive }] };
  const schema = JSON.stringify({ type: "array", items: record });
  const serializer = serializerOf({ schema, schemaType: "AVRO" }, after);
  const many = Array.from({ length: 1_000_000 }, () => ({ x: 0 }));
  const error = await assertRejects(() => serializer.serialize(many, orders), ValidationRuleError, "at least 1000");
  assertEquals([error.violations.length, error.hasMore], [1000, true]);
});

test("A value that is too deep, or a schema that refers to itself without end, ends the check", async () => {
  const node = {
    type: "record",
    name: "N",
    fields: [{ name: "x", type: "int", ...positive }, { name: "n", type: ["null", "N"] }],
  };
  const ring: Record<string, unknown> = { x: 1 };
  ring["n"] = ring;
  const avro = serializerOf({ schema: JSON.stringify(node), schemaType: "AVRO" }, after);
  await assertRejects(() => avro.serialize(ring, orders), SerializationError, "too deep");
  const schema = JSON.stringify({
    title: "T",
    $ref: "#/$defs/a",
    $defs: {
      a: { allOf: [{ $ref: "#/$defs/b" }, { $ref: "#/$defs/b" }] },
      b: { allOf: [{ $ref: "#/$defs/a" }], ...positive },
    },
  });
  const config = { ...after, validate: false };
  const json = new JsonSerializer(registryOf({ schema, schemaType: "JSON" }), schema, config);
  const error = await assertRejects(() => json.serialize({ y: 1 }, orders), ValidationRuleError);
  assertEquals(error.violations.length, 1);
  let deep: unknown = {};
  for (let i = 0; i < 2000; i++) deep = { n: deep };
  const list = JSON.stringify({
    title: "T",
    type: "object",
    properties: { n: { $ref: "#" } },
    "confluent:rules": [{ name: "n", expr: "has(this.n) || true" }],
  });
  const deepJson = new JsonSerializer(registryOf({ schema: list, schemaType: "JSON" }), list, config);
  await assertRejects(() => deepJson.serialize(deep, orders), SerializationError, "nested more than");
});

test("A Protobuf message of another type is checked as one of the schema's, and decides what is set in it", async () => {
  const rules = (expr: string) => `[(confluent.field_meta) = { rules: [{ name: "r", expr: "${expr}" }] }]`;
  const head = 'syntax = "proto3"; package shop; import "confluent/meta.proto";';
  const schema =
    `${head} message Order { option (confluent.message_meta) = { rules: [{ name: "m", expr: "this.added == 0" }] };` +
    `string renamed = 1 ${rules("this != 'bad'")}; int32 set = 2 ${rules("this > 0")}; int32 added = 3;` +
    `optional int32 unset = 4 ${rules("this > 0")}; }`;
  const mine =
    'syntax = "proto3"; package shop; message Order { bytes name = 1; optional int32 set = 2; int32 unset = 4; }';
  const { registry: types } = loadProtoFile({ schema: mine, schemaType: "PROTOBUF" }, []);
  const type = types.getMessage("shop.Order")!;
  const order = fromJson(type, { name: btoa("bad") }) as Message;
  const latest = { "use.latest.version": true, "auto.register.schemas": false } as const;
  const registry = registryOf({ schema, schemaType: "PROTOBUF" });
  const serializer = new ProtobufSerializer(registry, type, { ...latest, ...after });
  const error = await assertRejects(() => serializer.serialize(order, orders), ValidationRuleError);
  // "set" is left out because it is not set in the message; "unset" is a zero there.
  assertEquals(error.violations.map(({ path, rule }) => `${path} ${rule.name}`), ["renamed r", "unset r"]);
  const plain = new ProtobufSerializer(registry, schema, { ...after });
  const refused = await assertRejects(
    () => plain.serialize({ renamed: "bad", set: 1, added: 1 }, orders),
    ValidationRuleError,
  );
  assertEquals(refused.violations.map(({ path, rule }) => `${path} ${rule.name}`), [" m", "renamed r"]);
});

test("A deserializer checks before or after the domain rules for reading", async () => {
  const field = { name: "id", type: "int", "confluent:rules": [{ name: "small", expr: "this < 10" }] };
  const schema = JSON.stringify({ type: "record", name: "R", fields: [field] });
  const rule = { name: "more", kind: "TRANSFORM", mode: "READ", type: "CEL", expr: "{'id': message.id + 10}" } as const;
  const registry = registryOf({ schema, schemaType: "AVRO", ruleSet: { domainRules: [rule] } });
  const read = async (execution: "BEFORE_DOMAIN_RULES" | "AFTER_DOMAIN_RULES", id: number): Promise<unknown> => {
    const options = {
      ...after,
      "validation.rules.execution": execution,
      ruleRegistry: new RuleRegistry({ executors: [new CelExecutor()] }),
    };
    const deserializer = new AvroDeserializer(registry, null, options);
    return await deserializer.deserialize(Uint8Array.of(0, 0, 0, 0, 7, 2 * id), orders);
  };
  assertEquals(await read("BEFORE_DOMAIN_RULES", 1), { id: 11 });
  await assertRejects(() => read("BEFORE_DOMAIN_RULES", 11), ValidationRuleError, "deserialize");
  await assertRejects(() => read("AFTER_DOMAIN_RULES", 1), ValidationRuleError, "deserialize");
});

test("Decimals of Avro are decimals in constraints, and what a rule makes of one is written as one", async () => {
  const price = {
    name: "price",
    type: { type: "bytes", logicalType: "decimal", precision: 20, scale: 2 },
    "confluent:rules": [{ name: "cheap", expr: "decimals.lt(this, decimal('100')) && this != decimal('13.000')" }],
  };
  const schema = JSON.stringify({ type: "record", name: "R", fields: [price] });
  const expr = "{'price': decimals.round(decimals.mul(message.price, decimal('1.19')), 2)}";
  const rule = { name: "tax", kind: "TRANSFORM", mode: "WRITE", type: "CEL", expr } as const;
  const ruleSet = { domainRules: [rule] };
  const serializer = serializerOf({ schema, schemaType: "AVRO", ruleSet }, after);
  const bytes = await serializer.serialize({ price: "12.34" }, orders);
  const read = await deserializerOf({ schema, schemaType: "AVRO" }, after).deserialize(bytes, orders);
  assertEquals(String((read as { price: unknown }).price), "14.68");
  await assertRejects(() => serializer.serialize({ price: Decimal.parse("90") }, orders), ValidationRuleError);
});

test("Constraints of a generated Protobuf type are executed where the serializer registers it", async () => {
  const text = 'syntax = "proto3"; package shop; import "confluent/meta.proto"; message Order {' +
    'int32 id = 1 [(confluent.field_meta) = { rules: [{ name: "positive", expr: "this > 0" }] }]; }';
  const { registry: types } = loadProtoFile({ schema: text, schemaType: "PROTOBUF" }, []);
  const type = types.getMessage("shop.Order")!;
  const serializer = new ProtobufSerializer(new GoldenRegistry([], { nextId: 7 }), type, after);
  await serializer.serialize(fromJson(type, { id: 1 }), orders);
  const error = await assertRejects(
    () => serializer.serialize(fromJson(type, { id: -1 }), orders),
    ValidationRuleError,
  );
  assertEquals(error.violations.map(({ path }) => path), ["id"]);
});

test("Constraints of Protobuf take every value that can be written, whatever is missing in it", async () => {
  const text = 'syntax = "proto3"; import "confluent/meta.proto"; import "google/protobuf/struct.proto"; message M { ' +
    'option (confluent.message_meta) = { rules: [{ name: "all", expr: "this.n >= 0 && size(this.c) >= 0" }] };' +
    "int64 n = 1; D d = 2; repeated D c = 3; map<string, D> m = 4; oneof o { D one = 5; } " +
    "google.protobuf.Struct s = 6; optional string t = 7; }" +
    'message D { int32 n = 1 [(confluent.field_meta) = { rules: [{ name: "low", expr: "this < 5" }] }]; }';
  const one = { schema: text, schemaType: "PROTOBUF" } as const;
  const [serializer, plain] = [serializerOf(one, after), serializerOf(one, {})];
  const values = [
    {},
    { $typeName: "M" },
    { $typeName: "M", d: { n: 1 } },
    { $typeName: "M", n: 7, c: [{ n: 1 }, { $typeName: "D" }] },
    { $typeName: "M", n: "7", c: [], m: { k: { n: 1 } }, o: { case: "one", value: { n: 1 } }, s: { a: [1, null] } },
    { ...fromJson(loadProtoFile(one, []).registry.getMessage("M")!, { n: "1", s: { a: 1 }, t: "" }) },
  ];
  for (const value of values) {
    assertEquals(await serializer.serialize(value, orders), await plain.serialize(value, orders));
  }
  for (
    const part of [{ d: { n: 9 } }, { c: [{ n: 9 }] }, { m: { k: { n: 9 } } }, { o: { case: "one", value: { n: 9 } } }]
  ) {
    const error = await assertRejects(
      () => serializer.serialize({ $typeName: "M", ...part }, orders),
      ValidationRuleError,
    );
    assertEquals(error.violations.map(({ rule }) => rule.name), ["low"]);
  }
  // What cannot be written says so as it does without constraints.
  for (const value of [{ $typeName: "M", n: "x" }, { $typeName: "M", c: 5 }, { $typeName: "M", s: { a: 1n } }]) {
    const expected = await assertRejects(() => plain.serialize(value, orders), SerializationError);
    const error = await assertRejects(() => serializer.serialize(value, orders), SerializationError);
    assertEquals(error.message, expected.message);
  }
});
