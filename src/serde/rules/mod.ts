/**
 * Rules of schemas: what executes them and what follows them. CEL, JSONata and encryption are entries of their own.
 *
 * @module
 */
export { ErrorAction, NoneAction } from "./actions.ts";
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
