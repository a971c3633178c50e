/** The driver for Google Cloud, against a server that checks the statement which it trades for a token. */
import { generateKeyPairSync, verify } from "node:crypto";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { gcpKms } from "../../../../src/serde/rules/encryption/kms/gcp.ts";
import type { Kms, KmsConfig } from "../../../../src/serde/rules/encryption/kms/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";
import { type KmsAnswer, type KmsRequest, type KmsServer, kmsServer } from "../../../support/serde/kms_server.ts";

const name = "projects/my-project/locations/global/keyRings/my-ring/cryptoKeys/my-key";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const config: KmsConfig = {
  "account.type": "service_account",
  "client.email": "me@my-project.iam.gserviceaccount.com",
  "client.id": "123",
  "private.key.id": "my-key-id",
  "private.key": pem,
};
const key = Uint8Array.of(1, 2, 3, 250);
const nowMs = 1_800_000_000_000;

function answer(request: KmsRequest): KmsAnswer {
  if (request.host === "oauth2.googleapis.com") return login(request);
  assertEquals(request.host, "cloudkms.googleapis.com");
  if (request.headers["authorization"] !== "Bearer my-token") {
    return { status: 401, body: { error: { code: 401, status: "UNAUTHENTICATED", message: "hunter2" } } };
  }
  const { plaintext, ciphertext } = JSON.parse(request.body) as Record<string, string>;
  if (request.path === `/v1/${name}:encrypt`) return { body: { name, ciphertext: btoa(`wrapped ${plaintext}`) } };
  assertEquals(request.path, `/v1/${name}:decrypt`);
  return { body: { plaintext: atob(ciphertext!).slice("wrapped ".length) } };
}

function login({ path, body }: KmsRequest): KmsAnswer {
  const fields = new URLSearchParams(body);
  assertEquals([path, fields.get("grant_type")], ["/token", "urn:ietf:params:oauth:grant-type:jwt-bearer"]);
  const [header = "", claims = "", signature = ""] = (fields.get("assertion") ?? "").split(".");
  const isSigned = verify("sha256", Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, "base64url"));
  if (!isSigned) return { status: 400, body: { error: "invalid_grant" } };
  const json = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
  assertEquals(json(header), { alg: "RS256", typ: "JWT", kid: "my-key-id" });
  assertEquals(json(claims), {
    iss: "me@my-project.iam.gserviceaccount.com",
    scope: "https://www.googleapis.com/auth/cloudkms",
    aud: "https://oauth2.googleapis.com/token",
    iat: nowMs / 1000,
    exp: nowMs / 1000 + 3600,
  });
  return { body: { access_token: "my-token", expires_in: 3599, token_type: "Bearer" } };
}

function openKey(server: KmsServer, settings: KmsConfig = config, keyName = name): Kms {
  const now = () => nowMs;
  return gcpKms({ transport: server.transport, now }).newKms(settings, `gcp-kms://${keyName}`);
}

test("gcpKms() wraps and unwraps with one login, by a statement that is signed with the account's key", async () => {
  await using server = await kmsServer(answer);
  const kms = openKey(server, { ...config, "private.key": pem.replaceAll("\n", "\\n") });
  const wrapped = await kms.encrypt(key);
  assertEquals(new TextDecoder().decode(wrapped), "wrapped AQID+g==");
  assertEquals(await kms.decrypt(wrapped), key);
  assertEquals(server.requests.length, 3);
});

test("gcpKms() fails with Google's name for the error", async () => {
  await using server = await kmsServer(answer);
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  const kms = openKey(server, { ...config, "private.key": other });
  await assertRejects(async () => await kms.encrypt(key), EncryptionError, "status 400 (invalid_grant)");
});

test("gcpKms() refuses settings that cannot be used, without a word of the key", async () => {
  await using server = await kmsServer(answer);
  const broken = openKey(server, { ...config, "private.key": "hunter2" });
  const error = await assertRejects(async () => await broken.encrypt(key), EncryptionError, '"private.key" is not');
  assert(!JSON.stringify([error, error.message, error.stack]).includes("hunter2"), error.message);
  for (
    const wrong of [
      "",
      "projects/../x",
      `${name}/cryptoKeyVersions/1`,
      `${name}?a`,
      `projects/../locations/a/keyRings/b/cryptoKeys/c`,
    ]
  ) {
    assertThrows(() => openKey(server, config, wrong), EncryptionError, "is not of the form");
  }
  assertThrows(() => openKey(server, { ...config, "account.type": "external_account" }), EncryptionError, "only");
  assertThrows(() => openKey(server, { ...config, "token.uri": "http://evil.example" }), EncryptionError, "https");
  assertThrows(() => openKey(server, { ...config, "client.email": undefined }), EncryptionError, '"client.email"');
});
