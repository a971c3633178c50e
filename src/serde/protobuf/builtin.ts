/** The `.proto` files that everybody has: Google's and Confluent's. No schema has to refer to them. */
import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_compiler_plugin,
  file_google_protobuf_cpp_features,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_go_features,
  file_google_protobuf_java_features,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { googleTypes } from "./google_types.ts";
import { fillJsonNames } from "./json_names.ts";
import { parseProto } from "./parse.ts";

const shipped: ReadonlyMap<string, FileDescriptorProto> = new Map(
  [
    file_google_protobuf_any,
    file_google_protobuf_api,
    file_google_protobuf_compiler_plugin,
    file_google_protobuf_cpp_features,
    file_google_protobuf_descriptor,
    file_google_protobuf_duration,
    file_google_protobuf_empty,
    file_google_protobuf_field_mask,
    file_google_protobuf_go_features,
    file_google_protobuf_java_features,
    file_google_protobuf_source_context,
    file_google_protobuf_struct,
    file_google_protobuf_timestamp,
    file_google_protobuf_type,
    file_google_protobuf_wrappers,
  ].map(({ proto }) => [proto.name, proto]),
);

const META = 'syntax = "proto3"; package confluent; import "google/protobuf/descriptor.proto";' +
  "message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; repeated Rule rules = 4; }" +
  "message Rule { string name = 1; string doc = 2; string expr = 3; string sql = 4; }" +
  ["File", "Message", "Field", "Enum", "EnumValue"].map((kind) => {
    const name = kind.replace(/\B[A-Z]/, (letter) => `_${letter}`).toLowerCase();
    return `extend google.protobuf.${kind}Options { Meta ${name}_meta = 1088; }`;
  }).join("");
const DECIMAL = 'syntax = "proto3"; package confluent.type;' +
  "message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }";
const VARIANT = 'syntax = "proto3"; package confluent.type; message Variant { bytes metadata = 1; bytes value = 2; }';

const texts: ReadonlyMap<string, string> = new Map([
  ["confluent/meta.proto", META],
  ["confluent/type/decimal.proto", DECIMAL],
  ["confluent/type/variant.proto", VARIANT],
  ["confluent/types/decimal.proto", DECIMAL],
  ...googleTypes,
]);
const parsed = new Map<string, FileDescriptorProto>();

/** Gives the file of a name, if it is one that everybody has. */
export function builtinFile(name: string): FileDescriptorProto | undefined {
  const known = shipped.get(name) ?? parsed.get(name);
  if (known !== undefined) return known;
  const text = texts.get(name);
  if (text === undefined) return undefined;
  const proto = fillJsonNames(parseProto(text, { fileName: name, resolve: builtinFile }));
  parsed.set(name, proto);
  return proto;
}

/** Whether a file is of Google's or Confluent's own, by its name: such files are not registered. */
export function isKnownFile(name: string): boolean {
  return /^(google\/(protobuf|type)|confluent)\//.test(name);
}
