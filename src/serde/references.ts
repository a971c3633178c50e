/** Finds the schemas that a schema refers to, directly or through others. */
import { SerializationError } from "../kafka/serialization_error.ts";
import type { Schema, SchemaReference } from "../schema_registry/schema.ts";
import type { NamedSchema } from "./format.ts";
import type { Registry } from "./registry.ts";

/** More than anybody writes by hand, and few enough for one message that names a hostile schema. */
const maxReferences = 1000;
const maxDepth = 100;

/** These come with the Protobuf format, so no registry need have them. */
const builtIn = /^(google\/protobuf|google\/type|confluent)\//;

/**
 * Gets the schemas that a schema refers to, each after those that it refers to itself. A name that comes again is the
 * same schema.
 *
 * Source: `_resolve_named_schema` in confluent-kafka-python.
 *
 * @throws {SerializationError} if there are too many, or if they go round in circles.
 */
export async function resolveReferences(
  registry: Registry,
  schema: Schema,
  format: string | undefined,
): Promise<readonly NamedSchema[]> {
  if (schema.references === undefined || schema.references.length === 0) return [];
  const named = new Map<string, Schema>();
  await collect(registry, schema, format, named, 0);
  return [...named].map(([name, schema]) => ({ name, schema }));
}

async function collect(
  registry: Registry,
  schema: Schema,
  format: string | undefined,
  named: Map<string, Schema>,
  depth: number,
): Promise<void> {
  if (depth > maxDepth) {
    throw new SerializationError(`Cannot resolve the schema's references: they are more than ${maxDepth} deep`);
  }
  for (const reference of schema.references ?? []) {
    if (named.has(reference.name) || (schema.schemaType === "PROTOBUF" && builtIn.test(reference.name))) continue;
    const referred = await schemaOf(registry, reference, format);
    await collect(registry, referred, format, named, depth + 1);
    named.set(reference.name, referred);
    if (named.size > maxReferences) {
      throw new SerializationError(`Cannot resolve the schema's references: there are more than ${maxReferences}`);
    }
  }
}

async function schemaOf(
  registry: Registry,
  { subject, version }: SchemaReference,
  format: string | undefined,
): Promise<Schema> {
  const { schema } = await registry.getVersion(subject, version, {
    deleted: true,
    ...(format === undefined ? {} : { format }),
  });
  return schema;
}
