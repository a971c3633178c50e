/** Schemas as descriptors: from the text, or the descriptor in base64, that a registry has. */
import { type DescFile, fromBinary, type Registry } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Schema } from "../../schema_registry/schema.ts";
import type { NamedSchema } from "../format.ts";
import { schemaError } from "./_error.ts";
import { builtinFile } from "./builtin.ts";
import { registryOf } from "./imports.ts";
import { fillJsonNames } from "./json_names.ts";
import { parseProto } from "./parse.ts";

/** More files that import one another in a row would be no schema, and each takes a place on the stack. */
const MAX_CHAIN = 200;
const OWN_NAME = "schema.proto";

/** A schema's file, and the types of all files that it uses. */
export interface ProtoFile {
  readonly file: DescFile;
  readonly registry: Registry;
}

/**
 * Gives the descriptor of a schema.
 *
 * @param references The files that it imports, directly or through others, under the names by which they are imported.
 * @throws {SerializationError} if the schema is none, or imports what is not there.
 */
export function loadProtoFile(schema: Schema, references: readonly NamedSchema[]): ProtoFile {
  const files = new Files(references);
  try {
    const proto = files.read(schema.schema, files.free(OWN_NAME));
    const registry = registryOf(proto, (name) => files.resolve(name));
    return { file: registry.getFile(proto.name)!, registry };
  } catch (cause) {
    if (cause instanceof SerializationError) throw cause;
    const reason = cause instanceof Error ? cause.message : "a descriptor is malformed";
    throw schemaError(`Cannot load the schema: ${reason}`, cause);
  }
}

/** The files of a schema's references, each of which is read when it is first imported. */
class Files {
  readonly #schemas = new Map<string, Schema>();
  readonly #files = new Map<string, FileDescriptorProto>();
  /** The names of those that are being read: one that comes up again imports itself. */
  readonly #chain: string[] = [];

  constructor(references: readonly NamedSchema[]) {
    for (const { name, schema } of references) this.#schemas.set(name, schema);
  }

  /** A name that no reference has. */
  free(name: string): string {
    return this.#schemas.has(name) ? this.free(`_${name}`) : name;
  }

  /** Reads a file; a descriptor has its own name, a text is given one. */
  read(text: string, name: string): FileDescriptorProto {
    const resolve = (imported: string): FileDescriptorProto | undefined => this.resolve(imported);
    const file = readDescriptor(text) ?? parseProto(text, { fileName: name, resolve });
    for (const imported of file.dependency) {
      if (resolve(imported) !== undefined) continue;
      const reason = `"${imported}" is neither a reference of the schema nor a file that everybody has`;
      throw schemaError(`Cannot load "${file.name}": ${reason}`);
    }
    return fillJsonNames(file);
  }

  resolve(name: string): FileDescriptorProto | undefined {
    const known = builtinFile(name) ?? this.#files.get(name);
    if (known !== undefined) return known;
    const schema = this.#schemas.get(name);
    if (schema === undefined) return undefined;
    if (this.#chain.includes(name)) {
      throw schemaError(`Cannot load "${name}": it imports itself, directly or through others`);
    }
    if (this.#chain.length >= MAX_CHAIN) throw schemaError(`Cannot load "${name}": too many files import one another`);
    this.#chain.push(name);
    const file = this.read(schema.schema, name);
    this.#chain.pop();
    // It is imported by this name, whatever its descriptor says.
    file.name = name;
    this.#files.set(name, file);
    return file;
  }
}

/** The descriptor that a text is in base64; null if it is something else, such as `.proto` text. */
function readDescriptor(text: string): FileDescriptorProto | null {
  if (!/^[A-Za-z0-9+/=\s]+$/.test(text)) return null;
  try {
    return fromBinary(FileDescriptorProtoSchema, base64Decode(text));
  } catch {
    return null;
  }
}
