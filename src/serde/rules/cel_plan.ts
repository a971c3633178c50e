/** Expressions of CEL, parsed and planned once, and evaluated so that an error is never taken for a truth. */
import {
  type CelEnv,
  celEnv,
  celFunc,
  type CelInput,
  celMethod,
  CelScalar,
  isCelError,
  parse,
  plan,
} from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { RE2JS } from "@bufbuild/re2";
import { BoundedMap } from "./bounded_map.ts";
import { decimalFunctions } from "./cel_decimal_functions.ts";
import { bounded, Meter } from "./cel_meter.ts";
import { replaceFunctions } from "./cel_replace.ts";
import { isEmail, isHostname, isIpv4, isIpv6, isUri, isUriRef, isUuid } from "./cel_text.ts";
import { timestampFunctions } from "./cel_timestamp_functions.ts";
import { variantFunctions } from "./cel_variant_functions.ts";
import { RuleError } from "./error.ts";

/** The values of variables by their names; a function makes one only if the expression names it. */
export type Variables = Readonly<Record<string, CelInput | (() => CelInput)>>;

/** A planned expression. */
type Evaluate = (variables: Variables) => unknown;

/** A rule's expression: `guard ; expression`, of which the guard may be missing. */
export interface GuardedPlan {
  readonly guard: Evaluate | null;
  readonly evaluate: Evaluate;
}

const MAX_EXPRESSION_LENGTH = 65_536;
const MAX_PLANS = 1000;
const MAX_PATTERNS = 1000;

const { BOOL, STRING } = CelScalar;
const textFunctions = { isEmail, isHostname, isIpv4, isIpv6, isUri, isUriRef, isUuid };

/**
 * What may be said of the library's errors: types, operators and names of the expression. Others may quote a message.
 */
const harmless = [
  /^(?:int|uint) (?:divide|modulus) by zero$/,
  /^(?:int|uint) overflow during [\w +*/%-]+$/,
  /^found no matching overload for \S+ applied to '[\w., ()]*'$/,
  /^(?:decimals?|variants?|timestamp|string|double)[.\w]*: [a-z0-9 ,]+$/,
  /^Cannot give the value to CEL: it is nested more than \d+ deep$/,
  /^type mismatch: expected \w+, got \w+$/,
  /^unbound function: \w+$/,
  /^unresolved attribute$/,
  /^unsupported key type$/,
  /^it (?:takes|makes) [a-z ]+$/,
];

/** Plans expressions, and keeps the plans: so many at most. */
export class CelPlans {
  readonly #env: CelEnv;
  readonly #meter = new Meter();
  readonly #plans = new BoundedMap<string, GuardedPlan>(MAX_PLANS);
  readonly #whole = new BoundedMap<string, Evaluate>(MAX_PLANS);
  readonly #fixed = new BoundedMap<string, boolean>(MAX_PLANS);

  /** Makes an environment with the functions that rules have beside those of the language. */
  constructor() {
    const patterns = new BoundedMap<string, RE2JS>(MAX_PATTERNS);
    const texts = Object.entries(textFunctions).flatMap(([name, test]) => [
      celMethod(name, STRING, [], BOOL, function (this: string) {
        return test(this);
      }),
      celFunc(name, [STRING], BOOL, (text: string) => test(text)),
    ]);
    const meter = this.#meter;
    const own = replaceFunctions(meter);
    this.#env = meter.metered(celEnv({
      funcs: [...strings, ...own, ...texts, ...decimalFunctions(), ...timestampFunctions(), ...variantFunctions()],
      re2: { compile: (pattern) => patterns.get(pattern, () => RE2JS.compile(pattern)) },
    }));
  }

  /**
   * The plan of a rule's expression.
   *
   * @throws {RuleError} if it is none, or too long.
   */
  get(expression: string): GuardedPlan {
    return this.#plans.get(expression, () => {
      const [guard, body] = halvesOf(expression);
      return { guard: guard === "" ? null : this.#plan(guard), evaluate: this.#plan(body) };
    });
  }

  /**
   * The plan of an expression without a guard.
   *
   * @throws {RuleError} if it is none, or too long.
   */
  whole(expression: string): Evaluate {
    return this.#whole.get(expression, () => this.#plan(expression));
  }

  /** Whether an expression, which has been planned, can only give true, false or texts that stand in it. */
  hasFixedResults(expression: string): boolean {
    return this.#fixed.get(expression, () => isFixed(parse(expression).expr));
  }

  #plan(expression: string): Evaluate {
    if (expression.length > MAX_EXPRESSION_LENGTH) {
      throw new RuleError(`Cannot parse a CEL expression of more than ${MAX_EXPRESSION_LENGTH} characters`);
    }
    let planned: ReturnType<typeof plan>;
    try {
      const parsed = parse(expression);
      bounded(parsed.expr);
      planned = plan(this.#env, parsed);
    } catch (cause) {
      throw new RuleError(`Cannot parse the CEL expression "${expression}"`, { cause });
    }
    const names = new Set(expression.match(/[A-Za-z_]\w*/g));
    return (variables) => {
      const bindings: Record<string, CelInput> = {};
      for (const name in variables) {
        const value = variables[name]!;
        if (names.has(name)) bindings[name] = typeof value === "function" ? value() : value;
      }
      this.#meter.reset();
      const result = planned(bindings);
      const { reason } = this.#meter;
      if (reason !== null) throw failed(expression, reason);
      // An error is a value here, and an object is true: nothing that is done with a result may come before this.
      if (isCelError(result)) throw failed(expression, result.message);
      return result;
    };
  }
}

/** What a choice of constants is made of. */
type Expr = NonNullable<ReturnType<typeof parse>["expr"]>;

/** Whether an expression is a constant, a choice of such, or something that gives true or false. */
function isFixed(expr: Expr | undefined): boolean {
  if (expr?.exprKind.case === "constExpr") return true;
  if (expr?.exprKind.case !== "callExpr") return false;
  const { function: name, args } = expr.exprKind.value;
  return name === "_?_:_" ? args.slice(1).every(isFixed) : operators.has(name);
}

/** What can only give true or false. */
const operators: ReadonlySet<string> = new Set([
  "_&&_",
  "_||_",
  "!_",
  "_==_",
  "_!=_",
  "_<_",
  "_<=_",
  "_>_",
  "_>=_",
  "@in",
]);

/** The library's error is left out: it may quote what a message holds, and whoever shows an error shows its cause. */
function failed(expression: string, reason: string): RuleError {
  const why = whyOf(reason);
  return new RuleError(`Cannot evaluate the CEL expression "${expression}"${why === null ? "" : `: ${why}`}`);
}

function whyOf(reason: string): string | null {
  if (reason.startsWith("field not found: ")) return "no such field or key";
  if (/^index \S+ out of bounds/.test(reason)) return "index out of bounds";
  return harmless.some((form) => form.test(reason)) ? reason : null;
}

/** Guard and expression, parted by the first semicolon that is in no string. */
function halvesOf(expression: string): [guard: string, body: string] {
  for (let at = 0; at < expression.length; at++) {
    const char = expression[at];
    if (char === ";") return [expression.slice(0, at).trim(), expression.slice(at + 1).trim()];
    if (char === '"' || char === "'") at = endOfString(expression, at);
  }
  return ["", expression.trim()];
}

/** Where a string that begins with a quote ends: its last character, or the text's if it does not end. */
function endOfString(expression: string, start: number): number {
  const char = expression[start]!;
  const quote = expression.startsWith(char.repeat(3), start) ? char.repeat(3) : char;
  const isRaw = /(?:^|[^A-Za-z_0-9])[bB]?[rR][bB]?$/.test(expression.slice(Math.max(0, start - 3), start));
  for (let at = start + quote.length; at < expression.length; at++) {
    if (expression[at] === "\\" && !isRaw) at++;
    else if (expression.startsWith(quote, at)) return at + quote.length - 1;
  }
  return expression.length;
}
