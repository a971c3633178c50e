/** The check of options: each has a function that says what is wanted in place of a value that will not do. */
import { suggest } from "../kafka/suggest.ts";

const MAX_SHOWN = 40;

/** Says of a value what is wanted in its place; undefined if it will do. */
export type Check = (value: unknown) => string | undefined;

/** The checks of options by their names. */
export type Checks = Readonly<Record<string, Check>>;

export function isBoolean(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : "true or false is wanted";
}

export function isString(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : "a string is wanted";
}

export function isFunction(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : "a function is wanted";
}

export function isObject(value: unknown): string | undefined {
  return isRecord(value) ? undefined : "an object is wanted";
}

/** One of some words. */
export function isOneOf(...words: readonly string[]): Check {
  const quoted = words.map((word) => JSON.stringify(word));
  const wanted = words.length === 1 ? `${quoted[0]} is wanted` : `one of ${quoted.join(", ")} is wanted`;
  return (value) => words.includes(value as string) ? undefined : wanted;
}

/** Checks options, of which those that are null are left out, and gives a line for each that cannot be used. */
export function problemsOf(options: unknown, checks: Checks): string[] {
  if (options === null || options === undefined) return [];
  if (!isRecord(options)) return [`Cannot use ${shown(options)} as options: an object is wanted`];
  return Object.entries(options).flatMap(([name, value]) => {
    if (!Object.hasOwn(checks, name)) return [`Cannot set ${JSON.stringify(name)}: ${unknownName(name, checks)}`];
    const wanted = value === null || value === undefined ? undefined : checks[name]!(value);
    return wanted === undefined ? [] : [`Cannot set ${JSON.stringify(name)} to ${shown(value)}: ${wanted}`];
  });
}

/** Whether a value is an object with properties of its own choice. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownName(name: string, checks: Checks): string {
  const meant = suggest(name, Object.keys(checks));
  return `there is no such option${meant === undefined ? "" : `, did you mean "${meant}"?`}`;
}

/** A value in few words. Of objects nothing is shown: they may have secrets. */
function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > MAX_SHOWN ? "a long string" : JSON.stringify(value);
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    default:
      return `a ${typeof value}`;
  }
}
