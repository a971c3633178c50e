/** The golden cases of Protobuf against a real registry: their messages, and their files as texts. */
import { type DescMessage, fromJson, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import type { SchemaReference, SchemaRegistryClient } from "../../../../src/schema_registry/mod.ts";
import { loadProtoFile } from "../../../../src/serde/protobuf/descriptors.ts";
import type { GoldenBytes, GoldenCase } from "../golden_case.ts";

/** A case: its files, of which the last is the schema. */
export interface ProtobufCase extends GoldenCase {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly vectors: readonly (GoldenBytes & {
    readonly message: string;
    readonly input: unknown;
    readonly decoded: unknown;
  })[];
}

/** The types of a case. */
export interface ProtobufTypes {
  type(name: string): DescMessage;
  /** A message, from its JSON. */
  message(name: string, json: unknown): Message;
  /** The JSON of a message that was read. */
  json(name: string, message: unknown): JsonValue;
}

/** The types of a case's files, as the texts say them: those are under names of this run. */
export function typesOf({ files }: Pick<ProtobufCase, "files">): ProtobufTypes {
  const schemas = files.map(({ name, text }) => ({ name, schema: { schema: text, schemaType: "PROTOBUF" } as const }));
  const { registry } = loadProtoFile(schemas.at(-1)!.schema, schemas.slice(0, -1));
  const type = (name: string): DescMessage => registry.getMessage(name)!;
  return {
    type,
    message: (name, json) => fromJson(type(name), json as JsonValue, { registry }),
    json: (name, message) => toJson(type(name), message as Message, { registry }),
  };
}

/** Registers a case's files as texts, as Java's serializer does, and gives the last one's id. */
export async function registerTexts(client: SchemaRegistryClient, { topic, files }: ProtobufCase): Promise<number> {
  const subjectOf = (name: string): string => `${topic}-text-${name}`;
  let id = 0;
  for (const { name, text } of files) {
    const imports = files.filter((other) => text.includes(`import "${other.name}"`));
    const references = imports.map(({ name }): SchemaReference => ({ name, subject: subjectOf(name), version: 1 }));
    id = await client.registerSchema(subjectOf(name), { schema: text, schemaType: "PROTOBUF", references });
  }
  return id;
}
