/**
 * What deserializers of all formats have in common: whose schema is whose, readers' schemas, and messages that are
 * none.
 */
import { NotPreparedError, SerializationError } from "../../../mod.ts";
import { SchemaRegistryError } from "../../../src/schema_registry/error.ts";
import { type DeserializerOptions, SchemaDeserializer } from "../../../src/serde/deserializer.ts";
import type { Registry } from "../../../src/serde/registry.ts";
import { test } from "../../harness.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../../support/assert.ts";
import { unhex } from "../../support/hex.ts";
import { GoldenRegistry, type GoldenSchema } from "../../support/serde/golden_registry.ts";
import { type ToyFormat, toyFormat } from "../../support/serde/toy_format.ts";

const versions: readonly GoldenSchema[] = [
  { subject: "orders-value", version: 1, id: 7, schema: '{"title":"Order","fields":["id"]}', schemaType: "JSON" },
  { subject: "orders-value", version: 2, id: 8, schema: '{"title":"Order","fields":["id","at"]}', schemaType: "JSON" },
];
const orders = { topic: "orders", field: "value", headers: [], partition: 3, offset: 41 } as const;

function message(id: number, value: unknown): Uint8Array {
  const payload = new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  return Uint8Array.of(0, id >>> 24, id >>> 16, id >>> 8, id, ...payload);
}

function deserializer(
  registry: Registry,
  options: DeserializerOptions<unknown> = {},
  format: ToyFormat = toyFormat(),
): SchemaDeserializer {
  return new SchemaDeserializer({ registry, format, schema: null, options });
}

test("SchemaDeserializer asks once for all who read a schema's first messages", async () => {
  const registry = new GoldenRegistry(versions);
  const format = toyFormat();
  const reader = deserializer(registry, {}, format);
  const all = await Promise.all([1, 2, 3].map((id) => reader.deserialize(message(7, { id }), orders)));
  assertEquals(all, [{ id: 1 }, { id: 2 }, { id: 3 }]);
  assertEquals(registry.calls, ["getAssociations orders", "getSchema 7"]);
  assertEquals([format.parses, format.decoders], [1, 1]);
});

test("SchemaDeserializer.deserializeSync() works for the ids that were prepared, and throws a NotPreparedError for others", async () => {
  const reader = deserializer(new GoldenRegistry(versions));
  assertThrows(() => reader.deserializeSync(message(7, { id: 1 }), orders), NotPreparedError);
  await reader.prepare(message(7, "of which only the id is looked at"), orders);
  assertEquals(reader.deserializeSync(message(7, { id: 1 }), orders), { id: 1 });
  assertThrows(() => reader.deserializeSync(message(8, { id: 1 }), orders), NotPreparedError);
  await reader.prepare(message(8, ""), orders);
  for (const id of [7, 8, 8, 7]) assertEquals(reader.deserializeSync(message(id, { id }), orders), { id });
});

test("SchemaDeserializer leaves null and undefined alone, and asks for nothing", async () => {
  const registry = new GoldenRegistry(versions);
  const reader = deserializer(registry);
  for (const data of [null, undefined]) {
    assertStrictEquals(await reader.deserialize(data as never, orders), null);
    assertStrictEquals(reader.deserializeSync(data as never, orders), null);
    await reader.prepare(data as never, orders);
  }
  assertEquals(registry.calls, []);
});

test("SchemaDeserializer refuses what is no message, and reads the next one", async () => {
  const reader = deserializer(new GoldenRegistry(versions));
  await reader.prepare(message(7, ""), orders);
  const refused = ["", "00", "00000000", "ff00000007", "0100000007", "0000000007", "00000000077b", "0000000007ff"];
  for (const data of refused.map(unhex)) {
    const first = await assertRejects(() => reader.deserialize(data, orders), SerializationError);
    const second = assertThrows(() => reader.deserializeSync(data, orders), SerializationError);
    for (const error of [first, second]) {
      assert(!(error instanceof NotPreparedError));
      assertEquals([error.topic, error.field, error.partition, error.offset], ["orders", "value", 3, 41]);
    }
  }
  assertEquals(reader.deserializeSync(message(7, { id: 1 }), orders), { id: 1 });
});

test("SchemaDeserializer tells topic, place, subject and id of what failed, but nothing of the payload", async () => {
  const reader = deserializer(new GoldenRegistry(versions));
  const error = await assertRejects(() => reader.deserialize(message(7, "hunter2"), orders), SerializationError);
  assertEquals(
    error.message,
    'Cannot deserialize a value: a SyntaxError was thrown (subject "orders-value", schema 7)',
  );
  assertEquals([error.topic, error.subject, error.schemaId, error.offset], ["orders", "orders-value", 7, 41]);
});

test("SchemaDeserializer asks again for an id that the registry did not know", async () => {
  const registry = new GoldenRegistry(versions);
  const reader = deserializer(registry);
  const error = await assertRejects(() => reader.deserialize(message(9, {}), orders), SerializationError, "404");
  assertInstanceOf(error.cause, SchemaRegistryError);
  assertEquals([error.schemaId, error.subject], [9, "orders-value"]);
  registry.add({ ...versions[0]!, subject: "orders-value", version: 3, id: 9 });
  assertEquals(await reader.deserialize(message(9, { id: 1 }), orders), { id: 1 });
});

test("SchemaDeserializer refuses a schema of another type", async () => {
  const reader = deserializer(new GoldenRegistry([{ subject: "s", version: 1, id: 7, schema: '"int"' }]));
  await assertRejects(() => reader.deserialize(message(7, {}), orders), SerializationError, "AVRO: JSON is wanted");
});

test("SchemaDeserializer reads in the shape of its own schema, and in that of the latest version", async () => {
  const own = { schema: '{"title":"Order","fields":["at"]}', schemaType: "JSON" } as const;
  const registry = new GoldenRegistry(versions);
  const written = { id: 1, at: 2, extra: 3 };
  const asOwn = new SchemaDeserializer({ registry, format: toyFormat(), schema: own, options: {} });
  assertEquals(await asOwn.deserialize(message(7, written), orders), { at: 2 });
  const asLatest = deserializer(registry, { "use.latest.version": true });
  assertEquals(await asLatest.deserialize(message(7, written), orders), { id: 1, at: 2 });
});

test("SchemaDeserializer gets the subject from the writer's record where the strategy needs one", async () => {
  const ofRecord = { ...versions[0]!, subject: "Order" };
  const registry = new GoldenRegistry([ofRecord, { ...versions[1]!, subject: "Order" }]);
  const reader = deserializer(registry, { "subject.name.strategy.type": "RECORD", "use.latest.version": true });
  assertEquals(await reader.deserialize(message(7, { id: 1, at: 2 }), undefined), { id: 1, at: 2 });
  assertEquals(registry.calls, ["getSchema 7", "getLatestVersion Order", "lookup Order"]);
});

test("SchemaDeserializer needs a topic for the other strategies", async () => {
  const reader = deserializer(new GoldenRegistry(versions));
  await assertRejects(() => reader.deserialize(message(7, {})), SerializationError, "needs a context");
});

test("SchemaDeserializer.fromDict makes the value", async () => {
  const fromDict = (plain: unknown): string => `Order ${(plain as { id: number }).id}`;
  const reader = deserializer(new GoldenRegistry(versions), { fromDict });
  assertEquals(await reader.deserialize(message(7, { id: 1 }), orders), "Order 1");
  assertEquals(reader.deserializeSync(message(7, { id: 2 }), orders), "Order 2");
});
