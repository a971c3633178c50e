/** The mock registry through the client: ids, versions, deletion, references, contexts, settings, associations, keys. */
import {
  type Dek,
  DekRegistryClient,
  MockRegistry,
  SchemaRegistryClient,
  SchemaRegistryError,
  type ServerConfig,
} from "../../../src/schema_registry/mod.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { randomName } from "../../support/random.ts";
import { scriptedTransport } from "../../support/schema_registry/servers.ts";

const string = { schema: '"string"' };
const int = { schema: '"int"' };

function open(): SchemaRegistryClient {
  return new SchemaRegistryClient({ url: "mock://" });
}

async function codeOf(call: () => Promise<unknown>): Promise<number> {
  return (await assertRejects(call, SchemaRegistryError)).errorCode;
}

test("mock:// gives ids by content, versions by subject, and GUIDs that are the same everywhere", async () => {
  const client = open();
  const first = await client.registerSchemaFullResponse("a", string);
  const same = await client.registerSchemaFullResponse("b", { schema: ' "string" ', schemaType: "AVRO" });
  const second = await client.registerSchemaFullResponse("a", int);
  assertEquals([first.schemaId, same.schemaId, second.schemaId], [1, 1, 2]);
  assertEquals([first.version, same.version, second.version], [1, 1, 2]);
  assertEquals(first.guid, same.guid);
  assertEquals((await client.getSchemaByGuid(second.guid!)).schema, '"int"');
  assertEquals(await client.getSubjectsBySchemaId(1), ["a", "b"]);
  assertEquals(await client.getSchemaVersions(1, { subject: "b" }), [{ subject: "b", version: 1 }]);
  assertEquals(await client.getVersions("a"), [1, 2]);
  assertEquals((await client.lookupSchema("a", string)).version, 1);
  assertEquals((await client.getVersion("a", "latest")).schema.schema, '"int"');
  assertEquals(await codeOf(() => client.getSchema(9)), 40403);
  assertEquals(await codeOf(() => client.getVersion("a", 9)), 40402);
  assertEquals(await codeOf(() => client.getVersion("a", 0)), 42202);
  assertEquals(await codeOf(() => client.lookupSchema("none", string)), 40401);
  assertEquals(await codeOf(() => client.lookupSchema("b", int)), 40403);
});

test("mock:// finds a schema in another spelling only when it is normalized", async () => {
  const client = open();
  const one = { schema: '{"type":"record","name":"R","fields":[]}' };
  const other = { schema: '{"name":"R","type":"record","fields":[]}' };
  const id = await client.registerSchema("s", one);
  assertEquals(await codeOf(() => client.lookupSchema("s", other)), 40403);
  assertEquals((await client.lookupSchema("s", other, { normalize: true })).schemaId, id);
});

test("mock:// deletes softly first, then for good", async () => {
  const client = open();
  await client.registerSchema("s", string);
  await client.registerSchema("s", int);
  assertEquals(await codeOf(() => client.deleteVersion("s", 1, { permanent: true })), 40407);
  assertEquals(await client.deleteVersion("s", 1), 1);
  assertEquals(await codeOf(() => client.deleteVersion("s", 1)), 40406);
  assertEquals([await client.getVersions("s"), await client.getVersions("s", { deleted: true })], [[2], [1, 2]]);
  assertEquals(await client.getVersions("s", { deletedOnly: true }), [1]);
  assertEquals((await client.getVersion("s", 1, { deleted: true })).schemaId, 1);
  assertEquals((await client.getSchema(1)).schema, '"string"');
  assertEquals(await client.registerSchema("s", string), 1);
  assertEquals((await client.getLatestVersion("s")).version, 3);
  assertEquals(await codeOf(() => client.deleteSubject("s", { permanent: true })), 40405);
  assertEquals(await client.deleteSubject("s"), [2, 3]);
  assertEquals(await codeOf(() => client.deleteSubject("s")), 40404);
  assertEquals(await client.getSubjects(), []);
  assertEquals(await client.getSubjects({ deletedOnly: true }), ["s"]);
  assertEquals(await client.deleteSubject("s", { permanent: true }), [1, 2, 3]);
  assertEquals(await client.getSubjects({ deleted: true }), []);
  assertEquals(await codeOf(() => client.deleteSubject("s")), 40401);
});

test("mock:// keeps references, and what is referred to", async () => {
  const client = open();
  const references = [{ name: "a", subject: "a", version: 1 }];
  const user = { schema: '{"type":"array","items":"a"}', references };
  assertEquals(await codeOf(() => client.registerSchema("u", user)), 42201);
  await client.registerSchema("a", string);
  const id = await client.registerSchema("u", user);
  assertEquals((await client.getSchema(id)).references, references);
  assertEquals(await client.getReferencedBy("a", 1), [id]);
  assertEquals(await codeOf(() => client.deleteVersion("a", 1)), 42206);
  assertEquals(await codeOf(() => client.deleteSubject("a")), 42206);
  await client.deleteSubject("u");
  assertEquals(await client.deleteSubject("a"), [1]);
});

test("mock:// keeps metadata, rules and fields that nobody knows", async () => {
  const client = open();
  const schema = {
    ...string,
    schemaType: "AVRO" as const,
    references: [],
    metadata: { properties: { major: "1" }, tags: { "a.**": ["PII"] }, newer: [1] },
    ruleSet: {
      domainRules: [{ name: "r", kind: "CONDITION" as const, expr: "true", newer: { a: 1 } }],
      enableAt: "ALL",
    },
    newest: { b: null },
  };
  await client.registerSchema("s", schema);
  await client.registerSchema("s", { ...string, metadata: { properties: { major: "2" } } });
  assertEquals((await client.getLatestWithMetadata("s", { major: "1" })).schema, schema);
  assertEquals((await client.getLatestWithMetadata("s", {})).version, 2);
  assertEquals(await codeOf(() => client.getLatestWithMetadata("s", { major: "3" })), 40401);
  assertEquals((await client.registerSchemaFullResponse("t", (await client.getVersion("s", 1)).schema)).schemaId, 1);
});

test("SchemaRegistryClient.withContext() keeps subjects and ids apart", async () => {
  const client = open();
  const staging = client.withContext("staging");
  assertEquals([client.context, staging.context, client.withContext(":.x:").context], [".", ".staging", ".x"]);
  await client.registerSchema("s", string);
  assertEquals((await staging.registerSchemaFullResponse("s", int)).subject, ":.staging:s");
  assertEquals([(await client.getSchema(1)).schema, (await staging.getSchema(1)).schema], ['"string"', '"int"']);
  assertEquals((await staging.getLatestVersion(":.staging:s")).schema.schema, '"int"');
  assertEquals([await staging.getSubjects(), await client.getContexts()], [[":.staging:s"], [".", ".staging"]]);
  await staging.updateGlobalMode("READONLY");
  assertEquals(await staging.getGlobalMode(), "READONLY");
  assertEquals(await client.getGlobalMode(), "READWRITE");
  assertThrows(() => client.withContext("a:b"), RangeError);
  await staging.close();
  assertEquals(await client.getSubjects(), ["s", ":.staging:s"]);
  await client.close();
  assertEquals((await assertRejects(() => staging.getSubjects()) as { codeName?: string }).codeName, "_STATE");
});

test("mock:// has settings and modes of all and of subjects", async () => {
  const client = open();
  assertEquals(await client.getCompatibility(), "BACKWARD");
  assertEquals(await codeOf(() => client.getCompatibility("s")), 40408);
  assertEquals(await client.getCompatibility("s", { defaultToGlobal: true }), "BACKWARD");
  assertEquals(await client.setCompatibility("s", "NONE"), "NONE");
  const change = { alias: "t", normalize: true, newer: 1 } as ServerConfig;
  await client.setConfig("s", change);
  assertEquals(await client.getConfig("s"), { compatibility: "NONE", ...change });
  assertEquals((await client.deleteConfig("s")).compatibility, "NONE");
  assertEquals(await codeOf(() => client.setCompatibility("s", "ALL" as "FULL")), 42203);
  assertEquals(await codeOf(() => client.getMode("s")), 40409);
  assertEquals(await client.updateMode("s", "READONLY"), "READONLY");
  assertEquals(await codeOf(() => client.registerSchema("s", string)), 42205);
  assertEquals(await client.deleteMode("s"), "READONLY");
  assertEquals(await client.registerSchema("s", string), 1);
  assertEquals(await client.testCompatibility("s", int), true);
  assertEquals(await client.testCompatibilityAllVersions("s", { schema: "{}", schemaType: "JSON" }), false);
  assertEquals(await codeOf(() => client.registerSchema("s", { schema: "{" })), 42201);
});

test("mock:// has associations of resources", async () => {
  const client = open();
  await client.registerSchema("orders", string);
  const resource = { resourceName: "t", resourceNamespace: "lkc-1", resourceId: "id-1", resourceType: "topic" };
  const answer = await client.createAssociation({
    ...resource,
    associations: [
      { subject: "orders", associationType: "value", lifecycle: "WEAK" },
      { subject: "orders-key", associationType: "key", lifecycle: "STRONG", schema: int },
    ],
  });
  assertEquals(answer.associations.map(({ subject }) => subject), ["orders", "orders-key"]);
  const find = (associationTypes?: string[]) =>
    client.getAssociationsByResourceName("t", { resourceType: "topic", ...(associationTypes && { associationTypes }) });
  assertEquals((await find(["value"])).map(({ subject }) => subject), ["orders"]);
  assertEquals((await find()).length, 2);
  assertEquals(await client.getAssociationsByResourceName("t", { resourceNamespace: "lkc-2" }), []);
  const missing = { ...resource, associations: [{ subject: "none" }] };
  assertEquals(await codeOf(() => client.createAssociation(missing)), 40401);
  await client.deleteAssociations("id-1", { associationTypes: ["key"], cascadeLifecycle: true });
  assertEquals([(await find()).length, await client.getSubjects()], [1, ["orders"]]);
});

test("mock:// with a name is one registry for all clients, and without one is each client's own", async () => {
  const url = `mock://${randomName("shared")}`;
  await new SchemaRegistryClient({ url }).registerSchema("s", string);
  assertEquals(await new SchemaRegistryClient({ url }).getSubjects(), ["s"]);
  assertEquals(await open().getSubjects(), []);
});

test("DekRegistryClient registers and reads keys", async () => {
  const client = new DekRegistryClient({ url: "mock://" });
  const kek = { name: "k", kmsType: "local-kms", kmsKeyId: "id", kmsProps: { a: "b" }, doc: "d" };
  const made = await client.registerKek(kek);
  assertEquals({ ...made, ts: 0 }, { ...kek, shared: false, ts: 0 });
  assertEquals(await client.registerKek(kek), made);
  const other = await assertRejects(() => client.registerKek({ ...kek, kmsKeyId: "x" }), SchemaRegistryError);
  assertEquals(other.httpStatusCode, 409);
  assertEquals((await assertRejects(() => client.getKek("none"), SchemaRegistryError)).httpStatusCode, 404);
  assertEquals((await client.updateKek("k", { doc: "e" })).doc, "e");
  const dek = await client.registerDek("k", "s", { encryptedKeyMaterial: "AA==" });
  assertEquals({ ...dek, ts: 0 }, {
    kekName: "k",
    subject: "s",
    version: 1,
    algorithm: "AES256_GCM",
    encryptedKeyMaterial: "AA==",
    ts: 0,
  });
  await client.registerDek("k", "s", { encryptedKeyMaterial: "AQ==", version: 2 });
  assertEquals((await client.getDek("k", "s", { version: -1 })).version, 2);
  assertEquals(await client.getDek("k", "s"), dek);
  assertEquals([await client.getDekSubjects("k"), await client.getDekVersions("k", "s")], [["s"], [1, 2]]);
  const siv = () => client.getDek("k", "s", { algorithm: "AES256_SIV" });
  assertEquals((await assertRejects(siv, SchemaRegistryError)).httpStatusCode, 404);
  await client.deleteDek("k", "s");
  await client.deleteKek("k");
  assertEquals(await client.getKeks(), []);
  assertEquals((await client.getKek("k", { deleted: true })).deleted, true);
  assertEquals((await client.getDek("k", "s", { deleted: true })).deleted, true);
});

test("DekRegistryClient names the context of a KEK, and takes the older path where the newer one is not", async () => {
  const { transport } = new MockRegistry();
  const client = new DekRegistryClient({ url: "http://x" }, { transport });
  const staging = client.withContext("staging");
  await staging.registerKek({ name: "k", kmsType: "t", kmsKeyId: "i" });
  assertEquals([await client.getKeks(), await client.getKeks({ context: "staging" })], [[], ["k"]]);
  const dek: Dek = {
    kekName: "k",
    subject: ":.staging:s",
    version: 1,
    algorithm: "AES256_GCM",
    encryptedKeyMaterial: "x",
  };
  const { transport: old, requests } = scriptedTransport([{ status: 405 }, { body: JSON.stringify(dek) }]);
  const older = new DekRegistryClient({ url: "http://x" }, { transport: old }).withContext("staging");
  assertEquals(await older.registerDek("k", "s", { encryptedKeyMaterial: "x" }), dek);
  const path = "http://x/dek-registry/v1/keks/k/deks";
  assertEquals(requests.map(({ url }) => url), [`${path}/${encodeURIComponent(":.staging:s")}`, path]);
  assert(requests[1]!.body!.includes('"subject":":.staging:s"'));
});

test("SchemaRegistryClient takes names like __proto__ for names", async () => {
  const body =
    '{"schema":"{}","schemaType":"JSON","__proto__":{"polluted":1},"metadata":{"properties":{"__proto__":"x"}}}';
  const { transport } = scriptedTransport([{ body }]);
  const schema = await new SchemaRegistryClient({ url: "http://x" }, { transport }).getSchema(1);
  assertEquals((schema as { polluted?: number }).polluted, undefined);
  assertEquals(JSON.stringify(schema), body);
  const client = open();
  await client.registerSchema("__proto__", schema);
  assertEquals(await client.getSubjects(), ["__proto__"]);
  assertEquals(await codeOf(() => client.getVersions("constructor")), 40401);
  assertEquals(await codeOf(() => client.getConfig("toString")), 40408);
  assertEquals((await client.getLatestWithMetadata("__proto__", JSON.parse('{"__proto__":"x"}'))).version, 1);
});
