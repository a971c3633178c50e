/** Avro as a format of the serializers: parses schemas, and compiles what writes and reads values. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Decode, Format } from "../format.ts";
import { compileDecoder, compileEncoder, type Form, formFor } from "./compile.ts";
import { walkConstraints } from "./constraints.ts";
import type { LogicalTypes } from "./logical.ts";
import type { MatchOptions } from "./match.ts";
import { parseAvro } from "./parse.ts";
import type { Longs } from "./read.ts";
import type { ReadOptions } from "./resolve.ts";
import type { ParsedAvro } from "./schema.ts";
import { Walker } from "./walk.ts";
import { mismatch, writeRaw, writeZigzag } from "./write.ts";
import { Output } from "../output.ts";

/** How Avro's values are taken and given. */
export interface AvroFormatOptions {
  /**
   * Refuses a record that has fields which the schema has not, or that lacks one. Default: such fields are not written, and
   * for one that is missing its default is, or null.
   *
   * Source: `validate.strict`.
   */
  readonly validateStrict?: boolean;
  /**
   * The same, but a field that has a default may be missing.
   *
   * Source: `validate.strict.allow.default`.
   */
  readonly validateStrictAllowDefault?: boolean;
  /**
   * Gives a record that is a branch of a union as a `Branch`, with its name. Default: false.
   *
   * Source: `return_record_name`.
   */
  readonly returnRecordName?: boolean;
  /**
   * How a `long` is given: `"auto"` as a number, and as a bigint beyond 2^53; `"bigint"` always as a bigint; `"number"` always
   * as a number, with an error beyond 2^53, for it is never rounded. Default: `"auto"`. Both are taken.
   */
  readonly longs?: Longs;
  /** Logical types to use instead of ours, or beside them, by name; null for the values of the type itself. Default: ours. */
  readonly logicalTypes?: LogicalTypes;
  /** How encoders and decoders are made. Default: of generated code where the host allows it. */
  readonly form?: Form;
}

/** Makes the format. It keeps no state: what it has compiled is kept by who asked for it. */
export function avroFormat(options: AvroFormatOptions = {}): Format<ParsedAvro> {
  const logicalTypes = options.logicalTypes ?? {};
  const matchOptions: MatchOptions = {
    logicalTypes,
    strict: options.validateStrict ?? false,
    strictAllowDefault: options.validateStrictAllowDefault ?? false,
  };
  const readOptions: ReadOptions = {
    logicalTypes,
    longs: options.longs ?? "auto",
    returnRecordName: options.returnRecordName ?? false,
  };
  const walker = new Walker(matchOptions);
  const formOf = (...schemas: readonly ParsedAvro[]) =>
    options.form ?? formFor(schemas.reduce((sum, { parts }) => sum + parts, 0));
  return {
    type: "AVRO",
    parse: parseAvro,
    recordName: ({ recordName }) => recordName,
    encoder: (parsed) => parsed.isRawBytes ? writeRawBytes : compileEncoder(parsed.type, matchOptions, formOf(parsed)),
    decoder: (writer, reader) => {
      if (writer.isRawBytes && (reader === null || reader.isRawBytes)) return readRawBytes;
      const types = { writer: writer.type, reader: reader?.type ?? null };
      const decode = compileDecoder(types, readOptions, formOf(writer, ...reader ? [reader] : []));
      return writer.isRawBytes ? withLength(decode) : decode;
    },
    constraints: ({ type }) => walkConstraints(type, walker),
    walk: (parsed, value, visit) => walker.walk(parsed.type, value, visit),
  };
}

/** A text is taken for its UTF-8 here, and only here, as in Python. */
function writeRawBytes(value: unknown, output: Output): void {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) throw mismatch("the value", "bytes (a Uint8Array)", value);
  output.at = writeRaw(output, output.at, bytes);
}

function readRawBytes(data: Uint8Array, start: number): Uint8Array {
  if (start > data.length) throw new SerializationError("Cannot read the Avro data: it ends too early");
  return new Uint8Array(data.buffer, data.byteOffset + start, data.length - start);
}

/** Bytes that were written without their length, read as something else: they get it first. */
function withLength(decode: Decode): Decode {
  return (data, start) => {
    const output = new Output();
    output.at = writeZigzag(output, 0, data.length - start);
    output.write(data.subarray(start));
    return decode(output.bytes.subarray(0, output.at), 0);
  };
}
