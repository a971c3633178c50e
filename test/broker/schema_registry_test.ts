/**
 * The client against a real registry, Apicurio's. Where it differs from Confluent's, either answer is taken; what it has not at all
 * is tested on the mock.
 */
import type { CompatibilityLevel, Schema } from "../../src/schema_registry/mod.ts";
import { SchemaRegistryError } from "../../src/schema_registry/mod.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { randomName } from "../support/random.ts";
import { testRegistry } from "../support/schema_registry/real.ts";

/** A schema that no other test has registered: ids go by content. */
function record(
  ...fields: readonly { readonly name: string; readonly type: string; readonly default?: unknown }[]
): Schema {
  const name = randomName("R").replace("-", "_");
  return { schema: JSON.stringify({ type: "record", name, namespace: "t", fields }), schemaType: "AVRO" };
}

const id = { name: "id", type: "long" };

async function codeOf(call: () => Promise<unknown>): Promise<number> {
  return (await assertRejects(call, SchemaRegistryError)).errorCode;
}

testRegistry("SchemaRegistryClient registers, looks up and reads a schema", async ({ open }) => {
  await using client = open();
  await using other = open();
  const subject = randomName("a/b c:ž%");
  const schema = record(id);
  const registered = await client.registerSchemaFullResponse(subject, schema);
  assertEquals([registered.subject, registered.schema.schema], [subject, schema.schema]);
  assertEquals(await other.registerSchema(subject, schema), registered.schemaId);
  const found = await other.lookupSchema(subject, schema);
  assertEquals([found.schemaId, found.version, found.subject], [registered.schemaId, 1, subject]);
  assertEquals((await other.getSchema(registered.schemaId)).schema, schema.schema);
  assertEquals((await other.getVersion(subject, 1)).schema.schema, schema.schema);
  const latest = await other.getLatestVersion(subject);
  assertEquals([latest.schemaId, latest.version], [registered.schemaId, 1]);
  assert((await other.getSubjects()).includes(subject));
  assertEquals(await other.getVersions(subject), [1]);
  assertEquals(await other.getSchemaVersions(registered.schemaId), [{ subject, version: 1 }]);
  assertEquals(new Set(await other.getSchemaTypes()), new Set(["AVRO", "JSON", "PROTOBUF"]));
});

testRegistry("SchemaRegistryClient has the registry's own codes for what is not there", async ({ open }) => {
  await using client = open();
  const subject = randomName("none");
  await client.registerSchema(`${subject}-1`, record(id));
  assertEquals(await codeOf(() => client.getLatestVersion(subject)), 40401);
  assertEquals(await codeOf(() => client.getVersion(`${subject}-1`, 9)), 40402);
  assertEquals(await codeOf(() => client.getSchema(2_000_000_000)), 40403);
  assertEquals(await codeOf(() => client.lookupSchema(`${subject}-1`, record(id))), 40403);
  assertEquals(await codeOf(() => client.registerSchema(subject, { schema: '{"type":"nonsense"}' })), 42201);
  // A registry without associations answers the serializers' question so.
  const asked = await client.getAssociationsByResourceName(subject, { resourceType: "topic" })
    .then((list) => list.length, (error: SchemaRegistryError) => error.httpStatusCode);
  assert(asked === 404 || asked === 0, String(asked));
});

testRegistry("SchemaRegistryClient finds another spelling of a schema when it is normalized", async ({ open }) => {
  await using client = open();
  const subject = randomName("normal");
  const schema = record(id);
  const { name } = JSON.parse(schema.schema) as { name: string };
  const spelled: Schema = {
    schema: `{ "fields": [{"type": "long", "name": "id"}], "namespace": "t", "name": "${name}", "type": "record" }`,
  };
  const first = await client.registerSchema(subject, schema, { normalize: true });
  assertEquals(await client.registerSchema(subject, spelled, { normalize: true }), first);
});

testRegistry("SchemaRegistryClient reads JSON and Protobuf schemas as they were registered", async ({ open }) => {
  await using client = open();
  await using other = open();
  const name = randomName("m").replace("-", "_");
  const schemas: readonly Schema[] = [
    {
      schemaType: "JSON",
      schema:
        `{"$schema":"http://json-schema.org/draft-07/schema#","title":"${name}","type":"object","properties":{"a":{"type":"string"}}}`,
    },
    { schemaType: "PROTOBUF", schema: `syntax = "proto3";\npackage ${name};\n\nmessage M {\n  int64 id = 1;\n}\n` },
  ];
  for (const schema of schemas) {
    const subject = randomName("text");
    const registered = await client.registerSchema(subject, schema);
    const read = await other.getSchema(registered, { subject, format: "" });
    assertEquals([read.schemaType, read.schema.trim()], [schema.schemaType, schema.schema.trim()]);
    assertEquals((await other.lookupSchema(subject, schema)).schemaId, registered);
  }
});

testRegistry("SchemaRegistryClient keeps references, and refuses to delete what is referred to", async ({ open }) => {
  await using client = open();
  const subject = randomName("ref");
  const inner = record(id);
  const { name } = JSON.parse(inner.schema) as { name: string };
  await client.registerSchema(`${subject}-inner`, inner);
  const references = [{ name: `t.${name}`, subject: `${subject}-inner`, version: 1 }];
  const outer = { ...record({ name: "inner", type: `t.${name}` }), references };
  const outerId = await client.registerSchema(`${subject}-outer`, outer);
  await using other = open();
  assertEquals((await other.getSchema(outerId)).references, references);
  assertEquals((await other.getLatestVersion(`${subject}-outer`)).schema.references, references);
  assertEquals(await other.getReferencedBy(`${subject}-inner`, 1), [outerId]);
  assertEquals(await codeOf(() => client.deleteVersion(`${subject}-inner`, 1)), 42206);
});

testRegistry("SchemaRegistryClient deletes softly, then for good, and registers again", async ({ open }) => {
  await using client = open();
  const subject = randomName("gone");
  const schema = record(id);
  const first = await client.registerSchema(subject, schema);
  assertEquals(await codeOf(() => client.deleteVersion(subject, 1, { permanent: true })), 40407);
  assertEquals(await codeOf(() => client.deleteSubject(subject, { permanent: true })), 40405);
  assertEquals(await client.deleteSubject(subject), [1]);
  assertEquals(await codeOf(() => client.getLatestVersion(subject)), 40401);
  assertEquals(await client.getVersions(subject, { deleted: true }), [1]);
  assertEquals((await client.getSchema(first)).schema, schema.schema);
  assert([40404, 40406].includes(await codeOf(() => client.deleteSubject(subject))));
  // Python's client takes it from its cache here, and the registry never hears of it.
  assertEquals(await client.registerSchema(subject, schema), first);
  assertEquals((await client.getVersions(subject)).length, 1);
  await client.deleteSubject(subject);
  await client.deleteSubject(subject, { permanent: true });
  assert(!(await client.getSubjects({ deleted: true })).includes(subject));
});

testRegistry("SchemaRegistryClient tests compatibility, and is refused what is not", async ({ open }) => {
  await using client = open();
  const subject = randomName("level");
  const schema = record(id);
  await client.registerSchema(subject, schema);
  const level: CompatibilityLevel = "FULL";
  assertEquals(await client.setCompatibility(subject, level), level);
  assertEquals(await client.getCompatibility(subject), level);
  const more = (field: { readonly name: string; readonly type: string; readonly default?: unknown }): Schema => {
    const parsed = JSON.parse(schema.schema) as { fields: unknown[] };
    return { schema: JSON.stringify({ ...parsed, fields: [...parsed.fields, field] }) };
  };
  const bad = more({ name: "b", type: "string" });
  const good = more({ name: "c", type: "string", default: "" });
  assertEquals(await client.testCompatibility(subject, bad), false);
  assertEquals(await client.testCompatibility(subject, good, { version: 1 }), true);
  assertEquals(await client.testCompatibilityAllVersions(subject, good), true);
  assertEquals(
    (await assertRejects(() => client.registerSchema(subject, bad), SchemaRegistryError)).httpStatusCode,
    409,
  );
  await client.registerSchema(subject, good);
  assertEquals((await client.getVersion(subject, "latest")).version, 2);
  await client.deleteConfig(subject);
});

testRegistry("SchemaRegistryClient.withContext() makes round trips", async ({ open }) => {
  await using client = open();
  const context = client.withContext(randomName("ctx"));
  const schema = record(id);
  const registered = await context.registerSchema("s", schema);
  assertEquals((await context.getLatestVersion("s")).schemaId, registered);
  assertEquals((await context.lookupSchema("s", schema)).schemaId, registered);
  assert((await context.getSubjects()).includes(`:${context.context}:s`));
});

testRegistry("SchemaRegistryClient fails over from an address where nobody listens", async ({ url, open }) => {
  await using client = open({ url: `http://127.0.0.1:1,${url}` });
  assert((await client.getSchemaTypes()).includes("AVRO"));
});
