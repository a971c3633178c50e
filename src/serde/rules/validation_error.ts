/** What is thrown of a value that violates its schema's constraints. */
import { SerializationError, type SerializationFacts } from "../../kafka/serialization_error.ts";
import type { RuleError } from "./error.ts";
import type { ValidationRule } from "./validation.ts";

/** Of a text in a schema so much is shown. */
const MAX_SHOWN = 200;

/** What is known of a violation beside its rule and its place. */
interface ViolationFacts {
  readonly words?: string;
  readonly mayShowWords?: boolean;
  readonly cause?: RuleError;
}

/**
 * One constraint that a value violates.
 *
 * Source: `ValidationRuleError` in confluent-kafka-python.
 *
 * @example Tell a caller what is wrong, and log nothing of the value
 * ```ts
 * import type { ValidationRuleError } from "@kafka-ffi/kafka/rules";
 *
 * function answer(error: ValidationRuleError): string[] {
 *   for (const violation of error.violations) console.warn(String(violation));
 *   return error.violations.map(({ message, rule }) => message ?? rule.doc ?? "not allowed");
 * }
 * ```
 */
export class ValidationViolation {
  /** The constraint. */
  readonly rule: ValidationRule;
  /** Where in the message the value is, such as `buyer.names[3]`; empty for the message itself. Keys of maps are in it. */
  readonly path: string;
  /** Why the constraint could not be executed; null if it was. */
  readonly cause: RuleError | null;
  readonly #words: string | null;
  readonly #mayShowWords: boolean;

  /** Makes one of a rule, a path, and what is known beside. */
  constructor(
    rule: ValidationRule,
    path: string,
    { words = "", mayShowWords = false, cause }: ViolationFacts = {},
  ) {
    this.rule = rule;
    this.path = path;
    this.cause = cause ?? null;
    this.#words = words === "" ? null : words;
    this.#mayShowWords = mayShowWords;
  }

  /**
   * What the constraint's expression says is wrong, or null if it gave no words. They may quote the value, so neither an
   * inspection nor the error's text shows them, unless they can only be words of the schema.
   */
  get message(): string | null {
    return this.#words;
  }

  /** The path, the rule's name and what is wrong, in words of the schema. */
  toString(): string {
    const { rule, path, cause } = this;
    const words = this.#mayShowWords ? this.#words : null;
    const detail = words ?? (rule.doc || rule.sql || rule.expr || "no words for it");
    const text = `${shownEnd(path) || "<root>"}: ${rule.name || "unnamed"}: ${shown(detail)}`;
    return cause === null ? text : `${text} (${shown(cause.message)})`;
  }
}

/**
 * A value violates constraints of its schema. The text has a line for each, with paths and the schema's words, and nothing of
 * the value.
 *
 * Source: the `SerializationError` of confluent-kafka-python's serializers, which has the same in its text.
 *
 * @example See which constraints a value violates
 * ```ts
 * import type { JsonSerializer } from "@kafka-ffi/kafka/json-schema";
 * import { ValidationRuleError } from "@kafka-ffi/kafka/rules";
 *
 * async function problemsOf(serializer: JsonSerializer, value: unknown): Promise<string[]> {
 *   try {
 *     await serializer.serialize(value, { topic: "orders", field: "value" });
 *     return [];
 *   } catch (error) {
 *     if (!(error instanceof ValidationRuleError)) throw error;
 *     return error.violations.map(({ path, rule }) => `${path}: ${rule.name}`);
 *   }
 * }
 * ```
 */
export class ValidationRuleError extends SerializationError {
  /** The class, for logs. */
  override readonly name = "ValidationRuleError";
  /** All that the value violates, or the first with `"validation.rules.fail.fast"`; 1,000 at most. */
  readonly violations: readonly ValidationViolation[];
  /** Whether there may be more than are told. */
  readonly hasMore: boolean;

  /** Makes an error of violations. The rest says which message it is about. */
  constructor(
    violations: readonly ValidationViolation[],
    hasMore = false,
    { what = "accept the value", place = "", code, facts }: ValidationErrorPlace = {},
  ) {
    const { length } = violations;
    const count = `${hasMore ? "at least " : ""}${length} violation${length === 1 ? "" : "s"}`;
    const lines = violations.map((violation) => `\n  - ${violation}`);
    super(`Cannot ${what}: ${count} of its schema's validation rules${place}${lines.join("")}`, code, facts);
    this.violations = violations;
    this.hasMore = hasMore;
  }
}

/** What could not be done because of violations, and which message it was about. */
export interface ValidationErrorPlace {
  /** What, such as `serialize a value`. Default: `accept the value`. */
  readonly what?: string;
  /** What is said of the place, behind the reason. Default: nothing. */
  readonly place?: string;
  /** The code. Default: `_BAD_MSG`. */
  readonly code?: number;
  /** The facts of the message. Default: none. */
  readonly facts?: SerializationFacts;
}

/** Of a long path the end says where it is. */
function shownEnd(path: string): string {
  return path.length > MAX_SHOWN ? `…${path.slice(-MAX_SHOWN)}` : path;
}

function shown(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
