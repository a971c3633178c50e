/** Schemas as descriptors: text and base64, references, and the files that everybody has. */
import { base64Encode } from "@bufbuild/protobuf/wire";
import { SerializationError } from "../../../../mod.ts";
import type { NamedSchema } from "../../../../src/serde/format.ts";
import { builtinFile } from "../../../../src/serde/protobuf/builtin.ts";
import { loadProtoFile } from "../../../../src/serde/protobuf/descriptors.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../support/assert.ts";
import { protobufCases } from "../../../support/serde/protobuf/golden.ts";

const named = (name: string, schema: string): NamedSchema => ({ name, schema: { schema } });
const load = (schema: string, references: readonly NamedSchema[] = []) => loadProtoFile({ schema }, references);

/** A file with a message of its letter that has one of each of those that it imports. */
function fileOf(name: string, ...imports: string[]): NamedSchema {
  const statements = imports.map((other) => `import "${other}.proto";`).join("");
  const fields = imports.map((other, i) => `${other.toUpperCase()} ${other} = ${i + 1};`).join("");
  return named(`${name}.proto`, `syntax = "proto3"; ${statements} message ${name.toUpperCase()} { ${fields} }`);
}

test("loadProtoFile() gives the same of a text and of a descriptor in base64", () => {
  for (const { name, files } of protobufCases()) {
    const [text, descriptor] = (["text", "descriptorBase64"] as const).map((form) => {
      const schemas = files.map((file) => named(file.name, file[form]));
      return loadProtoFile(schemas.at(-1)!.schema, schemas.slice(0, -1)).file;
    });
    assertEquals(text!.messages.map(String), descriptor!.messages.map(String), name);
    assertEquals({ ...text!.proto, name: "" }, { ...descriptor!.proto, name: "" }, name);
  }
});

test("loadProtoFile() gives fields their names in JSON", () => {
  const { files } = protobufCases().find(({ name }) => name === "json-name-and-options")!;
  for (const schema of [files[0]!.text, files[0]!.descriptorBase64]) {
    assertEquals(load(schema).file.messages[0]!.fields.map(({ jsonName }) => jsonName), [
      "snakeCaseName",
      "customName",
      "rawData",
    ]);
  }
});

test("loadProtoFile() resolves references in any order, also where they meet again", () => {
  const references = [fileOf("d"), fileOf("b", "d"), fileOf("c", "b", "d")];
  const { schema } = fileOf("a", "c", "b").schema;
  for (const some of [references, references.toReversed()]) {
    const { file, registry } = load(schema, some);
    const message = file.messages[0]!;
    assertEquals(message.fields.map((field) => String(field.message)), ["message C", "message B"]);
    assert(message.fields[0]!.message === registry.getMessage("C"));
  }
});

test("loadProtoFile() takes no longer where imports branch and meet again many times", () => {
  const levels = 60;
  const references: NamedSchema[] = [];
  for (let i = 0; i < levels; i++) {
    const imports = i === 0 ? "" : `import "l${i - 1}.proto"; import "r${i - 1}.proto";`;
    for (const side of ["l", "r"]) {
      references.push(named(`${side}${i}.proto`, `syntax = "proto3"; package ${side}${i}; ${imports} message M {}`));
    }
  }
  const { schema } =
    named("", `syntax = "proto3"; import "l${levels - 1}.proto"; message A { l${levels - 1}.M m = 1; }`).schema;
  const start = performance.now();
  load(schema, references);
  assert(performance.now() - start < 5_000);
});

test("loadProtoFile() passes on what is imported publicly", () => {
  const references = [
    fileOf("d"),
    named("p.proto", 'syntax = "proto3"; import public "d.proto";'),
    named("q.proto", 'syntax = "proto3"; import "d.proto";'),
  ];
  load('syntax = "proto3"; import "p.proto"; message A { D d = 1; }', references);
  assertThrows(
    () => load('syntax = "proto3"; import "q.proto"; message A { D d = 1; }', references),
    SerializationError,
  );
});

test("loadProtoFile() knows a reference by its name, whatever its descriptor says", () => {
  const [, , , , , { files }] = protobufCases() as never as [0, 0, 0, 0, 0, { files: { descriptorBase64: string }[] }];
  const { file } = load('syntax = "proto3"; import "other/name.proto"; message A { ga.ref.common.Money m = 1; }', [
    named("other/name.proto", files[0]!.descriptorBase64),
  ]);
  assertEquals(String(file.messages[0]!.fields[0]!.message), "message ga.ref.common.Money");
});

test("loadProtoFile() refuses imports that go round, are missing, or are too many in a row", () => {
  const refusals: [schema: NamedSchema, references: NamedSchema[], reason: string][] = [
    [fileOf("a", "b"), [fileOf("b", "c"), fileOf("c", "b")], "imports itself"],
    [fileOf("a", "b"), [], '"b.proto" is neither a reference'],
    [fileOf("a", "b"), [fileOf("b", "c")], '"c.proto" is neither a reference'],
    [
      named("", 'syntax = "proto3"; import "f0.proto";'),
      Array.from({ length: 1000 }, (_, i) => named(`f${i}.proto`, `import "f${i + 1}.proto";`)),
      "too many files",
    ],
  ];
  for (const [{ schema }, references, reason] of refusals) {
    assertStringIncludes(assertThrows(() => load(schema.schema, references), SerializationError).message, reason);
  }
});

test("loadProtoFile() refuses base64 that is no descriptor, and descriptors that are none", () => {
  const descriptors = ["", "AAAA", base64Encode(Uint8Array.of(10, 200, 1, 1))];
  for (const schema of descriptors.slice(1)) assertThrows(() => load(schema), SerializationError);
  // A message with a field of an unknown type.
  const broken = "Cgd4LnByb3RvIhMKAUESDgoBYhgBIAEoCzIDLlguYgZwcm90bzM=";
  assertThrows(() => load(broken), SerializationError);
});

test("builtinFile() has Google's and Confluent's files", () => {
  const imports = [
    ...["any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type"]
      .map((name) => `google/protobuf/${name}.proto`),
    "google/protobuf/wrappers.proto",
    "google/protobuf/compiler/plugin.proto",
    ...["calendar_period", "color", "date", "dayofweek", "decimal", "expr", "fraction", "interval", "latlng", "month"]
      .map((name) => `google/type/${name}.proto`),
    ...["datetime", "localized_text", "money", "phone_number", "postal_address", "quaternion", "timeofday"].map((
      name,
    ) => `google/type/${name}.proto`),
    "confluent/meta.proto",
    "confluent/type/decimal.proto",
    "confluent/types/decimal.proto",
  ];
  for (const name of imports) {
    assertEquals(builtinFile(name)?.name, name);
    load(`syntax = "proto3"; import "${name}"; message A {}`);
  }
  const { registry } = load(
    'syntax = "proto3"; import "confluent/type/decimal.proto"; message A { confluent.type.Decimal d = 1; }',
  );
  const decimal = registry.getMessage("confluent.type.Decimal")!;
  assertEquals(decimal.fields.map(({ name, number }) => [name, number]), [["value", 1], ["precision", 2], [
    "scale",
    3,
  ]]);
  assertEquals(builtinFile("google/other.proto"), undefined);
});
