/** Which golden cases of rules can be run by serdes that block: those without JSONata, which only works with promises. */
import type { RuleSet } from "../../../../src/schema_registry/schema.ts";

/** Whether a case can be run. */
export function canRun({ registered }: { readonly registered: readonly { readonly ruleSet?: RuleSet }[] }): boolean {
  return !registered.some(({ ruleSet }) => ruleSet?.migrationRules?.some(({ type }) => type === "JSONATA"));
}

/** The vectors of those cases. */
export const rulesVectors = 67;
