/** The values of the golden vectors, as the formats take and give them. */
import { readFileSync } from "node:fs";

/** Reads a file of golden vectors: its cases. */
export function goldenCases<T>(file: string): T[] {
  return (JSON.parse(readFileSync(new URL(`../../golden/${file}`, import.meta.url), "utf8")) as { cases: T[] }).cases;
}

/** A value whose tags, such as `{"$int": "1"}`, have become what they stand for. */
export function untagged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untagged);
  if (typeof value !== "object" || value === null) return value;
  const [[tag, content] = ["", ""], ...more] = Object.entries(value);
  if (more.length === 0 && tag === "$int") return BigInt(content);
  if (more.length === 0 && tag === "$bytes") return bytesOf(content);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, untagged(member)]));
}

/** The bytes of a hexadecimal text. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
