/** Constraints in CEL. */
import { celFromScalar, type CelInput } from "@bufbuild/cel";
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CelPlans } from "./cel_plan.ts";
import { typesOf } from "./cel_types.ts";
import { RuleError } from "./error.ts";
import type { ValidationPlace, ValidationRule, ValidationRuleExecutor } from "./validation.ts";

/**
 * Executes constraints (`confluent:rules`) in CEL. The variable `this` is the value, with the type that its schema gives it; `now`
 * is the time. An expression gives true or false, or a text that says what is wrong and is empty if nothing is.
 *
 * It has the functions that rules have, see {@link CelExecutor}. Nothing waits, and expressions are parsed once.
 *
 * Source: `CelValidator` in confluent-kafka-python.
 *
 * @example Refuse what a schema does not allow
 * ```ts
 * import { AvroSerializer } from "@kafka-ffi/kafka/avro";
 * import { CelValidator } from "@kafka-ffi/kafka/rules/cel";
 * import { SchemaRegistryClient } from "@kafka-ffi/kafka/schema-registry";
 *
 * const client = new SchemaRegistryClient({ url: "http://localhost:8081" });
 * const schema = {
 *   type: "record",
 *   name: "Order",
 *   fields: [{ name: "id", type: "long", "confluent:rules": [{ name: "positive", expr: "this > 0" }] }],
 * };
 * const serializer = new AvroSerializer(client, JSON.stringify(schema), {
 *   "validation.rules.execution": "AFTER_DOMAIN_RULES",
 *   "validation.rules.executor": new CelValidator(),
 * });
 * ```
 */
export class CelValidator implements ValidationRuleExecutor {
  readonly #plans = new CelPlans();

  /**
   * Evaluates the expression of a constraint.
   *
   * @throws {RuleError} if it is none, cannot be evaluated for the value, or gives something else.
   */
  execute(rule: ValidationRule, value: unknown, place: ValidationPlace): boolean | string {
    const name = JSON.stringify(rule.name || "unnamed");
    if (!rule.expr) throw new RuleError(`The validation rule ${name} has no expression`);
    const result = this.#plans.whole(rule.expr)({
      this: () => celOf(value, place),
      now: () => timestampFromDate(new Date()),
    });
    if (typeof result === "boolean" || typeof result === "string") return result;
    throw new RuleError(`The validation rule ${name} gave neither true, false nor a text`);
  }

  /** Whether a constraint can only give words that stand in its expression, such as `this > 0 ? "" : "too low"`. */
  hasFixedWords({ expr }: ValidationRule): boolean {
    return expr !== null && this.#plans.hasFixedResults(expr);
  }
}

function celOf(value: unknown, { descriptor, schema, references, owner, field }: ValidationPlace): CelInput {
  if (descriptor !== null) return protobufValue(value, descriptor as DescField | DescMessage);
  const types = typesOf(schema, references);
  const convert = field === null ? types.at(owner) : types.field(owner, field);
  return convert(value, 0);
}

function protobufValue(value: unknown, one: DescField | DescMessage): CelInput {
  if (one.kind === "message") return reflect(one, value as Message, false);
  switch (one.fieldKind) {
    case "message":
      return reflect(one.message, value as Message, false);
    case "enum":
      return BigInt(value as number);
    case "scalar":
      return celFromScalar(one.scalar, value as Parameters<typeof celFromScalar>[1]);
    default:
      // A list or map as the library's reflection has it, which CEL takes.
      return value as CelInput;
  }
}
