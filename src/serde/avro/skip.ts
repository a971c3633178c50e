/** Passes over what was written with a type that the reader has no use for. */
import type { Depth } from "./depth.ts";
import { countEmpty, readBlock, type Reader, readIndex, readLength, readLong, take } from "./read.ts";
import { type AvroType, emptyPartsOf, type RecordType } from "./schema.ts";

/** Passes over a value. */
export type Skip = (reader: Reader) => void;

/** Makes the functions that pass over values of types, which share what they are made of. */
export function skipper(depth: Depth): (type: AvroType) => Skip {
  const records = new Map<RecordType, { pass: Skip }>();

  function skip(type: AvroType): Skip {
    switch (type.kind) {
      case "null":
        return () => {};
      case "boolean":
        return (reader) => void take(reader, 1);
      case "int":
      case "long":
      case "enum":
        return (reader) => void readLong(reader);
      case "float":
        return (reader) => void take(reader, 4);
      case "double":
        return (reader) => void take(reader, 8);
      case "fixed":
        return (reader) => void take(reader, type.size);
      case "bytes":
      case "string":
        return skipBytes;
      case "array":
        return blocks(type.items.leastBytes, skip(type.items));
      case "map": {
        const values = skip(type.values);
        return blocks(type.values.leastBytes + 1, (reader) => {
          skipBytes(reader);
          values(reader);
        });
      }
      case "union":
        return union(type.branches);
      case "record":
        return record(type);
    }
  }

  function union(branches: readonly AvroType[]): Skip {
    const skips = branches.map(skip);
    return (reader) => {
      const index = readIndex(reader, skips.length, "a union");
      skips[index]!(reader);
    };
  }

  function record(type: RecordType): Skip {
    const known = records.get(type);
    if (known) return (reader) => known.pass(reader);
    const made: { pass: Skip } = { pass: () => {} };
    records.set(type, made);
    const fields = type.fields.map((field) => skip(field.type));
    const levels = type.isRecursive ? type.depth : 0;
    const emptyParts = emptyPartsOf(type);
    made.pass = (reader) => {
      if (emptyParts > 0) countEmpty(reader, emptyParts);
      depth.enter(levels);
      for (const field of fields) field(reader);
      depth.leave(levels);
    };
    return made.pass;
  }

  return skip;
}

function skipBytes(reader: Reader): void {
  take(reader, readLength(reader));
}

function blocks(leastBytes: number, skipItem: Skip): Skip {
  return (reader) => {
    for (let count; (count = readBlock(reader, leastBytes)) > 0;) {
      for (; count > 0; count--) skipItem(reader);
    }
  };
}
