/**
 * The golden vectors against a real registry: confluent-kafka-python's messages are written and read, with schemas that are
 * registered and asked for there. `test/support/serde/real_golden.ts` names the cases that are left out.
 */
import { SerializationError } from "../../../mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/protobuf/mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { testRegistry } from "../../support/schema_registry/real.ts";
import {
  assertWrites,
  contextOf,
  deserializerOptions,
  reads,
  schemaOf,
  serializerOptions,
} from "../../support/serde/golden_case.ts";
import { type ProtobufCase, registerTexts, typesOf } from "../../support/serde/protobuf/real_golden.ts";
import {
  type AvroCase,
  avroRead,
  avroValue,
  idOf,
  type JsonCase,
  realCases,
  registerGiven,
  withId,
  writesTheSame,
} from "../../support/serde/real_golden.ts";

const avroCases = realCases<AvroCase>("avro.json");
const jsonCases = realCases<JsonCase>("json.json");
const protobufCases = realCases<ProtobufCase>("protobuf.json");

for (const one of avroCases) {
  testRegistry(
    `AvroSerializer and AvroDeserializer agree on a real registry with the golden case ${one.name}`,
    async ({ open }) => {
      await using writing = open();
      await using reading = open();
      await registerGiven(writing, one);
      const serializer = new AvroSerializer(writing, schemaOf(one), serializerOptions(one));
      const deserializer = new AvroDeserializer(reading, null, deserializerOptions(one));
      const named = new AvroDeserializer(reading, null, { ...deserializerOptions(one), returnRecordName: true });
      await serializer.prepare(contextOf(one));
      const id = await idOf(writing, one);
      for (const vector of one.vectors.map((vector) => withId(vector, id))) {
        await assertWrites(serializer, one, avroValue(vector.input), vector);
        const expected = "decoded" in vector ? vector.decoded : vector.input;
        assertEquals(await reads(deserializer, one, vector), avroRead(expected));
        if ("decodedNamed" in vector) assertEquals(await reads(named, one, vector), avroRead(vector.decodedNamed));
        for (const { reader, ...result } of vector.readers ?? []) {
          const { schema } = one.readers!.find(({ name }) => name === reader)!;
          const resolving = new AvroDeserializer(reading, schema, deserializerOptions(one));
          if ("decoded" in result) assertEquals(await reads(resolving, one, vector), avroValue(result.decoded));
          else await assertRejects(() => reads(resolving, one, vector), SerializationError);
        }
      }
    },
  );
}

for (const one of jsonCases) {
  testRegistry(
    `JsonSerializer and JsonDeserializer agree on a real registry with the golden case ${one.name}`,
    async ({ open }) => {
      await using writing = open();
      await using reading = open();
      await registerGiven(writing, one);
      const serializer = new JsonSerializer(writing, schemaOf(one), serializerOptions(one));
      const deserializer = new JsonDeserializer(reading, null, deserializerOptions(one));
      await serializer.prepare(contextOf(one));
      const id = await idOf(writing, one);
      for (const vector of one.vectors.map((vector) => withId(vector, id))) {
        if (vector.serializeError) {
          await assertRejects(() => serializer.serialize(vector.input, contextOf(one)), SerializationError);
          continue;
        }
        if (writesTheSame(one)) await assertWrites(serializer, one, vector.input, vector);
        if (vector.deserializeError) await assertRejects(() => reads(deserializer, one, vector), SerializationError);
        else assertEquals(await reads(deserializer, one, vector), vector.decoded);
      }
    },
  );
}

for (const one of protobufCases) {
  testRegistry(
    `ProtobufSerializer and ProtobufDeserializer agree on a real registry with the golden case ${one.name}`,
    async ({ open }) => {
      await using writing = open();
      await using reading = open();
      const types = typesOf(one);
      for (const { message, input, decoded, ...bytes } of one.vectors) {
        const type = types.type(message);
        const serializer = new ProtobufSerializer(writing, type, serializerOptions(one));
        await serializer.prepare(contextOf(one));
        const vector = withId(bytes, await idOf(writing, one));
        await assertWrites(serializer, one, types.message(message, input), vector);
        for (const wanted of [type, message, null]) {
          const deserializer = new ProtobufDeserializer(reading, wanted, deserializerOptions(one));
          assertEquals(types.json(message, await reads(deserializer, one, vector)), decoded);
        }
      }
    },
  );

  testRegistry(
    `ProtobufDeserializer reads the golden case ${one.name} where a real registry has its files as texts`,
    async ({ open }) => {
      await using client = open();
      const types = typesOf(one);
      const id = await registerTexts(client, one);
      for (const { message, decoded, ...bytes } of one.vectors) {
        for (const wanted of [types.type(message), null]) {
          const deserializer = new ProtobufDeserializer(client, wanted, deserializerOptions(one));
          assertEquals(types.json(message, await reads(deserializer, one, withId(bytes, id))), decoded);
        }
      }
    },
  );
}

test("The golden vectors for a real registry are all there, but for those that are left out", () => {
  const counts = [avroCases, jsonCases, protobufCases].map((
    cases: readonly { readonly vectors: readonly unknown[] }[],
  ) => [
    cases.length,
    cases.reduce((sum, { vectors }) => sum + vectors.length, 0),
  ]);
  assertEquals(counts, [[33 - 5, 121 - 5], [14 - 2, 53 - 4], [11 - 1, 28 - 2]]);
});
