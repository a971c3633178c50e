/** What the drivers for key management services share: the registry, the requests that fail, and secrets that stay hidden. */
import { inspect } from "node:util";
import { errorCodes } from "../../../../src/kafka/error_codes.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { awsKms } from "../../../../src/serde/rules/encryption/kms/aws.ts";
import { azureKms } from "../../../../src/serde/rules/encryption/kms/azure.ts";
import { gcpKms } from "../../../../src/serde/rules/encryption/kms/gcp.ts";
import { localKms } from "../../../../src/serde/rules/encryption/kms/local.ts";
import { KmsRegistry } from "../../../../src/serde/rules/encryption/kms/registry.ts";
import type { KmsConfig, KmsDriver, KmsOptions } from "../../../../src/serde/rules/encryption/kms/types.ts";
import { vaultKms } from "../../../../src/serde/rules/encryption/kms/vault.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "../../../support/assert.ts";
import { type KmsAnswer, kmsServer } from "../../../support/serde/kms_server.ts";

const vaultUrl = "hcvault://vault.example/transit/keys/k";
const key = Uint8Array.of(1, 2, 3);

const openVault = (options: KmsOptions) => vaultKms(options).newKms({ "token.id": "hunter2" }, vaultUrl);

test("KmsRegistry finds a key's driver by the prefix of its URL", () => {
  const registry = new KmsRegistry([localKms()]);
  const kms = { encrypt: async () => await key, decrypt: async () => await key };
  const mine: KmsDriver = { prefix: "mine://", newKms: () => kms };
  registry.register(mine);
  assertStrictEquals(registry.newKms({}, "mine://k"), kms);
  const error = assertThrows(() => registry.newKms({}, "other://k"), EncryptionError, "local-kms://, mine://");
  assertEquals(error.code, errorCodes._INVALID_ARG);
  const other = { ...kms };
  registry.register({ prefix: "mine://", newKms: () => other });
  assertStrictEquals(registry.newKms({}, "mine://k"), other);
});

test("A KMS that answers with an error, or with what cannot be used, ends in an EncryptionError", async () => {
  const answers: [KmsAnswer, string, number, boolean][] = [
    [{ status: 500, body: "hunter2" }, "status 500", errorCodes._FAIL, true],
    [{ status: 429, body: { errors: ["hunter2"] } }, "status 429", errorCodes._FAIL, true],
    [{ status: 403, body: {} }, "status 403", errorCodes._AUTHENTICATION, false],
    [{ status: 404, body: {} }, "status 404", errorCodes._FAIL, false],
    [{ status: 307, headers: { location: "http://127.0.0.1:9/" }, body: "" }, "status 307", errorCodes._FAIL, false],
    [{ body: "hunter2" }, "no object of JSON", errorCodes._FAIL, false],
    [{ body: [] }, "no object of JSON", errorCodes._FAIL, false],
    [{ body: {} }, 'has no "data"', errorCodes._FAIL, false],
    [{ body: { data: { plaintext: 5 } } }, 'has no "plaintext"', errorCodes._FAIL, false],
    [{ body: { data: { plaintext: "hunter2!" } } }, "not base64", errorCodes._BAD_MSG, false],
    [{ body: " ".repeat(2 << 20) }, "too long", errorCodes._FAIL, false],
  ];
  for (const [answer, words, code, isRetriable] of answers) {
    await using server = await kmsServer(() => answer);
    const kms = openVault({ transport: server.transport });
    const error = await assertRejects(async () => await kms.decrypt(key), EncryptionError, words);
    assertEquals([error.code, error.isRetriable], [code, isRetriable], words);
    assert(!inspect(error, { depth: 9 }).includes("hunter2"), error.message);
  }
});

test("A KMS that never answers, or is not there, ends in an EncryptionError that may be tried again", async () => {
  await using server = await kmsServer(() => null);
  const late = openVault({ transport: server.transport, timeoutMs: 50 });
  const error = await assertRejects(async () => await late.decrypt(key), EncryptionError, "within 50 ms");
  assertEquals([error.code, error.isRetriable], [errorCodes._TIMED_OUT, true]);
  const transport = () => Promise.reject(new TypeError("no route for hunter2"));
  const away = await assertRejects(async () => await openVault({ transport }).decrypt(key), EncryptionError, "reached");
  assertEquals([away.code, away.isRetriable], [errorCodes._TRANSPORT, true]);
  assert(!inspect(away, { depth: 9 }).includes("hunter2"), away.message);
});

test("localKms() takes its secret from the configuration, else from the environment", async () => {
  const driver = localKms({ environment: (name) => name === "LOCAL_SECRET" ? "mysecret" : undefined });
  const wrapped = await driver.newKms({}, "local-kms://a").encrypt(key);
  assertEquals(await localKms().newKms({ secret: "mysecret" }, "local-kms://b").decrypt(wrapped), key);
  const other = localKms().newKms({ secret: "other" }, "local-kms://a");
  await assertRejects(async () => await other.decrypt(wrapped), EncryptionError, "another key");
  const none = localKms({ environment: () => undefined });
  assertThrows(() => none.newKms({}, "local-kms://a"), EncryptionError, "LOCAL_SECRET");
});

test("No key of a KMS shows its secrets when it is inspected", () => {
  const arn = "aws-kms://arn:aws:kms:eu-west-1:1:key/a";
  const name = "gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k";
  const account = { "client.email": "e", "private.key.id": "i", "private.key": "hunter2" };
  const drivers: [KmsDriver, KmsConfig, string][] = [
    [localKms(), { secret: "hunter2" }, "local-kms://a"],
    [vaultKms(), { "token.id": "hunter2" }, vaultUrl],
    [awsKms(), { "access.key.id": "i", "secret.access.key": "hunter2" }, arn],
    [
      azureKms(),
      { "tenant.id": "t", "client.id": "c", "client.secret": "hunter2" },
      "azure-kms://https://v.vault.azure.net/keys/k",
    ],
    [gcpKms(), account, name],
  ];
  for (const [driver, config, url] of drivers) {
    const kms = driver.newKms(config, url);
    const shown = inspect(kms, { depth: 9, showHidden: true }) + JSON.stringify(kms);
    assert(!shown.includes("hunter2"), shown);
  }
});
