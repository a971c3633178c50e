/** Rules on Protobuf messages: CEL sees their types, fields are transformed, and migrations go through proto3 JSON. */
import { fromJson, type Message, toJson } from "@bufbuild/protobuf";
import { SerializationError } from "../../../mod.ts";
import type { Rule, Schema } from "../../../src/schema_registry/schema.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/protobuf/mod.ts";
import { loadProtoFile } from "../../../src/serde/protobuf/descriptors.ts";
import { CelExecutor, CelFieldExecutor } from "../../../src/serde/rules/cel.ts";
import { JsonataExecutor } from "../../../src/serde/rules/jsonata.ts";
import { RuleRegistry } from "../../../src/serde/rules/registry.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { GoldenRegistry } from "../../support/serde/golden_registry.ts";

const orders = { topic: "orders", field: "value", headers: [] as [string, Uint8Array][] } as const;
const text = 'syntax = "proto3"; package shop; message Other { int32 x = 1; }' +
  "message Order { int64 id = 1; double price = 2; Buyer buyer = 3; message Buyer { string name = 1; } }";
const renamed =
  'syntax = "proto3"; package shop; message Order { int64 id = 1; double cost = 2; } message Last { int32 x = 1; }';
const latest = { "use.latest.version": true, "auto.register.schemas": false } as const;

const rules = (): RuleRegistry =>
  new RuleRegistry({ executors: [new CelExecutor(), new CelFieldExecutor(), new JsonataExecutor()] });

function version(
  version: number,
  schema: string,
  domainRules: readonly Rule[] = [],
  migrationRules: readonly Rule[] = [],
) {
  const registered: Schema = { schema, schemaType: "PROTOBUF", ruleSet: { domainRules, migrationRules } };
  return { ...registered, subject: "orders-value", version, id: version };
}

const { registry: types } = loadProtoFile({ schema: text, schemaType: "PROTOBUF" }, []);
const type = types.getMessage("shop.Order")!;
const order = (id: number): Message => fromJson(type, { id, price: 2, buyer: { name: "Ada" } });

test("CEL rules see a Protobuf message with its types, and transform the fields of the messages in it", async () => {
  const registry = new GoldenRegistry([version(1, text, [
    {
      name: "check",
      kind: "CONDITION",
      mode: "WRITE",
      type: "CEL",
      expr: "message.id + 1 > 5 && message.price * 2.0 == 4.0",
    },
    { name: "shout", kind: "TRANSFORM", mode: "WRITE", type: "CEL_FIELD", expr: "name == 'name' ; value + '!'" },
  ])]);
  for (const given of [type, null]) {
    const serializer = new ProtobufSerializer(registry, given, { ...latest, ruleRegistry: rules() });
    const bytes = await serializer.serialize(order(7), orders);
    assertEquals(serializer.serializeSync(order(7), orders), bytes);
    const read = await new ProtobufDeserializer(registry).deserialize(bytes, orders);
    assertEquals(toJson(type, read as Message), { id: "7", price: 2, buyer: { name: "Ada!" } });
    await assertRejects(() => serializer.serialize(order(1), orders), SerializationError, "message.id + 1 > 5");
  }
});

test("JSONata rules migrate a Protobuf message, whose name may stand elsewhere in the newer file", async () => {
  const rename = (name: string, mode: "UPGRADE" | "DOWNGRADE", expr: string): Rule => ({
    name,
    kind: "TRANSFORM",
    mode,
    type: "JSONATA",
    expr,
  });
  const registry = new GoldenRegistry([
    version(1, text),
    version(2, renamed, [], [
      rename("up", "UPGRADE", "$merge([$sift($, function($v, $k) {$k != 'price'}), {'cost': price}])"),
    ]),
  ]);
  const bytes = Uint8Array.from([0, 0, 0, 0, 1, 2, 2, 0x08, 7, 0x11, 0, 0, 0, 0, 0, 0, 0, 0x40]);
  const deserializer = new ProtobufDeserializer(registry, null, { "use.latest.version": true, ruleRegistry: rules() });
  const read = await deserializer.deserialize(bytes, orders) as Message & {
    readonly id: bigint;
    readonly cost: number;
  };
  assertEquals([read.$typeName, read.id, read.cost], ["shop.Order", 7n, 2]);
});

test("CEL rules see plain objects with the types of their message, and what is not in them as its default", async () => {
  const condition = (type: string, expr: string): Rule => ({ name: "r", kind: "CONDITION", mode: "WRITE", type, expr });
  const text = 'syntax = "proto3"; message M { int64 n = 1; repeated D c = 2; D d = 3; string s = 4; }' +
    "message D { uint32 n = 1; string s = 2; }";
  const whole = "message.n >= 0 && size(message.c) >= 0 && message.d.n == 0u + message.d.n";
  const registry = new GoldenRegistry([version(1, text, [
    condition("CEL", whole),
    condition("CEL_FIELD", "name != 's' || message.n >= 0"),
  ])]);
  const serializer = new ProtobufSerializer(registry, text, { ...latest, ruleRegistry: rules() });
  const plain = new ProtobufSerializer(new GoldenRegistry([version(1, text)]), text, latest);
  for (
    const value of [{}, { $typeName: "M" }, { n: 1 }, { s: "x" }, { d: { s: "x" } }, {
      $typeName: "M",
      c: [{ s: "x" }],
    }]
  ) {
    assertEquals(await serializer.serialize(value, orders), await plain.serialize(value, orders));
  }
  await assertRejects(() => serializer.serialize({ n: -1 }, orders), SerializationError, "message.n >= 0");
});

test("An error of Protobuf shows nothing of what a value says it is", async () => {
  const registry = new GoldenRegistry([version(1, text)]);
  const serializer = new ProtobufSerializer(registry, text, latest);
  const secret = "S3CR3T";
  for (const value of [{ $typeName: secret }, { $typeName: "shop.Order", buyer: { $typeName: secret } }]) {
    const error = await assertRejects(() => serializer.serialize(value, orders), SerializationError, "$typeName");
    assertEquals(`${error.message} ${error.cause}`.includes(secret), false);
  }
});
