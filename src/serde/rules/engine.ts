/** Runs the rules of a schema on a message, one after the other, and the action that follows each. */
import { NotPreparedError, SerializationError } from "../../kafka/serialization_error.ts";
import { settled, type Work } from "../../kafka/work.ts";
import { dlqHeaders } from "./dlq_headers.ts";
import { reasonOf, RuleConditionError, RuleError } from "./error.ts";
import { isFieldExecutor, type PlannedRule, type RulePlan } from "./plan.ts";
import type { RuleRegistry } from "./registry.ts";
import type { FieldRuleExecutor, RuleContext, RuleMessageContext } from "./types.ts";

/**
 * Runs rules on a value, and gives what became of it.
 *
 * A transform's result goes on; a condition that does not hold, a transform without a result and any error are a
 * failure of the rule. Its action follows, and unless that throws, the next rule.
 *
 * It yields the promises of executors and actions. Before it begins something that waits by its nature it yields
 * nothing (`undefined`), so that who cannot wait stops there, before anything has happened: to such a one **any** yield
 * means "not prepared".
 *
 * A record that a dead-letter action wrote names the rule that failed in a header: that rule is left out.
 *
 * @throws {SerializationError} if a rule ended the message, {@link RuleError} if there is no such action.
 */
export function* executeRules(plan: RulePlan, message: RuleMessageContext, value: unknown): Work<unknown> {
  const original = value;
  for (const planned of plan.rules) {
    if (isDeadLetterOf(planned, message)) continue;
    const context: RuleContext = { ...planned.context, message, original };
    let failure: Error | null = null;
    try {
      value = yield* apply(planned, context, value);
    } catch (error) {
      // It says nothing of the rule, only that this is not the form of the serializer to run it in.
      if (error instanceof NotPreparedError) throw error;
      failure = error instanceof Error ? error : new RuleError(`Cannot execute the rule: ${reasonOf(error)}`);
    }
    const action = failure === null ? planned.onSuccess : planned.onFailure;
    yield* act(plan.registry, action, context, value, failure);
  }
  return value;
}

/** Executes one rule, and gives the value that goes on. */
function* apply({ rule, executor }: PlannedRule, context: RuleContext, value: unknown): Work<unknown> {
  if (!executor) throw new RuleError(`Could not find rule executor of type ${rule.type ?? "(none)"}`);
  if (executor.waits) yield undefined;
  const isCondition = rule.kind === "CONDITION";
  if (isFieldExecutor(executor)) return yield* applyToFields(executor, context, value, isCondition);
  const result = yield* resultOf(executor.transform(context, value));
  if (isCondition) {
    if (!result) throw new RuleConditionError(rule);
    return value;
  }
  if (result === null || result === undefined) throw new RuleError(`The rule "${rule.name}" gave no value`);
  return result;
}

function* applyToFields(
  executor: FieldRuleExecutor,
  context: RuleContext,
  value: unknown,
  isCondition: boolean,
): Work<unknown> {
  const { rule, walk } = context;
  if (!walk) throw new RuleError(`The rule "${rule.name}" is for fields, and there are none here`);
  const tags = rule.tags ?? [];
  return yield* walk(value, function* (field, leaf) {
    if (tags.length > 0 && !tags.some((tag) => field.tags.has(tag))) return leaf;
    const result = yield* resultOf(executor.transformField(context, field, leaf));
    if (!isCondition) return result;
    if (!result) throw new RuleConditionError(rule);
    return leaf;
  });
}

function* resultOf(result: unknown): Work<unknown> {
  return isThenable(result) ? yield* settled(result) : result;
}

function* act(
  registry: RuleRegistry,
  type: string,
  context: RuleContext,
  value: unknown,
  failure: Error | null,
): Work<void> {
  const action = registry.action(type);
  if (!action) throw new RuleError(`Could not find rule action of type ${type}`, { cause: failure });
  if (action.waits !== false) yield undefined;
  try {
    const result = action.run(context, value, failure);
    if (isWork(result)) yield* result;
    else yield* resultOf(result);
  } catch (error) {
    if (error instanceof SerializationError) throw error;
    throw new RuleError(`Cannot run the action ${type} of rule "${context.rule.name}"`, { cause: error });
  }
}

function isDeadLetterOf({ rule }: PlannedRule, { headers }: RuleMessageContext): boolean {
  if (headers.length === 0) return false;
  return headers.some(([name, value]) => name === dlqHeaders.name && textOf(value) === rule.name);
}

function textOf(value: RuleMessageContext["headers"][number][1]): string | null {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : typeof value === "string" ? value : null;
}

function isWork(value: unknown): value is Work<void> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
