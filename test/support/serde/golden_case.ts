/**
 * A case of the golden files end to end: a registry with its schemas, and a serializer and deserializer as it was
 * recorded with.
 */
import { SchemaRegistryError } from "../../../src/schema_registry/error.ts";
import type { Schema, SchemaReference, SchemaType } from "../../../src/schema_registry/schema.ts";
import type { SchemaDeserializer } from "../../../src/serde/deserializer.ts";
import type { SchemaSerializer } from "../../../src/serde/serializer.ts";
import { headerSchemaIdSerializer, prefixSchemaIdDeserializer } from "../../../src/serde/wire.ts";
import { assertEquals } from "../assert.ts";
import { fromHex, toHex } from "../golden.ts";
import type { GoldenSchema } from "./golden_registry.ts";

/** What all cases have. */
export interface GoldenCase {
  readonly name: string;
  readonly format: SchemaType;
  readonly topic?: string;
  readonly field?: "key" | "value";
  readonly schema?: unknown;
  readonly references?: readonly SchemaReference[];
  readonly registered: readonly GoldenSchema[];
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly strategy?: string;
  readonly headerMode?: boolean;
  readonly schemaIdDeserializer?: string;
}

/** Bytes that were recorded, and the headers that were there beside them. */
export interface GoldenBytes {
  readonly bytesHex?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers as a list that can be added to. */
export type Headers = [name: string, value: Uint8Array][];

/** The schema of a case: its text, or with references an object. */
export function schemaOf({ schema, format, references }: GoldenCase): string | Schema {
  const text = typeof schema === "string" ? schema : JSON.stringify(schema);
  return references === undefined ? text : { schema: text, schemaType: format, references };
}

/** The options with which a case's serializer was made. */
export function serializerOptions({ conf, strategy, headerMode }: GoldenCase): Readonly<Record<string, unknown>> {
  return {
    ...conf,
    ...strategyOption(strategy),
    ...(headerMode && { "schema.id.serializer": headerSchemaIdSerializer }),
  };
}

/** The options with which a case's deserializer was made. */
export function deserializerOptions({ strategy, schemaIdDeserializer }: GoldenCase): Readonly<Record<string, unknown>> {
  return {
    ...strategyOption(strategy),
    ...(schemaIdDeserializer === "prefix" && { "schema.id.deserializer": prefixSchemaIdDeserializer }),
  };
}

/** The context of a case's messages. */
export function contextOf(
  { topic = "neg", field = "value" }: GoldenCase,
  headers: Headers = [],
): { readonly topic: string; readonly field: "key" | "value"; readonly headers: Headers } {
  return { topic, field, headers };
}

/** Headers as they were recorded. */
export function headersOf({ headers = {} }: GoldenBytes): Headers {
  return Object.entries(headers).map(([name, hex]) => [name, fromHex(hex)]);
}

/** Serializes a value in all forms, which must agree with the bytes that were recorded. */
export async function assertWrites(
  serializer: SchemaSerializer,
  one: GoldenCase,
  value: unknown,
  expected: GoldenBytes,
): Promise<void> {
  const check = (bytes: Uint8Array | null, headers: Headers): void => {
    assertEquals(bytes === null ? null : toHex(bytes), expected.bytesHex);
    assertEquals(headers.map(([name, value]) => [name, toHex(value)]), Object.entries(expected.headers ?? {}));
  };
  const headers: Headers[] = [[], [], []];
  check(await serializer.serialize(value, contextOf(one, headers[0])), headers[0]!);
  check(serializer.serializeSync(value, contextOf(one, headers[1])), headers[1]!);
  if (expected.bytesHex === null) return;
  const target = new Uint8Array(expected.bytesHex!.length / 2 + 3);
  const length = serializer.encodeInto(value, contextOf(one, headers[2]), target, 3);
  check(target.subarray(3, 3 + length), headers[2]!);
}

/** Deserializes bytes in both forms. */
export async function reads(
  deserializer: SchemaDeserializer,
  one: GoldenCase,
  bytes: GoldenBytes,
): Promise<unknown> {
  if (bytes.bytesHex === null) return await deserializer.deserialize(null as never, contextOf(one));
  const data = fromHex(bytes.bytesHex!);
  const headers = headersOf(bytes);
  const value = await deserializer.deserialize(data, contextOf(one, headers));
  assertEquals(deserializer.deserializeSync(data, contextOf(one, headers)), value);
  return value;
}

/** The chain of causes of an error, from the error itself. */
export function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let one = error; one instanceof Error; one = one.cause) chain.push(one);
  return chain;
}

/** The error of a registry that led to another, if there is one. */
export function registryErrorOf(error: unknown): SchemaRegistryError | undefined {
  return causesOf(error).find((one) => one instanceof SchemaRegistryError);
}

function strategyOption(strategy: string | undefined): Readonly<Record<string, unknown>> {
  return strategy === undefined ? {} : { "subject.name.strategy.type": strategy.toUpperCase() };
}
