/**
 * An encoder of generated code, several times as fast as its twin in `encode_closures.ts`: each field is read by its name.
 *
 * Nothing of a schema gets into the code but names, and those only as `JSON.stringify` writes them; all else is handed over.
 */
import { Code } from "./code.ts";
import type { Depth } from "./depth.ts";
import type { Write } from "./encode_closures.ts";
import type { NullablePlan, WriteFieldPlan, WritePlan, WriteRecordPlan } from "./encode_plan.ts";
import { fieldOf } from "./match.ts";
import { Branch, isRecordLike } from "./values.ts";
import * as write from "./write.ts";

const helpers = { ...write, Branch, fieldOf, isRecordLike };

/** Makes the function that writes what a plan says. */
export function writerOfCode(plan: WritePlan, depth: Depth): Write {
  const code = new Code(helpers);
  const depthName = code.constant(depth);

  /** An expression that writes the value of another, and gives where it ended. */
  function writing(plan: WritePlan, value: string): string {
    switch (plan.op) {
      case "null":
      case "boolean":
      case "int":
      case "long":
      case "float":
      case "double":
      case "bytes":
      case "string":
        return `${leaves[plan.op]}(output, at, ${value}, ${JSON.stringify(plan.place)})`;
      case "fixed":
        return `writeFixed(output, at, ${value}, ${plan.size}, ${JSON.stringify(plan.place)})`;
      case "enum":
        return `writeEnum(output, at, ${value}, ${code.constant(plan.indexes)}, ${JSON.stringify(plan.place)})`;
      case "converted": {
        const conversion = code.constant(plan.conversion);
        return writing(plan.plain, `${conversion}.toAvro(${value}, ${JSON.stringify(plan.place)})`);
      }
      case "array":
      case "map":
      case "nullable":
      case "union":
      case "record":
        return `${code.method(plan, "output, at, value", () => body(plan))}(output, at, ${value})`;
    }
  }

  function body(plan: WritePlan): string[] {
    switch (plan.op) {
      case "array":
        return arrayBody(plan.items, plan.place);
      case "map":
        return mapBody(plan.values, plan.place);
      case "nullable":
        return nullableBody(plan);
      case "union":
        return unionBody(plan.branches, code.constant(plan.select));
      case "record":
        return recordBody(plan);
      default:
        return [];
    }
  }

  function arrayBody(items: WritePlan, place: string): string[] {
    return [
      `if (!Array.isArray(value)) throw mismatch(${JSON.stringify(place)}, "an array", value);`,
      "if (value.length > 0) {",
      "at = writeZigzag(output, at, value.length);",
      `for (let index = 0; index < value.length; index++) at = ${writing(items, "value[index]")};`,
      "}",
      "return writeByte(output, at, 0);",
    ];
  }

  function mapBody(values: WritePlan, place: string): string[] {
    return [
      `const keys = keysOf(value, ${JSON.stringify(place)});`,
      "if (keys.length > 0) {",
      "at = writeZigzag(output, at, keys.length);",
      "for (const key of keys) {",
      `at = writeString(output, at, key, ${JSON.stringify(place)});`,
      `at = ${writing(values, "valueAt(value, key)")};`,
      "}",
      "}",
      "return writeByte(output, at, 0);",
    ];
  }

  function nullableBody({ nullIndex, valueIndex, unwrap, value, isRecord }: NullablePlan): string[] {
    const orRecord = isRecord ? " || value !== null && value !== undefined" : "";
    return [
      `if (value instanceof Branch${orRecord}) value = ${code.constant(unwrap)}(value);`,
      `if (value === null) return writeByte(output, at, ${nullIndex * 2});`,
      `at = writeByte(output, at, ${valueIndex * 2});`,
      `return ${writing(value, "value")};`,
    ];
  }

  function unionBody(branches: readonly WritePlan[], select: string): string[] {
    return [
      `const index = ${select}(value);`,
      "if (value instanceof Branch) value = value.value;",
      "at = writeZigzag(output, at, index);",
      "switch (index) {",
      ...branches.map((branch, index) => `case ${index}: return ${writing(branch, "value")};`),
      "}",
    ];
  }

  function recordBody(plan: WriteRecordPlan): string[] {
    const isNone = plan.isAmbiguous ? "!isRecordLike(value)" : 'typeof value !== "object" || value === null';
    return [
      `if (${isNone}) throw mismatch(${JSON.stringify(plan.place)}, "a record", value);`,
      plan.check ? `${code.constant(plan.check)}(value);` : "",
      plan.depth > 0 ? `${depthName}.enter(${plan.depth});` : "",
      ...plan.fields.map(fieldCode),
      plan.depth > 0 ? `${depthName}.leave(${plan.depth});` : "",
      "return at;",
    ];
  }

  function fieldCode({ name, isInherited, missing, value }: WriteFieldPlan, index: number): string {
    const key = JSON.stringify(name);
    const field = `field${index}`;
    const declared = `const ${field} = ${isInherited ? `fieldOf(value, ${key})` : `value[${key}]`};`;
    if (missing === null) return `${declared} at = ${writing(value, field)};`;
    const instead = missing.length === 1
      ? `writeByte(output, at, ${missing[0]})`
      : `writeRaw(output, at, ${code.constant(missing)})`;
    return `${declared} at = ${field} === undefined ? ${instead} : ${writing(value, field)};`;
  }

  return code.compile<Write>("output, at, value", `return ${writing(plan, "value")};`);
}

const leaves = {
  null: "writeNull",
  boolean: "writeBoolean",
  int: "writeInt",
  long: "writeLong",
  float: "writeFloat",
  double: "writeDouble",
  bytes: "writeBytes",
  string: "writeString",
} as const;
