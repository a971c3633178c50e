/** Compares statistics with their types, which only the type checker knows otherwise. */
import { readFileSync } from "node:fs";

/** The fields of an interface: their types as they are written, and whether they are always there. */
type Fields = ReadonlyMap<string, { readonly type: string; readonly isOptional: boolean }>;

/** The interfaces of `src/kafka/statistics.ts`, by name. */
const interfaces = readInterfaces();

function readInterfaces(): ReadonlyMap<string, Fields> {
  const source = readFileSync(new URL("../../src/kafka/statistics.ts", import.meta.url), "utf8");
  const found = new Map<string, Fields>();
  for (const [, name, body] of source.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)) {
    const fields = [...body!.matchAll(/^ {2}readonly "?([\w.]+)"?(\??): (.+);$/gm)];
    found.set(
      name!,
      new Map(fields.map(([, field, mark, type]) => [field!, { type: type!, isOptional: mark === "?" }])),
    );
  }
  return found;
}

/** Where a value differs from a type: fields that are missing, that the type does not have, or of another type. */
export function differences(value: unknown, type: string, path: string = type): string[] {
  const record = /^Readonly<Record<string, (\w+)>>$/.exec(type);
  if (record !== null) {
    return Object.entries(value as object).flatMap(([key, each]) => differences(each, record[1]!, `${path}["${key}"]`));
  }
  const fields = interfaces.get(type);
  // deno-lint-ignore valid-typeof
  if (fields === undefined) return typeof value === type ? [] : [`${path} is ${JSON.stringify(value)}, no ${type}`];
  if (typeof value !== "object" || value === null) return [`${path} is ${JSON.stringify(value)}, no ${type}`];
  const unknown = Object.keys(value).filter((key) => !fields.has(key)).map((key) => `${path}.${key} is not in ${type}`);
  const wrong = [...fields].flatMap(([key, field]) => {
    if (Object.hasOwn(value, key)) {
      return differences((value as Record<string, unknown>)[key], field.type, `${path}.${key}`);
    }
    return field.isOptional ? [] : [`${path}.${key} is missing`];
  });
  return [...unknown, ...wrong];
}
