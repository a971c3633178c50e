/** Which rules run, in which order, and what follows each. */
import { SerializationError } from "../../../../mod.ts";
import { NotPreparedError } from "../../../../src/kafka/serialization_error.ts";
import { executeRules } from "../../../../src/serde/rules/engine.ts";
import { RuleConditionError, RuleError } from "../../../../src/serde/rules/error.ts";
import { planRules } from "../../../../src/serde/rules/plan.ts";
import { RuleRegistry } from "../../../../src/serde/rules/registry.ts";
import type { RuleAction, RuleContext } from "../../../../src/serde/rules/types.ts";
import { test } from "../../../harness.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../../../support/assert.ts";
import { executor, fieldExecutor, rule, runRules } from "../../../support/serde/rules.ts";

/** Appends each rule's name. */
const names = (facts: { readonly waits?: boolean } = {}) =>
  new RuleRegistry({ executors: [executor(({ rule }, value) => `${value}${rule.name}`, facts)] });

function recording(type: string): RuleAction & { readonly runs: unknown[] } {
  const runs: unknown[] = [];
  return { type, runs, run: ({ rule }, value, error) => void runs.push([rule.name, value, error?.message ?? null]) };
}

test("executeRules() runs rules in their order when writing and upgrading, and backwards when reading and downgrading", async () => {
  const out = [rule({ name: "a", mode: "WRITEREAD" }), rule({ name: "b", mode: "WRITEREAD" })];
  const between = out.map((one) => ({ ...one, mode: "UPDOWN" as const }));
  const run = (rules: typeof out, mode: "WRITE" | "READ" | "UPGRADE" | "DOWNGRADE") =>
    runRules(rules, "", { registry: names(), mode });
  assertEquals([await run(out, "WRITE"), await run(out, "READ")], ["ab", "ba"]);
  assertEquals([await run(between, "UPGRADE"), await run(between, "DOWNGRADE")], ["ab", "ba"]);
});

test("executeRules() runs the rules of its mode, and those for both of a pair", async () => {
  const rules = (["WRITE", "READ", "WRITEREAD", "UPGRADE", "DOWNGRADE", "UPDOWN"] as const).map((mode) =>
    rule({ name: `${mode} `, mode })
  );
  const run = (mode: "WRITE" | "READ" | "UPGRADE" | "DOWNGRADE") => runRules(rules, "", { registry: names(), mode });
  assertEquals(await run("WRITE"), "WRITE WRITEREAD ");
  assertEquals(await run("READ"), "WRITEREAD READ ");
  assertEquals(await run("UPGRADE"), "UPGRADE UPDOWN ");
  assertEquals(await run("DOWNGRADE"), "UPDOWN DOWNGRADE ");
});

test("executeRules() runs a schema's domain rules on values, and its encoding rules on bytes", async () => {
  const seen = await runRules([rule({ name: "e" })], "bytes+", { registry: names(), isEncoding: true });
  assertEquals(seen, "bytes+e");
});

test("executeRules() leaves out what is disabled, and everything that is not enabled here", async () => {
  const rules = [rule({ name: "a", disabled: true }), rule({ name: "b" })];
  assertEquals(await runRules(rules, "", { registry: names() }), "b");
  for (const enableAt of ["ALL", "CLIENT"]) {
    assertEquals(await runRules(rules, "", { registry: names(), enableAt }), "b");
  }
  for (const enableAt of ["SERVER", "NONE"]) {
    assertEquals(await runRules(rules, "", { registry: names(), enableAt }), "");
  }
});

test("executeRules() ends the message where a condition does not hold, with the rule's doc or expression", async () => {
  const registry = new RuleRegistry({ executors: [executor((_, value) => value)] });
  const condition = rule({ kind: "CONDITION", expr: "x > 1" });
  assertEquals(await runRules([condition], "value", { registry }), "value");
  for (const value of [false, 0, ""]) {
    const error = await assertRejects(() => runRules([condition], value, { registry }), SerializationError);
    assertInstanceOf(error.cause, RuleConditionError);
    assertEquals(error.message, 'Rule "r" of subject "s-value" failed: Rule expr failed: x > 1');
  }
  const error = await assertRejects(
    () => runRules([{ ...condition, doc: "too small" }], 0, { registry }),
    SerializationError,
  );
  assertEquals((error.cause as Error).message, "too small");
});

test("executeRules() does not tell what an executor that is not ours threw about", async () => {
  const registry = new RuleRegistry({
    executors: [executor(() => {
      throw new TypeError("secret");
    })],
  });
  const error = await assertRejects(() => runRules([rule({})], "", { registry }), SerializationError);
  assertEquals(error.message, 'Rule "r" of subject "s-value" failed: it threw a TypeError');
  const odd = new RuleRegistry({
    executors: [executor(() => Promise.reject("secret"))],
  });
  assert(
    !(await assertRejects(() => runRules([rule({})], "", { registry: odd }), SerializationError)).message.includes(
      "secret",
    ),
  );
});

test("executeRules() takes a transform without a result for a failure", async () => {
  const registry = new RuleRegistry({ executors: [executor(() => undefined)] });
  await assertRejects(() => runRules([rule({})], "x", { registry }), SerializationError, "gave no value");
  assertEquals(await runRules([rule({ onFailure: "NONE" })], "x", { registry }), "x");
});

test("executeRules() runs the actions that a rule names, one of two by the direction", async () => {
  const [one, two] = [recording("ONE"), recording("TWO")];
  const registry = new RuleRegistry({ executors: [executor((_, value) => value === "good")], actions: [one, two] });
  const both = rule({ kind: "CONDITION", mode: "WRITEREAD", onSuccess: "ONE, TWO", onFailure: "TWO,ONE" });
  await runRules([both], "good", { registry });
  await runRules([both], "good", { registry, mode: "READ" });
  await runRules([both], "bad", { registry });
  await runRules([both], "bad", { registry, mode: "READ" });
  const failed = "Rule expr failed: ";
  assertEquals(one.runs, [["r", "good", null], ["r", "bad", failed]]);
  assertEquals(two.runs, [["r", "good", null], ["r", "bad", failed]]);
});

test("executeRules() goes on with the next rule after an action that does not throw", async () => {
  const registry = new RuleRegistry({
    executors: [executor(({ rule }, value) => rule.name === "a" ? Promise.reject(new Error()) : `${value}b`)],
  });
  assertEquals(await runRules([rule({ name: "a", onFailure: "NONE" }), rule({ name: "b" })], "", { registry }), "b");
});

test("executeRules() fails where there is no such executor or action, or the action fails", async () => {
  await assertRejects(
    () => runRules([rule({ type: "NOSUCH" })], ""),
    SerializationError,
    "Could not find rule executor of type NOSUCH",
  );
  const registry = names();
  await assertRejects(
    () => runRules([rule({ onSuccess: "NOSUCH" })], "", { registry }),
    RuleError,
    "Could not find rule action of type NOSUCH",
  );
  registry.registerAction({ type: "BAD", run: () => Promise.reject(new Error("secret")) });
  const error = await assertRejects(() => runRules([rule({ onSuccess: "BAD" })], "", { registry }), RuleError);
  assertEquals(error.message, 'Cannot run the action BAD of rule "r"');
});

test("RuleRegistry.registerOverride() replaces parts of the rules of a type", async () => {
  const [one, two] = [recording("ONE"), recording("TWO")];
  const registry = new RuleRegistry({
    executors: [executor(() => false)],
    actions: [one, two],
    overrides: [{ type: "test", onFailure: "TWO" }],
  });
  const condition = rule({ kind: "CONDITION", onFailure: "ONE" });
  await runRules([condition], "x", { registry });
  assertEquals([one.runs.length, two.runs.length], [0, 1]);
  registry.registerOverride({ type: "TEST", disabled: true });
  await runRules([condition], "x", { registry });
  registry.registerOverride({ type: "TEST", disabled: false, onFailure: "ONE" });
  await runRules([{ ...condition, disabled: true }], "x", { registry });
  assertEquals([one.runs.length, two.runs.length], [1, 1]);
});

test("RuleRegistry keeps to itself, and lets go of all it has", async () => {
  const closed: string[] = [];
  const registry = new RuleRegistry();
  assertEquals([registry.executor("TEST"), registry.action("ERROR")?.type, registry.action("NONE")?.type], [
    undefined,
    "ERROR",
    "NONE",
  ]);
  const configured: unknown[] = [];
  registry.registerExecutor(executor(() => 1, {
    configure: (client, rules) => void configured.push([client, rules]),
    close: () => Promise.reject(new Error("first")),
  }));
  registry.registerAction({ type: "A", run: () => {}, close: () => void closed.push("action") });
  registry.configure({ url: "u" }, { secret: "s" });
  assertEquals(configured, [[{ url: "u" }, { secret: "s" }]]);
  await assertRejects(() => registry.close(), Error, "first");
  assertEquals(closed, ["action"]);
  assertEquals(new RuleRegistry().executor("TEST"), undefined);
});

test("executeRules() tells an executor of the message, the rule and its parameters", async () => {
  let seen: RuleContext | null = null;
  const registry = new RuleRegistry({
    executors: [executor((context) => {
      seen = context;
      return "changed";
    })],
  });
  const schema = { metadata: { properties: { own: "schema", shared: "yes" } } };
  const headers: [string, string][] = [["h", "1"]];
  await runRules([rule({ name: "a" }), rule({ name: "b", params: { own: "rule" } })], "original", {
    registry,
    schema,
    headers,
  });
  const { mode, index, rules, subject, message, original, parameter } = seen!;
  assertEquals({ mode, index, subject, original, names: rules.map(({ name }) => name) }, {
    mode: "WRITE",
    index: 1,
    subject: "s-value",
    original: "original",
    names: ["a", "b"],
  });
  assertStrictEquals(message.headers, headers);
  assertEquals(["own", "shared", "none", "toString", "__proto__"].map((name) => parameter(name)), [
    "rule",
    "yes",
    undefined,
    undefined,
    undefined,
  ]);
});

/** A walk over the entries of an object, whose names are their tags. */
function* entries(
  value: unknown,
  visit: Parameters<NonNullable<RuleContext["walk"]>>[1],
): Generator<unknown, unknown, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value as object)) {
    const field = {
      containingMessage: value,
      fullName: `$.${name}`,
      name,
      type: "STRING",
      tags: new Set([name]),
    } as const;
    copy[name] = yield* visit(field, one);
  }
  return copy;
}

test("executeRules() shows field rules the fields with one of their tags, or all, null too", async () => {
  const registry = new RuleRegistry({ executors: [fieldExecutor((_, { name }, value) => `${value}:${name}`)] });
  const run = (tags: string[] | undefined, schema = {}) =>
    runRules([rule({ ...(tags && { tags }) })], { a: null, b: "1" }, { registry, walk: entries, schema });
  assertEquals(await run(undefined), { a: "null:a", b: "1:b" });
  assertEquals(await run(["b", "x"]), { a: null, b: "1:b" });
  assertEquals(await run(["META"], { metadata: { tags: { "*.a": ["META"] } } }), { a: "null:a", b: "1" });
  await assertRejects(() => runRules([rule({})], "x", { registry }), SerializationError, "is for fields");
});

test("executeRules() ends the message where a field's condition does not hold", async () => {
  const registry = new RuleRegistry({ executors: [fieldExecutor((_, __, value) => Promise.resolve(value === "1"))] });
  const run = (value: unknown) => runRules([rule({ kind: "CONDITION" })], value, { registry, walk: entries });
  assertEquals(await run({ a: "1" }), { a: "1" });
  assertInstanceOf((await assertRejects(() => run({ a: "1", b: "2" }), SerializationError)).cause, RuleConditionError);
});

test("executeRules() transforms fields once by rules of one type, mode and tags: by the same rule both ways", async () => {
  const registry = new RuleRegistry({ executors: [fieldExecutor(({ rule }, _, value) => `${value}${rule.name}`)] });
  const rules = [
    rule({ name: "1", mode: "WRITEREAD", tags: ["a", "x"] }),
    rule({ name: "2", mode: "WRITEREAD", tags: ["x", "a"] }),
    rule({ name: "3", mode: "WRITEREAD", tags: ["a"] }),
    rule({ name: "4", mode: "WRITEREAD", tags: ["a", "x"], disabled: true }),
  ];
  const run = (mode: "WRITE" | "READ") => runRules(rules, { a: "" }, { registry, mode, walk: entries });
  assertEquals([await run("WRITE"), await run("READ")], [{ a: "13" }, { a: "31" }]);
});

test("executeRules() leaves out a rule whose dead letter the record is", async () => {
  const rules = [rule({ name: "a" }), rule({ name: "b" })];
  for (const value of ["a", new TextEncoder().encode("a")]) {
    assertEquals(await runRules(rules, "", { registry: names(), headers: [["__rule.name", value]] }), "b");
  }
});

test("executeRules() yields before it begins what waits, so that who cannot wait has done nothing yet", () => {
  const action = recording("SLOW");
  const plan = (registry: RuleRegistry, onSuccess?: string) => {
    const target = { schema: "", ruleSet: { domainRules: [rule({ ...(onSuccess && { onSuccess }) })] } };
    return planRules({ registry, mode: "WRITE", subject: "s", source: null, target });
  };
  const begin = (one: ReturnType<typeof plan>) =>
    executeRules(one, { topic: "t", field: "value", headers: [] }, "").next();
  assertEquals(begin(plan(names())), { done: true, value: "r" });
  assertEquals(begin(plan(names({ waits: true }))), { done: false, value: undefined });
  const registry = names();
  registry.registerAction(action);
  assertEquals(begin(plan(registry, "SLOW")), { done: false, value: undefined });
  assertEquals(action.runs, []);
  const work = executeRules(plan(names({ waits: true })), { topic: "t", field: "value", headers: [] }, "");
  work.next();
  assertThrows(() => work.throw(new NotPreparedError()), NotPreparedError);
});
