/** The driver for HashiCorp Vault, against a server that has its transit engine and its logins. */
import { errorCodes } from "../../../../src/kafka/error_codes.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { vaultKms } from "../../../../src/serde/rules/encryption/kms/vault.ts";
import type { Kms, KmsConfig } from "../../../../src/serde/rules/encryption/kms/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";
import { type KmsAnswer, type KmsRequest, type KmsServer, kmsServer } from "../../../support/serde/kms_server.ts";

const url = "hcvault://https://vault.example:8200/team/transit/keys/my-key";
const key = Uint8Array.of(1, 2, 3, 250);
const role: KmsConfig = { "approle.role.id": "my-role", "approle.secret.id": "my-secret-id" };

/** Has a transit engine at `team/transit` whose key is called `my-key`. */
class Vault {
  readonly tokens = new Set(["own-token"]);
  leaseSeconds = 3600;
  #logins = 0;

  answer({ path, headers, body }: KmsRequest): KmsAnswer {
    const asked = JSON.parse(body) as Record<string, string>;
    if (path === "/v1/auth/approle/login") return this.#login(asked);
    if (!this.tokens.has(headers["x-vault-token"] ?? "")) {
      return { status: 403, body: { errors: ["permission denied hunter2"] } };
    }
    if (path === "/v1/team/transit/encrypt/my-key") {
      return { body: { data: { ciphertext: `vault:v1:${asked["plaintext"]}` } } };
    }
    if (path === "/v1/team/transit/decrypt/my-key") {
      return { body: { data: { plaintext: asked["ciphertext"]?.slice(9) } } };
    }
    return { status: 404, body: { errors: [] } };
  }

  #login(asked: Record<string, string>): KmsAnswer {
    if (asked["role_id"] !== "my-role" || asked["secret_id"] !== "my-secret-id") {
      return { status: 400, body: { errors: ["invalid"] } };
    }
    const token = `role-token-${++this.#logins}`;
    this.tokens.add(token);
    return { body: { auth: { client_token: token, lease_duration: this.leaseSeconds } } };
  }
}

function openKey(
  server: KmsServer,
  config: KmsConfig,
  options: { readonly url?: string; readonly now?: () => number } = {},
): Kms {
  const environment = () => undefined;
  const now = options.now ?? Date.now;
  return vaultKms({ transport: server.transport, environment, now }).newKms(config, options.url ?? url);
}

const pathsOf = (server: KmsServer): string[] => server.requests.map(({ path }) => path.replace("/v1/", ""));

test("vaultKms() wraps and unwraps with a token and a namespace", async () => {
  const vault = new Vault();
  await using server = await kmsServer((request) => vault.answer(request));
  const kms = openKey(server, { "token.id": "own-token", namespace: "ns" });
  const wrapped = await kms.encrypt(key);
  assertEquals(new TextDecoder().decode(wrapped), "vault:v1:AQID+g==");
  assertEquals(await kms.decrypt(wrapped), key);
  assertEquals(server.requests.map(({ host }) => host), ["vault.example:8200", "vault.example:8200"]);
  assertEquals(server.requests[0]?.headers["x-vault-namespace"], "ns");
});

test("vaultKms() logs in by AppRole, and again before its token ends", async () => {
  const vault = new Vault();
  let nowMs = 0;
  await using server = await kmsServer((request) => vault.answer(request));
  const kms = openKey(server, { ...role, "token.id": "not used" }, { now: () => nowMs });
  for (const at of [0, 2000, 3000]) {
    nowMs = at * 1000;
    await kms.encrypt(key);
  }
  const [login, encrypt] = ["auth/approle/login", "team/transit/encrypt/my-key"];
  assertEquals(pathsOf(server), [login, encrypt, encrypt, login, encrypt]);
  assertEquals(server.requests.map(({ headers }) => headers["x-vault-token"]), [
    undefined,
    "role-token-1",
    "role-token-1",
    undefined,
    "role-token-2",
  ]);
});

test("vaultKms() logs in again after its token was refused", async () => {
  const vault = new Vault();
  await using server = await kmsServer((request) => vault.answer(request));
  const kms = openKey(server, role);
  await kms.encrypt(key);
  vault.tokens.clear();
  const error = await assertRejects(async () => await kms.encrypt(key), EncryptionError, "status 403");
  assertEquals(error.code, errorCodes._AUTHENTICATION);
  assert(!error.message.includes("hunter2"), error.message);
  await kms.encrypt(key);
});

test("vaultKms() fails where the login does, without a word of the secret", async () => {
  const vault = new Vault();
  await using server = await kmsServer((request) => vault.answer(request));
  const kms = openKey(server, { ...role, "approle.secret.id": "hunter2" });
  const error = await assertRejects(async () => await kms.encrypt(key), EncryptionError, "Cannot log in");
  assert(!JSON.stringify([error, error.message, error.stack]).includes("hunter2"), error.message);
});

test("vaultKms() reads a key's URL, and keeps its token from other servers than the one that is set", async () => {
  await using server = await kmsServer(() => ({ body: { data: { plaintext: "AQ==" } } }));
  const token = { "token.id": "own-token" };
  for (const address of ["vault.example/transit/keys/k", "https://vault.example/transit/keys/k"]) {
    await openKey(server, token, { url: `hcvault://${address}` }).decrypt(key);
    assertEquals(server.requests.at(-1)?.host, "vault.example");
  }
  const wrong = ["", "vault.example", "https://vault.example/k", "https://u:hunter2@vault.example/transit/keys/k"];
  for (const address of wrong) {
    const error = assertThrows(() => openKey(server, token, { url: `hcvault://${address}` }), EncryptionError);
    assert(!error.message.includes("hunter2"), error.message);
  }
  const { transport } = server;
  const elsewhere = "hcvault://https://evil.example/transit/keys/k";
  const environment = (name: string) => name === "VAULT_ADDR" ? "https://vault.example:8200" : undefined;
  for (const named of [{ address: "https://vault.example:8200/", environment: () => undefined }, { environment }]) {
    const bound = vaultKms({ transport, ...named });
    await bound.newKms(token, url).decrypt(key);
    // The properties of a KEK are among the settings, and cannot change it.
    const config = { ...token, address: "https://evil.example" };
    assertThrows(() => bound.newKms(config, elsewhere), EncryptionError, "not the address that is set");
  }
  assertThrows(() => openKey(server, {}), EncryptionError, '"token.id" or the environment variable VAULT_TOKEN');
  assertThrows(() => openKey(server, { "token.id": 5 }), EncryptionError, "of type number");
});
