/** Compiles what makes the empty messages of a type, which is most of the work of reading small ones. */
import { create, type DescMessage } from "@bufbuild/protobuf";
import { canGenerateCode } from "./code_generation.ts";
import type { LooseMessage } from "./readers.ts";

/** Gives what makes messages as the library's `create` does. */
export function compileCreate(type: DescMessage): () => LooseMessage {
  const example = create(type) as unknown as LooseMessage;
  const isPlain = Object.getPrototypeOf(example) === Object.prototype;
  if (!isPlain || !canGenerateCode()) return () => create(type) as unknown as LooseMessage;
  const properties = Object.entries(example).map(([name, value]) => `[${JSON.stringify(name)}]: ${literalOf(value)}`);
  return new Function(`return { ${properties.join(", ")} };`) as () => LooseMessage;
}

/** The code of what an empty message has: scalars, empty lists and maps, and oneofs without a case. */
function literalOf(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return "[]";
  if (value instanceof Uint8Array) return "new Uint8Array(0)";
  return "case" in (value as object) ? "{ case: undefined }" : "{}";
}
