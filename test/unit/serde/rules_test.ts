/** Where in a serde's work the rules of a schema run, and what becomes of the forms that cannot wait. */
import { NotPreparedError, SerializationError } from "../../../mod.ts";
import type { Rule, RuleSet } from "../../../src/schema_registry/schema.ts";
import { SchemaDeserializer } from "../../../src/serde/deserializer.ts";
import { RuleRegistry } from "../../../src/serde/rules/registry.ts";
import type { RuleExecutor } from "../../../src/serde/rules/types.ts";
import { SchemaSerializer } from "../../../src/serde/serializer.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { GoldenRegistry } from "../../support/serde/golden_registry.ts";
import { toyFormat } from "../../support/serde/toy_format.ts";

const orders = { topic: "orders", field: "value", headers: [] as [string, Uint8Array][] } as const;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(5));

/** Says in `log` that it ran, and does to the value what the rule's expression says. */
function executor(log: string[], waits: boolean): RuleExecutor {
  const work = ({ rule, mode }: Parameters<RuleExecutor["transform"]>[0], value: unknown): unknown => {
    log.push(`${rule.name} ${mode}`);
    if (value instanceof Uint8Array) return value.map((byte) => byte ^ 0xff);
    return { ...value as object, [rule.name]: mode };
  };
  return {
    type: "LOG",
    transform: (context, value) => waits ? Promise.resolve(work(context, value)) : work(context, value),
  };
}

const rule = (name: string, mode: NonNullable<Rule["mode"]> = "WRITEREAD"): Rule => ({
  name,
  kind: "TRANSFORM",
  mode,
  type: "LOG",
});

const ruleSet: RuleSet = { domainRules: [rule("domain")], encodingRules: [rule("encoding")] };

function registryWith(ruleSet: RuleSet): GoldenRegistry {
  const schema = '{"title":"Order","fields":["id"]}';
  return new GoldenRegistry([{ subject: "orders-value", version: 1, id: 7, schema, schemaType: "JSON", ruleSet }]);
}

function pair(registry: GoldenRegistry, log: string[], waits = false): [SchemaSerializer, SchemaDeserializer] {
  const ruleRegistry = new RuleRegistry({ executors: [executor(log, waits)] });
  const parts = { registry, format: toyFormat(), schema: null };
  const latest = { "use.latest.version": true, "auto.register.schemas": false } as const;
  return [
    new SchemaSerializer({ ...parts, options: { ...latest, ruleRegistry } }),
    new SchemaDeserializer({ ...parts, options: { ruleRegistry } }),
  ];
}

test("Rules run on values before they are encoded and on bytes after, and the other way round", async () => {
  const log: string[] = [];
  const [serializer, deserializer] = pair(registryWith(ruleSet), log);
  const bytes = await serializer.serialize({ id: 1 }, orders);
  assertEquals(text(bytes.map((byte, at) => at < 5 ? byte : byte ^ 0xff)), '{"id":1,"domain":"WRITE"}');
  assertEquals(await deserializer.deserialize(bytes, orders), { id: 1, domain: "READ" });
  assertEquals(log, ["domain WRITE", "encoding WRITE", "encoding READ", "domain READ"]);
  assertEquals(serializer.serializeSync({ id: 1 }, orders), bytes);
  assertEquals(deserializer.deserializeSync(bytes, orders), { id: 1, domain: "READ" });
  const target = new Uint8Array(100);
  assertEquals(target.subarray(0, serializer.encodeInto({ id: 1 }, orders, target, 0)), bytes);
});

test("Rules that wait make the forms that cannot throw a NotPreparedError", async () => {
  const log: string[] = [];
  const [serializer, deserializer] = pair(registryWith(ruleSet), log, true);
  const bytes = await serializer.serialize({ id: 1 }, orders);
  assertEquals(await deserializer.deserialize(bytes, orders), { id: 1, domain: "READ" });
  assertThrows(() => serializer.serializeSync({ id: 1 }, orders), NotPreparedError);
  assertThrows(() => serializer.encodeInto({ id: 1 }, orders, new Uint8Array(100), 0), NotPreparedError);
  assertThrows(() => deserializer.deserializeSync(bytes, orders), NotPreparedError);
});

test("Rules do not run on a schema that the serializer brings itself", async () => {
  const log: string[] = [];
  const registry = registryWith(ruleSet);
  const schema = { schema: '{"title":"Order","fields":["id"]}', schemaType: "JSON" } as const;
  const ruleRegistry = new RuleRegistry({ executors: [executor(log, false)] });
  const serializer = new SchemaSerializer({ registry, format: toyFormat(), schema, options: { ruleRegistry } });
  assertEquals(text(await serializer.serialize({ id: 1 }, orders)), '{"id":1}');
  assertEquals(log, []);
});

test("Rules without a context, or without an executor, fail the message instead of being left out", async () => {
  const registry = new GoldenRegistry([{
    subject: "Order",
    version: 1,
    id: 7,
    schema: '{"title":"Order"}',
    schemaType: "JSON",
    ruleSet,
  }]);
  const parts = { registry, format: toyFormat(), schema: { schema: '{"title":"Order"}', schemaType: "JSON" } as const };
  const options = {
    "use.latest.version": true,
    "auto.register.schemas": false,
    "subject.name.strategy.type": "RECORD",
  } as const;
  const serializer = new SchemaSerializer({ ...parts, options });
  await assertRejects(() => serializer.serialize({ id: 1 }), SerializationError, "need a context");
  await assertRejects(() => serializer.serialize({ id: 1 }, orders), SerializationError, "executor of type LOG");
});

test("Migration rules take a value from the writer's version to the latest, and back from a newer one", async () => {
  const log: string[] = [];
  const versionOf = (version: number, migrationRules: Rule[] = []) => ({
    subject: "orders-value",
    version,
    id: version,
    schema: `{"title":"Order","fields":["v${version}"]}`,
    schemaType: "JSON" as const,
    ruleSet: { migrationRules },
    metadata: { properties: { v: `${version}` } },
  });
  const registry = new GoldenRegistry([
    versionOf(1),
    versionOf(2, [rule("two", "UPDOWN")]),
    versionOf(3),
    versionOf(4, [rule("four", "UPDOWN")]),
  ]);
  const ruleRegistry = new RuleRegistry({ executors: [executor(log, false)] });
  const read = async (writer: number, reader: number): Promise<unknown> => {
    const options = { "use.latest.with.metadata": { v: `${reader}` }, ruleRegistry };
    const deserializer = new SchemaDeserializer({ registry, format: toyFormat(), schema: null, options });
    return await deserializer.deserialize(Uint8Array.of(0, 0, 0, 0, writer, 0x7b, 0x7d), orders);
  };
  assertEquals(await read(1, 4), { two: "UPGRADE", four: "UPGRADE" });
  assertEquals(await read(4, 1), { four: "DOWNGRADE", two: "DOWNGRADE" });
  assertEquals(await read(2, 3), { v3: undefined });
  assertEquals(await read(3, 3), {});
  assertEquals(log, ["two UPGRADE", "four UPGRADE", "four DOWNGRADE", "two DOWNGRADE"]);
});
