/** Rules in JSONata, for migrations. The entry for those who use them; it brings `jsonata`. */
import jsonata from "jsonata";
import { BoundedMap } from "./bounded_map.ts";
import { RuleError } from "./error.ts";
import { regExpWithin } from "./jsonata_pattern.ts";
import { isPlain } from "./plain.ts";
import type { RuleContext, RuleExecutor } from "./types.ts";

/** The bounds of {@link JsonataExecutor}. */
export interface JsonataOptions {
  /** How long the evaluation for one message may take, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number;
  /** How deep functions may call each other. Default: 500. */
  readonly maxDepth?: number;
  /** How long a list that an expression makes may be. Default: 1,000,000. */
  readonly maxLength?: number;
}

const MAX_EXPRESSION_LENGTH = 65_536;
const MAX_EXPRESSIONS = 1000;

/**
 * Executes rules of the type `JSONATA`: the message is `$`, and the result takes its place.
 *
 * The evaluation is asynchronous by its nature, so the sync forms of a serializer refuse such a rule with a
 * `NotPreparedError`, and a client that blocks cannot run it. Expressions are parsed once.
 *
 * Source: `JsonataExecutor` in confluent-kafka-python.
 *
 * @example Let deserializers run migrations
 * ```ts
 * import { RuleRegistry } from "@kafka-ffi/kafka/rules";
 * import { JsonataExecutor } from "@kafka-ffi/kafka/rules/jsonata";
 *
 * const rules = new RuleRegistry({ executors: [new JsonataExecutor()] });
 * ```
 */
export class JsonataExecutor implements RuleExecutor {
  /** The type of its rules. */
  readonly type = "JSONATA";
  /** It evaluates asynchronously, whatever the expression. */
  readonly waits = true;
  readonly #expressions = new BoundedMap<string, jsonata.Expression>(MAX_EXPRESSIONS);
  readonly #bounds: jsonata.JsonataOptions;

  /** Makes an executor with bounds, which keep an expression from running for ever. */
  constructor({ timeoutMs = 5000, maxDepth = 500, maxLength = 1_000_000 }: JsonataOptions = {}) {
    const RegexEngine = regExpWithin(timeoutMs);
    this.#bounds = { timeout: timeoutMs, stack: maxDepth, sequence: maxLength, RegexEngine };
  }

  /**
   * Evaluates a rule's expression on a message.
   *
   * @throws {RuleError} if the expression is none, or cannot be evaluated for this message within its bounds.
   */
  async transform({ rule }: RuleContext, value: unknown): Promise<unknown> {
    if (!rule.expr) throw new RuleError(`The rule "${rule.name}" has no expression`);
    const expression = this.#expressions.get(rule.expr, (text) => parsed(text, this.#bounds));
    try {
      return plain(await expression.evaluate(value));
    } catch (error) {
      if (error instanceof RuleError) throw error;
      // The library's error is left out: it may quote what a message holds.
      const code = typeof error === "object" && error !== null && "code" in error ? ` (${String(error.code)})` : "";
      throw new RuleError(`Cannot evaluate the JSONata expression of rule "${rule.name}"${code}`);
    }
  }
}

function parsed(text: string, bounds: jsonata.JsonataOptions): jsonata.Expression {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    throw new RuleError(`Cannot parse a JSONata expression of more than ${MAX_EXPRESSION_LENGTH} characters`);
  }
  try {
    return jsonata(text, bounds);
  } catch (cause) {
    throw new RuleError(`Cannot parse the JSONata expression "${text}"`, { cause });
  }
}

/** Lists and objects without the marks by which JSONata knows its own; a date stays a date, and bytes stay bytes. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
