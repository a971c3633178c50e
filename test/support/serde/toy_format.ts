/** A format for tests of what all formats have in common: JSON whose schema names the fields that a value must have. */
import { SerializationError } from "../../../src/kafka/serialization_error.ts";
import type { Work } from "../../../src/kafka/work.ts";
import type { SchemaType } from "../../../src/schema_registry/schema.ts";
import type { Format } from "../../../src/serde/format.ts";

/** A schema of the format: `{"title": "Order", "fields": ["id"]}`. */
export interface ToySchema {
  readonly title?: string;
  readonly fields?: readonly string[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The format, and how often it was asked for what takes long. */
export interface ToyFormat extends Format<ToySchema> {
  parses: number;
  encoders: number;
  decoders: number;
}

/** Makes one. */
export function toyFormat(type: SchemaType = "JSON"): ToyFormat {
  const format: ToyFormat = {
    type,
    parses: 0,
    encoders: 0,
    decoders: 0,
    parse({ schema }) {
      format.parses++;
      return JSON.parse(schema) as ToySchema;
    },
    recordName: ({ title }) => title ?? null,
    encoder({ fields = [] }) {
      format.encoders++;
      return (value, output) => {
        for (const field of fields) {
          if (!Object.hasOwn(value as object, field)) {
            throw new SerializationError(`Cannot encode: no field "${field}"`);
          }
        }
        output.write(encoder.encode(JSON.stringify(value)));
      };
    },
    decoder(_writer, reader) {
      format.decoders++;
      return (data, start) => {
        const value = JSON.parse(decoder.decode(data.subarray(start))) as Record<string, unknown>;
        return reader === null
          ? value
          : Object.fromEntries((reader.fields ?? []).map((field) => [field, value[field]]));
      };
    },
    *walk(_parsed, value, visit): Work<unknown> {
      const copy: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(value as Record<string, unknown>)) {
        const tags = new Set<string>();
        const type = typeof field === "string" ? "STRING" : "DOUBLE";
        copy[name] = yield* visit({ containingMessage: value, fullName: `$.${name}`, name, type, tags }, field);
      }
      return copy;
    },
  };
  return format;
}
