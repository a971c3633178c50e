/** Bounds what the evaluation of an expression of CEL may take: loops, calls, and the texts that functions make. */
import { type CelEnv, type CelList, isCelList, isCelMap, type parse } from "@bufbuild/cel";
import { concat, isOpen } from "./cel_list.ts";

/** A step is as long as a small part of an expression takes: all of them take a second or two. */
const MAX_STEPS = 20_000_000;
/** No text or bytes that a function makes are longer. */
const MAX_LENGTH = 16_777_216;
/** What the bounds are called in errors. */
const tooMany = "it takes too many steps";
const tooLong = "it makes a text that is too long";

/** A function that is called with the list or map that a loop goes over. No expression can name it. */
const RANGE = "@range";

/** Functions that the runtime has, which are as fast as memory is. */
const fast: ReadonlySet<string> = new Set([
  ...["_+_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "startsWith", "endsWith", "contains"],
  ...["charAt", "indexOf", "lastIndexOf", "substring"],
]);
/** Functions that look at each element of a list. */
const listFunctions: ReadonlySet<string> = new Set(["@in", "_==_", "_!=_", "join", "format"]);

type Expr = NonNullable<ReturnType<typeof parse>["expr"]>;
type FuncGroup = NonNullable<ReturnType<CelEnv["funcs"]["find"]>>;

/** Counts what one evaluation takes. */
export class Meter {
  #steps = 0;
  #isTooLong = false;

  /** Begins an evaluation. */
  reset(): void {
    this.#steps = 0;
    this.#isTooLong = false;
  }

  /** Which bound has been reached, or null. An expression may have gone on nevertheless, for `||` needs only one side. */
  get reason(): string | null {
    return this.#isTooLong ? tooLong : this.#steps > MAX_STEPS ? tooMany : null;
  }

  /** Counts steps. It throws from the first that is too many on. */
  charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new RangeError(tooMany);
  }

  /** Checks the length of a text, or of bytes. */
  checkLength(length: number): void {
    if (length <= MAX_LENGTH) return;
    this.#isTooLong = true;
    throw new RangeError(tooLong);
  }

  /** Gives an environment whose functions are counted, as are the loops of what {@link bounded} was given. */
  metered(env: CelEnv): CelEnv {
    const groups = new Map<string, FuncGroup | undefined>();
    const find = (name: string): FuncGroup | undefined => {
      if (!groups.has(name)) groups.set(name, name === RANGE ? this.#range() : this.#group(env.funcs.find(name)));
      return groups.get(name);
    };
    return Object.create(env, { funcs: { value: Object.create(env.funcs, { find: { value: find } }) } }) as CelEnv;
  }

  #concat(left: CelList, right: CelList): CelList {
    this.charge(1 + right.size + (isOpen(left) ? 0 : left.size));
    return concat(left, right);
  }

  #range(): FuncGroup {
    const call: FuncGroup["call"] = (_id, _target, [range, weight]) => {
      const size = isCelList(range) || isCelMap(range) ? range.size : 0;
      this.charge((1 + size) * Number(weight));
      return range;
    };
    return { name: RANGE, call, *[Symbol.iterator]() {} };
  }

  #group(group: FuncGroup | undefined): FuncGroup | undefined {
    if (group === undefined) return undefined;
    const { name } = group;
    const perChar = fast.has(name) ? 1 / 64 : 1 / 4;
    const [isPlus, isMatch] = [name === "_+_", name === "matches"];
    const perElement = listFunctions.has(name) ? 1 : 0;
    const costOf = (value: unknown): number => {
      if (typeof value === "string") return value.length * perChar;
      if (typeof value !== "object" || value === null) return 0;
      if (value instanceof Uint8Array) return value.length * perChar;
      return perElement > 0 && isCelList(value) ? value.size : 0;
    };
    const call: FuncGroup["call"] = (id, target, args) => {
      // The library would ask all that can be added first, for each element that a macro puts behind the others.
      if (isPlus && isCelList(args[0]) && isCelList(args[1])) return this.#concat(args[0], args[1]);
      let cost = 1 + costOf(target);
      for (const arg of args) cost += costOf(arg);
      // A pattern goes over the text once, in as many states as it has.
      if (isMatch && typeof args.at(-1) === "string") cost *= 1 + (args.at(-1) as string).length / 8;
      this.charge(cost);
      const result = group.call(id, target, args);
      if (typeof result === "string" || typeof result === "object" && result instanceof Uint8Array) {
        this.checkLength(result.length);
        this.charge(result.length * perChar);
      }
      return result;
    };
    return Object.create(group, { call: { value: call } }) as FuncGroup;
  }
}

/** Has each loop of an expression say what it goes over. Gives the number of the expression's parts. */
export function bounded(expr: Expr | undefined): number {
  switch (expr?.exprKind.case) {
    case "callExpr": {
      const { target, args } = expr.exprKind.value;
      return 1 + bounded(target) + sum(args);
    }
    case "selectExpr":
      return 1 + bounded(expr.exprKind.value.operand);
    case "listExpr":
      return 1 + sum(expr.exprKind.value.elements);
    case "structExpr":
      return 1 + expr.exprKind.value.entries.reduce((all, { keyKind, value }) => {
        return all + bounded(value) + (keyKind.case === "mapKey" ? bounded(keyKind.value) : 1);
      }, 0);
    case "comprehensionExpr": {
      const loop = expr.exprKind.value;
      const { iterRange, accuInit, loopCondition, loopStep, result } = loop;
      const weight = bounded(loopCondition) + bounded(loopStep);
      const others = bounded(iterRange) + bounded(accuInit) + bounded(result);
      if (iterRange !== undefined) loop.iterRange = rangeOf(iterRange, weight);
      return 1 + weight + others;
    }
    default:
      return 1;
  }
}

function sum(parts: readonly Expr[]): number {
  return parts.reduce((all, part) => all + bounded(part), 0);
}

function rangeOf(range: Expr, weight: number): Expr {
  const { id } = range;
  const constant = { $typeName: "cel.expr.Constant", constantKind: { case: "int64Value", value: BigInt(weight) } };
  const args = [range, { $typeName: "cel.expr.Expr", id, exprKind: { case: "constExpr", value: constant } }];
  const call = { $typeName: "cel.expr.Expr.Call", function: RANGE, args };
  return { $typeName: "cel.expr.Expr", id, exprKind: { case: "callExpr", value: call } } as Expr;
}
