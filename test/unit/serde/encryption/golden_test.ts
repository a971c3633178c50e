/** The golden vectors of encryption rules: confluent-kafka-python's messages are read, and those without chance written alike. */
import { readFileSync } from "node:fs";
import type { Rule } from "../../../../src/schema_registry/schema.ts";
import type { FieldContext } from "../../../../src/serde/rules/types.ts";
import { fromBase64 } from "../../../../src/serde/rules/encryption/base64.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { EncryptExecutor, FieldEncryptExecutor } from "../../../../src/serde/rules/encryption/executor.ts";
import { localKms } from "../../../../src/serde/rules/encryption/kms/local.ts";
import type { Dek, Kek } from "../../../../src/serde/rules/encryption/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { MemoryDekRegistry } from "../../../support/serde/dek_registry.ts";
import { fieldContext, ruleContext } from "../../../support/serde/encryption_rules.ts";

interface Golden {
  readonly name: string;
  readonly format: string;
  readonly clockMs?: number;
  readonly ruleConf: Readonly<Record<string, unknown>>;
  readonly registered: readonly { readonly subject: string; readonly ruleSet: Readonly<Record<string, Rule[]>> }[];
  readonly vectors: readonly {
    readonly input: Fields;
    readonly bytesHex?: string;
    readonly serializeError?: unknown;
  }[];
  readonly dekRegistry?: { readonly keks: readonly Kek[]; readonly deks: readonly Dek[] };
}

interface Fields {
  readonly name: string;
  readonly email?: string;
  readonly raw?: Uint8Array | { readonly $bytes: string };
  readonly tags?: readonly string[];
  readonly nest?: { readonly in: string };
  readonly list?: readonly string[];
}

const file = new URL("../../../golden/rules.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Golden[] };
const goldens = cases.filter(({ name }) => name.startsWith("encrypt-"));
const readable = goldens.filter(({ dekRegistry }) => dekRegistry !== undefined);
const PREFIX_BYTES = 5;

const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

function ruleOf(golden: Golden): Rule {
  const { domainRules = [], encodingRules = [] } = golden.registered[0]!.ruleSet;
  return [...domainRules, ...encodingRules][0]!;
}

/** A registry with a vector's keys, of which those in clear are left out: they have to be unwrapped. */
function registryOf(golden: Golden): MemoryDekRegistry {
  const registry = new MemoryDekRegistry();
  registry.keks.push(...golden.dekRegistry?.keks ?? []);
  registry.deks.push(...(golden.dekRegistry?.deks ?? []).map((dek) => ({ ...dek, keyMaterial: "" })));
  return registry;
}

/** Reads the records of Avro's golden rules, which have two schemas only. */
function avroFields(
  data: Uint8Array,
): Required<Pick<Fields, "name" | "email" | "tags">> & { readonly raw: Uint8Array } {
  let at = 0;
  const long = (): number => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = BigInt(data[at++]!);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return Number(value >> 1n ^ -(value & 1n));
    }
  };
  const bytes = (): Uint8Array => {
    const length = long();
    return data.subarray(at, at += length);
  };
  const text = (): string => new TextDecoder().decode(bytes());
  const name = text();
  long(); // age
  at += 8; // score
  long(); // big
  const email = long() === 1 ? text() : "";
  const raw = bytes();
  const tags = [];
  for (let count = long(); count > 0; count--) tags.push(text());
  return { name, email, raw, tags };
}

const jsonFields = (data: Uint8Array): Fields => JSON.parse(new TextDecoder().decode(data)) as Fields;

/** The values that a rule is for, in an order. */
function taggedValues(rule: Rule, fields: Fields): (string | Uint8Array)[] {
  const { raw = new Uint8Array(0) } = fields;
  if (rule.tags?.includes("BIN")) return [raw instanceof Uint8Array ? raw : unhex(raw.$bytes)];
  if (rule.tags?.includes("LIST")) return [...fields.tags ?? []];
  return [fields.name, fields.email ?? fields.nest?.in ?? "", ...fields.list ?? []];
}

const contextOf = (value: unknown): FieldContext => fieldContext(typeof value === "string" ? "STRING" : "BYTES");

test("FieldEncryptExecutor reads confluent-kafka-python's messages, and writes AES-SIV as it does", async () => {
  let count = 0;
  for (const golden of readable.filter((one) => ruleOf(one).type === "ENCRYPT")) {
    const rule = ruleOf(golden);
    // With a clock of today the DEK that expires would have a successor.
    const now = () => golden.clockMs ?? Date.now();
    const executor = new FieldEncryptExecutor({ dekRegistry: registryOf(golden), kms: [localKms()], now });
    executor.configure({}, golden.ruleConf);
    for (const { input, bytesHex = "" } of golden.vectors) {
      const data = unhex(bytesHex).subarray(PREFIX_BYTES);
      const written = taggedValues(rule, golden.format === "AVRO" ? avroFields(data) : jsonFields(data));
      const expected = taggedValues(rule, input);
      assertEquals(written.length, expected.length, golden.name);
      for (const [i, value] of written.entries()) {
        const field = contextOf(value);
        const read = ruleContext(rule, "READ", "gr-value");
        const write = ruleContext(rule, "WRITE", "gr-value");
        assertEquals(await executor.transformField(read, field, value), expected[i], golden.name);
        const again = await executor.transformField(write, field, expected[i]) as typeof value;
        if (rule.params?.["encrypt.dek.algorithm"] === "AES256_SIV") assertEquals(again, value, golden.name);
        assertEquals(executor.transformField(read, field, again), expected[i], golden.name);
      }
      count++;
    }
  }
  assertEquals(count, 7);
});

test("EncryptExecutor reads confluent-kafka-python's messages, and writes AES-SIV as it does", async () => {
  let count = 0;
  for (const golden of readable.filter((one) => ruleOf(one).type === "ENCRYPT_PAYLOAD")) {
    const rule = ruleOf(golden);
    const executor = new EncryptExecutor({ dekRegistry: registryOf(golden), kms: [localKms()] });
    executor.configure({}, golden.ruleConf);
    for (const { input, bytesHex = "" } of golden.vectors) {
      const data = unhex(bytesHex).subarray(PREFIX_BYTES);
      const text = await executor.transform(ruleContext(rule, "READ", "gr-value"), data) as Uint8Array;
      const { name, email, raw, tags } = avroFields(text);
      assertEquals({ name, email, raw, tags }, {
        name: input.name,
        email: input.email!,
        raw: unhex((input.raw as { $bytes: string }).$bytes),
        tags: input.tags!,
      });
      const again = await executor.transform(ruleContext(rule, "WRITE", "gr-value"), text) as Uint8Array;
      if (rule.params?.["encrypt.dek.algorithm"] === "AES256_SIV") assertEquals(again, data);
      assertEquals(again.length, data.length);
      count++;
    }
  }
  assertEquals(count, 2);
});

test("localKms() unwraps the DEKs that confluent-kafka-python wrapped", async () => {
  let count = 0;
  for (const { name, ruleConf, dekRegistry } of readable) {
    for (const { encryptedKeyMaterial, keyMaterial } of dekRegistry!.deks) {
      const kms = localKms().newKms(ruleConf, "local-kms://mykey");
      const wrapped = fromBase64(encryptedKeyMaterial!, "the wrapped key");
      assertEquals(await kms.decrypt(wrapped), fromBase64(keyMaterial!, "the key"), name);
      count++;
    }
  }
  assertEquals(count, 9);
});

test("FieldEncryptExecutor refuses what confluent-kafka-python refuses", async () => {
  const refused = goldens.filter(({ vectors }) => vectors.some(({ serializeError }) => serializeError !== undefined));
  assertEquals(refused.map(({ name }) => name), ["encrypt-without-kek-name", "encrypt-without-secret"]);
  for (const golden of refused) {
    const executor = new FieldEncryptExecutor({ dekRegistry: registryOf(golden), kms: [localKms()] });
    executor.configure({}, golden.ruleConf);
    const context = ruleContext(ruleOf(golden), "WRITE", "gr-value");
    const { name } = golden.vectors[0]!.input;
    const error = await assertRejects(
      async () => await executor.transformField(context, fieldContext("STRING"), name),
      EncryptionError,
    );
    assert(!error.message.includes(name), error.message);
  }
});
