/** The constraints that a schema's text has on its values, `confluent:rules`: what they are, and what checks a value. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Schema } from "../../schema_registry/schema.ts";
import type { NamedSchema } from "../format.ts";
import { reasonOf, RuleError } from "./error.ts";
import { ValidationRuleError, ValidationViolation } from "./validation_error.ts";

/** The key of Avro records and fields, and of JSON Schemas, under which constraints stand. */
export const CONSTRAINTS = "confluent:rules";

/** Of one value so many violations are told at most: the others would say the same of other elements. */
const MAX_VIOLATIONS = 1000;

/**
 * A constraint in a schema's text. What the text does not say is null.
 *
 * Source: `ValidationRule` in confluent-kafka-python.
 */
export interface ValidationRule {
  /** Its name. */
  readonly name: string | null;
  /** What is wrong with a value that violates it, in words. */
  readonly doc: string | null;
  /** The expression that is executed, in CEL by default. */
  readonly expr: string | null;
  /** The same constraint for those who speak SQL. It is never executed. */
  readonly sql: string | null;
}

/** Where a constraint stands, and where the value is. */
export interface ValidationPlace {
  /** Where in the message the value is, such as `buyer.names[3]`; in JSON it begins with `$`. Empty for the message itself. */
  readonly path: string;
  /** The schema whose text has the constraint, or refers to the one that has it. */
  readonly schema: Schema;
  /** Those that it refers to. */
  readonly references: readonly NamedSchema[];
  /** The record or message that has it, by its full name; in JSON the object's path, such as `$.buyer`. */
  readonly owner: string;
  /** The field that has it, or null if the record does. */
  readonly field: string | null;
  /** In Protobuf the descriptor of the field or message, else null. */
  readonly descriptor: unknown;
}

/**
 * Executes constraints.
 *
 * Source: `ValidationRuleExecutor` in confluent-kafka-python.
 *
 * @example One that knows a language of its own
 * ```ts
 * import { JsonSerializer } from "@kafka-ffi/kafka/json-schema";
 * import type { ValidationRuleExecutor } from "@kafka-ffi/kafka/rules";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const executor: ValidationRuleExecutor = {
 *   execute: ({ expr }, value) => expr !== "not empty" || value !== "",
 * };
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const serializer = new JsonSerializer(client, '{"title":"Order","type":"object"}', {
 *   "validation.rules.execution": "AFTER_DOMAIN_RULES",
 *   "validation.rules.executor": executor,
 * });
 * ```
 */
export interface ValidationRuleExecutor {
  /**
   * Says whether a value satisfies a constraint: true, or false, or in words what is wrong with it; an empty text is as good as
   * true. Must not wait. It is never asked about null.
   *
   * @throws {RuleError} if that cannot be said; it counts as a violation.
   */
  execute(rule: ValidationRule, value: unknown, place: ValidationPlace): boolean | string;
  /**
   * Whether the words of a constraint can only be ones that stand in its expression, so that an error may show them. Default:
   * they may quote the value, and are not shown.
   */
  hasFixedWords?(rule: ValidationRule): boolean;
}

/** Checks one value by one constraint. Gives false if the walk has seen enough. */
export type VisitConstraint = (
  rule: ValidationRule,
  value: unknown,
  place: Omit<ValidationPlace, "schema" | "references">,
) => boolean;

/** Walks over a value, and has each part checked by the constraints that it is under. */
export type WalkConstraints = (value: unknown, visit: VisitConstraint) => void;

/** What a check is made of. */
export interface ValidationOptions {
  readonly executor: ValidationRuleExecutor;
  /** Whether the first violation is enough. */
  readonly failFast: boolean;
  readonly schema: Schema;
  readonly references: readonly NamedSchema[];
}

/**
 * Makes the check of values by their schema's constraints. It throws a {@link ValidationRuleError} with all that a value
 * violates, or with the first if that is enough.
 */
export function constraintCheck(walk: WalkConstraints, options: ValidationOptions): (value: unknown) => void {
  const { executor, failFast, schema, references } = options;
  const most = failFast ? 1 : MAX_VIOLATIONS;
  return (value) => {
    if (value === null || value === undefined) return;
    const violations: ValidationViolation[] = [];
    walk(value, (rule, part, place) => {
      const violation = violationOf(executor, rule, part, { ...place, schema, references });
      if (violation !== null) violations.push(violation);
      return violations.length < most;
    });
    if (violations.length > 0) throw new ValidationRuleError(violations, violations.length === MAX_VIOLATIONS);
  };
}

/** The constraints of a part of a schema, by the value of its `confluent:rules`: what is malformed is none. */
export function constraintsOf(json: object): readonly ValidationRule[] {
  const list = Object.hasOwn(json, CONSTRAINTS) ? (json as Readonly<Record<string, unknown>>)[CONSTRAINTS] : undefined;
  if (!Array.isArray(list)) return none;
  return list.filter((one) => typeof one === "object" && one !== null && !Array.isArray(one)).map(constraintOf);
}

/** Reads a constraint, of which each part may be missing. */
export function constraintOf(given: Readonly<Record<string, unknown>>): ValidationRule {
  const part = (key: string) => {
    const value = Object.hasOwn(given, key) ? given[key] : null;
    return typeof value === "string" ? value : null;
  };
  return { name: part("name"), doc: part("doc"), expr: part("expr"), sql: part("sql") };
}

const none: readonly ValidationRule[] = [];

function violationOf(
  executor: ValidationRuleExecutor,
  rule: ValidationRule,
  value: unknown,
  place: ValidationPlace,
): ValidationViolation | null {
  let result: unknown;
  try {
    result = executor.execute(rule, value, place);
  } catch (error) {
    const cause = error instanceof RuleError ? error : new RuleError(`Cannot execute the rule: ${reasonOf(error)}`);
    return new ValidationViolation(rule, place.path, { cause });
  }
  if (result === true || result === "") return null;
  if (result === false) return new ValidationViolation(rule, place.path);
  if (typeof result !== "string") {
    throw new SerializationError(
      `Cannot use what the validation rule ${
        JSON.stringify(rule.name ?? "unnamed")
      } gave: true, false or a text is wanted`,
    );
  }
  return new ValidationViolation(rule, place.path, {
    words: result,
    mayShowWords: executor.hasFixedWords?.(rule) ?? false,
  });
}
