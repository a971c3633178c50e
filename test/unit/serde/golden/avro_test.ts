/**
 * The golden vectors of Avro, end to end: confluent-kafka-python's messages are written and read, by each form of the
 * serdes.
 */
import { SerializationError } from "../../../../mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../../src/serde/avro/mod.ts";
import type { TimestampMicros } from "../../../../src/serde/avro/mod.ts";
import { test } from "../../../harness.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";
import { golden, untagged } from "../../../support/golden.ts";
import {
  assertWrites,
  deserializerOptions,
  type GoldenBytes,
  type GoldenCase,
  reads,
  schemaOf,
  serializerOptions,
} from "../../../support/serde/golden_case.ts";
import { GoldenRegistry } from "../../../support/serde/golden_registry.ts";
import { avroTags } from "../avro/codec.ts";

interface AvroCase extends GoldenCase {
  readonly readers?: readonly { readonly name: string; readonly schema: string }[];
  readonly vectors: readonly AvroVector[];
}

interface AvroVector extends GoldenBytes {
  readonly input: unknown;
  readonly decoded?: unknown;
  readonly decodedNamed?: unknown;
  readonly readers?: readonly { readonly reader: string; readonly decoded?: unknown; readonly error?: unknown }[];
}

const { cases } = golden<AvroCase>("avro.json");
const value = (tagged: unknown): unknown => untagged(tagged, avroTags);

for (const one of cases) {
  test(`AvroSerializer and AvroDeserializer agree with the golden case ${one.name}`, async () => {
    const registry = new GoldenRegistry(one.registered);
    const serializer = new AvroSerializer(registry, schemaOf(one), serializerOptions(one));
    const deserializer = new AvroDeserializer(registry, null, deserializerOptions(one));
    const named = new AvroDeserializer(registry, null, { ...deserializerOptions(one), returnRecordName: true });
    for (const vector of one.vectors) {
      await assertWrites(serializer, one, value(vector.input), vector);
      // Where Python refuses to read, what was written has to come back: see the README of the vectors.
      const expected = "decoded" in vector ? vector.decoded : vector.input;
      assertEquals(await reads(deserializer, one, vector), withDates(value(expected)));
      if ("decodedNamed" in vector) {
        assertEquals(await reads(named, one, vector), withDates(value(vector.decodedNamed)));
      }
      for (const { reader, ...reading } of vector.readers ?? []) {
        const { schema } = one.readers!.find(({ name }) => name === reader)!;
        const resolving = new AvroDeserializer(registry, schema, deserializerOptions(one));
        if ("decoded" in reading) assertEquals(await reads(resolving, one, vector), value(reading.decoded));
        else await assertRejects(() => reads(resolving, one, vector), SerializationError);
      }
    }
  });
}

test("The golden vectors of Avro are all there", () => {
  assertEquals(cases.reduce((sum, { vectors }) => sum + vectors.length, 0), 121);
});

/** An instant is read as a Date where the schema counts milliseconds: that field is `tsm` in the vectors. */
function withDates(expected: unknown): unknown {
  if (typeof expected !== "object" || expected === null || !("tsm" in expected)) return expected;
  return { ...expected, tsm: (expected.tsm as TimestampMicros).toDate() };
}
