/** The driver for Azure, against a server that has its logins and a vault with one RSA key in two versions. */
import { constants, generateKeyPairSync, type KeyObject, privateDecrypt, publicEncrypt } from "node:crypto";
import { errorCodes } from "../../../../src/kafka/error_codes.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { azureKms } from "../../../../src/serde/rules/encryption/kms/azure.ts";
import type { Kms, KmsConfig } from "../../../../src/serde/rules/encryption/kms/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";
import { type KmsAnswer, type KmsRequest, type KmsServer, kmsServer } from "../../../support/serde/kms_server.ts";

const address = "https://my-vault.vault.azure.net/keys/my-key";
const [oldVersion, newVersion] = ["0".repeat(31) + "1", "0".repeat(31) + "2"] as const;
const config: KmsConfig = { "tenant.id": "my-tenant", "client.id": "my-client", "client.secret": "my&secret" };
const key = Uint8Array.of(1, 2, 3, 250);
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };

const pairs: Record<string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }> = {
  [oldVersion]: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  [newVersion]: generateKeyPairSync("rsa", { modulusLength: 2048 }),
};

function answer(request: KmsRequest): KmsAnswer {
  if (request.host === "login.microsoftonline.com") return login(request);
  assertEquals(request.host, "my-vault.vault.azure.net");
  if (request.headers["authorization"] !== "Bearer my-token") {
    return { status: 401, body: { error: { code: "Unauthorized", message: "hunter2" } } };
  }
  const [, version = newVersion, operation] =
    /^\/keys\/my-key(?:\/(\w{32}))?\/(\w+)\?api-version=7\.4$/.exec(request.path) ?? [];
  const asked = JSON.parse(request.body) as { alg: string; value: string };
  assertEquals(asked.alg, "RSA-OAEP-256");
  const result = crypt(operation, version, Buffer.from(asked.value, "base64url"));
  if (result === null) return { status: 400, body: { error: { code: "BadParameter" } } };
  return { body: { kid: `${address}/${version}`, value: result.toString("base64url") } };
}

function crypt(operation: string | undefined, version: string, data: Uint8Array): Buffer | null {
  const { publicKey, privateKey } = pairs[version]!;
  try {
    return operation === "encrypt"
      ? publicEncrypt({ key: publicKey, ...oaep }, data)
      : privateDecrypt({ key: privateKey, ...oaep }, data);
  } catch {
    return null;
  }
}

function login({ path, body }: KmsRequest): KmsAnswer {
  assertEquals(path, "/my-tenant/oauth2/v2.0/token");
  const { client_secret: secret, ...fields } = Object.fromEntries(new URLSearchParams(body));
  assertEquals(fields, {
    grant_type: "client_credentials",
    client_id: "my-client",
    scope: "https://vault.azure.net/.default",
  });
  if (secret !== "my&secret") return { status: 401, body: { error: "invalid_client", error_description: secret } };
  return { body: { token_type: "Bearer", expires_in: 3599, access_token: "my-token" } };
}

function openKey(server: KmsServer, settings: KmsConfig = config, keyUrl = address): Kms {
  const environment = () => undefined;
  return azureKms({ transport: server.transport, environment }).newKms(settings, `azure-kms://${keyUrl}`);
}

test("azureKms() wraps and unwraps with one login", async () => {
  await using server = await kmsServer(answer);
  const kms = openKey(server, config, `${address}/${oldVersion}`);
  const wrapped = await kms.encrypt(key);
  assertEquals(wrapped.length, 256);
  assertEquals(await kms.decrypt(wrapped), key);
  assertEquals(server.requests.length, 3);
  await assertRejects(async () => await openKey(server).decrypt(wrapped), EncryptionError, "(BadParameter)");
});

test("azureKms() keeps the key's version with what it wraps if it is told to", async () => {
  await using server = await kmsServer(answer);
  const wrapped = await openKey(server, { ...config, "encrypt.azure.key.version.save": "true" }).encrypt(key);
  const mark = `azure:v1:${newVersion}:`;
  assertEquals(new TextDecoder().decode(wrapped.subarray(0, mark.length)), mark);
  assertEquals(wrapped.length, mark.length + 256);
  // What names its version is read with it, whatever the key's URL says and whether versions are kept or not.
  assertEquals(await openKey(server, config, `${address}/${oldVersion}`).decrypt(wrapped), key);
});

test("azureKms() fails with Azure's name for the error, without a word of the secret", async () => {
  await using server = await kmsServer(answer);
  const kms = openKey(server, { ...config, "client.secret": "hunter2" });
  const error = await assertRejects(async () => await kms.encrypt(key), EncryptionError, "status 401 (invalid_client)");
  assertEquals(error.code, errorCodes._AUTHENTICATION);
  assert(!JSON.stringify([error, error.message, error.stack]).includes("hunter2"), error.message);
});

test("azureKms() gives its token to Azure's vaults only", async () => {
  await using server = await kmsServer(answer);
  const wrong = [
    "https://evil.example/keys/k",
    "https://vault.azure.net.evil.example/keys/k",
    "https://a.b.vault.azure.net/keys/k",
    "http://my-vault.vault.azure.net/keys/k",
    "https://my-vault.vault.azure.net:1/keys/k",
    "https://my-vault.vault.azure.net/secrets/k",
    "https://my-vault.vault.azure.net/keys/k/../../secrets",
  ];
  for (const url of wrong) assertThrows(() => openKey(server, config, url), EncryptionError, "is not of the form");
  assertThrows(() => openKey(server, { ...config, "tenant.id": "a/b" }), EncryptionError, '"tenant.id"');
  assertEquals(server.requests, []);
});
