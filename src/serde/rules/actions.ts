/** The two actions that are always there: a failure ends the message, or nothing happens. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { reasonOf } from "./error.ts";
import type { RuleAction, RuleContext } from "./types.ts";

/**
 * `ERROR`: ends the message with a `SerializationError`, whose cause is the failure. What follows a failure by default.
 *
 * Source: `ErrorAction` in confluent-kafka-python.
 *
 * @example Let a failure of another action's rules end the message too
 * ```ts
 * import { ErrorAction, type RuleAction } from "@kafka-ffi/kafka/rules";
 *
 * class TellAction extends ErrorAction {
 *   override run(...[context, value, error]: Parameters<RuleAction["run"]>): void {
 *     console.error(context.rule.name, error?.message);
 *     super.run(context, value, error);
 *   }
 * }
 * ```
 */
export class ErrorAction implements RuleAction {
  /** The name in rules. */
  readonly type = "ERROR";
  /** It never waits. */
  readonly waits = false;

  /**
   * Ends the message.
   *
   * @throws {SerializationError} always.
   */
  run(context: RuleContext, _value: unknown, error: Error | null): void {
    throw ruleFailure(context, error);
  }
}

/**
 * `NONE`: does nothing, so the message goes on. What follows a success by default.
 *
 * Source: `NoneAction` in confluent-kafka-python.
 *
 * @example Let messages pass that the rules of a type refuse
 * ```ts
 * import { NoneAction, RuleRegistry } from "@kafka-ffi/kafka/rules";
 *
 * const rules = new RuleRegistry({ overrides: [{ type: "CEL", onFailure: new NoneAction().type }] });
 * ```
 */
export class NoneAction implements RuleAction {
  /** The name in rules. */
  readonly type = "NONE";
  /** It never waits. */
  readonly waits = false;

  /** Does nothing. */
  run(): void {}
}

/** The error of a message that a rule ended. */
export function ruleFailure({ rule, subject }: RuleContext, error: Error | null): SerializationError {
  const text = `Rule "${rule.name}" of subject "${subject}" failed`;
  if (error === null) return new SerializationError(text);
  return new SerializationError(`${text}: ${reasonOf(error)}`, undefined, { cause: error });
}
