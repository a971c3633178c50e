/** JSON Schema for tests: a format with a parsed schema, in short. */
import {
  type JsonFormat,
  jsonFormat,
  type JsonFormatOptions,
  type ParsedJson,
} from "../../../src/serde/json/format.ts";
import { Output } from "../../../src/serde/output.ts";
import { performNow } from "../../../src/kafka/work.ts";
import type { NamedSchema } from "../../../src/serde/format.ts";
import type { FieldContext } from "../../../src/serde/rules/types.ts";

/** A format and a schema, and what one does with them. */
export interface Fixture {
  readonly format: JsonFormat;
  readonly parsed: ParsedJson;
  /** Whether a value satisfies the schema. */
  accepts(value: unknown): boolean;
  /** The text of a value. */
  encode(value: unknown): string;
  /** The value of a text, or bytes. */
  decode(text: string | Uint8Array): unknown;
  /** The fields that a walk visits; each string in them gets an exclamation mark. */
  walk(value: unknown): { readonly fields: FieldContext[]; readonly value: unknown };
}

/** Parses a schema, with others by name. */
export async function jsonSchema(
  schema: unknown,
  references: Readonly<Record<string, unknown>> = {},
  options: JsonFormatOptions = {},
): Promise<Fixture> {
  const format = jsonFormat(options);
  await format.load?.();
  const named = Object.entries(references).map(([name, one]): NamedSchema => ({ name, schema: textOf(one) }));
  const parsed = format.parse(textOf(schema), named);
  const [encode, decode] = [format.encoder(parsed), format.decoder(parsed, null)];
  return {
    format,
    parsed,
    accepts(value) {
      try {
        format.validate(parsed, value);
        return true;
      } catch {
        return false;
      }
    },
    encode(value) {
      const output = new Output();
      encode(value, output);
      return new TextDecoder().decode(output.bytes.subarray(0, output.at));
    },
    decode: (text) => decode(typeof text === "string" ? new TextEncoder().encode(text) : text, 0),
    walk(value) {
      const fields: FieldContext[] = [];
      // deno-lint-ignore require-yield -- It waits for nothing.
      const walked = format.walk(parsed, value, function* (field, leaf) {
        fields.push(field);
        return typeof leaf === "string" ? `${leaf}!` : leaf;
      });
      return { value: performNow(walked), fields };
    },
  };
}

function textOf(schema: unknown): NamedSchema["schema"] {
  return { schema: typeof schema === "string" ? schema : JSON.stringify(schema), schemaType: "JSON" };
}
