/** The configuration of serdes: what is refused, in words that help; and the subjects that it leads to. */
import { SerializationError } from "../../../mod.ts";
import { SchemaRegistryError } from "../../../src/schema_registry/error.ts";
import {
  checkDeserializerOptions,
  checkSerializerOptions,
  type SerdeConfig,
  type SubjectNameStrategyConfig,
} from "../../../src/serde/config.ts";
import { SubjectNames } from "../../../src/serde/subject_names.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../support/assert.ts";
import { GoldenRegistry } from "../../support/serde/golden_registry.ts";

const check = (options: object): void => checkSerializerOptions("a serializer", options, {});

test("Options of a wrong name or type are refused, each with what is wanted", () => {
  const refused: [object, string][] = [
    [{ "no.such.key": 1 }, 'Cannot set "no.such.key": there is no such option'],
    [{ "auto.register.schema": true }, 'did you mean "auto.register.schemas"?'],
    [{ todict: () => null }, 'did you mean "toDict"?'],
    [{ "auto.register.schemas": "true" }, 'Cannot set "auto.register.schemas" to "true": true or false is wanted'],
    [{ "normalize.schemas": 1 }, 'Cannot set "normalize.schemas" to 1: true or false is wanted'],
    [{ "use.schema.id": "7" }, 'Cannot set "use.schema.id" to "7": a whole number from 0 to 4294967295 is wanted'],
    [{ "use.schema.id": -1 }, "a whole number"],
    [{ "use.latest.with.metadata": "x" }, "an object whose values are strings is wanted"],
    [{ "use.latest.with.metadata": { v: 1 } }, "an object whose values are strings is wanted"],
    [{ "subject.name.strategy": "topic" }, "a function is wanted"],
    [{ "subject.name.strategy.type": "NONE" }, '"TOPIC", "RECORD", "TOPIC_RECORD", "ASSOCIATED" is wanted'],
    [{ "subject.name.strategy.conf": { "subject.name.strategy.fallback.type": "ASSOCIATED" } }, '"NONE" is wanted'],
    [{ "subject.name.strategy.conf": { "fallback.type": "NONE" } }, "there is no such option"],
    [{ "validation.rules.execution": "SOMETIMES" }, 'one of "DISABLED", "BEFORE_DOMAIN_RULES"'],
    [{ ruleConfig: "hunter2" }, "an object is wanted"],
    [{ "use.latest.version": true }, 'Cannot set "use.latest.version" with "auto.register.schemas"'],
  ];
  for (const [options, text] of refused) {
    const error = assertThrows(() => check(options), TypeError, text);
    assertEquals(error.message.includes("Cannot make a serializer"), true);
  }
  assertThrows(
    () => checkDeserializerOptions("a deserializer", { toDict: null } as never, {}),
    TypeError,
    "no such option",
  );
});

test("Options that are null or fit are accepted", () => {
  check({});
  check({ "auto.register.schemas": null, "use.schema.id": null, ruleConfig: null, toDict: null });
  check({ "use.latest.version": true, "auto.register.schemas": false });
  check({ "use.latest.version": false });
  check({ "use.schema.id": 0, "subject.name.strategy.conf": { "subject.name.strategy.fallback.type": "NONE" } });
});

const orders = { topic: "orders", field: "value" } as const;

const names = (registry: GoldenRegistry, config: SerdeConfig = {}): SubjectNames => new SubjectNames(registry, config);

const withConf = (conf: SubjectNameStrategyConfig): SerdeConfig => ({ "subject.name.strategy.conf": conf });

test("SubjectNames takes the subject that is associated with the topic, and asks once", async () => {
  const registry = new GoldenRegistry([], { associations: { "value:orders": ["all-orders"] } });
  const associated = names(registry);
  for (let i = 0; i < 3; i++) assertEquals(await associated.subject(orders, null), "all-orders");
  assertEquals(registry.calls, ["getAssociations orders"]);
  assertEquals(await associated.subject({ ...orders, field: "key" }, null), "orders-key");
});

test("SubjectNames falls back where no subject is associated, and where the registry knows no associations", async () => {
  for (const registry of [new GoldenRegistry(), new GoldenRegistry([], { associations: {} })]) {
    assertEquals(await names(registry).subject(orders, "a.B"), "orders-value");
    const byRecord = withConf({ "subject.name.strategy.fallback.type": "RECORD" });
    assertEquals(await names(registry, byRecord).subject(orders, "a.B"), "a.B");
    const none = names(registry, withConf({ "subject.name.strategy.fallback.type": "NONE" }));
    await assertRejects(() => none.subject(orders, "a.B"), SerializationError, "none is associated");
  }
});

test("SubjectNames refuses several subjects, and an answer that is no answer", async () => {
  const several = new GoldenRegistry([], { associations: { "value:orders": ["a", "b"] } });
  await assertRejects(() => names(several).subject(orders, null), SerializationError, 'have several, "a", "b"');
  const broken = new GoldenRegistry();
  broken.onCall = () => {
    throw new SchemaRegistryError("It is down", { httpStatusCode: 503 });
  };
  const error = await assertRejects(() => names(broken).subject(orders, null), SchemaRegistryError);
  assertInstanceOf(error, SchemaRegistryError);
});

test("SubjectNames asks a function before the type, and no registry", async () => {
  const registry = new GoldenRegistry();
  const config: SerdeConfig = {
    "subject.name.strategy": (context, recordName) => `${context?.topic}/${recordName}`,
    "subject.name.strategy.type": "RECORD",
  };
  assertEquals(await names(registry, config).subject(orders, "a.B"), "orders/a.B");
  assertEquals(registry.calls, []);
});
