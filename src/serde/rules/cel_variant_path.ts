/** Paths into variants: `$`, `$.name`, `$[0]`, `$["any key"]`. */
import { failed } from "./cel_decimal.ts";
import type { Variant } from "./cel_variant.ts";

/** The key of a field, or the index of an element. */
type Step = string | number;

const stepForm = /\.([\p{L}_][\p{L}\p{N}_]*)|\[(\d+)\]|\[(["'])/uy;
const MAX_INDEX = 2 ** 31 - 1;

/**
 * Parses a path.
 *
 * @throws {RuleError} if it is none.
 */
export function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  if (!path.startsWith("$")) throw noPath();
  for (let at = 1; at < path.length;) {
    stepForm.lastIndex = at;
    const match = stepForm.exec(path);
    if (match === null) throw noPath();
    const [all, name, index, quote] = match;
    at += all.length;
    if (name !== undefined) {
      steps.push(name);
    } else if (index !== undefined) {
      if (Number(index) > MAX_INDEX) throw noPath();
      steps.push(Number(index));
    } else {
      const [key, end] = quotedKey(path, at, quote!);
      steps.push(key);
      at = end;
    }
  }
  return steps;
}

/** Follows a path; null if something on the way is not there. */
export function follow(root: Variant, steps: readonly Step[]): Variant | null {
  let variant: Variant | null = root;
  for (const step of steps) {
    if (variant === null) return null;
    const isOfType: boolean = variant.type === (typeof step === "string" ? "object" : "array");
    variant = !isOfType ? null : typeof step === "string" ? variant.field(step) : variant.element(step);
  }
  return variant;
}

/** A key up to its quote and the bracket behind that. A backslash stands before one, or before the quote, and nothing else. */
function quotedKey(path: string, start: number, quote: string): readonly [key: string, end: number] {
  let key = "";
  for (let at = start; at < path.length; at++) {
    const char = path[at]!;
    if (char === quote) {
      if (path[at + 1] !== "]") throw noPath();
      return [key, at + 2];
    }
    if (char !== "\\") {
      key += char;
      continue;
    }
    const escaped = path[++at];
    if (escaped !== "\\" && escaped !== quote) throw noPath();
    key += escaped;
  }
  throw noPath();
}

function noPath(): Error {
  return failed("variants.path", "the path is malformed");
}
