/**
 * Whether what a registry says beside a schema's text has the form that it should. What has not would be remembered with the
 * schema, and everything that uses it fail for as long. Fields that nobody here knows may be anything, and null means none.
 */
import { unreadable } from "./error.ts";

type Check = (value: unknown, what: string) => void;

const texts = listOf(text);

const reference = object({ name: text, subject: text, version: wholeNumber });

const rule = object({
  name: optional(text),
  doc: optional(text),
  kind: optional(text),
  mode: optional(text),
  type: optional(text),
  tags: optional(texts),
  params: optional(mapOf(optional(text))),
  expr: optional(text),
  onSuccess: optional(text),
  onFailure: optional(text),
  disabled: optional(truth),
});

const rules = optional(listOf(rule));

const metadata = object({
  tags: optional(mapOf(optional(texts))),
  properties: optional(mapOf(optional(text))),
  sensitive: optional(texts),
});

const schema = object({
  schema: text,
  schemaType: optional(text),
  references: optional(listOf(reference)),
  metadata: optional(metadata),
  ruleSet: optional(
    object({ migrationRules: rules, domainRules: rules, encodingRules: rules, enableAt: optional(text) }),
  ),
});

/**
 * Checks a schema out of an answer.
 *
 * @throws {SchemaRegistryError} `_BAD_MSG`, with the name of the field and nothing of what is in it.
 */
export function checkSchema(value: unknown): void {
  schema(value, "a schema");
}

function text(value: unknown, what: string): void {
  if (typeof value !== "string") throw unreadable(`${what} is no string`);
}

function truth(value: unknown, what: string): void {
  if (typeof value !== "boolean") throw unreadable(`${what} is neither true nor false`);
}

function wholeNumber(value: unknown, what: string): void {
  if (!Number.isSafeInteger(value)) throw unreadable(`${what} is no whole number`);
}

function optional(check: Check): Check {
  return (value, what) => {
    if (value !== undefined && value !== null) check(value, what);
  };
}

function listOf(check: Check): Check {
  return (value, what) => {
    if (!Array.isArray(value)) throw unreadable(`${what} is no array`);
    for (const each of value) check(each, `an entry of ${what}`);
  };
}

/** Of an object whose names may be any: they are not shown. */
function mapOf(check: Check): Check {
  return (value, what) => {
    for (const each of Object.values(recordOf(value, what))) check(each, `a field of ${what}`);
  };
}

function object(checks: Readonly<Record<string, Check>>): Check {
  return (value, what) => {
    const fields = recordOf(value, what);
    for (const [name, check] of Object.entries(checks)) check(fields[name], `"${name}" of ${what}`);
  };
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw unreadable(`${what} is no object`);
}
