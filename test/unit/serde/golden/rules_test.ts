/**
 * The golden vectors of rules, end to end: CEL, JSONata and encryption in the serdes do what they do in
 * confluent-kafka-python.
 */
import { SerializationError } from "../../../../mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../../src/serde/avro/mod.ts";
import type { SchemaDeserializer } from "../../../../src/serde/deserializer.ts";
import { JsonDeserializer, JsonSerializer } from "../../../../src/serde/json/mod.ts";
import type { RuleOptions } from "../../../../src/serde/mod.ts";
import { CelExecutor, CelFieldExecutor } from "../../../../src/serde/rules/cel.ts";
import { localKms } from "../../../../src/serde/rules/encryption/kms/local.ts";
import { EncryptExecutor, FieldEncryptExecutor } from "../../../../src/serde/rules/encryption/mod.ts";
import type { Dek, Kek } from "../../../../src/serde/rules/encryption/types.ts";
import { JsonataExecutor } from "../../../../src/serde/rules/jsonata.ts";
import { RuleRegistry } from "../../../../src/serde/rules/registry.ts";
import type { SchemaSerializer } from "../../../../src/serde/serializer.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects } from "../../../support/assert.ts";
import { fromHex, golden, toHex, untagged } from "../../../support/golden.ts";
import { MemoryDekRegistry } from "../../../support/serde/dek_registry.ts";
import { causesOf, contextOf, type GoldenBytes, type GoldenCase } from "../../../support/serde/golden_case.ts";
import { GoldenRegistry } from "../../../support/serde/golden_registry.ts";
import { avroTags } from "../avro/codec.ts";

interface Failure {
  readonly class: string;
  readonly message: string;
  readonly cause?: Failure;
}

interface RulesCase extends GoldenCase {
  readonly ruleConf?: Readonly<Record<string, unknown>>;
  readonly serializerConf?: Readonly<Record<string, unknown>>;
  readonly deserializerConf?: Readonly<Record<string, unknown>>;
  readonly alsoReadWith?: Readonly<Record<string, unknown>>;
  readonly dekRegistry?: { readonly keks: readonly Kek[]; readonly deks: readonly Dek[] };
  readonly clockMs?: number;
  readonly vectors: readonly (GoldenBytes & {
    readonly input: unknown;
    readonly decoded?: unknown;
    readonly serializeError?: Failure;
    readonly deserializeError?: Failure;
    readonly alsoRead?: { readonly decoded: unknown };
  })[];
}

const { cases } = golden<RulesCase>("rules.json");
const latest = { "use.latest.version": true, "auto.register.schemas": false };

for (const one of cases) {
  test(`Rules agree with the golden case ${one.name}`, async () => {
    const registry = new GoldenRegistry(one.registered);
    const serializer = serializerOf(registry, one);
    const deserializer = deserializerOf(registry, one, one.deserializerConf ?? {});
    for (const vector of one.vectors) {
      const input = untagged(vector.input, avroTags);
      if (vector.serializeError) {
        const write = () => serializer.serialize(input, contextOf(one));
        assertFailure(await assertRejects(write, SerializationError), vector.serializeError);
        continue;
      }
      const bytes = await serializer.serialize(input, contextOf(one));
      // What AES-GCM writes is different each time: only what comes back of it is the same.
      if (!isRandom(one)) assertEquals(toHex(bytes), vector.bytesHex);
      for (const data of [bytes, fromHex(vector.bytesHex!)]) {
        const read = () => deserializer.deserialize(data, contextOf(one));
        if (vector.deserializeError) {
          assertFailure(await assertRejects(read, SerializationError), vector.deserializeError);
          continue;
        }
        assertEquals(await read(), untagged(vector.decoded, avroTags));
        if (!vector.alsoRead) continue;
        const other = deserializerOf(registry, one, one.alsoReadWith!);
        assertEquals(await other.deserialize(data, contextOf(one)), untagged(vector.alsoRead.decoded, avroTags));
      }
    }
  });
}

test("The golden vectors of rules are all there", () => {
  assertEquals(cases.reduce((sum, { vectors }) => sum + vectors.length, 0), 69);
});

function serializerOf(registry: GoldenRegistry, one: RulesCase): SchemaSerializer {
  const options = { ...latest, ...one.serializerConf, ...ruleOptions(one) };
  return one.format === "AVRO"
    ? new AvroSerializer(registry, null, options)
    : new JsonSerializer(registry, null, options);
}

function deserializerOf(
  registry: GoldenRegistry,
  one: RulesCase,
  conf: Readonly<Record<string, unknown>>,
): SchemaDeserializer {
  const options = { ...conf, ...ruleOptions(one) };
  return one.format === "AVRO"
    ? new AvroDeserializer(registry, null, options)
    : new JsonDeserializer(registry, null, options);
}

/**
 * Each serde has executors of its own, as two programs would: what one writes, the other has to find out for itself.
 */
function ruleOptions({ dekRegistry, clockMs, ruleConf }: RulesCase): RuleOptions {
  const deks = new MemoryDekRegistry();
  deks.keks.push(...dekRegistry?.keks ?? []);
  deks.deks.push(...(dekRegistry?.deks ?? []).map(({ keyMaterial: _, ...dek }) => dek));
  // With a clock of today the DEK that expires would have a successor.
  const encryption = { dekRegistry: deks, kms: [localKms()], now: () => clockMs ?? Date.now() };
  const executors = [
    new CelExecutor(),
    new CelFieldExecutor(),
    new JsonataExecutor(),
    new EncryptExecutor(encryption),
    new FieldEncryptExecutor(encryption),
  ];
  return { ruleRegistry: new RuleRegistry({ executors }), ruleConfig: ruleConf ?? {} };
}

function isRandom({ registered, dekRegistry }: RulesCase): boolean {
  const { domainRules = [], encodingRules = [] } = registered[0]!.ruleSet ?? {};
  const params = [...domainRules, ...encodingRules][0]?.params;
  return dekRegistry !== undefined && params?.["encrypt.dek.algorithm"] !== "AES256_SIV";
}

/**
 * The texts of conditions are in the schema, so they have to be the same; those of CEL's own errors are the library's.
 */
function assertFailure(error: Error, { cause }: Failure): void {
  if (cause?.class !== "RuleConditionError") return;
  const causes = causesOf(error);
  assert(causes.some(({ name, message }) => name === cause.class && message === cause.message), error.message);
}
