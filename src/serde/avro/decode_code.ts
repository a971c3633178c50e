/**
 * A decoder of generated code, which makes each record with all its fields at once; its twin is in `decode_closures.ts`.
 *
 * Nothing of a schema gets into the code but names, and those only as `JSON.stringify` writes them; all else is handed over.
 */
import { SerializationError } from "../../kafka/serialization_error.ts";
import { Code } from "./code.ts";
import type { Read } from "./decode_closures.ts";
import type { Depth } from "./depth.ts";
import * as read from "./read.ts";
import type { ReadField, ReadPlan, ReadRecordPlan } from "./resolve.ts";
import { skipper } from "./skip.ts";
import { Branch, setOwn } from "./values.ts";

const helpers = { ...read, Branch, setOwn };

/** Makes the function that reads what a plan says. */
export function readerOfCode(plan: ReadPlan, depth: Depth): Read {
  const code = new Code({ ...helpers, fail });
  const skip = skipper(depth);
  const depthName = code.constant(depth);

  /** An expression that reads a value. */
  function reading(plan: ReadPlan, reader = "reader"): string {
    switch (plan.op) {
      case "fixed":
        return `readFixed(${reader}, ${plan.size})`;
      case "enum":
        return `readEnum(${reader}, ${code.constant(plan.symbols)})`;
      case "converted":
        return `${code.constant(plan.convert)}(${reading(plan.plain, reader)})`;
      case "named":
        return `new Branch(${JSON.stringify(plan.name)}, ${reading(plan.value, reader)})`;
      case "array":
      case "map":
      case "union":
      case "record":
        return `${code.method(plan, "reader", () => body(plan))}(${reader})`;
      default:
        return `read${plan.op[0]!.toUpperCase()}${plan.op.slice(1)}(${reader})`;
    }
  }

  function body(plan: ReadPlan): string[] {
    switch (plan.op) {
      case "array":
        return blocks("[]", `result.push(${reading(plan.items)});`, plan.leastBytes);
      case "map":
        return blocks(
          "{}",
          `setOwn(result, readString(reader), ${reading(plan.items)});`,
          plan.leastBytes,
        );
      case "union":
        return unionBody(plan.branches);
      case "record":
        return recordBody(plan);
      default:
        return [];
    }
  }

  function unionBody(branches: readonly (ReadPlan | SerializationError)[]): string[] {
    return [
      `switch (readIndex(reader, ${branches.length}, "a union")) {`,
      ...branches.map((plan, index) => {
        const value = plan instanceof SerializationError ? `fail(${code.constant(plan)})` : reading(plan);
        return `case ${index}: return ${value};`;
      }),
      "}",
    ];
  }

  function recordBody(plan: ReadRecordPlan): string[] {
    if (plan.failure) return [`return fail(${code.constant(plan.failure)});`];
    return [
      plan.emptyParts > 0 ? `countEmpty(reader, ${plan.emptyParts});` : "",
      plan.depth > 0 ? `${depthName}.enter(${plan.depth});` : "",
      ...plan.steps.map((step, index) =>
        "plan" in step
          ? `const field${index} = ${reading(step.plan)};`
          : `${code.constant(skip(step.skipped))}(reader);`
      ),
      plan.depth > 0 ? `${depthName}.leave(${plan.depth});` : "",
      `return { ${plan.fields.map(property).join(", ")} };`,
    ];
  }

  function property({ name, step, default: fallback }: ReadField): string {
    // In brackets `__proto__` is a property like any other.
    const key = name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
    if (fallback === null) return `${key}: field${step}`;
    return `${key}: ${reading(fallback.plan, `readerOfDefault(${code.constant(fallback.bytes)})`)}`;
  }

  return code.compile<Read>("reader", `return ${reading(plan)};`);
}

function fail(error: SerializationError): never {
  throw new SerializationError(error.message, error.code, { cause: error });
}

function blocks(empty: string, item: string, leastBytes: number): string[] {
  return [
    `const result = ${empty};`,
    `for (let count; (count = readBlock(reader, ${leastBytes})) > 0;) {`,
    `for (; count > 0; count--) ${item}`,
    "}",
    "return result;",
  ];
}
