/** The executors of encryption rules: what they encrypt, what they refuse, and that they need no promise once a DEK is at hand. */
import { inspect } from "node:util";
import { errorCodes } from "../../../../src/kafka/error_codes.ts";
import { DekRegistryClient } from "../../../../src/schema_registry/dek_client.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { EncryptExecutor, FieldEncryptExecutor } from "../../../../src/serde/rules/encryption/executor.ts";
import { localKms } from "../../../../src/serde/rules/encryption/kms/local.ts";
import type { FieldType } from "../../../../src/serde/rules/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../../support/assert.ts";
import { MemoryDekRegistry } from "../../../support/serde/dek_registry.ts";
import { encryptionRule, fieldContext, ruleContext } from "../../../support/serde/encryption_rules.ts";

const config = { secret: "mysecret" };
const text = fieldContext("STRING");
const rule = encryptionRule();
const [write, read] = [ruleContext(rule, "WRITE"), ruleContext(rule, "READ")];

function fieldExecutor(dekRegistry = new MemoryDekRegistry()): FieldEncryptExecutor {
  const executor = new FieldEncryptExecutor({ dekRegistry, kms: [localKms()] });
  executor.configure({}, config);
  return executor;
}

function payloadExecutor(dekRegistry = new MemoryDekRegistry()): EncryptExecutor {
  const executor = new EncryptExecutor({ dekRegistry, kms: [localKms()] });
  executor.configure({}, config);
  return executor;
}

test("FieldEncryptExecutor makes the KEK and the DEK when it first writes, and then needs no promise", async () => {
  const registry = new MemoryDekRegistry();
  const executor = fieldExecutor(registry);
  const first = executor.transformField(write, text, "Ada");
  assertInstanceOf(first, Promise);
  const encrypted = await first as string;
  assertEquals(registry.calls, ["getKek", "registerKek", "getDek", "registerDek"]);
  assertEquals(registry.keks, [{ name: "kek", kmsType: "local-kms", kmsKeyId: "mykey", shared: false }]);
  const { kekName, subject, version, algorithm } = registry.deks[0]!;
  assertEquals([kekName, subject, version, algorithm], ["kek", "topic-value", 1, "AES256_GCM"]);
  assert(/^[\w+/]{40,}=*$/.test(encrypted), encrypted);
  assertEquals(typeof executor.transformField(write, text, "Ada"), "string");
  assertEquals(await executor.transformField(read, text, encrypted), "Ada");
  assertEquals(executor.transformField(read, text, encrypted), "Ada");
  assertEquals(registry.calls.length, 6);
});

test("FieldEncryptExecutor has a DEK for each subject", async () => {
  const registry = new MemoryDekRegistry();
  const executor = fieldExecutor(registry);
  await executor.transformField(write, text, "Ada");
  const encrypted = await executor.transformField(ruleContext(rule, "WRITE", "other-value"), text, "Ada");
  assertEquals(registry.deks.map(({ subject }) => subject), ["topic-value", "other-value"]);
  await assertRejects(async () => await executor.transformField(read, text, encrypted), EncryptionError, "another key");
});

test("FieldEncryptExecutor encrypts bytes to bytes, and leaves null as it is", async () => {
  const executor = fieldExecutor();
  const value = Uint8Array.of(1, 2, 3);
  const encrypted = await executor.transformField(write, fieldContext("BYTES"), value) as Uint8Array;
  assertEquals(encrypted.length, 3 + 28);
  assertEquals(await executor.transformField(read, fieldContext("BYTES"), encrypted), value);
  assertEquals(value, Uint8Array.of(1, 2, 3));
  for (const nothing of [null, undefined]) assertEquals(executor.transformField(write, text, nothing), nothing);
});

test("FieldEncryptExecutor refuses fields that are neither strings nor bytes", () => {
  const executor = fieldExecutor();
  const values: [FieldType, unknown][] = [
    ["INT", 5],
    ["BOOLEAN", true],
    ["FIXED", Uint8Array.of(1)],
    ["ENUM", "hunter2"],
    ["STRING", Uint8Array.of(1)],
    ["BYTES", "hunter2"],
    ["STRING", { hunter2: 1 }],
  ];
  for (const context of [write, read]) {
    for (const [type, value] of values) {
      const call = () => executor.transformField(context, fieldContext(type), value);
      const error = assertThrows(call, EncryptionError, `"ga.User.field": it is of type ${type}`);
      assert(!error.message.includes("hunter2"), error.message);
    }
  }
  const half = () => executor.transformField(write, text, "hunter2\ud800");
  assertThrows(half, EncryptionError, "surrogate");
});

test("FieldEncryptExecutor refuses text that is not encrypted, cut, or not text when it is decrypted", async () => {
  const executor = fieldExecutor();
  const encrypted = await executor.transformField(write, text, "Ada") as string;
  const bytes = await executor.transformField(write, fieldContext("BYTES"), Uint8Array.of(0xff)) as Uint8Array;
  const refused: [string, string][] = [
    ["hunter2!", "not base64"],
    ["", "it has 0 bytes"],
    [btoa("hunter2"), "it has 7 bytes"],
    [encrypted.slice(0, -4), "it was changed"],
    [btoa(String.fromCharCode(...bytes)), "not UTF-8"],
  ];
  for (const [value, words] of refused) {
    const call = async () => await executor.transformField(read, text, value);
    const error = await assertRejects(call, EncryptionError, words);
    assertEquals(error.code, errorCodes._BAD_MSG);
    assert(!error.message.includes("hunter2"), error.message);
  }
  assertEquals(executor.transformField(read, text, encrypted), "Ada");
});

test("EncryptExecutor encrypts a message's bytes, and refuses what is not encoded", async () => {
  const executor = payloadExecutor();
  const value = new TextEncoder().encode("hunter2");
  const encrypted = await executor.transform(write, value) as Uint8Array;
  assertEquals(encrypted.length, value.length + 28);
  assertEquals(await executor.transform(read, encrypted), value);
  assertInstanceOf(executor.transform(write, value), Uint8Array);
  assertEquals(executor.transform(write, null), null);
  assertThrows(() => executor.transform(write, { name: "hunter2" }), EncryptionError, "not encoded");
});

test("Encryption rules are refused with parameters that are missing or wrong", () => {
  const executor = fieldExecutor();
  const wrong: [Record<string, string>, string][] = [
    [{ "encrypt.kek.name": "" }, '"encrypt.kek.name"'],
    [{ "encrypt.dek.algorithm": "AES128_SIV" }, "AES128_GCM, AES256_GCM, AES256_SIV"],
    [{ "encrypt.dek.expiry.days": "-1" }, "a whole number"],
    [{ "encrypt.dek.expiry.days": "1.5" }, "a whole number"],
    [{ "encrypt.dek.expiry.days": "9999999" }, "a whole number"],
  ];
  for (const [params, words] of wrong) {
    const context = ruleContext(encryptionRule(params), "WRITE");
    const error = assertThrows(() => executor.transformField(context, text, "hunter2"), EncryptionError, words);
    assertEquals(error.code, errorCodes._INVALID_ARG);
  }
  const upgrade = ruleContext(rule, "UPGRADE");
  assertThrows(() => executor.transformField(upgrade, text, "hunter2"), EncryptionError, "UPGRADE");
});

test("Encryption rules see the parameters of the schema that is in use", async () => {
  const registry = new MemoryDekRegistry();
  const executor = fieldExecutor(registry);
  for (const algorithm of ["AES128_GCM", "AES256_SIV"]) {
    const context = ruleContext(rule, "WRITE");
    const parameter = (name: string) => name === "encrypt.dek.algorithm" ? algorithm : context.parameter(name);
    await executor.transformField({ ...context, target: { schema: algorithm }, parameter }, text, "Ada");
  }
  assertEquals(registry.deks.map(({ algorithm }) => algorithm), ["AES128_GCM", "AES256_SIV"]);
});

test("EncryptExecutor.configure() may be told the same again, and nothing else", () => {
  const executor = new EncryptExecutor({ dekRegistry: new MemoryDekRegistry(), kms: [localKms()] });
  const call = () => executor.transform(write, Uint8Array.of(1));
  assertEquals(assertThrows(call, EncryptionError, "before it is configured").code, errorCodes._STATE);
  executor.configure({ url: "u" }, { secret: "hunter2" });
  executor.configure({ url: "u" }, { secret: "hunter2" });
  for (const [client, rules] of [[{ url: "u" }, { secret: "hunter3" }], [{}, { secret: "hunter2" }]] as const) {
    const error = assertThrows(() => executor.configure(client, rules), EncryptionError, "otherwise");
    assert(!error.message.includes("hunter"), error.message);
  }
});

test("No executor shows a key or a secret when it is inspected", async () => {
  const registry = new MemoryDekRegistry();
  const executor = fieldExecutor(registry);
  await executor.transformField(write, text, "Ada");
  const shown = inspect(executor, { depth: 20, showHidden: true }) + JSON.stringify(executor);
  assert(!shown.includes("mysecret") && !shown.includes("Uint8Array"), shown);
});

test("An executor asks the DEK registry of the serializer's client where it is given no other", async () => {
  const url = "mock://encryption-rules";
  await using client = new DekRegistryClient({ url });
  const executor = new FieldEncryptExecutor({ kms: [localKms()] });
  executor.configure({ url }, config);
  const encrypted = await executor.transformField(write, text, "Ada");
  assertEquals((await client.getKek("kek")).kmsKeyId, "mykey");
  assertEquals((await client.getDek("kek", "topic-value")).version, 1);
  assertEquals(await executor.transformField(read, text, encrypted), "Ada");
  await executor.close();
});
