/** What a serializer registers for a type: its file, and before it those that the file imports. */
import { clone, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { isKnownFile } from "./builtin.ts";
import { dropJsonNames } from "./json_names.ts";

/** A file as it is registered. */
export interface FileRegistration {
  /** The name by which others import it. */
  readonly name: string;
  /** The schema: the file's descriptor in base64. */
  readonly text: string;
  /** The names of the files that it refers to; all of them are registered before it. */
  readonly references: readonly string[];
}

/** What {@link filesToRegister} leaves out. */
export interface RegistrationOptions {
  /**
   * Whether the files of Google and Confluent are left out, which everybody has. Default: true.
   *
   * Source: `skip.known.types` in confluent-kafka-python.
   */
  readonly skipKnownTypes?: boolean;
}

/**
 * Gives the files to register for a file: those that it imports, directly or through others, and last itself. Each is there once,
 * behind those that it refers to.
 *
 * Source: `_resolve_dependencies` of `ProtobufSerializer` in confluent-kafka-python.
 */
export function filesToRegister(
  file: DescFile,
  { skipKnownTypes = true }: RegistrationOptions = {},
): FileRegistration[] {
  const registrations = new Map<string, FileRegistration>();
  const isLeftOut = ({ proto }: DescFile): boolean => skipKnownTypes && isKnownFile(proto.name);
  const seen = new Set<DescFile>();
  const visit = (one: DescFile): void => {
    if (seen.has(one)) return;
    seen.add(one);
    const imports = one.dependencies.filter((imported) => !isLeftOut(imported));
    imports.forEach(visit);
    const references = imports.map(({ proto }) => proto.name);
    registrations.set(one.proto.name, { name: one.proto.name, text: schemaTextOf(one), references });
  };
  visit(file);
  return [...registrations.values()];
}

/** A file's descriptor in base64, as `protoc` embeds it into what it generates. */
function schemaTextOf({ proto }: DescFile): string {
  const { sourceCodeInfo: _, ...copy } = clone(FileDescriptorProtoSchema, proto);
  return base64Encode(toBinary(FileDescriptorProtoSchema, dropJsonNames(copy)));
}
