/** An encoder of functions that call one another: for where no code may be generated. It is the twin of `encode_code.ts`. */
import type { Output } from "../output.ts";
import type { Depth } from "./depth.ts";
import type { WriteFieldPlan, WritePlan, WriteRecordPlan } from "./encode_plan.ts";
import { fieldOf } from "./match.ts";
import { Branch, isRecordLike } from "./values.ts";
import * as write from "./write.ts";

/** Writes a value from a place on, and gives the place behind it. */
export type Write = (output: Output, at: number, value: unknown) => number;

/** Makes the function that writes what a plan says. */
export function writerOfClosures(plan: WritePlan, depth: Depth): Write {
  const records = new Map<WriteRecordPlan, { write: Write }>();

  function writer(plan: WritePlan): Write {
    switch (plan.op) {
      case "null":
        return (output, at, value) => write.writeNull(output, at, value, plan.place);
      case "boolean":
        return (output, at, value) => write.writeBoolean(output, at, value, plan.place);
      case "int":
        return (output, at, value) => write.writeInt(output, at, value, plan.place);
      case "long":
        return (output, at, value) => write.writeLong(output, at, value, plan.place);
      case "float":
        return (output, at, value) => write.writeFloat(output, at, value, plan.place);
      case "double":
        return (output, at, value) => write.writeDouble(output, at, value, plan.place);
      case "bytes":
        return (output, at, value) => write.writeBytes(output, at, value, plan.place);
      case "string":
        return (output, at, value) => write.writeString(output, at, value, plan.place);
      case "fixed":
        return (output, at, value) => write.writeFixed(output, at, value, plan.size, plan.place);
      case "enum":
        return (output, at, value) => write.writeEnum(output, at, value, plan.indexes, plan.place);
      case "converted": {
        const plain = writer(plan.plain);
        return (output, at, value) => plain(output, at, plan.conversion.toAvro(value, plan.place));
      }
      case "array":
        return arrayWriter(writer(plan.items), plan.place);
      case "map":
        return mapWriter(writer(plan.values), plan.place);
      case "nullable": {
        const { nullIndex, valueIndex, unwrap, isRecord } = plan;
        const present = writer(plan.value);
        return (output, at, value) => {
          if (value instanceof Branch || isRecord && value !== null && value !== undefined) value = unwrap(value);
          if (value === null) return write.writeZigzag(output, at, nullIndex);
          return present(output, write.writeZigzag(output, at, valueIndex), value);
        };
      }
      case "union": {
        const branches = plan.branches.map(writer);
        return (output, at, value) => {
          const index = plan.select(value);
          const chosen = value instanceof Branch ? value.value : value;
          return branches[index]!(output, write.writeZigzag(output, at, index), chosen);
        };
      }
      case "record":
        return recordWriter(plan);
    }
  }

  function recordWriter(plan: WriteRecordPlan): Write {
    const known = records.get(plan);
    if (known) return (output, at, value) => known.write(output, at, value);
    const record: { write: Write } = { write: () => 0 };
    records.set(plan, record);
    const fields = plan.fields.map(fieldWriter);
    const isRecord = plan.isAmbiguous ? isRecordLike : isObject;
    record.write = (output, at, value) => {
      if (!isRecord(value)) throw write.mismatch(plan.place, "a record", value);
      plan.check?.(value);
      depth.enter(plan.depth);
      for (const writeField of fields) at = writeField(output, at, value);
      depth.leave(plan.depth);
      return at;
    };
    return record.write;
  }

  function fieldWriter({ name, isInherited, missing, value }: WriteFieldPlan): WriteField {
    const present = writer(value);
    return (output, at, record) => {
      const field = isInherited ? fieldOf(record, name) : record[name];
      return field === undefined && missing !== null ? write.writeRaw(output, at, missing) : present(output, at, field);
    };
  }

  return writer(plan);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

type WriteField = (output: Output, at: number, record: Readonly<Record<string, unknown>>) => number;

function arrayWriter(writeItem: Write, place: string): Write {
  return (output, at, value) => {
    if (!Array.isArray(value)) throw write.mismatch(place, "an array", value);
    if (value.length > 0) {
      at = write.writeZigzag(output, at, value.length);
      for (let index = 0; index < value.length; index++) at = writeItem(output, at, value[index]);
    }
    return write.writeByte(output, at, 0);
  };
}

function mapWriter(writeValue: Write, place: string): Write {
  return (output, at, value) => {
    const keys = write.keysOf(value, place);
    if (keys.length > 0) {
      at = write.writeZigzag(output, at, keys.length);
      for (const key of keys) {
        at = write.writeString(output, at, key, place);
        at = writeValue(output, at, write.valueAt(value, key));
      }
    }
    return write.writeByte(output, at, 0);
  };
}
