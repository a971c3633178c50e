/** Compiles what writes and reads values of a schema: of generated code where that is allowed, else of closures. */
import type { Decode, Encode } from "../format.ts";
import { mayGenerateCode } from "./code.ts";
import { type Read, readerOfClosures } from "./decode_closures.ts";
import { readerOfCode } from "./decode_code.ts";
import { Depth } from "./depth.ts";
import { writerOfClosures } from "./encode_closures.ts";
import { writerOfCode } from "./encode_code.ts";
import { planEncoder } from "./encode_plan.ts";
import type { MatchOptions } from "./match.ts";
import { Reader } from "./read.ts";
import { planDecoder, type ReadOptions } from "./resolve.ts";
import type { AvroType } from "./schema.ts";

/** How an encoder or decoder is made. Both forms do the same. */
export type Form = "code" | "closures";

/** The form for a schema with so many types and fields: code for thousands of them takes longer to make than it saves. */
export function formFor(parts: number): Form {
  return parts <= MAX_PARTS_IN_CODE && mayGenerateCode() ? "code" : "closures";
}

const MAX_PARTS_IN_CODE = 5000;

/** Compiles what writes values of a type. */
export function compileEncoder(type: AvroType, options: MatchOptions, form: Form): Encode {
  const depth = new Depth("write");
  const plan = planEncoder(type, options);
  const write = form === "code" ? writerOfCode(plan, depth) : writerOfClosures(plan, depth);
  return (value, output) => {
    const { at } = output;
    const { level } = depth;
    try {
      output.at = write(output, at, value);
    } catch (error) {
      // Nothing of a value that cannot be written stays in the output, and the next one begins at the top.
      output.at = at;
      depth.level = level;
      throw error;
    }
  };
}

/** Compiles what reads values that were written with one type, as those of another if there is one. */
export function compileDecoder(
  types: { writer: AvroType; reader: AvroType | null },
  options: ReadOptions,
  form: Form,
): Decode {
  const depth = new Depth("read");
  const plan = planDecoder(types.writer, types.reader, options);
  const read: Read = form === "code" ? readerOfCode(plan, depth) : readerOfClosures(plan, depth);
  return (data, start) => {
    const reader = new Reader(data, start);
    const { level } = depth;
    try {
      // What stands behind the value is left alone, as Python and Java leave it.
      return read(reader);
    } catch (error) {
      depth.level = level;
      throw error;
    }
  };
}
