/** Which rules of a schema run when: decided once for a schema and a mode, and then the same for every message. */
import type { Rule, RuleMode, Schema } from "../../schema_registry/schema.ts";
import type { Work } from "../../kafka/work.ts";
import type { NamedSchema, VisitField } from "../format.ts";
import type { RuleRegistry } from "./registry.ts";
import { metadataTags } from "./tags.ts";
import type { FieldRuleExecutor, RuleContext, RuleExecutor } from "./types.ts";

/** What somebody does with a message. */
export type RunMode = Exclude<RuleMode, "UPDOWN" | "WRITEREAD">;

/** What {@link planRules} is told. */
export interface RulePlanOptions {
  readonly registry: RuleRegistry;
  readonly mode: RunMode;
  /**
   * Whether the rules are for the bytes instead of the value. Not for `UPGRADE` and `DOWNGRADE`. Default: false.
   */
  readonly isEncoding?: boolean;
  readonly subject: string;
  /** The schema a message comes from: of `DOWNGRADE`, the one whose rules run. */
  readonly source: Schema | null;
  /** The schema a message is for: except in `DOWNGRADE`, the one whose rules run. */
  readonly target: Schema;
  /** See {@link RuleContext}. */
  readonly references?: readonly NamedSchema[];
  /** See {@link RuleContext}. Field rules need it. */
  readonly walk?: (value: unknown, visit: VisitField) => Work<unknown>;
  /** See {@link RuleContext}. */
  readonly typed?: (value: unknown) => unknown;
}

/** A rule that runs, and what is known of it before there is a message. */
export interface PlannedRule {
  readonly rule: Rule;
  /** What executes it, or the type for which there is nothing. */
  readonly executor: RuleExecutor | FieldRuleExecutor | undefined;
  readonly onSuccess: string;
  readonly onFailure: string;
  /** What each message's context has in common. */
  readonly context: Omit<RuleContext, "message" | "original">;
}

/** The rules that run, in their order. */
export interface RulePlan {
  readonly registry: RuleRegistry;
  readonly rules: readonly PlannedRule[];
}

/**
 * Chooses the rules that run, in their order: backwards when a message is read or downgraded, so that what was done
 * last is undone first. Make it once for a schema and a mode; without rules its `rules` are empty.
 */
export function planRules(options: RulePlanOptions): RulePlan {
  const { registry, mode, subject, source, target } = options;
  const rules = rulesOf(options).filter((rule) => isOn(rule, registry) && runsIn(rule, mode));
  if (mode === "READ" || mode === "DOWNGRADE") rules.reverse();
  const first = rules.filter((rule) => !isRepetition(rule, rules, registry, mode));
  const shared = { mode, subject, source, target, rules: first, ...facesOf(options) };
  return {
    registry,
    rules: first.map((rule, index) => ({
      rule,
      executor: rule.type === undefined ? undefined : registry.executor(rule.type),
      onSuccess: actionOf(rule, mode, registry, "onSuccess") ?? "NONE",
      onFailure: actionOf(rule, mode, registry, "onFailure") ?? "ERROR",
      context: { ...shared, rule, index, parameter: parametersOf(rule, target) },
    })),
  };
}

/** Whether an executor is one for fields. */
export function isFieldExecutor(executor: RuleExecutor | FieldRuleExecutor): executor is FieldRuleExecutor {
  return "transformField" in executor;
}

function rulesOf({ mode, isEncoding, source, target }: RulePlanOptions): Rule[] {
  const ruleSet = (mode === "DOWNGRADE" ? source : target)?.ruleSet;
  if (!ruleSet || !/^(ALL|CLIENT)?$/i.test(ruleSet.enableAt ?? "")) return [];
  if (mode === "UPGRADE" || mode === "DOWNGRADE") return [...ruleSet.migrationRules ?? []];
  return [...(isEncoding ? ruleSet.encodingRules : ruleSet.domainRules) ?? []];
}

function isOn(rule: Rule, registry: RuleRegistry): boolean {
  const override = rule.type === undefined ? undefined : registry.override(rule.type);
  return !(override?.disabled ?? rule.disabled ?? false);
}

/** Whether a rule of a schema runs in a mode. */
export function runsIn(rule: Rule, mode: RunMode): boolean {
  if (rule.mode === "WRITEREAD") return mode === "WRITE" || mode === "READ";
  if (rule.mode === "UPDOWN") return mode === "UPGRADE" || mode === "DOWNGRADE";
  return rule.mode === mode;
}

/**
 * Whether a field rule would transform again what another one transforms. Of those with the same type, mode and tags
 * one runs: on the way out the first, on the way in the last, which is the same one, for there the order is reversed.
 */
function isRepetition(rule: Rule, rules: readonly Rule[], registry: RuleRegistry, mode: RunMode): boolean {
  const executor = rule.type === undefined ? undefined : registry.executor(rule.type);
  if (!executor || !isFieldExecutor(executor) || rule.kind === "CONDITION" || !rule.tags?.length) return false;
  const index = rules.indexOf(rule);
  const others = mode === "WRITE" || mode === "UPGRADE" ? rules.slice(0, index) : rules.slice(index + 1);
  return others.some((other) =>
    other.kind !== "CONDITION" && other.mode === rule.mode && other.type === rule.type && haveSameTags(other, rule)
  );
}

function haveSameTags(one: Rule, other: Rule): boolean {
  const tags = new Set(one.tags);
  return tags.size === new Set(other.tags).size && (other.tags ?? []).every((tag) => tags.has(tag));
}

/** The action of a rule, or of a pair of them the one for the mode; a type's override takes the place of both. */
function actionOf(
  rule: Rule,
  mode: RunMode,
  registry: RuleRegistry,
  when: "onSuccess" | "onFailure",
): string | undefined {
  const override = rule.type === undefined ? undefined : registry.override(rule.type);
  const names = override?.[when] ?? rule[when];
  if (!names) return undefined;
  if (!names.includes(",") || rule.mode !== "WRITEREAD" && rule.mode !== "UPDOWN") return names;
  const [out, back] = names.split(",").map((name) => name.trim());
  return (mode === "WRITE" || mode === "UPGRADE" ? out : back) || undefined;
}

function parametersOf(rule: Rule, target: Schema): RuleContext["parameter"] {
  const own = new Map(Object.entries(rule.params ?? {}));
  const shared = new Map(Object.entries(target.metadata?.properties ?? {}));
  return (name) => own.get(name) ?? shared.get(name);
}

/** What the format lends, with the tags of the schema's metadata put to each field. */
function facesOf({ references, walk, typed, target }: RulePlanOptions): Partial<RuleContext> {
  return {
    ...(references && { references }),
    ...(typed && { typed }),
    ...(walk && { walk: metadataTags(target, walk) }),
  };
}
