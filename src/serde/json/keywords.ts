/** Two keywords of JSON Schema in other ways than Ajv has them: `uniqueItems`, and the patterns. */

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

/**
 * The pattern as a regular expression: with Unicode, as JSON Schema says, or else without, where it is written as other
 * languages allow it. Ajv asks for `code`, which it would write into a module of its own.
 */
export const regExpOf: ((pattern: string) => RegExp) & { readonly code: string } = Object.assign(
  (pattern: string): RegExp => {
    try {
      return new RegExp(pattern, "u");
    } catch {
      return new RegExp(pattern);
    }
  },
  { code: "new RegExp" },
);
