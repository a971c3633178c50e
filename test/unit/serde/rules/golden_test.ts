/** Rules against what confluent-kafka-python did, as far as they need no keys and no registry. */
import { SerializationError } from "../../../../mod.ts";
import { perform } from "../../../../src/kafka/work.ts";
import type { Schema } from "../../../../src/schema_registry/schema.ts";
import { CelExecutor, CelFieldExecutor } from "../../../../src/serde/rules/cel.ts";
import { executeRules } from "../../../../src/serde/rules/engine.ts";
import { RuleConditionError, RuleError } from "../../../../src/serde/rules/error.ts";
import { JsonataExecutor } from "../../../../src/serde/rules/jsonata.ts";
import { migrate, planMigrations, planSteps, versionsBetween } from "../../../../src/serde/rules/migrations.ts";
import { planRules, type RunMode } from "../../../../src/serde/rules/plan.ts";
import { RuleRegistry } from "../../../../src/serde/rules/registry.ts";
import { wildcard } from "../../../../src/serde/rules/wildcard.ts";
import { jsonFormat } from "../../../../src/serde/json/format.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "../../../support/assert.ts";
import { goldenCases, untagged } from "../../../support/serde/golden_values.ts";
import { avroWalk } from "../../../support/serde/rules.ts";

interface Failure {
  readonly class: string;
  readonly message: string;
  readonly cause?: Failure;
}

interface Vector {
  readonly input: unknown;
  readonly decoded?: unknown;
  readonly serializeError?: Failure;
  readonly deserializeError?: Failure;
  readonly alsoRead?: { readonly decoded: unknown };
}

interface Case {
  readonly name: string;
  readonly registered: readonly (Schema & { readonly version: number; readonly id: number })[];
  readonly vectors: readonly Vector[];
}

interface Wildcards {
  readonly wildcards: readonly { readonly text: string; readonly pattern: string; readonly match: boolean }[];
}

const registry = new RuleRegistry({ executors: [new CelExecutor(), new CelFieldExecutor(), new JsonataExecutor()] });
const message = { topic: "gr", field: "value", headers: [] } as const;
const cases = goldenCases<Case>("rules.json").filter(({ name }) => !name.startsWith("encrypt"));

for (const { name, registered, vectors } of cases.filter(({ registered }) => registered.length === 1)) {
  test(`executeRules() agrees with the golden case ${name}`, async () => {
    const schema = registered[0]!;
    const walk = await walkOf(schema);
    const run = (mode: RunMode, value: unknown) =>
      perform(
        executeRules(planRules({ registry, mode, subject: "gr-value", source: null, target: schema, walk }), {
          ...message,
          headers: [],
        }, value),
      );
    for (const vector of vectors) {
      const input = untagged(vector.input);
      if (vector.serializeError) {
        compare(await assertRejects(() => run("WRITE", input), SerializationError), vector.serializeError);
        continue;
      }
      const written = await run("WRITE", input);
      if (vector.deserializeError) {
        compare(await assertRejects(() => run("READ", written), SerializationError), vector.deserializeError);
      } else {
        assertEquals(await run("READ", written), untagged(vector.decoded));
      }
    }
  });
}

for (const { name, registered, vectors } of cases.filter(({ registered }) => registered.length === 2)) {
  test(`migrate() agrees with the golden case ${name}`, async () => {
    const versions = registered.map((schema) => ({
      subject: "gr-value",
      version: schema.version,
      schemaId: schema.id,
      guid: null,
      schema,
    }));
    const [one, two] = [versions[0]!, versions[1]!];
    const [writer, reader] = name.endsWith("upgrade") ? [one, two] : [two, one];
    assertEquals(versionsBetween(writer.version, reader.version), []);
    const steps = planSteps(planMigrations(writer, reader, []), registry, "gr-value");
    for (const { input, alsoRead } of vectors) {
      assertEquals(
        await perform(migrate(steps, { ...message, headers: [] }, untagged(input))),
        untagged(alsoRead!.decoded),
      );
    }
    assertEquals(planMigrations(writer, writer, []), []);
  });
}

test("executeRules() has golden cases to agree with", () => assert(cases.length >= 35));

for (const { text, pattern, match } of goldenWildcards()) {
  test(`wildcard() agrees with the golden vector ${pattern} on ${text || "nothing"}`, () => {
    assertEquals(wildcard(pattern)(text), match);
  });
}

function goldenWildcards(): Wildcards["wildcards"] {
  return (goldenCases("wire.json") as unknown as Wildcards).wildcards;
}

async function walkOf(schema: Schema): Promise<ReturnType<typeof avroWalk>> {
  if (schema.schemaType !== "JSON") return avroWalk(schema.schema);
  const format = jsonFormat();
  await format.load?.();
  const parsed = format.parse(schema, []);
  return (value, visit) => format.walk(parsed, value, visit);
}

/** The same kind of error; CEL's own are rule errors here, with a text of ours. */
function compare(error: Error, wanted: Failure): void {
  if (wanted.class === "RuleError") {
    assertInstanceOf(error, RuleError);
    assertEquals(error.message, wanted.message);
  } else if (wanted.cause?.class === "RuleConditionError" || wanted.cause?.class === "RuleError") {
    assertInstanceOf(error.cause, wanted.cause.class === "RuleError" ? RuleError : RuleConditionError);
    assertEquals((error.cause as Error).message, wanted.cause.message);
  } else {
    assertInstanceOf(error.cause, RuleError);
    assert(!(error.cause instanceof RuleConditionError));
  }
}
