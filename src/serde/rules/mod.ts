/**
 * Rules of schemas: the registry of what executes them, and dead letters. The executors are entries of their own, so that a
 * program has only those that it uses.
 *
 * @module
 */
export { type DeadLetter, type DeadLetterPort, DlqAction, type DlqOptions } from "./dlq.ts";
export { RuleConditionError, RuleError } from "./error.ts";
export { type RuleOverride, RuleRegistry, type RuleRegistryOptions } from "./registry.ts";
export type {
  FieldContext,
  FieldRuleExecutor,
  FieldType,
  RuleAction,
  RuleContext,
  RuleExecutor,
  RuleMessageContext,
} from "./types.ts";
export type { ValidationPlace, ValidationRule, ValidationRuleExecutor } from "./validation.ts";
export { ValidationRuleError, ValidationViolation } from "./validation_error.ts";
