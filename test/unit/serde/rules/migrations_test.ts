/** Migrations: which steps lead from one version to another. */
import { SerializationError } from "../../../../mod.ts";
import { perform } from "../../../../src/kafka/work.ts";
import type { RegisteredSchema, Rule } from "../../../../src/schema_registry/schema.ts";
import { migrate, planMigrations, planSteps, versionsBetween } from "../../../../src/serde/rules/migrations.ts";
import { RuleRegistry } from "../../../../src/serde/rules/registry.ts";
import { test } from "../../../harness.ts";
import { assertEquals, assertThrows } from "../../../support/assert.ts";
import { executor, rule } from "../../../support/serde/rules.ts";

function version(number: number, ...modes: Rule["mode"][]): RegisteredSchema {
  const migrationRules = modes.map((mode) => rule({ name: `${number}${mode?.[0]}`, ...(mode && { mode }) }));
  const schema = { schema: `${number}`, ruleSet: { migrationRules } };
  return { subject: "s", version: number, schemaId: number, guid: null, schema };
}

const versions = [
  version(1),
  version(2, "UPGRADE", "DOWNGRADE"),
  version(3),
  version(4, "UPDOWN"),
  version(5, "READ", "UPGRADE"),
];
const steps = (from: number, to: number) =>
  planMigrations(versions[from - 1]!, versions[to - 1]!, [...versions].reverse())
    .map(({ mode, source, target }) => `${mode} ${source.schema}-${target.schema}`);

test("planMigrations() goes up by the rules of the newer of two neighbours, and leaves out those without", () => {
  assertEquals(steps(1, 5), ["UPGRADE 1-2", "UPGRADE 3-4", "UPGRADE 4-5"]);
  assertEquals(steps(2, 4), ["UPGRADE 3-4"]);
});

test("planMigrations() goes down by the rules of the newer too", () => {
  assertEquals(steps(5, 1), ["DOWNGRADE 4-3", "DOWNGRADE 2-1"]);
  assertEquals(steps(3, 3), []);
});

test("migrate() takes plain data through the steps in order", async () => {
  const registry = new RuleRegistry({
    executors: [executor(({ rule }, value) => Promise.resolve(`${value} ${rule.name}`))],
  });
  const run = (from: number, to: number) => {
    const plans = planSteps(planMigrations(versions[from - 1]!, versions[to - 1]!, versions), registry, "s");
    return perform(migrate(plans, { topic: "t", field: "value", headers: [] }, ""));
  };
  assertEquals([await run(1, 5), await run(5, 1), await run(3, 3)], [" 2U 4U 5U", " 4U 2D", ""]);
});

test("versionsBetween() gives the versions to ask for, and refuses too many", () => {
  assertEquals([versionsBetween(1, 5), versionsBetween(5, 1), versionsBetween(3, 4), versionsBetween(3, 3)], [
    [2, 3, 4],
    [2, 3, 4],
    [],
    [],
  ]);
  assertThrows(() => versionsBetween(1, 2 ** 31), SerializationError, "more than 1000 apart");
});
