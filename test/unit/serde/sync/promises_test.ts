/** What needs a promise, in serdes that block: it is refused in words, and the next message works. */
import { errorCodes } from "../../../../src/kafka/error_codes.ts";
import { RuleError } from "../../../../src/serde/rules/error.ts";
import { JsonataExecutor } from "../../../../src/serde/rules/jsonata.ts";
import { SerializationError } from "../../../../mod.ts";
import { SchemaRegistryClient } from "../../../../src/schema_registry/sync/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../../src/serde/sync/avro/mod.ts";
import { DlqAction, RuleRegistry } from "../../../../src/serde/sync/rules/mod.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../../../support/assert.ts";

const context = { topic: "orders", field: "value", headers: [] as [string, Uint8Array][] } as const;
const versionOf = (field: string) => `{"type":"record","name":"Order","fields":[{"name":"${field}","type":"int"}]}`;

test("AvroDeserializer that blocks refuses a JSONata migration, whose evaluation is a promise", () => {
  using registry = new SchemaRegistryClient({ url: "mock://" });
  const rule = { name: "up", kind: "TRANSFORM", mode: "UPGRADE", type: "JSONATA", expr: '{"b": a}' } as const;
  registry.setConfig("orders-value", { compatibility: "NONE" });
  const old = new AvroSerializer(registry, versionOf("a")).serialize({ a: 1 }, context);
  registry.registerSchema("orders-value", { schema: versionOf("b"), ruleSet: { migrationRules: [rule] } });
  const ruleRegistry = new RuleRegistry({ executors: [new JsonataExecutor()] });
  const deserializer = new AvroDeserializer(registry, null, { "use.latest.version": true, ruleRegistry });
  const error = assertThrows(() => deserializer.deserialize(old, context), SerializationError, 'Rule "up"');
  assert(error.message.includes("Cannot wait for a promise in a client that blocks"), error.message);
  const latest = { "use.latest.version": true, "auto.register.schemas": false } as const;
  const next = new AvroSerializer(registry, null, { ...latest, ruleRegistry }).serialize({ b: 2 }, context);
  assertEquals(deserializer.deserialize(next, context), { b: 2 });
});

test("DlqAction needs a producer that blocks where the serdes do, and says so", async () => {
  using registry = new SchemaRegistryClient({ url: "mock://" });
  const rule = { name: "no", kind: "CONDITION", mode: "WRITE", type: "NO", onFailure: "DLQ" } as const;
  registry.registerSchema("orders-value", { schema: versionOf("a"), ruleSet: { domainRules: [rule] } });
  const sent: string[] = [];
  const never = { type: "NO", transform: () => false };
  const write = (send: (letter: { readonly topic: string }) => unknown): unknown => {
    const ruleRegistry = new RuleRegistry({
      executors: [never],
      actions: [new DlqAction({ send }, { topic: "dead" })],
    });
    const options = { "use.latest.version": true, "auto.register.schemas": false, ruleRegistry } as const;
    return new AvroSerializer(registry, null, options).serialize({ a: 1 }, context);
  };
  assertThrows(() => write(({ topic }) => sent.push(topic)), SerializationError, 'Rule "no"');
  assertEquals(sent, ["dead"]);
  const error = assertThrows(() => write(() => Promise.reject(new Error("late"))), SerializationError);
  const { cause } = error;
  assertInstanceOf(cause, RuleError);
  assert(cause.message.includes("Cannot wait for a promise"), cause.message);
  assertEquals((cause.cause as SerializationError).code, errorCodes._UNSUPPORTED_FEATURE);
  // The promise that nobody waits for has failed by then, and nobody is told.
  await new Promise((resolve) => setTimeout(resolve, 5));
});
