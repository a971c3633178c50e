/** The serdes with the real client and its registry in memory: what is registered, found again, and asked how often. */
import { create, fromJson, type Message, toJson } from "@bufbuild/protobuf";
import { SerializationError } from "../../../mod.ts";
import { SchemaRegistryClient, SchemaRegistryError } from "../../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { headerSchemaIdSerializer } from "../../../src/serde/mod.ts";
import { loadProtoFile } from "../../../src/serde/protobuf/descriptors.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/protobuf/mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../support/assert.ts";

const orders = { topic: "orders", field: "value" } as const;
const avro = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}';
const json = '{"$schema":"http://json-schema.org/draft-07/schema#","title":"Order","type":"object","required":["id"]}';
const client = (): SchemaRegistryClient => new SchemaRegistryClient({ url: "mock://" });

test("AvroSerializer registers its schema, and AvroDeserializer finds it", async () => {
  await using registry = client();
  const bytes = await new AvroSerializer(registry, avro).serialize({ id: 7 }, orders);
  assertEquals(await new AvroDeserializer(registry).deserialize(bytes, orders), { id: 7 });
  assertEquals((await registry.getLatestVersion("orders-value")).schema.schema, avro);
});

test("AvroSerializer writes GUIDs that the registry has, and AvroDeserializer finds their schema", async () => {
  await using registry = client();
  const headers: [string, Uint8Array][] = [];
  const serializer = new AvroSerializer(registry, '"int"', { "schema.id.serializer": headerSchemaIdSerializer });
  const bytes = await serializer.serialize(1, { ...orders, headers });
  assertEquals([bytes.length, headers.length], [1, 1]);
  assertEquals(await new AvroDeserializer(registry).deserialize(bytes, { ...orders, headers }), 1);
});

test("AvroSerializer with use.latest.version writes with the version of others, and refuses a subject without one", async () => {
  await using registry = client();
  const options = { "use.latest.version": true, "auto.register.schemas": false } as const;
  const serializer = new AvroSerializer(registry, null, options);
  const error = await assertRejects(() => serializer.serialize({ id: 7 }, orders), SerializationError);
  assertInstanceOf(error.cause, SchemaRegistryError);
  await registry.registerSchema("orders-value", { schema: avro });
  const bytes = await serializer.serialize({ id: 7 }, orders);
  assertEquals(await new AvroDeserializer(registry).deserialize(bytes, orders), { id: 7 });
});

test("JsonSerializer validates with references that the registry has", async () => {
  await using registry = client();
  const address = '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["zip"]}';
  await registry.registerSchema("address", { schema: address, schemaType: "JSON" });
  const schema = {
    schema:
      '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"at":{"$ref":"address.json"}}}',
    schemaType: "JSON",
    references: [{ name: "address.json", subject: "address", version: 1 }],
  } as const;
  const serializer = new JsonSerializer(registry, schema);
  const bytes = await serializer.serialize({ at: { zip: "1" } }, orders);
  assertEquals(await new JsonDeserializer(registry).deserialize(bytes, orders), { at: { zip: "1" } });
  await assertRejects(() => serializer.serialize({ at: {} }, orders), SerializationError);
});

test("ProtobufSerializer registers what its file imports first, under subjects of a name of one's own", async () => {
  await using registry = client();
  const money = {
    schema: 'syntax = "proto3"; package shop; message Money { int64 cents = 1; }',
    schemaType: "PROTOBUF",
  };
  const order = 'syntax = "proto3"; package shop; import "money.proto"; message Order { Money total = 1; }';
  const { registry: types } = loadProtoFile({ schema: order, schemaType: "PROTOBUF" }, [
    { name: "money.proto", schema: { ...money, schemaType: "PROTOBUF" } },
  ]);
  const type = types.getMessage("shop.Order")!;
  const value = fromJson(type, { total: { cents: "120" } });
  const serializer = new ProtobufSerializer(registry, type, {
    "reference.subject.name.strategy": (_context, fileName) => `imports/${fileName}`,
  });
  const bytes = await serializer.serialize(value, orders);
  assertEquals(await registry.getSubjects(), ["imports/money.proto", "orders-value"]);
  const { references } = (await registry.getLatestVersion("orders-value")).schema;
  assertEquals(references, [{ name: "money.proto", subject: "imports/money.proto", version: 1 }]);
  for (const wanted of [null, "shop.Order", type]) {
    const read = await new ProtobufDeserializer(registry, wanted).deserialize(bytes, orders);
    assertEquals(toJson(type, read as Message), { total: { cents: "120" } });
  }
  assertEquals(serializer.serializeSync(create(type), orders).length, 6);
});

test("Serializers refuse arguments in another order, no schema at all, and a schema of another format", async () => {
  await using registry = client();
  assertThrows(() => new AvroSerializer(avro as never, registry as never), TypeError, "SchemaRegistryClient is wanted");
  assertThrows(() => new AvroSerializer(registry, 5 as never), TypeError, "a schema is wanted");
  const none = "without a schema: give one";
  assertThrows(() => new AvroSerializer(registry, null), TypeError, none);
  assertThrows(() => new JsonSerializer(registry, null), TypeError, none);
  assertThrows(() => new ProtobufSerializer(registry, null), TypeError, none);
  const wrong = { schema: json, schemaType: "JSON" } as const;
  assertThrows(() => new AvroSerializer(registry, wrong), TypeError, "of the type JSON: AVRO is wanted");
  assertThrows(() => new AvroDeserializer(registry, "{"), SerializationError);
  assertThrows(
    () => new ProtobufSerializer(registry, "", { "use.deprecated.format": true as never }),
    TypeError,
    'Cannot set "use.deprecated.format" to true: false is wanted',
  );
});

test("AvroSerializer writes with a new latest version as soon as the client has forgotten the old one", async () => {
  const config = { url: "mock://latest-of-others", "cache.latest.ttl.sec": 0.2 } as const;
  await using registry = new SchemaRegistryClient(config);
  await using others = new SchemaRegistryClient(config);
  const next =
    '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"n","type":"int","default":5}]}';
  await others.registerSchema("orders-value", { schema: avro });
  const options = { "use.latest.version": true, "auto.register.schemas": false } as const;
  const serializer = new AvroSerializer(registry, null, options);
  const before = await serializer.serialize({ id: 7 }, orders);
  await others.registerSchema("orders-value", { schema: next });
  await new Promise((resolve) => setTimeout(resolve, 250));
  const after = await serializer.serialize({ id: 7 }, orders);
  assertEquals([before.at(-1), after.at(-1)], [14, 10]);
});
