/** Assertions in place of a client's secret: what is in them, by which key they are signed, and what is refused. */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  KafkaError,
  OAuthTokenError,
  SchemaRegistryClient,
  type SchemaRegistryConfig,
} from "../../../src/schema_registry/mod.ts";
import type { HttpRequest } from "../../../src/schema_registry/transport.ts";
import { test } from "../../harness.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "../../support/assert.ts";
import { recordingTransport, scriptedTransport } from "../../support/schema_registry/servers.ts";
import { show } from "../../support/showing.ts";

const spki = { type: "spki", format: "pem" } as const;
const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const locked = { ...pkcs8, cipher: "aes-256-cbc", passphrase: "geheim" } as const;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });
const lockedEc = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: spki,
  privateKeyEncoding: locked,
});
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384", publicKeyEncoding: spki, privateKeyEncoding: pkcs8 });

const endpoint = "https://login.example/token";
const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const base: SchemaRegistryConfig = {
  url: "http://registry",
  "bearer.auth.credentials.source": "OAUTHBEARER",
  "bearer.auth.logical.cluster": "lsrc-1",
  "bearer.auth.client.id": "orders",
  "bearer.auth.scope": "schemas",
  "bearer.auth.issuer.endpoint.url": endpoint,
  "retries.wait.ms": 1,
};
const byRsa = { ...base, "bearer.auth.assertion.private.key.pem": rsa.privateKey };

/** What a token endpoint was sent. */
interface Sent {
  readonly fields: URLSearchParams;
  readonly assertion: string;
  readonly login: string | undefined;
}

/** Asks for subjects so often, each time with another token, and gives what the endpoint was sent. */
async function sent(config: SchemaRegistryConfig, count = 1): Promise<Sent[]> {
  const { transport, requests } = recordingTransport(({ url }) =>
    url === endpoint ? { access_token: "t", expires_in: 0 } : []
  );
  await using client = new SchemaRegistryClient(config, { transport });
  for (let i = 0; i < count; i++) await client.getSubjects();
  return requests.filter(({ url }) => url === endpoint).map(readSent);
}

function readSent({ body, headers }: HttpRequest): Sent {
  const fields = new URLSearchParams(body ?? "");
  const assertion = fields.get("assertion") ?? fields.get("client_assertion") ?? "";
  return { fields, assertion, login: headers["authorization"] };
}

/** The parts of a token; whether its key has signed it says Node's own verification. */
function opened(
  assertion: string,
  publicKey: string,
): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header = "", claims = "", signature = ""] = assertion.split(".");
  const key = { key: createPublicKey(publicKey), dsaEncoding: "ieee-p1363" } as const;
  const isGenuine = verify("sha256", new TextEncoder().encode(`${header}.${claims}`), key, bytesOf(signature));
  assert(isGenuine, "the signature is another key's");
  const read = (part: string): Record<string, unknown> => JSON.parse(new TextDecoder().decode(bytesOf(part)));
  return { header: read(header), claims: read(claims) };
}

function bytesOf(base64Url: string): Uint8Array<ArrayBuffer> {
  assertMatch(base64Url, /^[\w-]+$/);
  return Uint8Array.from(atob(base64Url.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** What a constructor says of a configuration, which is to show no secret. */
function refusal(config: Readonly<Record<string, unknown>>): string {
  const error = assertThrows(
    () => new SchemaRegistryClient({ ...base, ...config } as SchemaRegistryConfig),
    KafkaError,
  );
  assertEquals(error.codeName, "_INVALID_ARG");
  assert(!/geheim|PRIVATE KEY-|MII/.test(show(error).join()), error.message);
  return error.message;
}

for (const [algorithm, keys] of [["RS256", rsa], ["ES256", ec]] as const) {
  for (const grant of ["client_credentials", jwtBearer] as const) {
    test(`SchemaRegistryClient gets a token by an assertion, with ${algorithm} and the grant ${grant}`, async () => {
      const [first] = await sent({
        ...base,
        "bearer.auth.grant.type": grant,
        "bearer.auth.assertion.algorithm": algorithm,
        "bearer.auth.assertion.private.key.pem": keys.privateKey,
      });
      const { fields, assertion, login } = first!;
      assertEquals([fields.get("grant_type"), fields.get("scope"), login], [grant, "schemas", undefined]);
      assertEquals(
        [fields.get("client_assertion_type"), fields.get("client_id"), fields.has("assertion")],
        grant === jwtBearer
          ? [null, null, true]
          : ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "orders", false],
      );
      const { header, claims: { iat, nbf, exp, jti, ...claims } } = opened(assertion, keys.publicKey);
      assertEquals(header, { typ: "JWT", alg: algorithm });
      assertEquals(claims, { iss: "orders", sub: "orders", aud: endpoint });
      const now = Date.now() / 1000;
      assert(typeof iat === "number" && Math.abs(now - iat) < 60 && Number.isInteger(iat), `iat is ${iat}`);
      assertEquals([nbf, exp], [iat - 60, iat + 300]);
      assertMatch(String(jti), /^[\da-f-]{36}$/);
    });
  }
}

test("SchemaRegistryClient signs another assertion for each request for a token, one that is tried again too", async () => {
  const all = await sent(byRsa, 3);
  const ids = all.map(({ assertion }) => opened(assertion, rsa.publicKey).claims["jti"]);
  assertEquals([all.length, new Set(ids).size], [3, 3]);
  const { transport, requests } = scriptedTransport([
    { status: 503 },
    { body: '{"access_token":"t","expires_in":300}' },
    {},
  ]);
  await using client = new SchemaRegistryClient(byRsa, { transport });
  await client.getSubjects();
  await client.getContexts();
  const [one, other, ...registry] = requests.map(readSent);
  assertNotEquals(one!.assertion, other!.assertion);
  assertEquals(registry.map(({ login }) => login), ["Bearer t", "Bearer t"]);
});

test("SchemaRegistryClient signs another assertion when a token endpoint sends a request elsewhere", async () => {
  const { transport, requests } = scriptedTransport([
    { status: 307, headers: { location: "/token/" } },
    { status: 308, headers: { location: "/oauth/token" } },
    { body: '{"access_token":"t","expires_in":60}' },
    {},
  ]);
  const client = new SchemaRegistryClient(byRsa, { transport });
  await client.getSubjects();
  const asked = requests.slice(0, 3);
  assertEquals(asked.map(({ url }) => new URL(url).pathname), ["/token", "/token/", "/oauth/token"]);
  assertEquals(new Set(asked.map(({ body }) => new URLSearchParams(body!).get("client_assertion"))).size, 3);
});

test("SchemaRegistryClient puts into an assertion what the configuration and its template say", async () => {
  const template = '{"header":{"kid":"7","alg":"none"},"payload":{"tenant":"ž","iss":"them","aud":["a","b"],"exp":1}}';
  const config = { ...byRsa, "bearer.auth.client.id": null, "bearer.auth.grant.type": jwtBearer } as const;
  const [first] = await sent({
    ...config,
    "bearer.auth.scope": null,
    "bearer.auth.assertion.jwt.template.file": template,
    "bearer.auth.assertion.claim.sub": "somebody",
    "bearer.auth.assertion.claim.exp.seconds": 10,
    "bearer.auth.assertion.claim.nbf.seconds": 0,
    "bearer.auth.assertion.claim.jti.include": false,
  });
  assertEquals(first!.fields.has("scope"), false);
  const { header, claims: { iat, ...claims } } = opened(first!.assertion, rsa.publicKey);
  assertEquals(header, { typ: "JWT", alg: "RS256", kid: "7" });
  const expected = { tenant: "ž", iss: "them", sub: "somebody", aud: ["a", "b"], nbf: iat, exp: Number(iat) + 10 };
  assertEquals(claims, expected);
  const [set] = await sent({
    ...config,
    "bearer.auth.assertion.jwt.template.file": template,
    "bearer.auth.assertion.claim.iss": "us",
    "bearer.auth.assertion.claim.sub": "s",
    "bearer.auth.assertion.claim.aud": "c",
  });
  const { claims: { iss, sub, aud } } = opened(set!.assertion, rsa.publicKey);
  assertEquals([iss, sub, aud], ["us", "s", "c"]);
});

test("SchemaRegistryClient sends a secret along with the grant of an assertion", async () => {
  const [first] = await sent({ ...byRsa, "bearer.auth.grant.type": jwtBearer, "bearer.auth.client.secret": "geheim" });
  assertEquals(first!.login, `Basic ${btoa("orders:geheim")}`);
});

test("SchemaRegistryClient signs with an encrypted key, and says what is wrong with a key when it is made", async () => {
  const es = { "bearer.auth.assertion.algorithm": "ES256" } as const;
  const pem = "bearer.auth.assertion.private.key.pem";
  const [first] = await sent({
    ...base,
    ...es,
    [pem]: lockedEc.privateKey.replaceAll("\n", "\\n"),
    "bearer.auth.assertion.private.key.passphrase": "geheim",
  });
  opened(first!.assertion, lockedEc.publicKey);
  const wrong: readonly [config: Readonly<Record<string, unknown>>, reason: RegExp][] = [
    [{ [pem]: lockedEc.privateKey, ...es }, /is encrypted, and ".*passphrase" is missing/],
    [
      { [pem]: lockedEc.privateKey, ...es, "bearer.auth.assertion.private.key.passphrase": "geheim nicht" },
      /cannot be decrypted: the passphrase is another one/,
    ],
    [{ [pem]: rsa.publicKey }, /it is no private key in PEM/],
    [{ [pem]: "geheim" }, /it is no private key in PEM/],
    [{ [pem]: "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----" }, /the private key cannot be read/],
    [{ [pem]: ec.privateKey }, /RS256 needs an RSA key/],
    [{ [pem]: rsa.privateKey, ...es }, /ES256 needs a key on the curve P-256/],
    [{ [pem]: p384.privateKey, ...es }, /ES256 needs a key on the curve P-256/],
    [{ [pem]: 7 }, /a string is expected, not a number/],
    [{ "bearer.auth.assertion.private.key.file": "/nowhere/geheim" }, /the file cannot be read \(ENOENT\)/],
  ];
  for (const [config, reason] of wrong) assertMatch(refusal(config), reason);
});

test("SchemaRegistryClient refuses keys of the configuration that do not go together", () => {
  const pem = { "bearer.auth.assertion.private.key.pem": rsa.privateKey };
  const wrong: readonly [config: Readonly<Record<string, unknown>>, reason: RegExp][] = [
    [{ ...pem, "bearer.auth.client.secret": "geheim" }, /"bearer.auth.client.secret": an assertion takes its place/],
    [{ ...pem, "bearer.auth.assertion.file": "x" }, /assertion.file": ".*pem" is set too/],
    [{ "bearer.auth.grant.type": jwtBearer }, /private.key.pem": it is missing, and so are/],
    [{ "bearer.auth.grant.type": "password", ...pem }, /"password" is none of client_credentials, urn:/],
    [
      { "bearer.auth.assertion.claim.aud": "x", "bearer.auth.client.secret": "geheim" },
      /private.key.pem": it is missing/,
    ],
    [{ ...pem, "bearer.auth.assertion.algorithm": "none" }, /"none" is none of RS256, ES256/],
    [{ "bearer.auth.assertion.file": "x", "bearer.auth.assertion.claim.sub": "x" }, /claim.sub": an assertion of/],
    [{ "bearer.auth.assertion.provider.function": "geheim" }, /a function is expected/],
    [{ ...pem, "bearer.auth.client.id": null }, /"bearer.auth.client.id": the source "OAUTHBEARER" needs it/],
    [
      { ...pem, "bearer.auth.client.id": null, "bearer.auth.grant.type": jwtBearer },
      /claim.iss": an assertion needs it[^]*claim.sub": an assertion needs it/,
    ],
    [
      {
        ...pem,
        "bearer.auth.grant.type": jwtBearer,
        "bearer.auth.client.id": null,
        "bearer.auth.client.secret": "geheim",
      },
      /"bearer.auth.client.secret": "bearer.auth.client.id" is missing/,
    ],
    [{ ...pem, "bearer.auth.scope": null }, /"bearer.auth.scope": .* needs it/],
    [{ ...pem, "bearer.auth.assertion.claim.exp.seconds": 0 }, /whole numbers from 1 to/],
    [{ ...pem, "bearer.auth.assertion.claim.jti.include": "geheim" }, /true or false is expected, not a string/],
    [{ ...pem, "bearer.auth.assertion.jwt.template.file": "{geheim" }, /it is no JSON/],
    [{ ...pem, "bearer.auth.assertion.jwt.template.file": '{"claims":{"geheim":1}}' }, /"header" and "payload"/],
    [{ ...pem, "bearer.auth.assertion.jwt.template.file": '{"header":["geheim"]}' }, /"header" and "payload"/],
    [{ ...pem, "bearer.auth.assertion.jwt.template.file": "/nowhere/geheim" }, /the file cannot be read/],
    [{ "bearer.auth.asserion.file": "x" }, /did you mean "bearer.auth.assertion.file"/],
  ];
  for (const [config, reason] of wrong) assertMatch(refusal(config), reason);
});

test("SchemaRegistryClient reads the files of a key and of an assertion again for each token", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-assertion-"));
  try {
    const file = join(folder, "geheim");
    writeFileSync(file, rsa.privateKey);
    const { transport, requests } = recordingTransport(({ url }) =>
      url === endpoint ? { access_token: "t", expires_in: 0 } : []
    );
    await using client = new SchemaRegistryClient({ ...base, "bearer.auth.assertion.private.key.file": file }, {
      transport,
    });
    const next = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: spki,
      privateKeyEncoding: pkcs8,
    });
    await client.getSubjects();
    opened(readSent(requests[0]!).assertion, rsa.publicKey);
    writeFileSync(file, next.privateKey);
    await client.getSubjects();
    opened(readSent(requests[2]!).assertion, next.publicKey);
    for (const [content, reason] of [["geheim", "it is no private key in PEM"], [null, "cannot be read (ENOENT)"]]) {
      if (content === null) rmSync(file);
      else writeFileSync(file, content!);
      const error = await assertRejects(() => client.getSubjects(), OAuthTokenError);
      assert(error.message.includes(reason!), error.message);
      assert(!show(error).join().includes("geheim"), error.message);
    }
    assertEquals(requests.length, 4);

    writeFileSync(file, " a.b.c\n");
    const ready = { ...base, "bearer.auth.assertion.file": file };
    const [first] = await sent(ready);
    assertEquals([first!.assertion, first!.fields.get("client_id")], ["a.b.c", "orders"]);
    writeFileSync(file, "geheim");
    const error = await assertRejects(() => sent(ready), OAuthTokenError, "no JSON Web Token");
    assert(!show(error).join().includes("geheim"), error.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("SchemaRegistryClient takes assertions from a function, and tells what it threw", async () => {
  let count = 0;
  const provider = { "bearer.auth.assertion.provider.function": () => Promise.resolve(`a.b.${++count}`) };
  const both = await sent({ ...base, "bearer.auth.grant.type": jwtBearer, ...provider }, 2);
  assertEquals(both.map(({ fields }) => fields.get("assertion")), ["a.b.1", "a.b.2"]);
  const reason = new Error("no");
  const broken = { ...base, "bearer.auth.assertion.provider.function": () => Promise.reject(reason) };
  const error = await assertRejects(() => sent(broken), OAuthTokenError);
  assertEquals([error.cause, error.codeName, error.isRetriable], [reason, "_AUTHENTICATION", false]);
  for (const bad of ["", "geheim", "a b.c.d", "a.b"]) {
    const config = { ...base, "bearer.auth.assertion.provider.function": () => bad };
    const refused = await assertRejects(() => sent(config), OAuthTokenError, "no JSON Web Token");
    assert(!show(refused).join().includes("geheim"));
  }
});

test("SchemaRegistryClient shows neither its key nor its assertion", async () => {
  const { transport, requests } = scriptedTransport([{ status: 400, body: '{"error":"invalid_client"}' }]);
  const client = new SchemaRegistryClient(byRsa, { transport });
  const error = await assertRejects(() => client.getSubjects(), OAuthTokenError, "invalid_client");
  const { assertion } = readSent(requests[0]!);
  const shown = [...show(error), ...show(client)].join();
  assert(!shown.includes("PRIVATE KEY") && !shown.includes(assertion), shown);
});
