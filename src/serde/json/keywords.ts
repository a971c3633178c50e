/** What Ajv is given instead of its own, so that no message keeps it busy for ever: unique items, and patterns. */
import { compilePattern, type Pattern } from "./pattern.ts";

/** Whether no two elements are equal, by one look at each. */
export function isUnique(values: readonly unknown[]): boolean {
  return new Set(values.map(formOf)).size === values.length;
}

/** The same text for equal values, and for those only. The order of keys does not matter. */
function formOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "0" : String(value);
  if (Array.isArray(value)) return `[${value.map(formOf).join(",")}]`;
  const keys = Object.keys(value).sort();
  return `{${
    keys.map((key) => `${JSON.stringify(key)}:${formOf((value as Record<string, unknown>)[key])}`).join(",")
  }}`;
}

/** Compiles the patterns of a schema. Ajv asks for `code`, which it would write into a module of its own. */
export const regExpOf: ((source: string) => Pattern) & { readonly code: string } = Object.assign(
  (source: string): Pattern => compilePattern(source),
  { code: "new RegExp" },
);
