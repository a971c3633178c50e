/** Tokens: fetched once for many, renewed in time and after a 401, and what is said when there is none. */
import {
  OAuthTokenError,
  SchemaRegistryClient,
  type SchemaRegistryConfig,
  SchemaRegistryError,
} from "../../../src/schema_registry/mod.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { type LocalServer, localServer } from "../../support/schema_registry/servers.ts";
import { tokenEndpoint } from "../../support/token_endpoint.ts";
import { waitFor } from "../../support/wait.ts";

/** A registry that wants one of these tokens. */
async function registry(isGood: (token: string) => boolean): Promise<LocalServer & { readonly tokens: string[] }> {
  const tokens: string[] = [];
  const server = await localServer((incoming, outgoing) => {
    const token = incoming.headers.authorization?.replace("Bearer ", "") ?? "";
    tokens.push(token);
    if (isGood(token)) outgoing.end("[]");
    else outgoing.writeHead(401).end('{"error_code":40101,"message":"Unauthorized"}');
  });
  return Object.assign(server, { tokens });
}

function oauth(url: string, endpoint: string): SchemaRegistryConfig {
  return {
    url,
    "bearer.auth.credentials.source": "OAUTHBEARER",
    "bearer.auth.logical.cluster": "lsrc-1",
    "bearer.auth.client.id": "id",
    "bearer.auth.client.secret": "geheim",
    "bearer.auth.scope": "schemas",
    "bearer.auth.issuer.endpoint.url": endpoint,
    "retries.wait.ms": 1,
  };
}

test("SchemaRegistryClient fetches one token for many requests by client credentials", async () => {
  await using endpoint = await tokenEndpoint(() => ({ status: 200, json: { access_token: "a", expires_in: 300 } }));
  await using server = await registry((token) => token === "a");
  await using client = new SchemaRegistryClient(oauth(server.url, endpoint.url));
  await Promise.all(Array.from({ length: 20 }, () => client.getSubjects()));
  assertEquals([server.tokens.length, endpoint.requests.length], [20, 1]);
  const [{ fields, authorization }] = endpoint.requests as [typeof endpoint.requests[number]];
  assertEquals([fields.get("grant_type"), fields.get("scope")], ["client_credentials", "schemas"]);
  assertEquals(authorization, `Basic ${btoa("id:geheim")}`);
});

test("SchemaRegistryClient renews a token after four fifths of its life", async () => {
  let count = 0;
  await using endpoint = await tokenEndpoint(() => ({
    status: 200,
    json: { access_token: `t${++count}`, expires_in: 0.5 },
  }));
  await using server = await registry(() => true);
  await using client = new SchemaRegistryClient(oauth(server.url, endpoint.url));
  await client.getSubjects();
  await client.getSubjects();
  assertEquals(server.tokens, ["t1", "t1"]);
  await waitFor(async () => {
    await client.getSubjects();
    return server.tokens.at(-1) === "t2";
  }, { what: "the second token" });
});

test("SchemaRegistryClient goes on with a token that is still good when the endpoint fails", async () => {
  let isUp = true;
  await using endpoint = await tokenEndpoint(() =>
    isUp ? { status: 200, json: { access_token: "t", expires_in: 2 } } : { status: 400, json: { error: "down" } }
  );
  await using server = await registry(() => true);
  await using client = new SchemaRegistryClient(oauth(server.url, endpoint.url));
  await client.getSubjects();
  isUp = false;
  await waitFor(async () => {
    await client.getSubjects();
    return endpoint.requests.length > 1;
  }, { what: "an attempt to renew it" });
  const end = await waitFor(() => client.getSubjects().then(() => null, (error: Error) => error), { what: "its end" });
  assert(end.message.includes("the endpoint answered with 400"), end.message);
});

test("SchemaRegistryClient asks for another token after a 401, once", async () => {
  let count = 0;
  await using endpoint = await tokenEndpoint(() => ({
    status: 200,
    json: { access_token: `t${++count}`, expires_in: 300 },
  }));
  await using server = await registry((token) => token === "t2");
  await using client = new SchemaRegistryClient(oauth(server.url, endpoint.url));
  await client.getSubjects();
  assertEquals(server.tokens, ["t1", "t2"]);
  await using strict = await registry(() => false);
  await using refused = new SchemaRegistryClient(oauth(strict.url, endpoint.url));
  const error = await assertRejects(() => refused.getSubjects(), SchemaRegistryError);
  assertEquals([error.httpStatusCode, error.errorCode, error.codeName], [401, 40101, "_AUTHENTICATION"]);
  assertEquals(strict.tokens, ["t3", "t4"]);
});

test("SchemaRegistryClient says why there is no token, and shows no secret", async () => {
  const answers = [
    { status: 401, json: { error: "invalid_client", error_description: "geheim is wrong" } },
    { status: 200, json: { token: "geheim" } },
    { status: 200, json: { access_token: ["geheim"] } },
    { status: 503, json: {} },
    { status: 200, json: { access_token: "geheim\nx", expires_in: 60 } },
  ];
  for (const answer of answers) {
    await using endpoint = await tokenEndpoint(() => answer);
    const client = new SchemaRegistryClient({ ...oauth("http://127.0.0.1:1", endpoint.url), "max.retries": 1 });
    const error = await assertRejects(() => client.getSubjects(), SchemaRegistryError);
    assert(answer.json.access_token === "geheim\nx" || error instanceof OAuthTokenError);
    assert(!`${error.stack}${JSON.stringify(error)}${(error.cause as Error)?.stack}`.includes("geheim"), error.message);
    if (answer.status === 401) assert(error.message.includes("invalid_client"));
    assertEquals(endpoint.requests.length, answer.status === 503 ? 2 : 1);
  }
});

test("SchemaRegistryClient takes tokens from Azure's endpoint", async () => {
  const asked: unknown[] = [];
  await using endpoint = await localServer((incoming, outgoing) => {
    asked.push(incoming.method, incoming.url, incoming.headers["metadata"]);
    outgoing.end('{"access_token":"az","expires_in":"86400"}');
  });
  await using server = await registry((token) => token === "az");
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
  await using server = await registry((token) => token !== "t1");
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
  assertEquals(server.tokens, ["t1", "t2", "t3"]);
  assertEquals(given, [{ a: 1 }, { a: 1 }, { a: 1 }]);
  await using broken = new SchemaRegistryClient({
    url: server.url,
    "bearer.auth.credentials.source": "CUSTOM",
    "bearer.auth.custom.provider.function": () => Promise.reject(new Error("no")),
  });
  await assertRejects(() => broken.getSubjects(), OAuthTokenError);
});
