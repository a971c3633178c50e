/** The client and the serdes that block, against a real registry: the worker fetches while this thread waits. */
import { SerializationError } from "../../../mod.ts";
import { SchemaRegistryClient, SchemaRegistryError } from "../../../src/schema_registry/sync/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/sync/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/sync/json/mod.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/sync/protobuf/mod.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { fromHex } from "../../support/golden.ts";
import { randomName } from "../../support/random.ts";
import { testRegistry } from "../../support/schema_registry/real.ts";
import {
  contextOf,
  deserializerOptions,
  type GoldenCase,
  schemaOf,
  serializerOptions,
} from "../../support/serde/golden_case.ts";
import { type ProtobufCase, registerTexts, typesOf } from "../../support/serde/protobuf/real_golden.ts";
import {
  type AvroCase,
  avroRead,
  avroValue,
  framed,
  idOf,
  type JsonCase,
  realCases,
  registerGiven,
  withId,
  writesTheSame,
} from "../../support/serde/real_golden.ts";
import { assertWrites, reads, registryErrorOf } from "../../support/serde/sync/golden_case.ts";

/** Values are encoded as in the other form: what is left is one plain case of each format, and those that ask for more. */
function isTelling({ name, registered, strategy, conf, field }: GoldenCase): boolean {
  const asksForMore = registered.length > 1 || strategy !== undefined || conf !== undefined || field === "key";
  return asksForMore || ["record-nested", "draft7-object", "message-indexes"].includes(name);
}

function openBlocking(url: string): SchemaRegistryClient {
  return new SchemaRegistryClient({ url, "max.retries": 0 });
}

function recordOf(name: string, ...fields: readonly object[]): string {
  return JSON.stringify({ type: "record", name, fields: [{ name: "id", type: "long" }, ...fields] });
}

function codeOf(call: () => unknown): number {
  return assertThrows(call, SchemaRegistryError).errorCode;
}

testRegistry(
  "SchemaRegistryClient that blocks registers, finds, compares and deletes in a real registry",
  async ({ open, url }) => {
    await using registry = open();
    using client = openBlocking(url);
    using other = openBlocking(url);
    const subject = randomName("a/b c:ž%");
    const name = randomName("R").replace("-", "_");
    const schema = { schema: recordOf(name), schemaType: "AVRO" } as const;
    const id = client.registerSchema(subject, schema);
    assertEquals(other.registerSchema(subject, schema), id);
    assertEquals([other.lookupSchema(subject, schema).version, other.getSchema(id).schema], [1, schema.schema]);
    assertEquals(other.getLatestVersion(subject).schemaId, id);
    assert(other.getSubjects().includes(subject));
    assertEquals(client.setCompatibility(subject, "BACKWARD"), "BACKWARD");
    const bad = { schema: recordOf(name, { name: "b", type: "string" }) };
    const good = { schema: recordOf(name, { name: "b", type: "string", default: "" }) };
    assertEquals([client.testCompatibility(subject, bad), client.testCompatibility(subject, good)], [false, true]);
    assertEquals(assertThrows(() => client.registerSchema(subject, bad), SchemaRegistryError).httpStatusCode, 409);
    client.registerSchema(subject, good);
    client.deleteConfig(subject);
    assertEquals(await registry.getVersions(subject), [1, 2]);
    assertEquals(client.deleteSubject(subject), [1, 2]);
    assertEquals(codeOf(() => client.getLatestVersion(subject)), 40401);
    client.deleteSubject(subject, { permanent: true });
    assert(!client.getSubjects({ deleted: true }).includes(subject));
  },
);

testRegistry(
  "SchemaRegistryClient that blocks has a real registry's codes for what is not there",
  async ({ open, url }) => {
    await using registry = open();
    // Nobody listens at the first address.
    using client = openBlocking(`http://127.0.0.1:1,${url}`);
    const subject = randomName("none");
    assertEquals(codeOf(() => client.getLatestVersion(subject)), 40401);
    assertEquals(codeOf(() => client.getSchema(2_000_000_000)), 40403);
    assertEquals(codeOf(() => client.registerSchema(subject, { schema: '{"type":"nonsense"}' })), 42201);
    assert(!(await registry.getSubjects()).includes(subject));
    const deserializer = new AvroDeserializer(client);
    const bytes = fromHex(framed("000000000000", 2_000_000_000));
    const error = assertThrows(
      () => deserializer.deserialize(bytes, { topic: subject, field: "value" }),
      SerializationError,
    );
    assertEquals(registryErrorOf(error)?.errorCode, 40403);
  },
);

testRegistry(
  "AvroSerializer and AvroDeserializer that block agree on a real registry with the golden vectors",
  async ({ open, url }) => {
    await using registry = open();
    using writing = openBlocking(url);
    using reading = openBlocking(url);
    for (const one of realCases<AvroCase>("avro.json").filter(isTelling)) {
      await registerGiven(registry, one);
      const serializer = new AvroSerializer(writing, schemaOf(one), serializerOptions(one));
      const deserializer = new AvroDeserializer(reading, null, deserializerOptions(one));
      serializer.prepare(contextOf(one));
      const id = await idOf(registry, one);
      for (const vector of one.vectors.map((vector) => withId(vector, id))) {
        assertWrites(serializer, one, avroValue(vector.input), vector);
        assertEquals(reads(deserializer, one, vector), avroRead("decoded" in vector ? vector.decoded : vector.input));
      }
    }
  },
);

testRegistry(
  "JsonSerializer and JsonDeserializer that block agree on a real registry with the golden vectors",
  async ({ open, url }) => {
    await using registry = open();
    using writing = openBlocking(url);
    using reading = openBlocking(url);
    for (const one of realCases<JsonCase>("json.json").filter(isTelling)) {
      await registerGiven(registry, one);
      const serializer = new JsonSerializer(writing, schemaOf(one), serializerOptions(one));
      const deserializer = new JsonDeserializer(reading, null, deserializerOptions(one));
      serializer.prepare(contextOf(one));
      const id = await idOf(registry, one);
      for (const vector of one.vectors.map((vector) => withId(vector, id))) {
        if (vector.serializeError) {
          assertThrows(() => serializer.serialize(vector.input, contextOf(one)), SerializationError);
          continue;
        }
        if (writesTheSame(one)) assertWrites(serializer, one, vector.input, vector);
        if (vector.deserializeError) assertThrows(() => reads(deserializer, one, vector), SerializationError);
        else assertEquals(reads(deserializer, one, vector), vector.decoded);
      }
    }
  },
);

testRegistry(
  "ProtobufSerializer and ProtobufDeserializer that block agree on a real registry with the golden vectors",
  async ({ open, url }) => {
    await using registry = open();
    using writing = openBlocking(url);
    using reading = openBlocking(url);
    for (const one of realCases<ProtobufCase>("protobuf.json").filter(isTelling)) {
      const types = typesOf(one);
      const textId = await registerTexts(registry, one);
      for (const { message, input, decoded, ...bytes } of one.vectors) {
        const serializer = new ProtobufSerializer(writing, types.type(message), serializerOptions(one));
        serializer.prepare(contextOf(one));
        const vector = withId(bytes, await idOf(registry, one));
        assertWrites(serializer, one, types.message(message, input), vector);
        for (const read of [vector, withId(bytes, textId)]) {
          const deserializer = new ProtobufDeserializer(reading, null, deserializerOptions(one));
          assertEquals(types.json(message, reads(deserializer, one, read)), decoded);
        }
      }
    }
  },
);
