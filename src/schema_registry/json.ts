/** A registry's JSON to our values and back. Fields that nobody here knows go through, so that a newer server loses nothing. */
import { type SchemaRegistryError, unreadable } from "./error.ts";
import { checkSchema } from "./schema_check.ts";
import type { RegisteredSchema, Schema, SchemaVersion, ServerConfig } from "./schema.ts";

/** An object of a registry's. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** A schema as it is sent: the format and the references are always said. */
export function schemaToJson(schema: Schema): JsonRecord {
  if (typeof schema !== "object" || schema === null || typeof schema.schema !== "string") {
    throw new TypeError('Cannot send a schema: an object with its text as "schema" is expected');
  }
  return { ...schema, schemaType: schema.schemaType ?? "AVRO", references: schema.references ?? [] };
}

/** A schema out of an answer, without what the registry says of its place: that is no part of the schema. */
export function schemaOf(value: unknown): Schema {
  const {
    subject: _subject,
    version: _version,
    id: _id,
    guid: _guid,
    maxId: _maxId,
    ts: _ts,
    deleted: _deleted,
    ...rest
  } = withoutNulls(recordOf(value, "a schema"));
  checkSchema(rest);
  return rest as unknown as Schema;
}

/**
 * A registered schema out of an answer.
 *
 * @param sent The schema that was asked about: some registries answer with an id only.
 */
export function registeredOf(
  value: unknown,
  sent?: { readonly subject: string; readonly schema: Schema },
): RegisteredSchema {
  const { subject, version, id, guid, schema } = recordOf(value, "a registered schema");
  return {
    subject: textOf(subject) ?? sent?.subject ?? null,
    version: typeof version === "number" ? numberOf(version, "a version") : null,
    schemaId: numberOf(id, "a schema's id"),
    guid: textOf(guid),
    schema: sent !== undefined && typeof schema !== "string" ? sent.schema : schemaOf(value),
  };
}

/** Settings out of an answer, which has another name for the level. */
export function configOf(value: unknown): ServerConfig {
  const { compatibilityLevel, ...rest } = withoutNulls(recordOf(value, "the settings"));
  return { ...(compatibilityLevel !== undefined && { compatibility: compatibilityLevel }), ...rest } as ServerConfig;
}

/** An object out of an answer. */
export function recordOf(value: unknown, what: string): JsonRecord {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonRecord;
  throw unreadable(`${what} is no object`);
}

/** An array out of an answer. */
export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unreadable(`${what} is no array`);
}

/** An array of strings out of an answer. */
export function textsOf(value: unknown, what: string): string[] {
  return arrayOf(value, what).map((each) => {
    if (typeof each === "string") return each;
    throw unreadable(`${what} holds what is no string`);
  });
}

/** An array of whole numbers out of an answer. */
export function numbersOf(value: unknown, what: string): number[] {
  return arrayOf(value, what).map((each) => numberOf(each, what));
}

/** A whole number out of an answer. */
export function numberOf(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw unreadable(`${what} is no whole number`);
}

/** A field of an answer that is a string, whatever else is in it. */
export function fieldOf(value: unknown, name: string): string {
  const field = recordOf(value, "it")[name];
  if (typeof field === "string") return field;
  throw unreadableField(name);
}

/** An answer lacks a field, or has it in another type. */
export function unreadableField(name: string): SchemaRegistryError {
  return unreadable(`it has no "${name}"`);
}

/** Versions of subjects out of an answer. */
export function versionsOf(value: unknown): SchemaVersion[] {
  return arrayOf(value, "the list of versions").map((each) => ({
    subject: fieldOf(each, "subject"),
    version: numberOf(recordOf(each, "a version")["version"], "a version"),
  }));
}

/** An object without the fields that are null, which some registries write where others leave them out. */
export function withoutNulls(value: JsonRecord): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
