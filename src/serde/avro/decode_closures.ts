/** A decoder of functions that call one another: for where no code may be generated. It is the twin of `decode_code.ts`. */
import { SerializationError } from "../../kafka/serialization_error.ts";
import type { Depth } from "./depth.ts";
import * as read from "./read.ts";
import type { ReadField, ReadPlan, ReadRecordPlan } from "./resolve.ts";
import { skipper } from "./skip.ts";
import { Branch, setOwn } from "./values.ts";

/** Reads a value from where the reader is. */
export type Read = (reader: read.Reader) => unknown;

/** Makes the function that reads what a plan says. */
export function readerOfClosures(plan: ReadPlan, depth: Depth): Read {
  const records = new Map<ReadRecordPlan, { read: Read }>();
  const skip = skipper(depth);

  function reading(plan: ReadPlan): Read {
    switch (plan.op) {
      case "fixed":
        return (reader) => read.readFixed(reader, plan.size);
      case "enum":
        return (reader) => read.readEnum(reader, plan.symbols);
      case "converted": {
        const plain = reading(plan.plain);
        return (reader) => plan.convert(plain(reader));
      }
      case "array":
        return arrayReader(reading(plan.items), plan.leastBytes);
      case "map":
        return mapReader(reading(plan.items), plan.leastBytes);
      case "union":
        return unionReader(plan.branches);
      case "named": {
        const value = reading(plan.value);
        return (reader) => new Branch(plan.name, value(reader));
      }
      case "record":
        return recordReader(plan);
      default:
        return simple[plan.op];
    }
  }

  function unionReader(branches: readonly (ReadPlan | SerializationError)[]): Read {
    const reads = branches.map((plan) => plan instanceof SerializationError ? failing(plan) : reading(plan));
    return (reader) => {
      const index = read.readIndex(reader, reads.length, "a union");
      return reads[index]!(reader);
    };
  }

  function recordReader(plan: ReadRecordPlan): Read {
    if (plan.failure) return failing(plan.failure);
    const known = records.get(plan);
    if (known) return (reader) => known.read(reader);
    const record: { read: Read } = { read: () => null };
    records.set(plan, record);
    const steps = plan.steps.map((step) => "plan" in step ? reading(step.plan) : skip(step.skipped));
    const fields = plan.fields.map((field) => ({ ...field, fallback: defaultReader(field) }));
    record.read = (reader) => {
      if (plan.emptyParts > 0) read.countEmpty(reader, plan.emptyParts);
      depth.enter(plan.depth);
      const values = steps.map((step) => step(reader));
      depth.leave(plan.depth);
      const result: Record<string, unknown> = {};
      for (const { name, step, fallback } of fields) setOwn(result, name, fallback ? fallback() : values[step]);
      return result;
    };
    return record.read;
  }

  function defaultReader({ default: fallback }: ReadField): (() => unknown) | null {
    if (fallback === null) return null;
    const value = reading(fallback.plan);
    return () => value(read.readerOfDefault(fallback.bytes));
  }

  return reading(plan);
}

const simple = {
  null: read.readNull,
  boolean: read.readBoolean,
  bytes: read.readBytes,
  string: read.readString,
  int: read.readInt,
  intAsBigint: read.readIntAsBigint,
  long: read.readLong,
  longAsBigint: read.readLongAsBigint,
  longAsNumber: read.readLongAsNumber,
  longAsDouble: read.readLongAsDouble,
  float: read.readFloat,
  double: read.readDouble,
} as const;

function failing(error: SerializationError): Read {
  return () => {
    // A new one each time: whoever gets it may add to it, and its stack should say who asked.
    throw new SerializationError(error.message, error.code, { cause: error });
  };
}

function arrayReader(readItem: Read, leastBytes: number): Read {
  return (reader) => {
    const items: unknown[] = [];
    for (let count; (count = read.readBlock(reader, leastBytes)) > 0;) {
      for (; count > 0; count--) items.push(readItem(reader));
    }
    return items;
  };
}

function mapReader(readValue: Read, leastBytes: number): Read {
  return (reader) => {
    const map: Record<string, unknown> = {};
    for (let count; (count = read.readBlock(reader, leastBytes)) > 0;) {
      for (; count > 0; count--) setOwn(map, read.readString(reader), readValue(reader));
    }
    return map;
  };
}
