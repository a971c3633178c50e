/** Tokens: fetched once for many, renewed in time and after a 401, and what is said when there is none. */
import {
  OAuthTokenError,
  SchemaRegistryClient,
  type SchemaRegistryConfig,
  SchemaRegistryError,
} from "../../../src/schema_registry/mod.ts";
import { type MockHttpRequest, MockSchemaRegistry } from "../../../testing.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../support/assert.ts";
import { localServer } from "../../support/schema_registry/servers.ts";
import { show } from "../../support/showing.ts";
import { waitFor } from "../../support/wait.ts";

/** A registry that gives tokens. */
function registryFor(lifetimeSeconds: number): Promise<MockSchemaRegistry> {
  return MockSchemaRegistry.start({ oauth: { clientId: "id", clientSecret: "geheim", lifetimeSeconds } });
}

function oauth({ url, tokenUrl }: MockSchemaRegistry): SchemaRegistryConfig {
  return {
    url,
    "bearer.auth.credentials.source": "OAUTHBEARER",
    "bearer.auth.logical.cluster": "lsrc-1",
    "bearer.auth.client.id": "id",
    "bearer.auth.client.secret": "geheim",
    "bearer.auth.scope": "schemas",
    "bearer.auth.issuer.endpoint.url": tokenUrl,
    "retries.wait.ms": 1,
  };
}

/** The requests for tokens. */
function asked(registry: MockSchemaRegistry): MockHttpRequest[] {
  return registry.requests().filter(({ path }) => path === "/token");
}

/** The logins that the registry itself was shown. */
function logins(registry: MockSchemaRegistry): (string | undefined)[] {
  return registry.requests().filter(({ path }) => path !== "/token").map(({ headers }) => headers["authorization"]);
}

test("SchemaRegistryClient fetches one token for many requests by client credentials", async () => {
  await using registry = await registryFor(300);
  await using client = new SchemaRegistryClient(oauth(registry));
  await Promise.all(Array.from({ length: 20 }, () => client.getSubjects()));
  assertEquals([logins(registry).length, new Set(logins(registry)).size, asked(registry).length], [20, 1, 1]);
  const [request] = asked(registry);
  const fields = new URLSearchParams(request!.body);
  assertEquals([fields.get("grant_type"), fields.get("scope")], ["client_credentials", "schemas"]);
  assertEquals(request!.headers["authorization"], `Basic ${btoa("id:geheim")}`);
  assertEquals(registry.requests().at(-1)!.headers["target-sr-cluster"], "lsrc-1");
});

test("SchemaRegistryClient renews a token after four fifths of its life", async () => {
  await using registry = await registryFor(2);
  await using client = new SchemaRegistryClient(oauth(registry));
  await client.getSubjects();
  await client.getSubjects();
  assertEquals([new Set(logins(registry)).size, asked(registry).length], [1, 1]);
  await waitFor(async () => {
    await client.getSubjects();
    return new Set(logins(registry)).size === 2;
  }, { what: "the second token" });
  const [first, second] = asked(registry);
  const heldMs = second!.timeMs - first!.timeMs;
  assert(heldMs > 1500 && heldMs < 2000, `it was renewed after ${heldMs} ms`);
});

test("SchemaRegistryClient goes on with a token that is still good when the endpoint fails", async () => {
  await using registry = await registryFor(2);
  await using client = new SchemaRegistryClient(oauth(registry));
  await client.getSubjects();
  registry.answerNext([{ status: 400, body: '{"error":"down"}', times: Infinity }], { path: "/token" });
  await waitFor(async () => {
    await client.getSubjects();
    return asked(registry).length > 1;
  }, { what: "an attempt to renew it" });
  const end = await waitFor(() => client.getSubjects().then(() => null, (error: Error) => error), { what: "its end" });
  assert(end.message.includes("the endpoint answered with 400"), end.message);
});

test("SchemaRegistryClient asks for another token after a 401, once", async () => {
  await using registry = await registryFor(300);
  await using client = new SchemaRegistryClient(oauth(registry));
  await client.getSubjects();
  registry.revokeTokens();
  await client.getSubjects();
  assertEquals([new Set(logins(registry)).size, logins(registry).length, asked(registry).length], [2, 3, 2]);
  registry.answerNext([{ status: 401, body: '{"error_code":40101,"message":"Unauthorized"}', times: Infinity }]);
  await using refused = new SchemaRegistryClient(oauth(registry));
  const error = await assertRejects(() => refused.getSubjects(), SchemaRegistryError);
  assertEquals([error.httpStatusCode, error.errorCode, error.codeName], [401, 40101, "_AUTHENTICATION"]);
  assertEquals([logins(registry).length, asked(registry).length], [5, 4]);
});

test("SchemaRegistryClient says why there is no token, and shows no secret", async () => {
  const answers = [
    { status: 401, json: { error: "invalid_client", error_description: "geheim is wrong" } },
    { status: 200, json: { token: "geheim" } },
    { status: 200, json: { access_token: ["geheim"] } },
    { status: 503, json: {} },
    { status: 200, json: { access_token: "geheim\nx", expires_in: 60 } },
  ];
  await using registry = await registryFor(300);
  for (const { status, json } of answers) {
    registry.clearRequests();
    registry.answerNext([{ status, body: JSON.stringify(json), times: 2 }], { path: "/token" });
    await using client = new SchemaRegistryClient({ ...oauth(registry), "max.retries": 1 });
    const error = await assertRejects(() => client.getSubjects(), SchemaRegistryError);
    registry.clearAnswers();
    assert(error instanceof OAuthTokenError);
    assert(!`${error.stack}${JSON.stringify(error)}${(error.cause as Error)?.stack}`.includes("geheim"), error.message);
    if (status === 401) assert(error.message.includes("invalid_client"));
    assertEquals([asked(registry).length, logins(registry).length], [status === 503 ? 2 : 1, 0]);
  }
});

test("SchemaRegistryClient does not keep a token that no header may hold", async () => {
  await using registry = await registryFor(300);
  await using client = new SchemaRegistryClient(oauth(registry));
  registry.answerNext([{ status: 200, body: '{"access_token":"X\\nY","expires_in":3600}' }], { path: "/token" });
  const error = await assertRejects(() => client.getSubjects(), OAuthTokenError);
  assertEquals(error.message, "Cannot use the endpoint's token: it has characters that no header may have");
  assertEquals(await client.getSubjects(), []);
  assertEquals(asked(registry).length, 2);
});

test("SchemaRegistryClient shows no query of a token endpoint that cannot be reached", async () => {
  await using server = await MockSchemaRegistry.start();
  await using gone = await localServer(() => {});
  const endpoint = gone.url;
  await gone[Symbol.asyncDispose]();
  await using client = new SchemaRegistryClient({
    url: server.url,
    "bearer.auth.credentials.source": "OAUTHBEARER_AZURE_IMDS",
    "bearer.auth.logical.cluster": "lsrc-1",
    "bearer.auth.issuer.endpoint.url": `${endpoint}/token`,
    "bearer.auth.issuer.endpoint.query": "client_id=geheim",
    "max.retries": 0,
  });
  const error = await assertRejects(() => client.getSubjects(), OAuthTokenError);
  assert(error.isRetriable);
  const { cause } = error;
  assert(cause instanceof SchemaRegistryError);
  assertEquals([cause.codeName, cause.cause], ["_TRANSPORT", undefined]);
  assertMatch(cause.message, /^Cannot reach "http:\/\/127\.0\.0\.1:\d+\/token" \((ECONN|Connection ?)refused\)$/i);
  const shown = show(error).join("\n");
  assert(!shown.includes("geheim"), shown);
});

test("SchemaRegistryClient takes tokens from Azure's endpoint", async () => {
  const asked: unknown[] = [];
  await using endpoint = await localServer((incoming, outgoing) => {
    asked.push(incoming.method, incoming.url, incoming.headers["metadata"]);
    outgoing.end('{"access_token":"az","expires_in":"86400"}');
  });
  await using server = await MockSchemaRegistry.start({ token: "az" });
  await using client = new SchemaRegistryClient({
    url: server.url,
    "bearer.auth.credentials.source": "OAUTHBEARER_AZURE_IMDS",
    "bearer.auth.logical.cluster": "lsrc-1",
    "bearer.auth.issuer.endpoint.url": `${endpoint.url}/token`,
    "bearer.auth.issuer.endpoint.query": "?resource=api%3A%2F%2Fx",
  });
  await client.getSubjects();
  assertEquals(asked, ["GET", "/token?resource=api%3A%2F%2Fx", "true"]);
});

test("SchemaRegistryClient takes tokens from a function, for each request and again after a 401", async () => {
  let count = 0;
  const given: unknown[] = [];
  await using server = await MockSchemaRegistry.start();
  server.failNext([401]);
  await using client = new SchemaRegistryClient({
    url: server.url,
    "bearer.auth.credentials.source": "CUSTOM",
    "bearer.auth.custom.provider.config": { a: 1 },
    "bearer.auth.custom.provider.function": (config) => {
      given.push(config);
      return Promise.resolve({ "bearer.auth.token": `t${++count}`, "bearer.auth.logical.cluster": "c" });
    },
  });
  await client.getSubjects();
  await client.getSubjects();
  assertEquals(logins(server), ["Bearer t1", "Bearer t2", "Bearer t3"]);
  assertEquals(given, [{ a: 1 }, { a: 1 }, { a: 1 }]);
  await using broken = new SchemaRegistryClient({
    url: server.url,
    "bearer.auth.credentials.source": "CUSTOM",
    "bearer.auth.custom.provider.function": () => Promise.reject(new Error("no")),
  });
  await assertRejects(() => broken.getSubjects(), OAuthTokenError);
});
