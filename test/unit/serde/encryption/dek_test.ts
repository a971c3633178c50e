/** KEKs and DEKs: made by who writes and never by who reads, races with other clients, rotation, and keys that stand in. */
import { errorCodes } from "../../../../src/kafka/error_codes.ts";
import { SchemaRegistryError } from "../../../../src/schema_registry/error.ts";
import type { EncryptionOptions } from "../../../../src/serde/rules/encryption/encryptor.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { FieldEncryptExecutor } from "../../../../src/serde/rules/encryption/executor.ts";
import { localKms } from "../../../../src/serde/rules/encryption/kms/local.ts";
import type { Kms, KmsDriver } from "../../../../src/serde/rules/encryption/kms/types.ts";
import { newKeyMaterial } from "../../../../src/serde/rules/encryption/tink.ts";
import { test } from "../../../harness.ts";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../../support/assert.ts";
import { MemoryDekRegistry, statusError } from "../../../support/serde/dek_registry.ts";
import { encryptionRule, fieldContext, ruleContext } from "../../../support/serde/encryption_rules.ts";

const text = fieldContext("STRING");
const rule = encryptionRule();
const [write, read] = [ruleContext(rule, "WRITE"), ruleContext(rule, "READ")];
const day = 86_400_000;

function openExecutor(dekRegistry: MemoryDekRegistry, options: Partial<EncryptionOptions> = {}): FieldEncryptExecutor {
  const executor = new FieldEncryptExecutor({ dekRegistry, kms: [localKms()], ...options });
  executor.configure({}, { secret: "mysecret" });
  return executor;
}

/** Calls that another client makes when ours is just about to make the same. */
function raceAt(registry: MemoryDekRegistry, call: string, other: () => Promise<unknown>): void {
  registry.onCall = async (one) => {
    if (one !== call) return;
    registry.onCall = () => {};
    await other();
  };
}

/** Wraps with the keys that it is told are in reach, by putting the key's name in front. */
class FakeKms implements KmsDriver {
  readonly prefix = "fake-kms://";
  readonly inReach = new Set<string>();
  readonly asked: string[] = [];

  newKms(_config: unknown, url: string): Kms {
    const name = url.slice(this.prefix.length);
    const mark = new TextEncoder().encode(`${name}:`);
    const ask = () => {
      this.asked.push(name);
      if (!this.inReach.has(name)) throw new TypeError("hunter2");
    };
    return {
      async encrypt(plaintext) {
        await ask();
        return Uint8Array.of(...mark, ...plaintext);
      },
      async decrypt(ciphertext) {
        await ask();
        if (mark.some((byte, i) => ciphertext[i] !== byte)) throw new TypeError("hunter2");
        return ciphertext.slice(mark.length);
      },
    };
  }
}

test("A reader makes neither a KEK nor a DEK", async () => {
  const registry = new MemoryDekRegistry();
  const executor = openExecutor(registry);
  const call = async () => await executor.transformField(read, text, btoa("x".repeat(40)));
  const error = await assertRejects(call, EncryptionError, 'Cannot find the KEK "kek"');
  assertEquals(error.code, errorCodes._NOENT);
  registry.keks.push({ name: "kek", kmsType: "local-kms", kmsKeyId: "mykey" });
  await assertRejects(call, EncryptionError, 'a DEK of the KEK "kek" for the subject "topic-value"');
  assertEquals([registry.keks.length, registry.deks.length], [1, 0]);
});

test("A reader can use keys that were deleted, a writer cannot", async () => {
  const registry = new MemoryDekRegistry();
  const encrypted = await openExecutor(registry).transformField(write, text, "Ada");
  registry.deks[0] = { ...registry.deks[0]!, deleted: true };
  registry.keks[0] = { ...registry.keks[0]!, deleted: true };
  const executor = openExecutor(registry);
  assertEquals(await executor.transformField(read, text, encrypted), "Ada");
  await assertRejects(async () => await executor.transformField(write, text, "Ada"), EncryptionError, "the KEK");
});

test("A writer that comes second to make the KEK or the DEK uses the first one's", async () => {
  for (const call of ["registerKek", "registerDek"]) {
    const registry = new MemoryDekRegistry();
    const [ours, theirs] = [openExecutor(registry), openExecutor(registry)];
    let other: unknown;
    raceAt(registry, call, async () => other = await theirs.transformField(write, text, "theirs"));
    const encrypted = await ours.transformField(write, text, "ours");
    assertEquals([registry.keks.length, registry.deks.length], [1, 1]);
    assertEquals(await theirs.transformField(read, text, encrypted), "ours");
    assertEquals(await ours.transformField(read, text, other), "theirs");
  }
});

test("Many who need a DEK at once ask for it once", async () => {
  const registry = new MemoryDekRegistry();
  const executor = openExecutor(registry);
  const all = Array.from({ length: 100 }, (_, i) => executor.transformField(write, text, `${i}`));
  assertEquals(new Set(await Promise.all(all)).size, 100);
  assertEquals(registry.calls, ["getKek", "registerKek", "getDek", "registerDek"]);
});

test("A failed request for a DEK is not remembered", async () => {
  const registry = new MemoryDekRegistry();
  registry.onCall = () => Promise.reject(statusError(500));
  const executor = openExecutor(registry);
  await assertRejects(async () => await executor.transformField(write, text, "Ada"), SchemaRegistryError);
  registry.onCall = () => {};
  await executor.transformField(write, text, "Ada");
});

test("A KEK that is not as the rule says is refused, one that is not there needs a KMS", async () => {
  const registry = new MemoryDekRegistry();
  await openExecutor(registry).transformField(write, text, "Ada");
  for (const params of [{ "encrypt.kms.type": "aws-kms" }, { "encrypt.kms.key.id": "other" }]) {
    const context = ruleContext(encryptionRule(params), "WRITE");
    const call = async () => await openExecutor(registry).transformField(context, text, "Ada");
    assertEquals((await assertRejects(call, EncryptionError, "another KMS or key")).code, errorCodes._INVALID_ARG);
  }
  const bare = ruleContext(encryptionRule({ "encrypt.kms.type": "", "encrypt.kms.key.id": "" }), "WRITE");
  await openExecutor(registry).transformField(bare, text, "Ada");
  const call = async () => await openExecutor(new MemoryDekRegistry()).transformField(bare, text, "Ada");
  await assertRejects(call, EncryptionError, '"encrypt.kms.type" and "encrypt.kms.key.id"');
});

test("A shared KEK's DEKs are made and unwrapped by the registry", async () => {
  const registry = new MemoryDekRegistry();
  registry.keks.push({ name: "kek", kmsType: "local-kms", kmsKeyId: "mykey", shared: true });
  const keyMaterial = btoa(String.fromCharCode(...newKeyMaterial("AES256_GCM")));
  const registerDek = registry.registerDek.bind(registry);
  registry.registerDek = async (kekName, subject, dek) => {
    assertEquals(dek.encryptedKeyMaterial, undefined);
    const made = { ...await registerDek(kekName, subject, dek), keyMaterial };
    registry.deks[0] = made;
    return made;
  };
  const kms = [] as KmsDriver[];
  const encrypted = await openExecutor(registry, { kms }).transformField(write, text, "Ada");
  assertEquals(await openExecutor(registry, { kms }).transformField(read, text, encrypted), "Ada");
});

const expiring = encryptionRule({ "encrypt.dek.expiry.days": "1" });
const [writeExpiring, readExpiring] = [ruleContext(expiring, "WRITE"), ruleContext(expiring, "READ")];
const versionOf = (encrypted: unknown): number =>
  new DataView(Uint8Array.from(atob(encrypted as string), (c) => c.charCodeAt(0)).buffer).getUint32(1);

test("A DEK that has expired gets a successor, and what was written with it stays readable", async () => {
  let nowMs = 1_000 * day;
  const now = () => nowMs;
  const registry = new MemoryDekRegistry();
  registry.now = now;
  const executor = openExecutor(registry, { now });
  const first = await executor.transformField(writeExpiring, text, "one");
  nowMs += day - 1;
  assertEquals(versionOf(executor.transformField(writeExpiring, text, "still one")), 1);
  nowMs += 1;
  const second = executor.transformField(writeExpiring, text, "two");
  assertInstanceOf(second, Promise);
  assertEquals([versionOf(first), versionOf(await second)], [1, 2]);
  assertEquals(versionOf(executor.transformField(writeExpiring, text, "two")), 2);
  nowMs += 10 * day;
  for (const [encrypted, value] of [[first, "one"], [await second, "two"]]) {
    assertEquals(await executor.transformField(readExpiring, text, encrypted), value);
    assertEquals(executor.transformField(readExpiring, text, encrypted), value);
  }
});

test("A DEK that another client has replaced meanwhile is taken from it", async () => {
  let nowMs = 1_000 * day;
  const now = () => nowMs;
  const registry = new MemoryDekRegistry();
  registry.now = now;
  const [ours, theirs] = [openExecutor(registry, { now }), openExecutor(registry, { now })];
  await ours.transformField(writeExpiring, text, "one");
  nowMs += day;
  raceAt(registry, "registerDek", async () => await theirs.transformField(writeExpiring, text, "two"));
  const encrypted = await ours.transformField(writeExpiring, text, "two");
  assertEquals([versionOf(encrypted), registry.deks.length], [2, 2]);
  assertEquals(await theirs.transformField(readExpiring, text, encrypted), "two");
});

test("A DEK whose successor cannot be made is used on, and a successor is tried again a minute later", async () => {
  let nowMs = 1_000 * day;
  const now = () => nowMs;
  const registry = new MemoryDekRegistry();
  registry.now = now;
  const errors: unknown[] = [];
  const executor = openExecutor(registry, { now, onRotationError: (error) => errors.push(error) });
  await executor.transformField(writeExpiring, text, "one");
  nowMs += 2 * day;
  registry.onCall = (call) => {
    if (call === "registerDek") throw statusError(500);
  };
  assertEquals(versionOf(await executor.transformField(writeExpiring, text, "one")), 1);
  assertInstanceOf(errors[0], SchemaRegistryError);
  const calls = registry.calls.length;
  assertEquals(versionOf(executor.transformField(writeExpiring, text, "one")), 1);
  assertEquals([registry.calls.length, errors.length], [calls, 1]);
  registry.onCall = () => {};
  nowMs += 60_000;
  assertEquals(versionOf(await executor.transformField(writeExpiring, text, "two")), 2);
});

test("A text without the version of a DEK is refused where DEKs expire", () => {
  const executor = openExecutor(new MemoryDekRegistry());
  for (const bytes of [[], [0, 0, 0, 0], [1, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 255, 255, 255, 255]]) {
    const call = () => executor.transformField(readExpiring, text, btoa(String.fromCharCode(...bytes)));
    assertThrows(call, EncryptionError, "the version of a DEK");
  }
});

test("Other keys of the KMS stand in for one that is out of reach, in their order", async () => {
  const registry = new MemoryDekRegistry();
  const driver = new FakeKms();
  driver.inReach.add("third");
  const params = {
    "encrypt.kms.type": "fake-kms",
    "encrypt.kms.key.id": "first",
    "encrypt.alternate.kms.key.ids": "second, third,fourth",
  };
  const [write, read] = [ruleContext(encryptionRule(params), "WRITE"), ruleContext(encryptionRule(params), "READ")];
  const options = { kms: [driver] };
  const encrypted = await openExecutor(registry, options).transformField(write, text, "Ada");
  assertEquals(driver.asked, ["first", "second", "third", "first", "second", "third"]);
  assertEquals(await openExecutor(registry, options).transformField(read, text, encrypted), "Ada");
  driver.inReach.clear();
  const error = await assertRejects(
    async () => await openExecutor(registry, options).transformField(read, text, encrypted),
    EncryptionError,
    'Cannot unwrap a DEK with the KEK "kek"',
  );
  assertEquals([error.code, error.message.includes("hunter2"), error.cause], [errorCodes._FAIL, false, undefined]);
});

test("A KEK's own properties come before the configuration", async () => {
  const registry = new MemoryDekRegistry();
  registry.keks.push({ name: "kek", kmsType: "local-kms", kmsKeyId: "mykey", kmsProps: { secret: "the KEK's own" } });
  const encrypted = await openExecutor(registry).transformField(write, text, "Ada");
  const executor = new FieldEncryptExecutor({ dekRegistry: registry, kms: [localKms()] });
  executor.configure({}, { secret: "another" });
  assertEquals(await executor.transformField(read, text, encrypted), "Ada");
});

test("No more DEKs are kept than there is room for", async () => {
  const registry = new MemoryDekRegistry();
  const executor = openExecutor(registry, { cacheCapacity: 2 });
  const writeTo = (subject: string) => executor.transformField(ruleContext(rule, "WRITE", subject), text, "Ada");
  for (const subject of ["a", "b", "a", "c"]) await writeTo(subject);
  assertEquals(["a", "c", "b"].map((subject) => writeTo(subject) instanceof Promise), [false, false, true]);
});
