/** The options of a serde that are about rules, and what rules are told of a message. */
import { SerializationError } from "../kafka/serialization_error.ts";
import type { ReadingContext, WritingContext } from "./context.ts";
import type { Registry } from "./registry.ts";
import { RuleRegistry } from "./rules/registry.ts";
import type { RuleMessageContext } from "./rules/types.ts";

/** The options that are about rules. */
export interface RuleOptions {
  /**
   * What executes rules and follows them. Whoever made it closes it. Default: the actions `ERROR` and `NONE` and no
   * executor, so that messages of a subject with rules fail.
   */
  readonly ruleRegistry?: RuleRegistry | null;
  /** What the executors are told, such as the secrets of a key management service. Default: nothing. */
  readonly ruleConfig?: Readonly<Record<string, unknown>> | null;
}

/** The registry of rules of some options, which has been told of the configuration. */
export function ruleRegistryOf({ config }: Registry, { ruleRegistry, ruleConfig }: RuleOptions): RuleRegistry {
  const rules = ruleRegistry ?? new RuleRegistry();
  rules.configure({ ...config }, ruleConfig ?? {});
  return rules;
}

/**
 * What rules are told of a message.
 *
 * @throws {SerializationError} without a context. To leave the rules out instead would send in the clear what they
 * encrypt.
 */
export function messageOf(context: WritingContext | ReadingContext | undefined): RuleMessageContext {
  if (context === undefined) {
    throw new SerializationError("Cannot run the schema's rules: they need a context with a topic");
  }
  const { topic, field, headers } = context;
  // The list of a message that is written may be added to; that of one that was read has nothing to be added to it.
  return { topic, field, headers: (headers ?? []) as RuleMessageContext["headers"] };
}
