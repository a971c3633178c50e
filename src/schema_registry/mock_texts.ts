/** What the mock registry knows of schemas' texts: whether they are JSON where they have to be, and which are the same. */
import type { JsonRecord } from "./json.ts";
import { MockRefusal } from "./mock_router.ts";

/** Refuses a schema whose text cannot be one. */
export function checkText({ schema, schemaType }: JsonRecord): void {
  if (typeof schema !== "string") throw new MockRefusal(422, 42201, "Empty schema");
  switch (schemaType) {
    case "PROTOBUF":
      return;
    case "AVRO":
    case "JSON":
      if (parsed(schema) === undefined) throw new MockRefusal(422, 42201, `Invalid ${schemaType} schema`);
      return;
    default:
      throw new MockRefusal(422, 42203, `Invalid schema type ${String(schemaType)}`);
  }
}

/**
 * The same text for schemas that are the same: spacing makes no difference in JSON, and neither does the order of names once
 * it is normalized.
 */
export function contentKey(content: JsonRecord, normalize: boolean): string {
  const { schema, schemaType, ...rest } = content;
  const value = schemaType === "PROTOBUF" ? undefined : parsed(String(schema));
  const text = value ?? String(schema).trim();
  return JSON.stringify([schemaType, normalize ? sorted(text) : text, sorted(rest)]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1);
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
