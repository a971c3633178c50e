/** The parser of `.proto` texts: `protoc`'s descriptors, and errors that say where. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { SerializationError } from "../../../../mod.ts";
import { builtinFile } from "../../../../src/serde/protobuf/builtin.ts";
import { dropJsonNames } from "../../../../src/serde/protobuf/json_names.ts";
import { parseProto } from "../../../../src/serde/protobuf/parse.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { type GoldenFile, hex, protobufCases, readGolden } from "../../../support/serde/protobuf/golden.ts";

const parse = (text: string, fileName = "x.proto"): FileDescriptorProto =>
  parseProto(text, { fileName, resolve: builtinFile });

const parseAll = (files: readonly GoldenFile[]): Map<string, FileDescriptorProto> => {
  const parsed = new Map<string, FileDescriptorProto>();
  for (const { name, text } of files) {
    const resolve = (imported: string) => parsed.get(imported) ?? builtinFile(imported);
    parsed.set(name, parseProto(text, { fileName: name, resolve }));
  }
  return parsed;
};

/** Takes from a descriptor what `protoc` says to the outside only, and what we leave out. */
function asPluginsSeeIt(file: FileDescriptorProto): FileDescriptorProto {
  const dropNames = ({ extension }: Pick<DescriptorProto | FileDescriptorProto, "extension">): void => {
    for (const one of extension) delete (one as { jsonName?: string }).jsonName;
  };
  const visit = (message: DescriptorProto): void => {
    dropNames(message);
    message.nestedType.forEach(visit);
  };
  dropNames(file);
  file.messageType.forEach(visit);
  file.service.length = 0;
  return dropJsonNames(file);
}

test("parseProto() gives the descriptors that protoc embeds for Python", () => {
  for (const { files } of protobufCases()) {
    const parsed = parseAll(files);
    for (const { name, descriptorBase64 } of files) {
      const bytes = toBinary(FileDescriptorProtoSchema, parsed.get(name)!);
      assertEquals(hex(bytes), hex(base64Decode(descriptorBase64)), name);
    }
  }
});

test("parseProto() gives protoc's descriptors of texts with all that there is", () => {
  const { files } = readGolden<{ files: readonly GoldenFile[] }>("proto-texts.json");
  const parsed = parseAll(files);
  for (const { name, descriptorBase64 } of files) {
    const expected = asPluginsSeeIt(fromBinary(FileDescriptorProtoSchema, base64Decode(descriptorBase64)));
    const got = toBinary(FileDescriptorProtoSchema, parsed.get(name)!);
    assertEquals(hex(got), hex(toBinary(FileDescriptorProtoSchema, expected)), name);
  }
});

const refusals: [text: string, error: string][] = [
  ['syntax = "proto4";', '1, column 10: the syntax must be "proto2" or "proto3"'],
  ['syntax = "proto3";\nmessage A {', "2, column 12: expected the type of a field, found the end of the text"],
  ['syntax = "proto3";\nmessage A {\n  int32 a = 1\n}', '4, column 1: expected ";", found "}"'],
  ['syntax = "proto3"; message A { int32 a = 0; }', "1, column 42: the number of a field must be from 1 to 536870911"],
  [
    'syntax = "proto3"; message A { int32 a = 19500; }',
    "1, column 42: the numbers from 19000 to 19999 are Protobuf's own",
  ],
  [
    'syntax = "proto3"; message A { int32 a = 1; int32 b = 1; }',
    '1, column 30: the message "A" has the number 1 twice',
  ],
  [
    'syntax = "proto3"; message A { int32 a = 1; int32 a = 2; }',
    '1, column 30: the message "A" has the field "a" twice',
  ],
  ['syntax = "proto3"; message A {} message A {}', '1, column 1: "A" is there twice'],
  ['syntax = "proto3"; message A { B b = 1; }', '1, column 32: the type "B" is unknown: is an import missing?'],
  [
    'syntax = "proto3"; message A { required int32 a = 1; }',
    "1, column 32: a field can be required only in a message of proto2",
  ],
  [
    'syntax = "proto3"; message A { int32 a = 1 [default = 2]; }',
    "1, column 45: a field has a default only in proto2, and if it is not repeated",
  ],
  ['syntax = "proto3"; message A { group G = 1 {} }', "1, column 32: there are groups only in proto2"],
  [
    'syntax = "proto3"; message A { map<float, int32> a = 1; }',
    '1, column 36: expected a type that can be a map\'s key, found "float"',
  ],
  [
    'syntax = "proto3"; message A { oneof o { map<int32, int32> a = 1; } }',
    "1, column 42: a map has no label and is in no oneof or extension",
  ],
  ['syntax = "proto3"; message A { oneof o { } }', '1, column 40: the oneof "o" has no fields'],
  ['syntax = "proto3"; enum E { A = 1; }', '1, column 25: the first value of the enum "E" must be 0'],
  ["message A { int32 a = 1; }", '1, column 13: expected "optional", "required" or "repeated", found "int32"'],
  [
    "message A { optional int32 a = 1 [default = 3000000000]; }",
    "1, column 45: the default is not in the range of its type",
  ],
  [
    'import "there.proto";',
    '1, column 8: "there.proto" is neither a reference of the schema nor a file that everybody has',
  ],
  [
    'syntax = "proto3"; message A { int32 a = 1 [(nope.x) = 1]; }',
    "1, column 45: the option (nope.x) is unknown: is an import missing?",
  ],
  ['syntax = "proto3"; message A { int32 a = 1 [packed = 7]; }', "1, column 45: the option cannot be set: "],
  [
    'syntax = "proto3"; message A { string a = 1 [json_name = "x\\q"]; }',
    "1, column 58: the string has a wrong escape",
  ],
  ['syntax = "proto3"; option java_package = "x', "1, column 42: the string does not end on its line"],
  ['syntax = "proto3"; /* no end', "1, column 20: the comment does not end"],
  ['syntax = "proto3"; message A { int32 a = 1x; }', "1, column 42: the number is malformed"],
  ['syntax = "proto3"; # what', '1, column 20: "#" cannot stand here'],
  [
    'syntax = "proto3"; hello',
    '1, column 20: expected "message", "enum", "import" or another statement, found "hello"',
  ],
  ['edition = "1999";', "1, column 11: the edition must be one of 2023, 2024"],
  ["", ""],
];

test("parseProto() says in which line and column a text is wrong", () => {
  for (const [text, error] of refusals) {
    if (error === "") continue;
    const { message } = assertThrows(() => parse(text), SerializationError);
    assert(message.startsWith(`Cannot parse "x.proto" at line ${error}`), `${message}\nis not\n${error}`);
  }
});

test("parseProto() takes an empty text, a byte order mark and services", () => {
  assertEquals(parse("").messageType, []);
  const file = parse('\ufeffsyntax = "proto3"; service S { rpc A(B) returns (B) { option x = "}"; } } message B {}');
  assertEquals(file.messageType.map(({ name }) => name), ["B"]);
});

test("parseProto() refuses hostile texts in bounded time", () => {
  const deep = 100_000;
  const texts = [
    `syntax = "proto3"; ${"message A {".repeat(deep)}`,
    `${"message A { optional group G = 1 {".repeat(1)}${"optional group G = 1 {".repeat(deep)}`,
    `syntax = "proto3"; option (x) = ${"{ a ".repeat(deep)}`,
    `syntax = "proto3"; option (x) = { a: ${"[".repeat(deep)}`,
    `syntax = "proto3"; option a${".a".repeat(deep)} = 1;`,
    `syntax = "proto3"; option ${"features.".repeat(30)}x = 1;`,
    `syntax = "proto3"; service S ${"{".repeat(deep)}`,
    `syntax = "proto3"; message A { A${".A".repeat(deep)} a = 1; }`,
    `syntax = "proto3"; package a${".a".repeat(200)}; message M { ${".x x = 1;"} }`,
    `syntax = "proto3"; ${"/**/".repeat(deep)}"${"x".repeat(deep)}`,
    `syntax = "proto3"; message A { int32 a = 1 [${"deprecated = true, ".repeat(deep)}`,
    `syntax = "proto3"; package a${".a".repeat(deep)}; message A { ${"A a = 1;".repeat(deep)} }`,
    `syntax = "proto3"; package a${".a".repeat(90)}; ${"message A { ".repeat(30)} ${"X.Y a = 1;".repeat(deep)}`,
    `message A { extensions ${"1, ".repeat(deep)} 2 [${"deprecated = true, ".repeat(900)} deprecated = true]; }`,
    "\u0000".repeat(deep),
  ];
  const start = performance.now();
  for (const text of texts) assertThrows(() => parse(text), SerializationError);
  assert(performance.now() - start < 5_000);
});
