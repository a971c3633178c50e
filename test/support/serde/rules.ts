/** Rules for tests: running some on a value, with an Avro walk that knows the shapes of the golden vectors. */
import { perform, type Work } from "../../../src/kafka/work.ts";
import type { Rule, Schema } from "../../../src/schema_registry/schema.ts";
import type { VisitField } from "../../../src/serde/format.ts";
import { executeRules } from "../../../src/serde/rules/engine.ts";
import { planRules, type RunMode } from "../../../src/serde/rules/plan.ts";
import { RuleRegistry } from "../../../src/serde/rules/registry.ts";
import type { FieldRuleExecutor, FieldType, RuleExecutor, RuleMessageContext } from "../../../src/serde/rules/types.ts";

/** What {@link runRules} runs with; what is left out is the simplest there is. */
export interface Run {
  readonly registry?: RuleRegistry;
  readonly mode?: RunMode;
  readonly schema?: Partial<Schema>;
  readonly headers?: RuleMessageContext["headers"];
  readonly enableAt?: string;
  readonly isEncoding?: boolean;
  readonly walk?: (value: unknown, visit: VisitField) => Work<unknown>;
}

/** Runs rules on a value. */
export function runRules(rules: readonly Rule[], value: unknown, run: Run = {}): Promise<unknown> {
  const { registry = new RuleRegistry(), mode = "WRITE", headers = [], isEncoding = false, schema, walk, enableAt } =
    run;
  const kind = mode === "UPGRADE" || mode === "DOWNGRADE"
    ? "migrationRules"
    : isEncoding
    ? "encodingRules"
    : "domainRules";
  const target: Schema = {
    schema: '"string"',
    ...schema,
    ruleSet: { [kind]: rules, ...(enableAt !== undefined && { enableAt }) },
  };
  const plan = planRules({
    registry,
    mode,
    isEncoding,
    subject: "s-value",
    source: target,
    target,
    ...(walk && { walk }),
  });
  return perform(executeRules(plan, { topic: "s", field: "value", headers }, value));
}

/** A rule, in short. */
export function rule(facts: Partial<Rule>): Rule {
  return { name: "r", kind: "TRANSFORM", mode: "WRITE", type: "TEST", ...facts };
}

/** An executor for rules of the type `TEST`. */
export function executor(transform: RuleExecutor["transform"], facts: Partial<RuleExecutor> = {}): RuleExecutor {
  return { type: "TEST", transform, ...facts };
}

/** An executor for field rules of the type `TEST`. */
export function fieldExecutor(transformField: FieldRuleExecutor["transformField"]): FieldRuleExecutor {
  return { type: "TEST", transformField };
}

type Json = Readonly<Record<string, unknown>>;

/** A walk over records, arrays, maps and unions with null, which is all that the golden rules have. */
export function avroWalk(schema: string): (value: unknown, visit: VisitField) => Work<unknown> {
  const root = JSON.parse(schema);
  return (value, visit) => walk(root, value, null, visit);
}

type Property = Omit<Parameters<VisitField>[0], "type">;

function* walk(schema: unknown, value: unknown, property: Property | null, visit: VisitField): Work<unknown> {
  if (Array.isArray(schema)) {
    const branch = value === null ? "null" : schema.find((one) => one !== "null");
    return yield* walk(branch, value, property, visit);
  }
  const { type, ...facts } = typeof schema === "string" ? { type: schema } as Json : schema as Json;
  if (type === "record") return yield* walkRecord(facts, value as Json, visit);
  if (type === "array") {
    const copy: unknown[] = [];
    for (const element of value as unknown[]) copy.push(yield* walk(facts["items"], element, property, visit));
    return copy;
  }
  if (type === "map") {
    const copy: Record<string, unknown> = {};
    for (const key in value as Json) copy[key] = yield* walk(facts["values"], (value as Json)[key], property, visit);
    return copy;
  }
  return property ? yield* visit({ ...property, type: String(type).toUpperCase() as FieldType }, value) : value;
}

function* walkRecord(schema: Json, value: Json, visit: VisitField): Work<unknown> {
  const copy: Record<string, unknown> = { ...value };
  for (const field of schema["fields"] as Json[]) {
    const name = String(field["name"]);
    const fullName = `${schema["namespace"]}.${schema["name"]}.${name}`;
    const tags = new Set(field["confluent:tags"] as string[] ?? []);
    const property = { containingMessage: value, fullName, name, tags };
    if (name in copy) copy[name] = yield* walk(field["type"], copy[name], property, visit);
  }
  return copy;
}
