/** Checks what a serializer or deserializer is made with beside its options: a registry's client and a schema. */
import type { Schema, SchemaType } from "../schema_registry/schema.ts";
import type { SerializerConfig } from "./config.ts";
import type { Registry } from "./registry.ts";

/**
 * Checks that a client is one.
 *
 * @throws {TypeError} if it is none, as when the arguments are in another order.
 */
export function checkRegistry(what: string, registry: Registry): void {
  if (typeof registry === "object" && registry !== null && typeof registry.getSchema === "function") return;
  throw new TypeError(`Cannot make ${what}: a SchemaRegistryClient is wanted as its first argument`);
}

/**
 * Gives a schema that may be a text as one of a format.
 *
 * @throws {TypeError} if it is none, or one of another format.
 */
export function givenSchema(what: string, schema: string | Schema | null | undefined, type: SchemaType): Schema | null {
  if (schema === null || schema === undefined) return null;
  if (typeof schema === "string") return { schema, schemaType: type };
  if (typeof schema !== "object" || typeof schema.schema !== "string") {
    throw new TypeError(`Cannot make ${what}: a schema is wanted as its second argument, a text or an object with one`);
  }
  if ((schema.schemaType ?? type) === type) return { ...schema, schemaType: type };
  throw new TypeError(`Cannot make ${what} of a schema of the type ${schema.schemaType}: ${type} is wanted`);
}

/**
 * Checks that a serializer without a schema is told which one the registry is to give.
 *
 * @throws {TypeError} if nothing says which.
 */
export function checkHasSchema(what: string, schema: Schema | null, config: SerializerConfig): void {
  const isGiven = config["use.latest.version"] ||
    (config["use.latest.with.metadata"] ?? config["use.schema.id"] ?? null) !== null;
  if (schema !== null || isGiven) return;
  throw new TypeError(
    `Cannot make ${what} without a schema: give one, or "use.latest.version", "use.latest.with.metadata" or "use.schema.id"`,
  );
}
