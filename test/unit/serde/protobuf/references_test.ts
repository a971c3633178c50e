/** What is registered for a type: Python's schemas in Python's order. */
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { loadProtoFile } from "../../../../src/serde/protobuf/descriptors.ts";
import { filesToRegister } from "../../../../src/serde/protobuf/references.ts";
import { test } from "../../../harness.ts";
import { assertEquals } from "../../../support/assert.ts";
import { parseCase, protobufCases } from "../../../support/serde/protobuf/golden.ts";

test("filesToRegister() gives what Python registers, imports first", () => {
  for (const { name, files, registered } of protobufCases()) {
    const { file } = parseCase(files, "descriptorBase64").parsed;
    const expected = registered.map(({ schema, references = [] }) => ({
      text: schema,
      references: references.map((reference) => reference.name),
    }));
    const got = filesToRegister(file);
    assertEquals(got.map(({ text, references }) => ({ text, references })), expected, name);
    assertEquals(got.map((one) => one.name), files.map((one) => one.name), name);
  }
});

test("filesToRegister() gives each file once, and those that everybody has only when asked", () => {
  const file = (name: string, ...imports: string[]) => ({
    name,
    schema: { schema: `syntax = "proto3"; ${imports.map((one) => `import "${one}";`).join("")}` },
  });
  const timestamp = "google/protobuf/timestamp.proto";
  const references = [file("d", timestamp), file("b", "d"), file("c", "d", "confluent/meta.proto")];
  const { file: root } = loadProtoFile(file("", "b", "c", timestamp).schema, references);
  const names = (skipKnownTypes?: boolean): unknown[] =>
    filesToRegister(root, skipKnownTypes === undefined ? {} : { skipKnownTypes }).map((
      { name, references: to },
    ) => [name, to]);
  assertEquals(names(), [["d", []], ["b", ["d"]], ["c", ["d"]], ["schema.proto", ["b", "c"]]]);
  assertEquals(names(true), names());
  const descriptor = "google/protobuf/descriptor.proto";
  assertEquals(names(false), [
    [timestamp, []],
    ["d", [timestamp]],
    ["b", ["d"]],
    [descriptor, []],
    ["confluent/meta.proto", [descriptor]],
    ["c", ["d", "confluent/meta.proto"]],
    ["schema.proto", ["b", "c", timestamp]],
  ]);
});

test("filesToRegister() leaves a descriptor as it is, and says of names in JSON what protoc says", () => {
  const { files } = protobufCases().find(({ name }) => name === "json-name-and-options")!;
  const { file } = loadProtoFile({ schema: files[0]!.text }, []);
  const { text } = filesToRegister(file)[0]!;
  const names = (jsonNames: string[]) => assertEquals(jsonNames, ["", "customName", ""]);
  names(fromBinary(FileDescriptorProtoSchema, base64Decode(text)).messageType[0]!.field.map((field) => field.jsonName));
  assertEquals(file.messages[0]!.fields.map((field) => field.proto.jsonName), [
    "snakeCaseName",
    "customName",
    "rawData",
  ]);
  createFileRegistry(file.proto, () => undefined);
});
