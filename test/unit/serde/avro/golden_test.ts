/** The golden vectors of Avro: the bytes and values of confluent-kafka-python, in both forms of our codec. */
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { avroTags, codec, forms, type GoldenSchema } from "./codec.ts";
import { fromHex, golden, toHex, untagged } from "../../../support/golden.ts";
import type { SchemaReference } from "../../../../src/schema_registry/schema.ts";
import { SerializationError } from "../../../../src/kafka/serialization_error.ts";
import type { TimestampMicros } from "../../../../src/serde/avro/values.ts";

interface Reading {
  readonly decoded?: unknown;
  readonly error?: unknown;
}

interface AvroCase {
  readonly name: string;
  readonly schema: string;
  readonly references?: readonly SchemaReference[];
  readonly registered: readonly GoldenSchema[];
  readonly headerMode?: boolean;
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly readers?: readonly { readonly name: string; readonly schema: string }[];
  readonly vectors: readonly {
    readonly input: unknown;
    readonly bytesHex: string | null;
    readonly decoded?: unknown;
    readonly decodedNamed?: unknown;
    readonly readers?: readonly (Reading & { readonly reader: string })[];
  }[];
}

const value = (tagged: unknown) => untagged(tagged, avroTags);
const cases = golden<AvroCase>("avro.json").cases;

for (const form of forms) {
  for (const one of cases) {
    test(`The Avro codec (${form}) writes and reads the golden vectors of ${one.name}`, () => {
      const known = one.registered;
      // With `use.latest.version`, the last one that was registered is the one that is written with.
      const schema = one.conf ? known.at(-1)! : one;
      const { encode, decode, decodeAs } = codec(schema, { form, known });
      const named = codec(schema, { form, known, returnRecordName: true });
      for (const vector of one.vectors) {
        // A null is none of the codec's business: it is sent as null.
        if (vector.bytesHex === null) continue;
        const payload = fromHex(vector.bytesHex.slice(one.headerMode ? 0 : 10));
        const input = value(vector.input);
        assertEquals(toHex(encode(input)), toHex(payload));
        assertEquals(decode(fromHex(vector.bytesHex), one.headerMode ? 0 : 5), plain(decoded(vector)));
        if ("decodedNamed" in vector) assertEquals(named.decode(payload), plain(value(vector.decodedNamed)));
        for (const { reader, ...reading } of vector.readers ?? []) {
          const as = one.readers?.find(({ name }) => name === reader);
          assert(as, reader);
          if ("decoded" in reading) assertEquals(decodeAs(as, payload), plain(value(reading.decoded)), reader);
          else assertThrows(() => decodeAs(as, payload), SerializationError);
        }
      }
    });
  }
}

/** Where Python fails by mistake, what was written comes back. */
function decoded(vector: AvroCase["vectors"][number]): unknown {
  return value("decoded" in vector ? vector.decoded : vector.input);
}

/** An instant is read as a Date where the schema counts milliseconds: that field is `tsm` in the vectors. */
function plain(expected: unknown): unknown {
  if (typeof expected !== "object" || expected === null || !("tsm" in expected)) return expected;
  return { ...expected, tsm: (expected.tsm as TimestampMicros).toDate() };
}
