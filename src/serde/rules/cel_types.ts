/** The types that a schema's text gives to the parts of a message, for CEL. */
import type { Schema } from "../../schema_registry/schema.ts";
import type { NamedSchema } from "../format.ts";
import { avroTypes } from "./cel_types_avro.ts";
import { jsonTypes } from "./cel_types_json.ts";
import { type Convert, untyped } from "./cel_values.ts";

/** How the messages of a schema are converted. */
export interface Types {
  /** Converts a message. */
  readonly root: Convert;
  /** What converts the record at a path, such as an Avro record's full name or `$.address`. */
  at(path: string): Convert;
  /** What converts a field of that record. */
  field(path: string, name: string): Convert;
}

const none: Types = { root: untyped, at: () => untyped, field: () => untyped };
const known = new WeakMap<Schema, Types>();

/** The types of a schema, which are made once for as long as the schema lives. Of Protobuf they are in the messages. */
export function typesOf(schema: Schema, references: readonly NamedSchema[] = []): Types {
  let types = known.get(schema);
  if (types === undefined) known.set(schema, types = make(schema, references));
  return types;
}

function make(schema: Schema, references: readonly NamedSchema[]): Types {
  if (schema.schemaType === "PROTOBUF") return none;
  const types = schema.schemaType === "JSON" ? jsonTypes : avroTypes;
  try {
    return types(parsed(schema), references.map((one) => ({ name: one.name, schema: parsed(one.schema) })));
  } catch {
    // The format has parsed the same text and says what is wrong with it, if anything is.
    return none;
  }
}

/** Avro allows a primitive's bare name where JSON wants quotes. */
function parsed({ schema }: Schema): unknown {
  return /^\w+$/.test(schema) && schema !== "true" && schema !== "false" ? schema : JSON.parse(schema);
}

/** A schema's text, parsed, and its name. */
export interface ParsedReference {
  readonly name: string;
  readonly schema: unknown;
}
