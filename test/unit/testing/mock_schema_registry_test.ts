/** The registry over HTTP that tests are given: what it answers, how it fails, whom it lets in. */
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  DekRegistryClient,
  OAuthTokenError,
  SchemaRegistryClient,
  type SchemaRegistryConfig,
  SchemaRegistryError,
} from "../../../src/schema_registry/mod.ts";
import { type ServedAnswer, serveHttp } from "../../../ffi/http_server.ts";
import { type MockHttpAnswer, type MockOAuth, MockSchemaRegistry } from "../../../testing.ts";
import { test } from "../../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertThrows,
} from "../../support/assert.ts";
import { temporaryCertificates } from "../../support/scripts/certificates.ts";
import { waitFor } from "../../support/wait.ts";

const schema = { schema: '"string"' };
const quick = { "retries.wait.ms": 1, "retries.max.wait.ms": 5, "max.retries": 0 } as const;
const spki = { type: "spki", format: "pem" } as const;
const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });

function oauthOf({ url, tokenUrl }: MockSchemaRegistry): SchemaRegistryConfig {
  return {
    url,
    ...quick,
    "bearer.auth.credentials.source": "OAUTHBEARER",
    "bearer.auth.logical.cluster": "lsrc-1",
    "bearer.auth.client.id": "orders",
    "bearer.auth.client.secret": "geheim",
    "bearer.auth.scope": "schemas",
    "bearer.auth.issuer.endpoint.url": tokenUrl,
  };
}

test("MockSchemaRegistry answers as the registry in memory does, and shows what is in it", async () => {
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url });
  assertEquals(await client.registerSchema("a/b c:ž", schema), 1);
  assertEquals((await client.getLatestVersion("a/b c:ž")).schema.schema, schema.schema);
  const unknown = await assertRejects(() => client.getVersions("none"), SchemaRegistryError);
  assertEquals([unknown.httpStatusCode, unknown.errorCode], [404, 40401]);
  await using inside = new SchemaRegistryClient({ url: "http://x" }, { transport: registry.registry.transport });
  assertEquals(await inside.getSubjects(), ["a/b c:ž"]);
  await using deks = new DekRegistryClient({ url: registry.url });
  await deks.registerKek({ name: "k", kmsType: "local", kmsKeyId: "id" });
  assertEquals(await deks.getKeks(), ["k"]);
});

test("MockSchemaRegistry keeps a record of what it was sent and has answered", async () => {
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url, "basic.auth.user.info": "u:p" });
  await client.getSubjects({ deleted: true });
  await client.registerSchema("s", schema);
  const [first, second, ...others] = registry.requests();
  assertEquals(others, []);
  assertEquals(
    [first!.method, first!.path, new URLSearchParams(first!.query).get("deleted"), first!.body, first!.answer],
    ["GET", "/subjects", "true", "", { status: 200, body: "[]" }],
  );
  assertEquals(first!.headers["authorization"], `Basic ${btoa("u:p")}`);
  assertEquals([second!.method, second!.path], ["POST", "/subjects/s/versions"]);
  assertEquals([JSON.parse(second!.body).schema, JSON.parse(second!.answer!.body).id], [schema.schema, 1]);
  assert(second!.timeMs >= first!.timeMs);
  registry.clearRequests();
  assertEquals(registry.requests(), []);
});

test("MockSchemaRegistry fails as often as it was told, and does nothing then", async () => {
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url, ...quick, "max.retries": 3 });
  registry.failNext([503, 429]);
  assertEquals(await client.registerSchema("s", schema), 1);
  assertEquals(registry.requests().map(({ answer }) => answer?.status), [503, 429, 200]);
  registry.failNext([0, 422]);
  assertEquals(await client.getSubjects(), ["s"]);
  const error = await assertRejects(() => client.registerSchema("t", schema), SchemaRegistryError);
  assertEquals([error.httpStatusCode, error.errorCode], [422, 422]);
  assertEquals([await client.getSubjects(), registry.answersLeft()], [["s"], 0]);
});

test("MockSchemaRegistry gives headers and bodies, late if it is to", async () => {
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url, "retries.wait.ms": 1 });
  registry.answerNext([{ status: 429, headers: { "retry-after": "1" } }]);
  const started = performance.now();
  await client.getSubjects();
  assertGreater(performance.now() - started, 990);
  registry.answerNext([{ status: 403, body: '{"error_code":40301,"message":"no"}' }, { delayMs: 200 }]);
  assertEquals((await assertRejects(() => client.getSubjects(), SchemaRegistryError)).errorCode, 40301);
  const again = performance.now();
  await client.getSubjects();
  assertGreater(performance.now() - again, 190);
});

test("MockSchemaRegistry.answerNext() refuses what cannot be sent, and plans nothing then", async () => {
  await using registry = await MockSchemaRegistry.start();
  const wrong: readonly unknown[] = [
    { headers: { "x-bad": "a\nb" } },
    { headers: { "x-bad": "€" } },
    { headers: { "x-bad": 5 } },
    { headers: { "x bad": "a" } },
    { headers: { "": "a" } },
    { headers: "x-bad" },
    { headers: null },
    { body: 5 },
    { status: 204, body: "x" },
  ];
  for (const answer of wrong) assertThrows(() => registry.answerNext([{}, answer as MockHttpAnswer]), TypeError);
  assertEquals(registry.answersLeft(), 0);
});

test("MockSchemaRegistry records no body for an answer that has none", async () => {
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url, ...quick });
  registry.answerNext([{ status: 204 }, { status: 304 }]);
  await client.deleteAssociations("t");
  await assertRejects(() => client.getSubjects(), SchemaRegistryError);
  assertEquals(registry.requests().map(({ answer }) => answer), [{ status: 204, body: "" }, { status: 304, body: "" }]);
});

test("serveHttp() ends the connection when an answer cannot be given, and serves the next", async () => {
  const good = { status: 200, headers: {}, body: "[]", delayMs: 0, fault: null };
  const refuse = (): never => {
    throw new Error("there is none");
  };
  // Which headers are refused is another matter on each runtime.
  const bad = (delayMs: number): ServedAnswer => ({
    ...good,
    delayMs,
    get headers() {
      return refuse();
    },
  });
  // Late, and by destroying the answer alone, Bun would send an empty one.
  const dropped = { ...good, delayMs: 1, fault: "drop" } as const;
  const answers: readonly (() => ServedAnswer)[] = [refuse, () => bad(0), () => bad(1), () => dropped, () => good];
  let count = 0;
  const server = await serveHttp({ port: 0, tls: null, answer: () => answers[count++]!() });
  try {
    // With another method a runtime might ask once more by itself.
    const ask = () => fetch(`http://127.0.0.1:${server.port}/`, { method: "POST", body: "" });
    for (let i = 0; i < 4; i++) await assertRejects(ask);
    const answer = await ask();
    assertEquals([answer.status, await answer.text(), count], [200, "[]", 5]);
  } finally {
    await server.close();
  }
});

test("MockSchemaRegistry spoils answers in each way, and works on", async () => {
  const ways: readonly [answer: MockHttpAnswer, codeName: string][] = [
    [{ fault: "drop" }, "_TRANSPORT"],
    [{ fault: "cut" }, "_TRANSPORT"],
    [{ fault: "garble" }, "_BAD_MSG"],
    [{ fault: "endless" }, "_TIMED_OUT"],
    [{ fault: "silent" }, "_TIMED_OUT"],
    [{ status: 200, body: "<html>" }, "_BAD_MSG"],
    [{ delayMs: 60_000 }, "_TIMED_OUT"],
  ];
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url, ...quick, timeout: 0.3 });
  for (const [answer, codeName] of ways) {
    registry.answerNext([answer]);
    const error = await assertRejects(() => client.getSubjects(), SchemaRegistryError);
    assertEquals([JSON.stringify(answer), error.codeName], [JSON.stringify(answer), codeName]);
    assertEquals(await client.getSubjects(), []);
  }
});

test("MockSchemaRegistry has done what it was asked where the answer alone is lost", async () => {
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url, ...quick, "max.retries": 2 });
  registry.answerNext([{ fault: "drop" }, { status: 200, fault: "drop" }]);
  assertEquals(await client.registerSchema("s", schema), 1);
  assertEquals(await client.getVersions("s"), [1]);
  assertEquals(registry.requests().map(({ answer }) => answer?.status ?? null), [null, null, 200, 200]);
});

test("MockSchemaRegistry tells requests apart by method and path, and takes answers back", async () => {
  await using registry = await MockSchemaRegistry.start();
  await using client = new SchemaRegistryClient({ url: registry.url, ...quick });
  registry.failNext([500], { method: "POST" });
  registry.answerNext([{ status: 501, times: 2 }], { path: "/contexts" });
  registry.answerNext([{ status: 502, times: Infinity }], { path: /^\/subjects\/s\b/g });
  assertEquals([registry.answersLeft(), await client.getSubjects()], [Infinity, []]);
  const status = async (call: () => Promise<unknown>) =>
    (await assertRejects(call, SchemaRegistryError)).httpStatusCode;
  for (let i = 0; i < 3; i++) assertEquals(await status(() => client.getVersions("s")), 502);
  assertEquals(await status(() => client.registerSchema("s", schema)), 500);
  assertEquals(await status(() => client.registerSchema("s", schema)), 502);
  for (let i = 0; i < 2; i++) assertEquals(await status(() => client.getContexts()), 501);
  assertEquals(await client.getContexts(), ["."]);
  registry.clearAnswers();
  assertEquals([registry.answersLeft(), await client.registerSchema("s", schema)], [0, 1]);
});

test("MockSchemaRegistry lets in who shows one of its logins", async () => {
  await using registry = await MockSchemaRegistry.start({ userInfo: "už:p:w", token: "t" });
  const statusOf = async (config: Partial<SchemaRegistryConfig>): Promise<number | null> => {
    await using client = new SchemaRegistryClient({ url: registry.url, ...quick, ...config });
    return await client.getSubjects().then(() => 200, (error: SchemaRegistryError) => error.httpStatusCode);
  };
  const bearer = { "bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.logical.cluster": "c" } as const;
  assertEquals(await statusOf({ "basic.auth.user.info": "už:p:w" }), 200);
  assertEquals(await statusOf({ ...bearer, "bearer.auth.token": "t" }), 200);
  assertEquals(await statusOf({ "basic.auth.user.info": "už:p" }), 401);
  assertEquals(await statusOf({ ...bearer, "bearer.auth.token": "tt" }), 401);
  assertEquals(await statusOf({}), 401);
  const { status, headers } = await fetch(`${registry.url}/subjects`);
  assertEquals([status, headers.get("www-authenticate")], [401, "Basic"]);
});

test("MockSchemaRegistry gives tokens to the client it knows, and lets them in while they are good", async () => {
  const oauth: MockOAuth = { clientId: "orders", clientSecret: "geheim", scope: "schemas", lifetimeSeconds: 0.5 };
  await using registry = await MockSchemaRegistry.start({ oauth });
  await using client = new SchemaRegistryClient(oauthOf(registry));
  assertEquals([await client.getSubjects(), await client.getSubjects()], [[], []]);
  const tokens = () => registry.requests().filter(({ path }) => path === "/token").length;
  assertEquals(tokens(), 1);
  const login = registry.requests()[1]!.headers["authorization"]!;
  const status = async () => (await fetch(`${registry.url}/subjects`, { headers: { authorization: login } })).status;
  assertEquals(await status(), 200);
  await waitFor(async () => await status() === 401, { what: "the end of the token" });
  registry.revokeTokens();
  await client.getSubjects();
  assertEquals(tokens(), 2);
  registry.revokeTokens();
  registry.clearRequests();
  await client.getSubjects();
  assertEquals(registry.requests().map(({ path, answer }) => [path, answer?.status]), [
    ["/subjects", 401],
    ["/token", 200],
    ["/subjects", 200],
  ]);
  for (const wrong of [{ "bearer.auth.client.secret": "x" }, { "bearer.auth.scope": "x" }]) {
    await using other = new SchemaRegistryClient({ ...oauthOf(registry), ...wrong });
    const error = await assertRejects(() => other.getSubjects(), OAuthTokenError);
    assertEquals(error.httpStatusCode, "bearer.auth.scope" in wrong ? 400 : 401);
  }
});

for (const [algorithm, keys] of [["RS256", rsa], ["ES256", ec]] as const) {
  test(`MockSchemaRegistry gives tokens for assertions of ${algorithm}, by both grants`, async () => {
    const oauth = { clientId: "orders", publicKey: keys.publicKey };
    await using registry = await MockSchemaRegistry.start({ oauth });
    const { "bearer.auth.client.secret": _, ...base } = oauthOf(registry);
    for (const grant of ["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"] as const) {
      const config = { ...base, "bearer.auth.grant.type": grant, "bearer.auth.assertion.algorithm": algorithm };
      const pem = keys.privateKey;
      await using client = new SchemaRegistryClient({ ...config, "bearer.auth.assertion.private.key.pem": pem });
      assertEquals(await client.getSubjects(), []);
      registry.revokeTokens();
      assertEquals(await client.getSubjects(), []);
      const { privateKey } = algorithm === "ES256"
        ? generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding: spki, privateKeyEncoding: pkcs8 })
        : generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });
      const wrong: readonly Partial<SchemaRegistryConfig>[] = [
        { "bearer.auth.assertion.private.key.pem": privateKey },
        { "bearer.auth.assertion.private.key.pem": pem, "bearer.auth.client.id": "other" },
        { "bearer.auth.assertion.private.key.pem": pem, "bearer.auth.assertion.claim.aud": "https://elsewhere" },
      ];
      for (const each of wrong) {
        await using stranger = new SchemaRegistryClient({ ...config, ...each });
        const error = await assertRejects(() => stranger.getSubjects(), OAuthTokenError);
        assertEquals(error.httpStatusCode, grant === "client_credentials" ? 401 : 400);
      }
    }
  });
}

test("MockSchemaRegistry says why an assertion is no good", async () => {
  await using registry = await MockSchemaRegistry.start({ oauth: { clientId: "c", publicKey: rsa.publicKey } });
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: "c", sub: "c", aud: [registry.tokenUrl], exp: now + 60, nbf: now - 1, jti: "1" };
  const encode = (value: unknown): string =>
    btoa(JSON.stringify(value)).replaceAll(/[+/=]/g, (char) => ({ "+": "-", "/": "_" })[char] ?? "");
  const token = (
    claims: Readonly<Record<string, unknown>>,
    header: Readonly<Record<string, unknown>> = { alg: "RS256" },
  ) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${sign("sha256", new TextEncoder().encode(text), rsa.privateKey).toString("base64url")}`;
  };
  const ask = async (fields: Record<string, string>, method = "POST"): Promise<string> => {
    const body = method === "POST" ? { body: new URLSearchParams(fields) } : {};
    const answer = await (await fetch(registry.tokenUrl, { method, ...body })).json() as Record<string, string>;
    return answer["access_token"] ? "a token" : `${answer["error"]}: ${answer["error_description"]}`;
  };
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer" };
  const cases: readonly [assertion: string, answer: string][] = [
    [token(good), "a token"],
    [token(good), "invalid_grant: the jti was shown before"],
    [token({ ...good, jti: "2", exp: now - 1 }), "invalid_grant: exp is over, or missing"],
    [token({ ...good, jti: "2", exp: undefined }), "invalid_grant: exp is over, or missing"],
    [token({ ...good, jti: "2", nbf: now + 60 }), "invalid_grant: nbf is yet to come"],
    [token({ ...good, jti: "2", sub: "d" }), "invalid_grant: iss and sub have to be the client's id"],
    [token({ ...good, jti: "2", aud: "x" }), `invalid_grant: aud has to be ${registry.tokenUrl}`],
    [token({ ...good, jti: "2" }, { alg: "none" }), "invalid_grant: the algorithm is not that of the key"],
    [token({ ...good, jti: "2" }, { alg: "ES256" }), "invalid_grant: the algorithm is not that of the key"],
    [`${token(good).slice(0, -8)}AAAAAAAA`, "invalid_grant: the signature is not that of the key"],
    [`${token(good)}.x`, "invalid_grant: the algorithm is not that of the key"],
    ["x", "invalid_grant: the assertion cannot be read"],
    [token({ ...good, jti: undefined }), "a token"],
    [token({ ...good, jti: undefined }), "a token"],
  ];
  for (const [assertion, answer] of cases) assertEquals(await ask({ ...grant, assertion }), answer);
  assertEquals(await ask({ grant_type: "password" }), "unsupported_grant_type: the grant password is not known");
  assertEquals(await ask({}, "GET"), "invalid_request: the method is not POST");
  assertEquals(await ask({ grant_type: "client_credentials" }), "invalid_client: the client has no secret");
  const client = { grant_type: "client_credentials", client_assertion: token({ ...good, jti: "3" }) };
  assertEquals(await ask(client), "invalid_client: the client_assertion_type is another one");
});

test("MockSchemaRegistry speaks TLS, and wants a certificate of clients if it is to", async () => {
  using files = await temporaryCertificates();
  const pem = readFileSync(files.server, "utf8");
  const clientAuthorities = readFileSync(files.ca, "utf8");
  await using registry = await MockSchemaRegistry.start({ tls: { key: pem, certificate: pem, clientAuthorities } });
  const trusting = { url: registry.url, ...quick, "ssl.ca.location": files.ca };
  await using client = new SchemaRegistryClient({
    ...trusting,
    "ssl.certificate.location": files.clientCertificate,
    "ssl.key.location": files.clientKey,
  });
  assertEquals(await client.getSubjects(), []);
  await using stranger = new SchemaRegistryClient(trusting);
  assertEquals((await assertRejects(() => stranger.getSubjects(), SchemaRegistryError)).codeName, "_TRANSPORT");
  assertEquals(registry.requests().length, 1);
});

test("MockSchemaRegistry refuses what it cannot be told", async () => {
  await using registry = await MockSchemaRegistry.start();
  assertThrows(() => registry.failNext([99]), RangeError, "Cannot use 99 as status");
  assertThrows(() => registry.answerNext([{}, { delayMs: -1 }]), RangeError, "as delayMs");
  assertThrows(() => registry.answerNext([{ times: 0 }]), RangeError, "as times");
  assertThrows(() => registry.answerNext([{ fault: "x" as "cut" }]), TypeError, "one of drop, cut");
  assertEquals(registry.answersLeft(), 0);
  const oauth = { clientId: "c", publicKey: "geheim" };
  const error = await assertRejects(() => MockSchemaRegistry.start({ oauth }), TypeError, "Cannot use publicKey");
  assert(!error.message.includes("geheim"));
  assertInstanceOf(
    await assertRejects(() => MockSchemaRegistry.start({ port: Number(new URL(registry.url).port) })),
    Error,
  );
  const badly = await fetch(`${registry.url}/subjects/%E0%A4%A/versions`);
  assertEquals([badly.status, (await badly.json() as { error_code: number }).error_code], [400, 400]);
  const noJson = await fetch(`${registry.url}/subjects/s`, { method: "POST", body: "{" });
  assertEquals([noJson.status, (await noJson.json() as { error_code: number }).error_code], [400, 400]);
});

test(
  "MockSchemaRegistry.close() ends answers that are under way, and can be called twice",
  { sanitize: true },
  async () => {
    const registry = await MockSchemaRegistry.start();
    registry.answerNext([{ fault: "endless" }, { fault: "silent" }, { delayMs: 60_000 }]);
    await using client = new SchemaRegistryClient({ url: registry.url, ...quick, timeout: 30 });
    const asked = [client.getSubjects(), client.getContexts(), client.getSchemaTypes()].map((call) =>
      assertRejects(() => call, SchemaRegistryError)
    );
    await waitFor(() => registry.requests().length === 3, { what: "three requests" });
    const started = performance.now();
    await Promise.all([registry.close(), registry.close()]);
    for (const error of await Promise.all(asked)) assertEquals(error.codeName, "_TRANSPORT");
    assertLess(performance.now() - started, 5000);
    const gone = await assertRejects(() => client.getSubjects(), SchemaRegistryError);
    assertEquals(gone.codeName, "_TRANSPORT");
  },
);
