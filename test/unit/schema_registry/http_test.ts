/** Retries, failover, `Retry-After`, redirects and limits, against servers on the loopback interface. */
import {
  SchemaRegistryClient,
  type SchemaRegistryConfig,
  SchemaRegistryError,
} from "../../../src/schema_registry/mod.ts";
import { backoffMs, retryAfterMs, waitMs } from "../../../src/schema_registry/http.ts";
import { lateAnswer, noAnswer } from "../../../src/schema_registry/no_answer.ts";
import { MockSchemaRegistry } from "../../../testing.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../../support/assert.ts";
import { localServer, scriptedTransport } from "../../support/schema_registry/servers.ts";

const quick = { "retries.wait.ms": 1, "retries.max.wait.ms": 5 } as const;

/** Asks for the subjects of a transport that gives these answers in turn. */
async function ask(
  answers: Parameters<typeof scriptedTransport>[0],
  config: Partial<SchemaRegistryConfig> = {},
): Promise<{ outcome: unknown; urls: string[]; tookMs: number }> {
  const { transport, requests } = scriptedTransport(answers);
  const client = new SchemaRegistryClient({ url: "http://one,http://two", ...quick, ...config }, { transport });
  const started = performance.now();
  let outcome: unknown;
  try {
    outcome = await client.getSchemaTypes();
  } catch (error) {
    outcome = error;
  }
  const urls = requests.map(({ url }) => new URL(url).hostname);
  return { outcome, urls, tookMs: performance.now() - started };
}

async function failure(call: () => Promise<unknown>): Promise<SchemaRegistryError> {
  return await assertRejects(call, SchemaRegistryError);
}

test("SchemaRegistryClient tries the next address at once when one gives no answer", async () => {
  const { outcome, urls } = await ask([new Error("refused"), { body: '["AVRO"]' }]);
  assertEquals([outcome, urls], [["AVRO"], ["one", "two"]]);
});

test("SchemaRegistryClient tries the next address for each retriable status, and no other", async () => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    assertEquals((await ask([{ status }, {}])).urls, ["one", "two"]);
  }
  for (const status of [400, 401, 403, 404, 409, 422, 501]) {
    const { outcome, urls } = await ask([{ status, body: '{"error_code":40401,"message":"no"}' }]);
    assertEquals(urls, ["one"]);
    assert(outcome instanceof SchemaRegistryError);
    assertEquals([outcome.httpStatusCode, outcome.errorCode, outcome.errorMessage], [status, 40401, "no"]);
    assertEquals(outcome.isRetriable, false);
  }
});

test("SchemaRegistryClient gives up after max.retries on all addresses, with the last failure", async () => {
  const { outcome, urls } = await ask([{ status: 503, body: "busy" }], { "max.retries": 2 });
  assertEquals(urls, ["one", "two", "one", "two", "one", "two"]);
  assert(outcome instanceof SchemaRegistryError);
  assertEquals([outcome.httpStatusCode, outcome.errorCode, outcome.isRetriable], [503, -1, true]);
  const unreachable = await ask([new Error("refused")], { "max.retries": 0 });
  assert(unreachable.outcome instanceof SchemaRegistryError);
  assertEquals([unreachable.outcome.codeName, unreachable.outcome.httpStatusCode], ["_TRANSPORT", null]);
});

test("SchemaRegistryClient waits as long as Retry-After says", async () => {
  const { urls, tookMs } = await ask([{ status: 429, headers: { "retry-after": "1" } }, {}], {
    url: "http://one",
    "retries.max.wait.ms": 2000,
  });
  assertEquals(urls.length, 2);
  assertGreater(tookMs, 990);
});

test("SchemaRegistryClient does not try again where Retry-After asks for more than the longest wait", async () => {
  const { outcome, urls } = await ask([{ status: 503, headers: { "retry-after": "3600" } }]);
  assertEquals(urls, ["one", "two"]);
  assert(outcome instanceof SchemaRegistryError);
});

test("retryAfterMs() reads seconds and dates", () => {
  const now = Date.parse("Sat, 28 Nov 2026 10:00:00 GMT");
  assertEquals(retryAfterMs("7", now), 7000);
  assertEquals(retryAfterMs("Sat, 28 Nov 2026 10:00:02 GMT", now), 2000);
  assertEquals(retryAfterMs("Sat, 28 Nov 2026 09:00:00 GMT", now), 0);
  assertEquals([retryAfterMs("soon", now), retryAfterMs(undefined, now)], [null, null]);
});

test("backoffMs() is anything from nothing to a limit that doubles up to the longest wait", () => {
  const settings = { retriesWaitMs: 100, retriesMaxWaitMs: 300 };
  for (const [retry, limit] of [[0, 100], [1, 200], [2, 300], [60, 300]] as const) {
    const waits = Array.from({ length: 200 }, () => backoffMs(retry, settings));
    assert(waits.every((wait) => wait >= 0 && wait <= limit));
    assertGreater(Math.max(...waits), limit * 0.8);
    assertLess(Math.min(...waits), limit * 0.2);
  }
});

test("waitMs() is all that was asked for and a part by chance, so that not all clients come back together", () => {
  const settings = { retriesWaitMs: 1000, retriesMaxWaitMs: 20_000 };
  const waits = Array.from({ length: 200 }, () => waitMs(0, 5000, settings));
  assert(waits.every((wait) => wait >= 5000 && wait <= 6000), waits.join());
  assertGreater(Math.max(...waits) - Math.min(...waits), 500);
  assert(Array.from({ length: 200 }, () => waitMs(1, 0, settings)).every((wait) => wait >= 0 && wait <= 2000));
});

test("SchemaRegistryClient ends with the signal's reason, in a request and in a wait", async () => {
  const stop = new Error("stop");
  for (const transport of [() => new Promise<never>(() => {}), () => Promise.reject(new Error("refused"))]) {
    const controller = new AbortController();
    const client = new SchemaRegistryClient({ url: "http://x", "retries.wait.ms": 60_000, "max.retries": 9 }, {
      transport,
    });
    const asked = client.getSubjects({ signal: controller.signal });
    setTimeout(() => controller.abort(stop), 20);
    assertEquals(await assertRejects(() => asked), stop);
  }
});

test("SchemaRegistryClient gives up an answer that never ends when the time is up", async () => {
  await using registry = await MockSchemaRegistry.start();
  registry.answerNext([{ fault: "endless" }]);
  const client = new SchemaRegistryClient({ url: registry.url, timeout: 0.2, "max.retries": 0 });
  const error = await failure(() => client.getSubjects());
  assertEquals([error.codeName, error.isRetriable], ["_TIMED_OUT", true]);
});

test("SchemaRegistryClient does not read an answer of 30 MB, nor try again", async () => {
  await using registry = await MockSchemaRegistry.start();
  const { url } = registry;
  registry.answerNext([{ body: `"${"x".repeat(30_000_000)}"` }]);
  const error = await failure(() => new SchemaRegistryClient({ url, ...quick }).getSubjects());
  assertEquals([error.codeName, error.isRetriable, registry.requests().length], ["_BAD_MSG", false, 1]);
  registry.answerNext([{ body: `["${"x".repeat(1000)}"]`, times: Infinity }]);
  assertEquals((await new SchemaRegistryClient({ url }).getSubjects()).length, 1);
  const tight = new SchemaRegistryClient({ url }, { maxResponseBytes: 1000 });
  assertEquals((await failure(() => tight.getSubjects())).codeName, "_BAD_MSG");
});

test("SchemaRegistryClient says what is wrong with an answer, without the answer", async () => {
  const wrong: readonly [body: string, call: (client: SchemaRegistryClient) => Promise<unknown>][] = [
    ["<html>geheim", (client) => client.getSubjects()],
    ['{"geheim":1}', (client) => client.getSubjects()],
    ['["geheim",1]', (client) => client.getSubjects()],
    ['["geheim"]', (client) => client.getVersions("s")],
    ['{"schema":["geheim"]}', (client) => client.getSchema(1)],
    ['{"schema":"{}","schemaType":{"geheim":1}}', (client) => client.getSchema(1)],
    ['{"schema":"{}","references":5}', (client) => client.getSchema(1)],
    ['{"schema":"{}","references":[null]}', (client) => client.getSchema(1)],
    ['{"schema":"{}","references":[{"name":null,"subject":"geheim","version":1}]}', (client) => client.getSchema(1)],
    ['{"schema":"{}","references":[{"name":"a","subject":"b"}]}', (client) => client.getSchema(1)],
    ['{"schema":"{}","ruleSet":["geheim"]}', (client) => client.getSchema(1)],
    ['{"schema":"{}","ruleSet":{"domainRules":5}}', (client) => client.getSchema(1)],
    ['{"schema":"{}","ruleSet":{"encodingRules":[null]}}', (client) => client.getSchema(1)],
    ['{"schema":"{}","ruleSet":{"migrationRules":[{"type":["geheim"]}]}}', (client) => client.getSchema(1)],
    ['{"schema":"{}","ruleSet":{"domainRules":[{"params":{"geheim":5}}]}}', (client) => client.getSchema(1)],
    ['{"schema":"{}","metadata":"geheim"}', (client) => client.getSchemaByGuid("g")],
    ['{"schema":"{}","metadata":{"tags":{"geheim":"PII"}}}', (client) => client.getVersion("s", 1)],
    ['{"schema":"{}","id":1,"metadata":{"properties":[]}}', (client) => client.getVersion("s", 1)],
    ['{"id":"geheim","schema":"{}"}', (client) => client.getLatestVersion("s")],
    ["null", (client) => client.registerSchema("s", { schema: '"string"' })],
    ['{"mode":{"geheim":1}}', (client) => client.getGlobalMode()],
    ["[".repeat(1_000_000), (client) => client.getConfig()],
  ];
  for (const [body, call] of wrong) {
    const { transport } = scriptedTransport([{ body }]);
    const error = await failure(() => call(new SchemaRegistryClient({ url: "http://x" }, { transport })));
    assertEquals(error.codeName, "_BAD_MSG");
    assert(!`${error.message}${JSON.stringify(error.cause)}`.includes("geheim"), error.message);
  }
});

test("SchemaRegistryClient follows a redirect on the same origin only, and keeps its credentials from others", async () => {
  const logins: (string | undefined)[] = [];
  await using other = await localServer((incoming, outgoing) => {
    logins.push(incoming.headers.authorization);
    outgoing.end("[]");
  });
  await using server = await localServer((incoming, outgoing) => {
    const target = incoming.url!.startsWith("/subjects") ? "/elsewhere" : `${other.url}/subjects`;
    if (incoming.url === "/elsewhere") return void outgoing.end('["there"]');
    outgoing.writeHead(incoming.method === "GET" ? 302 : 301, { location: target }).end();
  });
  const client = new SchemaRegistryClient({ url: server.url, "basic.auth.user.info": "u:p" });
  assertEquals(await client.getSubjects(), ["there"]);
  const away = await failure(() => client.getContexts());
  assert(away.message.includes("leads away"), away.message);
  const post = await failure(() => client.registerSchema("s", { schema: '"string"' }));
  assert(post.message.includes("301 is an answer to GET only"), post.message);
  assertEquals(logins, []);
  await using circle = await localServer((_, outgoing) => void outgoing.writeHead(307, { location: "/" }).end());
  assert(
    (await failure(() => new SchemaRegistryClient({ url: circle.url }).getSubjects())).message.includes("more than 5"),
  );
});

test("SchemaRegistryClient shows user and password in no failure", async () => {
  await using registry = await MockSchemaRegistry.start();
  registry.answerNext([{ status: 500, body: "{}", times: Infinity }]);
  const addresses = [registry.url, "http://127.0.0.1:1"].map((url) => url.replace("//", "//geheim:passwort@"));
  for (const url of addresses) {
    const error = await failure(() => new SchemaRegistryClient({ url, ...quick, "max.retries": 1 }).getSubjects());
    const cause = error.cause as Error | undefined;
    const shown = `${error.stack} ${cause?.stack} ${JSON.stringify(error)} ${(cause?.cause as Error)?.stack}`;
    assert(!/geheim|passwort|Basic/.test(shown), shown);
  }
});

test("noAnswer() and lateAnswer() show neither user and password nor a query", () => {
  const shown = 'Cannot reach "https://host:1/token"';
  for (const login of ["", "u:geheim@", "geheim@", ":geheim@", "u:geh/eim@", "u:geh@eim@"]) {
    const request = { url: `https://${login}host:1/token?a=geheim@x#geheim` };
    const texts = [noAnswer(request, null).message, lateAnswer(request, 5).message];
    assertEquals(texts, [shown, `${shown}: no answer within 5 ms`]);
  }
});

test("SchemaRegistryClient says whether a request may be forwarded when it is told so", async () => {
  for (const forward of [undefined, true, false]) {
    const { transport, requests } = scriptedTransport([{}]);
    await new SchemaRegistryClient({ url: "http://x" }, { transport, ...(forward !== undefined && { forward }) })
      .getSubjects();
    assertEquals(requests[0]!.headers["x-forward"], forward?.toString());
  }
});
