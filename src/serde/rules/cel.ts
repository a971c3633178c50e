/** Rules in CEL, on whole messages and on fields. The entry for those who use them; it brings `@bufbuild/cel`. */
import { messageOfCel } from "./cel_message.ts";
import { CelPlans, type GuardedPlan, type Variables } from "./cel_plan.ts";
import { typesOf } from "./cel_types.ts";
import { fromCel, untyped } from "./cel_values.ts";
import { RuleError } from "./error.ts";
import type { FieldContext, FieldRuleExecutor, FieldType, RuleContext, RuleExecutor } from "./types.ts";
import { type CelInput, isCelMap } from "@bufbuild/cel";
import { isReflectMessage, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
export { CelValidator } from "./cel_validator.ts";

/**
 * Executes rules of the type `CEL`. The variable `message` is the message, with the types of its schema: Avro's `int`
 * and `long`, JSON's `integer` and Protobuf's integers are CEL's `int`, timestamps are timestamps. The variable
 * `now` is the time.
 *
 * `guard ; expression` runs the expression only where the guard holds; else a condition holds, and a transform changes
 * nothing. Beside CEL's own functions and its string extension there are `isEmail`, `isHostname`, `isIpv4`, `isIpv6`,
 * `isUri`, `isUriRef` and `isUuid`. An expression that cannot be evaluated fails the rule, as does one that takes more than
 * 20 million steps for a message or makes a text of more than 16 million characters.
 *
 * A transform's map is the whole new message: in Protobuf it has the fields that the map names, by the name that the schema or
 * JSON has for them, null for one that is not set; in Avro and JSON it is the record.
 *
 * Nothing waits, so the sync forms of a serializer run it. Expressions are parsed once.
 *
 * Source: `CelExecutor` in confluent-kafka-python.
 *
 * @example Let serializers run CEL rules
 * ```ts
 * import { RuleRegistry } from "@kafka-ffi/kafka/rules";
 * import { CelExecutor, CelFieldExecutor } from "@kafka-ffi/kafka/rules/cel";
 *
 * const rules = new RuleRegistry({ executors: [new CelExecutor(), new CelFieldExecutor()] });
 * ```
 */
export class CelExecutor implements RuleExecutor {
  /** The type of its rules. */
  readonly type = "CEL";
  readonly #plans = new CelPlans();

  /**
   * Evaluates a rule's expression on a message.
   *
   * @throws {RuleError} if the expression is none, or cannot be evaluated for this message.
   */
  transform(context: RuleContext, value: unknown): unknown {
    const result = evaluate(planOf(this.#plans, context), {
      message: () => messageOf(context, value),
      now,
    });
    if (context.rule.kind === "CONDITION" || result === skipped) return outcome(context, result, value);
    const typed = context.typed?.(value);
    return isReflectMessage(typed) ? messageFor(typed, result) : outcome(context, result, value);
  }
}

/**
 * Executes rules of the type `CEL_FIELD`. The variables are `value`, the field's; `fullName` and `name`; `typeName`,
 * such as `STRING`; `tags`; and `message`, the record that has the field. The rest is as in {@link CelExecutor}.
 *
 * Source: `CelFieldExecutor` in confluent-kafka-python.
 *
 * @example Rules on fields, and on nothing else
 * ```ts
 * import { RuleRegistry } from "@kafka-ffi/kafka/rules";
 * import { CelFieldExecutor } from "@kafka-ffi/kafka/rules/cel";
 *
 * const ruleRegistry = new RuleRegistry({ executors: [new CelFieldExecutor()] });
 * ```
 */
export class CelFieldExecutor implements FieldRuleExecutor {
  /** The type of its rules. */
  readonly type = "CEL_FIELD";
  readonly #plans = new CelPlans();
  /** Records as CEL has them, for as long as a rule is on a message: making one takes as long as the record is. */
  readonly #records = new WeakMap<RuleContext, Map<unknown, Container>>();

  /**
   * Evaluates a rule's expression on a field.
   *
   * @throws {RuleError} if the expression is none, or cannot be evaluated for this field.
   */
  transformField(context: RuleContext, field: FieldContext, value: unknown): unknown {
    const result = evaluate(planOf(this.#plans, context), {
      value: () => fieldValue(field.type, value),
      fullName: field.fullName,
      name: field.name,
      typeName: field.type,
      tags: () => [...field.tags],
      message: () => this.#containerOf(context, field),
      now,
    });
    return outcome(context, result, value);
  }

  #containerOf(context: RuleContext, field: FieldContext): CelInput {
    const record = field.containingMessage;
    const path = field.fullName.slice(0, -(field.name.length + 1));
    let records = this.#records.get(context);
    if (records === undefined) this.#records.set(context, records = new Map());
    const known = records.get(record);
    if (known?.path === path) return known.cel;
    if (records.size >= MAX_RECORDS) records.clear();
    const cel = containerOf(context, record, path);
    records.set(record, { path, cel });
    return cel;
  }
}

/** A record, and where it was met: one in two places may be of two types. */
interface Container {
  readonly path: string;
  readonly cel: CelInput;
}

/** So many records are kept: those that the field is in, and some that the walk is through with. */
const MAX_RECORDS = 1000;

const now = () => timestampFromDate(new Date());

/** What a guard that does not hold leaves. */
const skipped = Symbol("skipped");

function planOf(plans: CelPlans, { rule }: RuleContext): GuardedPlan {
  if (!rule.expr) throw new RuleError(`The rule "${rule.name}" has no expression`);
  return plans.get(rule.expr);
}

function evaluate({ guard, evaluate }: GuardedPlan, variables: Variables): unknown {
  return guard !== null && !guard(variables) ? skipped : evaluate(variables);
}

function outcome({ rule }: RuleContext, result: unknown, value: unknown): unknown {
  if (rule.kind === "CONDITION") return result === skipped || Boolean(result);
  return result === skipped ? value : fromCel(result, value);
}

/** A Protobuf message of a result: itself, or what a map says is in it. What is neither, the format refuses. */
function messageFor({ desc }: ReflectMessage, result: unknown): unknown {
  if (isReflectMessage(result)) return result.message;
  return isCelMap(result) ? messageOfCel(desc, result).message : fromCel(result);
}

function messageOf({ typed, target, source, references, mode }: RuleContext, value: unknown): CelInput {
  if (typed) return untyped(typed(value));
  // Between two versions a message has the shape of the one it comes from.
  const isMigration = mode === "UPGRADE" || mode === "DOWNGRADE";
  return typesOf(isMigration ? source ?? target : target, references).root(value, 0);
}

function containerOf({ typed, target, references }: RuleContext, record: unknown, path: string): CelInput {
  return typed ? untyped(typed(record)) : typesOf(target, references).at(path)(record, 0);
}

function fieldValue(type: FieldType, value: unknown): CelInput {
  return type === "FLOAT" || type === "DOUBLE" ? typeof value === "number" ? value : untyped(value) : untyped(value);
}
