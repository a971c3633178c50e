/** A client that blocks against a registry over HTTP in another thread: retries, logins, tokens for a secret and for assertions. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  OAuthTokenError,
  SchemaRegistryClient,
  type SchemaRegistryConfig,
  SchemaRegistryError,
} from "../../../../src/schema_registry/sync/mod.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertGreater, assertThrows } from "../../../support/assert.ts";
import { type FarRegistry, farRegistry } from "../../../support/schema_registry/sync/far_registry.ts";
import { temporaryCertificates } from "../../../support/scripts/certificates.ts";
import { show } from "../../../support/showing.ts";

const quick = { "retries.wait.ms": 1, "max.retries": 3 } as const;
const schema = { schema: '"string"' };
const spki = { type: "spki", format: "pem" } as const;
const pkcs8 = { type: "pkcs8", format: "pem" } as const;

function oauth({ url, tokenUrl }: FarRegistry): SchemaRegistryConfig {
  return {
    url,
    ...quick,
    "bearer.auth.credentials.source": "OAUTHBEARER",
    "bearer.auth.logical.cluster": "lsrc-1",
    "bearer.auth.client.id": "id",
    "bearer.auth.scope": "schemas",
    "bearer.auth.issuer.endpoint.url": tokenUrl,
  };
}

/** What the registry was asked for, and what it has answered. */
async function record(registry: FarRegistry): Promise<string[]> {
  const requests = await registry.call("requests");
  return requests.map(({ method, path, answer }) => `${method} ${path} ${answer?.status ?? "-"}`);
}

test("SchemaRegistryClient that blocks tries again after each failure that may be over, and waits as it is told", async () => {
  await using registry = await farRegistry();
  await registry.call("answerNext", [{ status: 503 }, { fault: "drop" }, {
    status: 429,
    headers: { "retry-after": "1" },
  }]);
  using client = new SchemaRegistryClient({ ...quick, url: registry.url });
  const started = performance.now();
  assertEquals(client.registerSchema("s", schema), 1);
  assertGreater(performance.now() - started, 990);
  const path = "POST /subjects/s/versions";
  assertEquals(await record(registry), [`${path} 503`, `${path} -`, `${path} 429`, `${path} 200`]);
  await registry.call("failNext", [422]);
  assertEquals(assertThrows(() => client.getVersions("s"), SchemaRegistryError).httpStatusCode, 422);
  assertEquals(client.getVersions("s"), [1]);
});

test("SchemaRegistryClient that blocks shows user and password, which a registry may not know", async () => {
  await using registry = await farRegistry({ userInfo: "u:p" });
  using client = new SchemaRegistryClient({ ...quick, url: registry.url, "basic.auth.user.info": "u:p" });
  assertEquals(client.getSubjects(), []);
  using stranger = new SchemaRegistryClient({ ...quick, url: registry.url, "basic.auth.user.info": "u:geheim" });
  const error = assertThrows(() => stranger.getSubjects(), SchemaRegistryError);
  assertEquals([error.httpStatusCode, error.codeName], [401, "_AUTHENTICATION"]);
  assert(!show(error).join().includes("geheim"));
});

test("SchemaRegistryClient that blocks gets another token after a 401", async () => {
  await using registry = await farRegistry({ oauth: { clientId: "id", clientSecret: "geheim" } });
  using client = new SchemaRegistryClient({ ...oauth(registry), "bearer.auth.client.secret": "geheim" });
  assertEquals([client.getSubjects(), client.getSubjects()], [[], []]);
  await registry.call("revokeTokens");
  assertEquals(client.getSubjects(), []);
  const [token, good, refused] = ["POST /token 200", "GET /subjects 200", "GET /subjects 401"];
  assertEquals(await record(registry), [token, good, good, refused, token, good]);
});

for (const algorithm of ["RS256", "ES256"] as const) {
  const keys = algorithm === "RS256"
    ? generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 })
    : generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });

  test(`SchemaRegistryClient that blocks gets tokens by assertions of ${algorithm}, by both grants`, async () => {
    await using registry = await farRegistry({
      oauth: { clientId: "id", publicKey: keys.publicKey, scope: "schemas" },
    });
    for (const grant of ["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"] as const) {
      const config: SchemaRegistryConfig = {
        ...oauth(registry),
        "bearer.auth.grant.type": grant,
        "bearer.auth.assertion.algorithm": algorithm,
        "bearer.auth.assertion.private.key.pem": keys.privateKey,
      };
      await registry.call("clearRequests");
      using client = new SchemaRegistryClient(config);
      assertEquals(client.getSubjects(), []);
      await registry.call("revokeTokens");
      await registry.call("answerNext", [{ status: 503 }, { status: 200, fault: "drop" }], { path: "/token" });
      assertEquals(client.getSubjects(), []);
      const [token, good, refused] = ["POST /token 200", "GET /subjects 200", "GET /subjects 401"];
      assertEquals(await record(registry), [token, good, refused, "POST /token 503", "POST /token -", token, good]);
      using stranger = new SchemaRegistryClient({ ...config, "bearer.auth.assertion.claim.iss": "somebody" });
      const error = assertThrows(() => stranger.getSubjects(), OAuthTokenError);
      assertEquals(error.httpStatusCode, grant === "client_credentials" ? 401 : 400);
      assert(!show([error, client]).join().includes("PRIVATE KEY"));
    }
  });
}

test("SchemaRegistryClient that blocks shows its certificate to the registry and not to its token endpoint", async () => {
  using files = await temporaryCertificates();
  const [pem, ca] = [readFileSync(files.server, "utf8"), readFileSync(files.ca, "utf8")];
  const login = { clientId: "id", clientSecret: "geheim" };
  await using tokens = await farRegistry({ oauth: login, tls: { key: pem, certificate: pem } });
  const tls = { key: pem, certificate: pem, clientAuthorities: ca };
  await using registry = await farRegistry({ tls });
  using client = new SchemaRegistryClient({
    ...oauth(registry),
    "bearer.auth.client.secret": "geheim",
    "bearer.auth.issuer.endpoint.url": tokens.tokenUrl,
    "ssl.ca.location": files.ca,
    "ssl.certificate.location": files.clientCertificate,
    "ssl.key.location": files.clientKey,
  });
  assertEquals(client.getSubjects(), []);
  assertEquals([await record(tokens), await record(registry)], [["POST /token 200"], ["GET /subjects 200"]]);
  using other = new SchemaRegistryClient({
    ...oauth(registry),
    "max.retries": 0,
    "bearer.auth.client.secret": "geheim",
    "ssl.ca.location": files.ca,
    "ssl.certificate.location": files.clientCertificate,
    "ssl.key.location": files.clientKey,
  });
  // This one would have to show the certificate to get a token.
  assertThrows(() => other.getSubjects(), OAuthTokenError);
});
