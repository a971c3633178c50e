/** Registers the files that a schema imports, so that it can refer to them. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Schema, SchemaReference } from "../../schema_registry/schema.ts";
import type { SerializerConfig } from "../config.ts";
import type { WritingContext } from "../context.ts";
import type { Registry } from "../registry.ts";
import type { FileRegistration } from "./references.ts";

/**
 * Names the subject under which an imported file is registered.
 *
 * Source: `reference.subject.name.strategy` in confluent-kafka-python.
 */
export type ReferenceSubjectNameStrategy = (context: WritingContext | undefined, fileName: string) => string;

/** How imported files are registered. */
export interface ImportsOptions {
  readonly registry: Registry;
  readonly config: SerializerConfig;
  readonly strategy: ReferenceSubjectNameStrategy;
}

/**
 * Registers files in their order, all but the last, or looks them up if nothing is to be registered; and gives the last
 * with its references.
 *
 * @throws {SerializationError} if the registry does not say the version of a file.
 */
export async function registerImports(
  files: readonly FileRegistration[],
  context: WritingContext | undefined,
  options: ImportsOptions,
): Promise<Schema> {
  const references = new Map<string, SchemaReference>();
  for (const file of files.slice(0, -1)) {
    const subject = options.strategy(context, file.name);
    const version = await versionOf(subject, schemaOf(file, references), options);
    references.set(file.name, { name: file.name, subject, version });
  }
  return schemaOf(files.at(-1)!, references);
}

async function versionOf(subject: string, schema: Schema, { registry, config }: ImportsOptions): Promise<number> {
  const normalize = config["normalize.schemas"] ?? false;
  let version: number | null = null;
  if (config["auto.register.schemas"] ?? true) {
    version = (await registry.registerSchemaFullResponse(subject, schema, { normalize })).version;
  }
  // Older registries answer with the id only.
  version ??= (await registry.lookupSchema(subject, schema, { normalize })).version;
  if (version === null) {
    throw new SerializationError(`Cannot refer to "${subject}": the registry does not say its version`);
  }
  return version;
}

function schemaOf({ text, references }: FileRegistration, known: ReadonlyMap<string, SchemaReference>): Schema {
  const schema: Schema = { schema: text, schemaType: "PROTOBUF" };
  return references.length === 0 ? schema : { ...schema, references: references.map((name) => known.get(name)!) };
}
