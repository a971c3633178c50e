/** What the tests of the Avro codec share: the vectors' values as ours, and short ways to write and read. */
import { Output } from "../../../../src/serde/output.ts";
import type { Schema, SchemaReference } from "../../../../src/schema_registry/schema.ts";
import type { Form } from "../../../../src/serde/avro/compile.ts";
import { Decimal } from "../../../../src/serde/avro/decimal.ts";
import { avroFormat, type AvroFormatOptions } from "../../../../src/serde/avro/format.ts";
import { branch, LocalTimestamp, TimeOfDay, TimestampMicros } from "../../../../src/serde/avro/values.ts";
import { epochMicros, type Tagged } from "../../../support/golden.ts";

/** Both forms of the codec: every test that writes or reads does it with each. */
export const forms: readonly Form[] = ["code", "closures"];

/** The tagged values of the vectors as values of the Avro codec. */
export const avroTags: Tagged = {
  decimal: (text) => Decimal.parse(text),
  date: (text) => new Date(`${text}T00:00:00Z`),
  time: (text) => new TimeOfDay(Number(epochMicros(`1970-01-01T${text}`))),
  datetime: (text) => new TimestampMicros(epochMicros(text)),
  naive: (text) => new LocalTimestamp(epochMicros(text)),
  tuple: branch,
};

/** A registered schema of the vectors. */
export interface GoldenSchema {
  readonly subject: string;
  readonly version: number;
  readonly schema: string;
  readonly references?: readonly SchemaReference[];
}

/** A codec for one schema. */
export interface Codec {
  encode(value: unknown): Uint8Array;
  decode(data: Uint8Array, start?: number): unknown;
  /** Reads what was written with the schema as values of another. */
  decodeAs(reader: Schema | unknown, data: Uint8Array): unknown;
}

/** Makes a codec of a schema: a registered one, or the JSON of one. */
export function codec(
  schema: Schema | unknown,
  options: AvroFormatOptions & { known?: readonly GoldenSchema[] } = {},
): Codec {
  const format = avroFormat(options);
  const known = options.known ?? [];
  const parse = (one: unknown) => {
    const text = schemaOf(one);
    return format.parse(text, referencesOf(text, known));
  };
  const parsed = parse(schema);
  const encode = format.encoder(parsed);
  const decode = format.decoder(parsed, null);
  return {
    encode: (value) => {
      const output = new Output();
      encode(value, output);
      return output.bytes.slice(0, output.at);
    },
    decode: (data, start = 0) => decode(data, start),
    decodeAs: (reader, data) => format.decoder(parsed, parse(reader))(data, 0),
  };
}

function schemaOf(schema: unknown): Schema {
  if (typeof schema === "object" && schema !== null && "schema" in schema) return schema as Schema;
  return { schema: JSON.stringify(schema) };
}

/** The schemas that one refers to, each behind those that it needs itself; one that is needed twice comes twice. */
function referencesOf(schema: Schema, known: readonly GoldenSchema[]): { name: string; schema: Schema }[] {
  return (schema.references ?? []).flatMap(({ name, subject, version }) => {
    const found = known.find((one) => one.subject === subject && one.version === version);
    if (!found) throw new Error(`The vectors have not registered "${subject}" version ${version}`);
    return [...referencesOf(found, known), { name, schema: found }];
  });
}
