/** What a real registry refuses the serdes, and what they do with its latest versions, its contexts and several addresses. */
import { SerializationError } from "../../../mod.ts";
import type { Schema, SchemaType } from "../../../src/schema_registry/mod.ts";
import { SchemaRegistryClient, SchemaRegistryError } from "../../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/protobuf/mod.ts";
import type { Registry, SchemaDeserializer, SchemaSerializer } from "../../../src/serde/mod.ts";
import { assert, assertEquals, assertNotEquals, assertRejects } from "../../support/assert.ts";
import { fromHex, toHex } from "../../support/golden.ts";
import { randomName } from "../../support/random.ts";
import { testRegistry } from "../../support/schema_registry/real.ts";
import { registryErrorOf } from "../../support/serde/golden_case.ts";
import { framed } from "../../support/serde/real_golden.ts";

/** No registry has given so many ids. */
const unknownId = 2_000_000_000;

type Options = Readonly<Record<string, unknown>>;

/** A format: how its serdes are made, and schemas under a name that nobody else uses. */
interface Format {
  readonly type: SchemaType;
  readonly write: (registry: Registry, schema: string | Schema, options?: Options) => SchemaSerializer;
  readonly read: (registry: Registry, options?: Options) => SchemaDeserializer;
  readonly schema: (name: string) => string;
  /** The same with another type in the field's place, which no level of compatibility allows. */
  readonly changed: (name: string) => string;
  /** What is no schema of the format. */
  readonly bad: string;
  readonly value: (name: string) => unknown;
}

const draft = "http://json-schema.org/draft-07/schema#";

const formats: readonly Format[] = [
  {
    type: "AVRO",
    write: (registry, schema, options) => new AvroSerializer(registry, schema, options),
    read: (registry, options) => new AvroDeserializer(registry, null, options),
    schema: (name) => JSON.stringify({ type: "record", name, fields: [{ name: "a", type: "int" }] }),
    changed: (name) => JSON.stringify({ type: "record", name, fields: [{ name: "a", type: "string" }] }),
    bad: '{"type":"record","name":"R","fields":[{"name":"a","type":"no.Such"}]}',
    value: () => ({ a: 1 }),
  },
  {
    type: "JSON",
    write: (registry, schema, options) => new JsonSerializer(registry, schema, options),
    read: (registry, options) => new JsonDeserializer(registry, null, options),
    schema: (title) =>
      JSON.stringify({ $schema: draft, title, type: "object", properties: { a: { type: "integer" } } }),
    changed: (title) =>
      JSON.stringify({ $schema: draft, title, type: "object", properties: { a: { type: "string" } } }),
    bad: '{"$schema":',
    value: () => ({ a: 1 }),
  },
  {
    type: "PROTOBUF",
    write: (registry, schema, options) => new ProtobufSerializer(registry, schema, options),
    read: (registry, options) => new ProtobufDeserializer(registry, null, options),
    schema: (name) => `syntax = "proto3";\npackage ${name};\n\nmessage M {\n  int32 a = 1;\n}\n`,
    changed: (name) => `syntax = "proto3";\npackage ${name};\n\nmessage M {\n  string a = 1;\n}\n`,
    bad: 'syntax = "proto3";\nmessage {',
    value: (name) => ({ $typeName: `${name}.M`, a: 1 }),
  },
];

function freshName(): string {
  return randomName("real").replace("-", "_");
}

/** The status and code with which the registry has refused what a serializer or deserializer wanted. */
async function refusal(run: () => Promise<unknown>): Promise<readonly [status: number | null, code: number]> {
  const error = registryErrorOf(await assertRejects(run, SerializationError));
  assert(error !== undefined, "the registry did not refuse it");
  return [error.httpStatusCode, error.errorCode];
}

for (const { type, write, read, schema, changed, bad, value } of formats) {
  testRegistry(
    `${type}: a message whose id the real registry does not know is refused with its code`,
    async ({ open }) => {
      await using client = open();
      const context = { topic: freshName(), field: "value" } as const;
      const bytes = fromHex(framed("000000000000", unknownId));
      assertEquals(await refusal(() => read(client).deserialize(bytes, context)), [404, 40403]);
      const serializer = write(client, schema(context.topic), { "use.schema.id": unknownId });
      assertEquals(await refusal(() => serializer.serialize(value(context.topic), context)), [404, 40403]);
    },
  );

  testRegistry(
    `${type}: a schema is not registered in the real registry where that is not wanted`,
    async ({ open }) => {
      await using client = open();
      const topic = freshName();
      const context = { topic, field: "value" } as const;
      const writes = (options: Options) => () =>
        write(client, schema(topic), { "auto.register.schemas": false, ...options }).serialize(value(topic), context);
      assertEquals(await refusal(writes({})), [404, 40401]);
      assertEquals(await refusal(writes({ "use.latest.version": true })), [404, 40401]);
      await client.registerSchema(`${topic}-value`, { schema: changed(topic), schemaType: type });
      assertEquals(await refusal(writes({})), [404, 40403]);
      assertEquals(await client.getVersions(`${topic}-value`), [1]);
      // What was refused is not remembered.
      await client.registerSchema(`${topic}-value`, { schema: schema(topic), schemaType: type });
      assert((await writes({})()).length > 5);
    },
  );

  testRegistry(
    `${type}: a schema that is not compatible is refused by the real registry, and the old one is written on`,
    async ({ open }) => {
      await using client = open();
      const topic = freshName();
      const context = { topic, field: "value" } as const;
      const serializer = write(client, schema(topic));
      const bytes = toHex(await serializer.serialize(value(topic), context));
      await client.setCompatibility(`${topic}-value`, "FULL");
      const [status] = await refusal(() => write(client, changed(topic)).prepare(context));
      assertEquals(status, 409);
      assertEquals(await client.getVersions(`${topic}-value`), [1]);
      assertEquals(toHex(await write(client, schema(topic)).serialize(value(topic), context)), bytes);
      await client.deleteConfig(`${topic}-value`);
    },
  );

  testRegistry(`${type}: what is no schema is refused by the real registry`, async ({ open }) => {
    await using client = open();
    const error = await assertRejects(
      () => client.registerSchema(randomName("bad"), { schema: bad, schemaType: type }),
      SchemaRegistryError,
    );
    assertEquals([error.httpStatusCode, error.errorCode], [422, 42201]);
  });

  testRegistry(`${type}: a message of another format's schema in the real registry is refused`, async ({ open }) => {
    await using client = open();
    const topic = freshName();
    const other = formats.find((one) => one.type !== type)!;
    const id = await client.registerSchema(`${topic}-value`, { schema: other.schema(topic), schemaType: other.type });
    // Behind the id, a number for Avro and the index of a message for Protobuf.
    const bytes = fromHex(framed("00000000000000", id));
    const error = await assertRejects(
      () => read(client).deserialize(bytes, { topic, field: "value" }),
      SerializationError,
    );
    assert(error.message.includes(other.type) || String(error.cause).includes(other.type), error.message);
  });

  testRegistry(
    `${type}: messages go by a real registry of which one address is dead, and not by dead ones only`,
    async ({ open, url }) => {
      const topic = freshName();
      const context = { topic, field: "value" } as const;
      await using client = open({ url: `http://127.0.0.1:1,${url}` });
      const bytes = await write(client, schema(topic)).serialize(value(topic), context);
      const { a } = await read(client).deserialize(new Uint8Array(bytes), context) as { a: number };
      assertEquals(a, 1);
      await using dead = open({ url: "http://127.0.0.1:1,http://127.0.0.1:2" });
      const error = await assertRejects(
        () => read(dead).deserialize(new Uint8Array(bytes), context),
        SerializationError,
      );
      assertEquals(registryErrorOf(error)?.codeName, "_TRANSPORT");
    },
  );

  testRegistry(`${type}: messages go by a context of a real registry`, async ({ open }) => {
    await using client = open();
    const staging = client.withContext(randomName("ctx"));
    const topic = freshName();
    const context = { topic, field: "key" } as const;
    const bytes = new Uint8Array(await write(staging, schema(topic)).serialize(value(topic), context));
    const { subject, schemaId } = await client.getLatestVersion(`:${staging.context}:${topic}-key`);
    assertEquals(subject, `:${staging.context}:${topic}-key`);
    assertEquals(toHex(bytes).slice(0, 10), framed("", schemaId!));
    const { a } = await read(staging).deserialize(bytes, context) as { a: number };
    assertEquals(a, 1);
    // The default context does not have that subject.
    const elsewhere = write(client, schema(topic), { "auto.register.schemas": false });
    assertEquals(await refusal(() => elsewhere.serialize(value(topic), context)), [404, 40401]);
  });
}

testRegistry("A schema that refers to what a real registry has not is refused", async ({ open }) => {
  await using client = open();
  const topic = freshName();
  const references = [{ name: "no.Such", subject: randomName("absent"), version: 1 }];
  const schema = JSON.stringify({ type: "record", name: topic, fields: [{ name: "a", type: "no.Such" }] });
  const serializer = new AvroSerializer(client, { schema, schemaType: "AVRO", references });
  assertEquals(await refusal(() => serializer.serialize({ a: 1 }, { topic, field: "value" })), [404, 40401]);
});

testRegistry(
  "AvroDeserializer reads as the latest version of a real registry, and as its own schema where it has one",
  async ({ open, url }) => {
    await using client = open({ "cache.latest.ttl.sec": 0.2 });
    const topic = freshName();
    const context = { topic, field: "value" } as const;
    const version = (...fields: readonly object[]): string =>
      JSON.stringify({ type: "record", name: topic, fields: [{ name: "a", type: "int" }, ...fields] });
    const b = { name: "b", type: "string", default: "b's default" };
    const c = { name: "c", type: ["null", "long"], default: null };
    const bytes = new Uint8Array(await new AvroSerializer(client, version()).serialize({ a: 1 }, context));
    await using other = new SchemaRegistryClient({ url, "max.retries": 0 });
    await other.registerSchema(`${topic}-value`, { schema: version(b) });

    const latest = { "use.latest.version": true } as const;
    const deserializer = new AvroDeserializer(client, null, latest);
    assertEquals(await deserializer.deserialize(bytes, context), { a: 1, b: "b's default" });
    const plain = new AvroDeserializer(client, version(c));
    assertEquals(await plain.deserialize(bytes, context), { a: 1, c: null });

    const serializer = new AvroSerializer(client, null, { ...latest, "auto.register.schemas": false });
    const newer = new Uint8Array(await serializer.serialize({ a: 2 }, context));
    assertNotEquals(toHex(newer).slice(0, 10), toHex(bytes).slice(0, 10));
    assertEquals(await new AvroDeserializer(other).deserialize(newer, context), { a: 2, b: "b's default" });

    // A version that came meanwhile is used when the one before is too old.
    const third = await other.registerSchema(`${topic}-value`, { schema: version(b, c) });
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals(await deserializer.deserialize(newer, context), { a: 2, b: "b's default", c: null });
    const newest = await serializer.serialize({ a: 3, c: 7 }, context);
    assertEquals(toHex(newest).slice(0, 10), framed("", third));
    assertEquals(await deserializer.deserialize(new Uint8Array(newest), context), { a: 3, b: "b's default", c: 7 });
  },
);
