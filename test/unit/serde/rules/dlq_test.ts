/** Dead letters: what is sent, what is redacted, and what becomes of the message. */
import { SerializationError } from "../../../../mod.ts";
import { performNow } from "../../../../src/kafka/work.ts";
import { type DeadLetter, DlqAction } from "../../../../src/serde/rules/dlq.ts";
import { executeRules } from "../../../../src/serde/rules/engine.ts";
import { RuleError } from "../../../../src/serde/rules/error.ts";
import { planRules } from "../../../../src/serde/rules/plan.ts";
import { RuleRegistry } from "../../../../src/serde/rules/registry.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../../support/assert.ts";
import { avroWalk, executor, rule, runRules } from "../../../support/serde/rules.ts";

const schema = JSON.stringify({
  type: "record",
  name: "User",
  namespace: "n",
  fields: [
    { name: "name", type: "string", "confluent:tags": ["PII"] },
    { name: "card", type: "string", "confluent:tags": ["PCI"] },
    { name: "id", type: "long" },
  ],
});
const user = { name: "Ada", card: "4111", id: 2n ** 60n, raw: Uint8Array.of(1, 2) };

function port(fail = false): { send(letter: DeadLetter): Promise<void>; readonly letters: DeadLetter[] } {
  const letters: DeadLetter[] = [];
  const send = async (letter: DeadLetter) => {
    await Promise.resolve();
    if (fail) throw new Error("secret");
    letters.push(letter);
  };
  return { letters, send };
}

const failing = (action: DlqAction) => new RuleRegistry({ executors: [executor(() => false)], actions: [action] });
const condition = rule({ kind: "CONDITION", expr: "x", onFailure: "DLQ", params: { "dlq.topic": "dead" } });

test("DlqAction sends the message with its facts and its tagged fields redacted, and ends it", async () => {
  const producer = port();
  const run = {
    registry: failing(new DlqAction(producer)),
    walk: avroWalk(schema),
    headers: [["own", "1"] as [string, string]],
  };
  const error = await assertRejects(() => runRules([condition], user, run), SerializationError);
  assertInstanceOf(error.cause, RuleError);
  assertEquals(producer.letters, [{
    topic: "dead",
    value: '{"name":"<redacted>","card":"<redacted>","id":"1152921504606846976","raw":"AQI="}',
    headers: [
      ["own", "1"],
      ["__rule.name", "r"],
      ["__rule.mode", "WRITE"],
      ["__rule.subject", "s-value"],
      ["__rule.topic", "s"],
      ["__rule.exception", "Rule expr failed: x"],
    ],
  }]);
  await assertRejects(() => runRules([{ ...condition, tags: ["PCI"] }], user, run), SerializationError);
  assert(`${producer.letters[1]!.value}`.startsWith('{"name":"Ada","card":"<redacted>"'));
});

test("DlqAction sends the message as it was before any rule", async () => {
  const producer = port();
  const registry = new RuleRegistry({
    executors: [executor(({ rule }) => rule.name === "first" ? { id: "changed" } : false)],
    actions: [new DlqAction(producer, { topic: "fallback" })],
  });
  const rules = [rule({ name: "first" }), rule({ kind: "CONDITION", onFailure: "DLQ" })];
  await assertRejects(() => runRules(rules, { id: 1 }, { registry, walk: avroWalk(schema) }), SerializationError);
  assertEquals([producer.letters[0]!.topic, producer.letters[0]!.value], ["fallback", '{"id":1}']);
});

test("DlqAction sends what a rule let through, and lets it go on", async () => {
  const producer = port();
  const registry = new RuleRegistry({ executors: [executor(() => true)], actions: [new DlqAction(producer)] });
  const good = { ...condition, onSuccess: "DLQ" };
  assertEquals(await runRules([good], user, { registry, walk: avroWalk(schema) }), user);
  assertEquals(producer.letters[0]!.headers.map(([name]) => name), [
    "__rule.name",
    "__rule.mode",
    "__rule.subject",
    "__rule.topic",
  ]);
});

test("DlqAction leaves out bytes that are not protected yet, and sends those that were read", async () => {
  const producer = port();
  const registry = failing(new DlqAction(producer));
  const bytes = Uint8Array.of(1, 2, 3);
  const both = { ...condition, mode: "WRITEREAD" as const };
  await assertRejects(() => runRules([both], bytes, { registry, isEncoding: true }), SerializationError);
  await assertRejects(() => runRules([both], bytes, { registry, isEncoding: true, mode: "READ" }), SerializationError);
  assertEquals(producer.letters.map(({ value }) => value), [null, bytes]);
});

test("DlqAction fails the message where there is no topic, or the record cannot be sent", async () => {
  await assertRejects(
    () => runRules([{ ...condition, params: {} }], user, { registry: failing(new DlqAction(port())) }),
    RuleError,
    '"dlq.topic"',
  );
  const error = await assertRejects(
    () => runRules([condition], user, { registry: failing(new DlqAction(port(true))) }),
    RuleError,
  );
  assertEquals(error.message, 'Cannot send the message to the dead letter topic "dead": it threw a Error');
});

test("DlqAction works with a producer that blocks", () => {
  const letters: DeadLetter[] = [];
  const registry = failing(new DlqAction({ send: (letter) => letters.push(letter) }));
  const target = { schema: "", ruleSet: { domainRules: [condition] } };
  const plan = planRules({ registry, mode: "WRITE", subject: "s", source: null, target });
  assertThrows(
    () => performNow(executeRules(plan, { topic: "t", field: "value", headers: [] }, 1)),
    SerializationError,
  );
  assertEquals(letters.length, 1);
});
