/**
 * How long the latest version is believed: the forms that wait ask anew, the others go on with the old one for a while.
 */
import { NotPreparedError, SerializationError } from "../../../mod.ts";
import { SchemaDeserializer } from "../../../src/serde/deserializer.ts";
import { SchemaSerializer } from "../../../src/serde/serializer.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { GoldenRegistry, type GoldenSchema } from "../../support/serde/golden_registry.ts";
import { toyFormat } from "../../support/serde/toy_format.ts";
import { waitFor } from "../../support/wait.ts";

const orders = { topic: "orders", field: "value" } as const;
const versionOf = (version: number): GoldenSchema => ({
  subject: "orders-value",
  version,
  id: 10 + version,
  schema: `{"title":"Order","fields":["id","v${version}"]}`,
  schemaType: "JSON",
});
const value = { id: 1, v1: 1, v2: 2 };

function registryFor(ttlMs: number): GoldenRegistry {
  return new GoldenRegistry([versionOf(1)], { config: { "cache.latest.ttl.sec": ttlMs / 1000 } });
}

function latestSerializer(registry: GoldenRegistry): SchemaSerializer {
  const options = {
    "use.latest.version": true,
    "auto.register.schemas": false,
    "subject.name.strategy.type": "TOPIC",
  } as const;
  return new SchemaSerializer({ registry, format: toyFormat(), schema: null, options });
}

const latestCalls = (registry: GoldenRegistry): number =>
  registry.calls.filter((call) => call.startsWith("getLatestVersion")).length;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("SchemaSerializer.serialize() asks anew for a latest version that is too old, and waits", async () => {
  const registry = registryFor(50);
  const serializer = latestSerializer(registry);
  assertEquals((await serializer.serialize(value, orders))[4], 11);
  registry.add(versionOf(2));
  await pause(60);
  assertEquals((await serializer.serialize(value, orders))[4], 12);
  assertEquals(latestCalls(registry), 2);
});

test("SchemaSerializer.serializeSync() goes on with a version that is too old, and asks anew meanwhile", async () => {
  const registry = registryFor(300);
  const serializer = latestSerializer(registry);
  await serializer.prepare(orders);
  registry.add(versionOf(2));
  await pause(310);
  assertEquals(serializer.serializeSync(value, orders)[4], 11);
  await waitFor(() => serializer.serializeSync(value, orders)[4] === 12, { what: "the new version" });
  assertEquals(latestCalls(registry), 2);
});

test("SchemaSerializer.serializeSync() gives up a version that is twice too old, and does not ask all the time", async () => {
  const registry = registryFor(200);
  const serializer = latestSerializer(registry);
  await serializer.prepare(orders);
  registry.onCall = () => {
    throw new Error("It is down");
  };
  await waitFor(() => {
    try {
      serializer.serializeSync(value, orders);
      return false;
    } catch (error) {
      if (error instanceof NotPreparedError) return true;
      throw error;
    }
  }, { what: "the version to be too old" });
  const asked = latestCalls(registry) - 1;
  assertEquals(asked >= 1 && asked <= 11, true, `it asked ${asked} times`);
  await assertRejects(() => serializer.serialize(value, orders), SerializationError);
  registry.onCall = () => {};
  assertEquals((await serializer.serialize(value, orders))[4], 11);
});

test("SchemaSerializer keeps a plan whose latest version is still the same", async () => {
  const registry = registryFor(20);
  const format = toyFormat();
  const options = { "use.latest.version": true, "auto.register.schemas": false } as const;
  const serializer = new SchemaSerializer({ registry, format, schema: null, options });
  for (let i = 0; i < 3; i++) {
    await serializer.serialize(value, orders);
    await pause(25);
  }
  assertEquals([latestCalls(registry), format.parses, format.encoders], [3, 1, 1]);
});

test("SchemaSerializer believes what it registered, and a given id, for good", async () => {
  for (const given of [{}, { "use.schema.id": 11 }]) {
    const registry = registryFor(1);
    const schema = versionOf(1);
    const serializer = new SchemaSerializer({ registry, format: toyFormat(), schema, options: given });
    await serializer.prepare(orders);
    const asked = registry.calls.length;
    await pause(5);
    assertEquals(serializer.serializeSync(value, orders)[4], 11);
    await serializer.serialize(value, orders);
    assertEquals(registry.calls.length, asked);
  }
});

test("SchemaDeserializer reads as a new latest version when the old one is too old", async () => {
  const registry = registryFor(50);
  const options = { "use.latest.version": true } as const;
  const deserializer = new SchemaDeserializer({ registry, format: toyFormat(), schema: null, options });
  const data = Uint8Array.of(0, 0, 0, 0, 11, ...new TextEncoder().encode(JSON.stringify(value)));
  assertEquals(await deserializer.deserialize(data, orders), value);
  registry.add(versionOf(2));
  await pause(110);
  assertThrows(() => deserializer.deserializeSync(data, orders), NotPreparedError);
  assertEquals(await deserializer.deserialize(data, orders), { id: 1, v2: 2 });
  assertEquals(deserializer.deserializeSync(data, orders), { id: 1, v2: 2 });
});
