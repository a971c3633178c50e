/** The caches: bounds, expiry, one request for many, and nothing kept of failures or past a deletion. */
import { Cache } from "../../../src/schema_registry/cache.ts";
import { SchemaRegistryClient, SchemaRegistryError } from "../../../src/schema_registry/mod.ts";
import type { HttpResponse } from "../../../src/schema_registry/transport.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { recordingTransport, scriptedTransport } from "../../support/schema_registry/servers.ts";

const string = { schema: '"string"' };
const registered = { subject: "s", version: 1, id: 7, schema: '"string"' };

/** A transport whose answers are given by hand. */
function heldTransport() {
  const held: ((body: unknown, status?: number) => void)[] = [];
  const signals: AbortSignal[] = [];
  const transport = ({ signal }: { readonly signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<HttpResponse>((resolve) =>
      held.push((body, status = 200) => resolve({ status, headers: {}, body: JSON.stringify(body) }))
    );
  };
  return { transport, held, signals };
}

/** Lets everything go on that waits for nothing outside. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

test("Cache keeps what was used last, and no more than its capacity", () => {
  const cache = new Cache<number>({ capacity: 3 });
  for (const [index, key] of ["a", "b", "c"].entries()) cache.set(key, index);
  assertEquals(cache.get("a"), 0);
  cache.set("d", 3);
  assertEquals(["a", "b", "c", "d"].map((key) => cache.get(key)), [0, undefined, 2, 3]);
  for (let i = 0; i < 10_000; i++) cache.set(`${i}`, i);
  assertEquals(cache.size, 3);
  const none = new Cache<number>({ capacity: 0 });
  none.set("a", 1);
  assertEquals([none.size, none.get("a")], [0, undefined]);
});

test("Cache gives an entry no longer than its time", () => {
  let now = 0;
  const cache = new Cache<number>({ capacity: 9, ttlMs: 100, now: () => now });
  cache.set("a", 1);
  now = 99;
  assertEquals(cache.get("a"), 1);
  now = 100;
  assertEquals([cache.get("a"), cache.size], [undefined, 0]);
});

test("Cache keeps no more than its weight, but always what came last", () => {
  const cache = new Cache<string>({ capacity: 100, maxWeight: 10, weigh: (key, value) => key.length + value.length });
  cache.set("a", "aaa");
  cache.set("b", "bbb");
  assertEquals([cache.get("a"), cache.size], ["aaa", 2]);
  cache.set("c", "ccc");
  assertEquals(["a", "b", "c"].map((key) => cache.get(key)), ["aaa", undefined, "ccc"]);
  cache.set("d", "d".repeat(50));
  assertEquals(["a", "c", "d"].map((key) => cache.get(key)?.length), [undefined, undefined, 50]);
  // What is replaced or removed weighs nothing any more.
  for (let i = 0; i < 10; i++) cache.set("d", "dd");
  cache.set("e", "ee");
  cache.clear("e");
  for (const key of ["f", "g"]) cache.set(key, "xx");
  assertEquals(cache.size, 3);
});

test("Cache.clear() removes by prefix, and a load that was under way is not kept", async () => {
  const cache = new Cache<number>({ capacity: 9 });
  cache.set("a1", 1);
  cache.set("b1", 2);
  let finish = (_: number) => {};
  const loading = cache.load("a2", () => new Promise<number>((resolve) => finish = resolve));
  cache.clear("a");
  const next = cache.load("a2", () => Promise.resolve(5));
  finish(4);
  assertEquals([await loading, await next, cache.get("a2")], [4, 5, 5]);
  assertEquals([cache.get("a1"), cache.get("b1")], [undefined, 2]);
});

test("SchemaRegistryClient makes one request for many who ask at once, and others do not wait for it", async () => {
  const { transport, held } = heldTransport();
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  const many = Array.from({ length: 100 }, () => client.getSchema(7));
  const other = client.getSchema(8);
  await settle();
  assertEquals(held.length, 2);
  held[1]!({ schema: '"int"' });
  assertEquals((await other).schema, '"int"');
  held[0]!({ schema: '"string"' });
  assertEquals(new Set((await Promise.all(many)).map(({ schema }) => schema)), new Set(['"string"']));
  assertEquals((await client.getSchema(7)).schema, '"string"');
  assertEquals(held.length, 2);
});

test("SchemaRegistryClient tells a failure to all who wait, and asks again the next time", async () => {
  const { transport, held } = heldTransport();
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  const many = Array.from({ length: 10 }, () => client.getSchema(7).catch((error: Error) => error.name));
  await settle();
  held[0]!({ error_code: 40403, message: "no" }, 404);
  assertEquals(new Set(await Promise.all(many)), new Set(["SchemaRegistryError"]));
  const again = client.getSchema(7);
  await settle();
  held[1]!({ schema: '"string"' });
  assertEquals((await again).schema, '"string"');
});

test("SchemaRegistryClient goes on for the others when one of those who wait gives up", async () => {
  const { transport, held, signals } = heldTransport();
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  const controller = new AbortController();
  const one = client.getSchema(7, { signal: controller.signal });
  const other = client.getSchema(7);
  await settle();
  controller.abort(new Error("mine"));
  assertEquals((await assertRejects(() => one, Error)).message, "mine");
  assertEquals(signals.map(({ aborted }) => aborted), [false]);
  held[0]!({ schema: '"string"' });
  assertEquals((await other).schema, '"string"');
  const last = client.getSchema(8, { signal: AbortSignal.timeout(10) });
  await assertRejects(() => last);
  assertEquals(signals.map(({ aborted }) => aborted), [false, true]);
});

test("SchemaRegistryClient keeps long schemas up to 16 Mi characters of each kind", async () => {
  const text = "x".repeat(3 * 1024 * 1024);
  const { transport, requests } = recordingTransport(() => ({ schema: text, schemaType: "PROTOBUF" }));
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  for (let id = 0; id < 20; id++) await client.getSchema(id);
  const kept = Array.from({ length: 20 }, (_, id) => id).filter((id) => client.cachedSchema(id) !== undefined);
  assertEquals(kept, [15, 16, 17, 18, 19]);
  await client.getSchema(19);
  assertEquals(requests.length, 20);
});

test("SchemaRegistryClient does not keep a schema whose answer is malformed", async () => {
  const good = { schema: '"string"', references: null, ruleSet: null, metadata: { tags: null, later: [1] }, other: 5 };
  const { transport, requests } = scriptedTransport([
    { body: JSON.stringify({ ...good, references: 5 }) },
    { body: JSON.stringify(good) },
  ]);
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  const error = await assertRejects(() => client.getSchema(7), SchemaRegistryError);
  assertEquals(error.message, 'Cannot read the registry\'s answer: "references" of a schema is no array');
  assertEquals(client.cachedSchema(7), undefined);
  // Null is none, and what is not known goes through.
  const expected: unknown = { schema: '"string"', metadata: good.metadata, other: 5 };
  assertEquals<unknown>(await client.getSchema(7), expected);
  assertEquals(requests.length, 2);
});

test("SchemaRegistryClient keeps the forms of a schema apart", async () => {
  const { transport, requests } = recordingTransport(({ url }) => ({
    ...registered,
    schema: new URL(url).searchParams.get("format") ?? "plain",
  }));
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  for (let i = 0; i < 3; i++) {
    for (const format of [undefined, "serialized"]) {
      const expected = format ?? "plain";
      assertEquals((await client.getSchema(7, { format })).schema, expected);
      assertEquals((await client.getSchemaByGuid("g", { format })).schema, expected);
      assertEquals((await client.getVersion("s", 1, { format })).schema.schema, expected);
      assertEquals((await client.getLatestVersion("s", { format })).schema.schema, expected);
      assertEquals((await client.getLatestWithMetadata("s", { a: "b" }, { format })).schema.schema, expected);
      assertEquals(client.cachedSchema(7, { format })?.schema, expected);
      assertEquals(client.cachedLatestVersion("s", { format })?.schema.schema, expected);
    }
  }
  assertEquals(requests.length, 10);
});

test("SchemaRegistryClient registers a schema once, and again when anything about it differs", async () => {
  const { transport, requests } = recordingTransport(() => ({ id: 7 }));
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  const variants = [
    string,
    { ...string, schemaType: "JSON" as const },
    { ...string, references: [{ name: "a", subject: "a", version: 1 }] },
    { ...string, metadata: { properties: { a: "b" } } },
    { ...string, ruleSet: { domainRules: [] } },
  ];
  for (let i = 0; i < 2; i++) {
    for (const schema of variants) {
      const answer = await client.registerSchemaFullResponse("s", schema);
      assertEquals(answer, { subject: "s", version: null, schemaId: 7, guid: null, schema });
    }
  }
  await client.registerSchema("t", string);
  await client.registerSchema("s", string, { normalize: true });
  assertEquals(requests.length, 7);
});

test("SchemaRegistryClient forgets everything with any deletion, also one that fails", async () => {
  const { transport, requests } = scriptedTransport([{ body: JSON.stringify(registered) }]);
  const client = new SchemaRegistryClient({ url: "http://x" }, { transport });
  const deletions = [
    () => client.deleteSubject("s"),
    () => client.deleteSubject("s", { permanent: true }),
    () => client.deleteVersion("s", 1),
    () => client.deleteVersion("s", 1, { permanent: true }),
  ];
  for (const remove of deletions) {
    await client.registerSchema("s", string);
    await client.getLatestVersion("s");
    await client.getVersion("s", 1);
    await assertRejects(remove);
    assertEquals(client.cachedSchema(7, { subject: "s" }), undefined);
    assertEquals(client.cachedLatestVersion("s"), undefined);
  }
  assertEquals(
    requests.filter(({ method, url }) => method === "POST" && url.includes("/subjects/s/versions")).length,
    4,
  );
});

test("SchemaRegistryClient asks for the latest version again when its time is over, or a new one was registered", async () => {
  const { transport, requests } = recordingTransport(() => registered);
  const lasting = new SchemaRegistryClient({ url: "http://x", "cache.latest.ttl.sec": Infinity }, { transport });
  await lasting.getLatestVersion("s");
  await lasting.getLatestVersion("ss");
  await lasting.registerSchema("s", string);
  await lasting.getLatestVersion("s");
  await lasting.getLatestVersion("ss");
  assertEquals(requests.length, 4);
  lasting.clearLatestCaches();
  await lasting.getLatestVersion("s");
  assertEquals(requests.length, 5);
  requests.length = 0;
  const brief = new SchemaRegistryClient({ url: "http://x", "cache.latest.ttl.sec": 0 }, { transport });
  await brief.getLatestVersion("s");
  await brief.getLatestVersion("s");
  await brief.getVersion("s", "latest");
  await brief.getVersion("s", "latest");
  assertEquals(requests.length, 4);
});
