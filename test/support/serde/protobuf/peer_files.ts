/** Files of Protobuf that are read by two programs: as descriptors for the other one, as types for us. */
import { type DescMessage, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { builtinFile } from "../../../../src/serde/protobuf/builtin.ts";
import { registryOf } from "../../../../src/serde/protobuf/imports.ts";
import { fillJsonNames } from "../../../../src/serde/protobuf/json_names.ts";
import { parseProto } from "../../../../src/serde/protobuf/parse.ts";
import { hex } from "../../hex.ts";

/** Some files. */
export interface PeerFiles {
  /** The descriptors in hexadecimal, in the order of the files. */
  readonly descriptors: readonly string[];
  /** A message by its full name, as `protoc-gen-es` gives it. */
  message(fullName: string): DescMessage;
}

/** Reads texts by the files' names, each behind those that it imports. */
export function peerFiles(texts: Readonly<Record<string, string>>): PeerFiles {
  const files = new Map<string, FileDescriptorProto>();
  const resolve = (name: string): FileDescriptorProto | undefined => files.get(name) ?? builtinFile(name);
  for (const [fileName, text] of Object.entries(texts)) files.set(fileName, parseProto(text, { fileName, resolve }));
  const descriptors = [...files.values()].map((file) => hex(toBinary(FileDescriptorProtoSchema, file)));
  files.forEach((file) => fillJsonNames(file));
  const registry = registryOf([...files.values()].at(-1)!, resolve);
  return { descriptors, message: (fullName) => registry.getMessage(fullName)! };
}
