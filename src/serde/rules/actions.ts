/** The two actions that are always there: a failure ends the message, or nothing happens. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { reasonOf } from "./error.ts";
import type { RuleAction, RuleContext } from "./types.ts";

/**
 * `ERROR`: ends the message with a `SerializationError`, whose cause is the failure. What follows a failure by default.
 *
 * Source: `ErrorAction` in confluent-kafka-python.
 */
export class ErrorAction implements RuleAction {
  /** The name in rules. */
  readonly type = "ERROR";
  /** It never waits. */
  readonly waits = false;

  /** @throws {SerializationError} always. */
  run(context: RuleContext, _value: unknown, error: Error | null): void {
    throw ruleFailure(context, error);
  }
}

/**
 * `NONE`: does nothing, so the message goes on. What follows a success by default.
 *
 * Source: `NoneAction` in confluent-kafka-python.
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
