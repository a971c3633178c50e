/** The golden cases against a real registry: under names that nobody else uses, and with the ids that it gives. */
import type { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";
import type { TimestampMicros } from "../../../src/serde/avro/mod.ts";
import { avroTags } from "../../unit/serde/avro/codec.ts";
import { assertEquals } from "../assert.ts";
import { golden, untagged } from "../golden.ts";
import { randomName } from "../random.ts";
import type { GoldenBytes, GoldenCase } from "./golden_case.ts";

const noGuids = "Apicurio has no GUIDs";
const givesIds = "the registry chooses the ids";

/** The cases that are left out, and why. Those of rules and metadata are in files of their own: Apicurio drops both. */
const leftOut: Readonly<Record<string, string>> = {
  "guid-in-header": noGuids,
  "guid-in-header-short-payload": noGuids,
  "guid-in-key-header": noGuids,
  "big-schema-id": givesIds,
  "top-bit-schema-id": givesIds,
  "boolean-and-scalar-schemas": "Apicurio takes no JSON Schema that is a boolean or has only a scalar type",
};

/** The names in the cases that two runs would share: of topics, of subjects, of files, and of records that are subjects. */
const sharedNames = /\bg[ajp]-|\bga_refr?(?=\/)|\b(?:ga\.rn|ga\.strat|com\.ga)\b/g;

/** The cases of a file that a real registry can answer, each under names of its own. */
export function realCases<Case extends GoldenCase>(file: string): Case[] {
  return golden<Case>(file).cases.filter(({ name }) => !(name in leftOut)).map(renamed);
}

function renamed<Case extends GoldenCase>(one: Case): Case {
  const stamp = randomName("x").replace("-", "");
  const text = JSON.stringify(one).replace(
    sharedNames,
    (name) => name.endsWith("-") ? `${name}${stamp}-` : `${name}_${stamp}`,
  );
  return { ...JSON.parse(text), name: one.name };
}

/** Registers what a case's serializer does not register itself. */
export async function registerGiven(client: SchemaRegistryClient, { registered, conf }: GoldenCase): Promise<void> {
  const registersItself = conf?.["auto.register.schemas"] !== false;
  for (
    const { subject, schema, schemaType = "AVRO", references } of registersItself ? registered.slice(0, -1) : registered
  ) {
    await client.registerSchema(subject, { schema, schemaType, ...(references && { references }) });
  }
}

/** The id of the schema that a case's serializer writes with; it has to be where the case says, with the same references. */
export async function idOf(client: SchemaRegistryClient, { registered }: GoldenCase): Promise<number> {
  const { subject, version, schemaType = "AVRO", references = [] } = registered.at(-1)!;
  const latest = await client.getLatestVersion(subject);
  assertEquals(
    [latest.version, latest.schema.schemaType ?? "AVRO", latest.schema.references ?? []],
    [version, schemaType, references],
  );
  return latest.schemaId!;
}

/** What was recorded, with another id in front. */
export function withId<Bytes extends GoldenBytes>(bytes: Bytes, id: number): Bytes {
  if (typeof bytes.bytesHex !== "string") return bytes;
  return { ...bytes, bytesHex: framed(bytes.bytesHex, id) };
}

/** Hexadecimal digits with another id in front. */
export function framed(hex: string, id: number): string {
  return `00${id.toString(16).padStart(8, "0")}${hex.slice(10)}`;
}

/** A case of Avro. */
export interface AvroCase extends GoldenCase {
  readonly readers?: readonly { readonly name: string; readonly schema: string }[];
  readonly vectors: readonly AvroVector[];
}

/** A value, its bytes, and what they are read as. */
export interface AvroVector extends GoldenBytes {
  readonly input: unknown;
  readonly decoded?: unknown;
  readonly decodedNamed?: unknown;
  readonly readers?: readonly { readonly reader: string; readonly decoded?: unknown; readonly error?: unknown }[];
}

/** A value of Avro as ours. */
export const avroValue = (tagged: unknown): unknown => untagged(tagged, avroTags);

/** What our deserializer gives for a value of the vectors: where the schema counts milliseconds, `tsm`, a Date. */
export function avroRead(tagged: unknown): unknown {
  const read = avroValue(tagged);
  if (typeof read !== "object" || read === null || !("tsm" in read)) return read;
  return { ...read, tsm: (read.tsm as TimestampMicros).toDate() };
}

/** A case of JSON Schema. */
export interface JsonCase extends GoldenCase {
  readonly vectors: readonly (GoldenBytes & {
    readonly input: unknown;
    readonly decoded?: unknown;
    readonly serializeError?: unknown;
    readonly deserializeError?: unknown;
  })[];
}

/** Whether JavaScript writes the same bytes as Python: not 1.0 and 1e+16, as the README of the vectors says. */
export function writesTheSame({ name }: JsonCase): boolean {
  return name !== "integral-floats-differ";
}
