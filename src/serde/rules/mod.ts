/**
 * Rules of schemas: the registry of what executes them, and what follows them. CEL, JSONata and encryption are entries of their
 * own, so that a program has only what it uses.
 *
 * @module
 */
export type * from "./vocabulary.ts";
export { ErrorAction, NoneAction } from "./actions.ts";
export { type DeadLetter, type DeadLetterPort, DlqAction, type DlqOptions } from "./dlq.ts";
export { RuleConditionError, RuleError } from "./error.ts";
export { type RuleOverride, RuleRegistry, type RuleRegistryOptions } from "./registry.ts";
