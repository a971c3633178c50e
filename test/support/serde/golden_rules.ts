/** Which golden cases of rules can be run: all of them. The blocking serdes have a file of their own in its place. */
import type { RuleSet } from "../../../src/schema_registry/schema.ts";

/** Whether a case can be run. */
export function canRun(_case: { readonly registered: readonly { readonly ruleSet?: RuleSet }[] }): boolean {
  return true;
}

/** The vectors of those cases. */
export const rulesVectors = 69;
