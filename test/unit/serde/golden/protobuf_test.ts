/**
 * The golden vectors of Protobuf, end to end: confluent-kafka-python's messages are written and read, and their imports
 * registered.
 */
import { type DescMessage, fromJson, type JsonValue, type Message, type Registry, toJson } from "@bufbuild/protobuf";
import { loadProtoFile } from "../../../../src/serde/protobuf/descriptors.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../../src/serde/protobuf/mod.ts";
import { readSchemaId } from "../../../../src/serde/mod.ts";
import { test } from "../../../harness.ts";
import { assertEquals } from "../../../support/assert.ts";
import { fromHex, golden } from "../../../support/golden.ts";
import {
  assertWrites,
  deserializerOptions,
  type GoldenBytes,
  type GoldenCase,
  reads,
  serializerOptions,
} from "../../../support/serde/golden_case.ts";
import { GoldenRegistry } from "../../../support/serde/golden_registry.ts";

interface ProtobufCase extends GoldenCase {
  readonly files: readonly { readonly name: string; readonly text: string; readonly descriptorBase64: string }[];
  readonly vectors: readonly (GoldenBytes & {
    readonly message: string;
    readonly messageIndexes: readonly number[];
    readonly input: unknown;
    readonly decoded: unknown;
  })[];
}

const { cases } = golden<ProtobufCase>("protobuf.json");

/** The types of a case's files, of which the last is the one that is registered. */
function typesOf({ files }: ProtobufCase): Registry {
  const schemas = files.map(({ name, descriptorBase64 }) => {
    return { name, schema: { schema: descriptorBase64, schemaType: "PROTOBUF" } as const };
  });
  return loadProtoFile(schemas.at(-1)!.schema, schemas.slice(0, -1)).registry;
}

for (const one of cases) {
  test(`ProtobufSerializer and ProtobufDeserializer agree with the golden case ${one.name}`, async () => {
    const registry = new GoldenRegistry(one.registered);
    const types = typesOf(one);
    const json = (type: DescMessage, message: unknown): JsonValue =>
      toJson(type, message as Message, { registry: types });
    for (const vector of one.vectors) {
      const type = types.getMessage(vector.message)!;
      const serializer = new ProtobufSerializer(registry, type, serializerOptions(one));
      const input = fromJson(type, vector.input as JsonValue, { registry: types });
      await assertWrites(serializer, one, input, vector);
      const framed = fromHex(vector.headers?.["__value_schema_id"] ?? vector.bytesHex!);
      assertEquals(readSchemaId(framed, "PROTOBUF").messageIndexes, vector.messageIndexes);
      for (const wanted of [type, vector.message, null]) {
        const deserializer = new ProtobufDeserializer(registry, wanted, deserializerOptions(one));
        assertEquals(json(type, await reads(deserializer, one, vector)), vector.decoded);
      }
    }
  });

  test(`ProtobufSerializer writes values that say their type in the golden case ${one.name}`, async () => {
    // A schema of which a record's name is wanted needs to know the message beforehand.
    if (one.strategy !== undefined) return;
    const registry = new GoldenRegistry(one.registered);
    const types = typesOf(one);
    const schema = one.registered.at(-1)!;
    const serializer = new ProtobufSerializer(registry, schema, serializerOptions(one));
    for (const vector of one.vectors) {
      const type = types.getMessage(vector.message)!;
      await assertWrites(serializer, one, fromJson(type, vector.input as JsonValue, { registry: types }), vector);
    }
  });
}

test("The golden vectors of Protobuf are all there", () => {
  assertEquals(cases.reduce((sum, { vectors }) => sum + vectors.length, 0), 28);
});
