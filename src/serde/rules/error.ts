/** The errors of rules. Their texts have names and expressions of a schema's rules, and nothing of a message. */
import { SerializationError, type SerializationFacts } from "../../kafka/serialization_error.ts";
import type { Rule } from "../../schema_registry/schema.ts";

/**
 * A rule could not be executed, or an action could not follow it.
 *
 * Source: `RuleError` in confluent-kafka-python.
 */
export class RuleError extends SerializationError {
  /** The class, for logs. */
  override readonly name: string = "RuleError";

  /** Makes an error of a reason and its facts, such as a `cause`. The reason is shown: keep contents out of it. */
  constructor(message: string, facts: SerializationFacts = {}) {
    super(message, undefined, facts);
  }
}

/**
 * A condition does not hold. The text is the rule's `doc`, or else its expression.
 *
 * Source: `RuleConditionError` in confluent-kafka-python.
 */
export class RuleConditionError extends RuleError {
  /** The class, for logs. */
  override readonly name = "RuleConditionError";
  /** The condition. */
  readonly rule: Rule;

  /** Makes an error of the rule whose condition does not hold. */
  constructor(rule: Rule) {
    super(rule.doc || `Rule expr failed: ${rule.expr ?? ""}`);
    this.rule = rule;
  }
}

/** What may be said of an error where others see it: the text of one that is not ours may quote a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof SerializationError) return error.message;
  return error instanceof Error ? `it threw a ${error.name}` : "it threw what is no error";
}
