/** The golden vectors of Protobuf, and how to use them without a registry. */
import { readFileSync } from "node:fs";
import { protobufFormat, type ProtobufFormatOptions } from "../../../../src/serde/protobuf/format.ts";
import type { ParsedProtobuf, ProtobufFormat } from "../../../../src/serde/protobuf/format.ts";
import type { NamedSchema } from "../../../../src/serde/format.ts";
import { Output } from "../../../../src/serde/output.ts";

/** A file of a case. */
export interface GoldenFile {
  readonly name: string;
  readonly text: string;
  readonly descriptorBase64: string;
}

/** A message, its JSON and its bytes. */
export interface GoldenVector {
  readonly message: string;
  readonly input: unknown;
  readonly messageIndexes: readonly number[];
  readonly bytesHex: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly decoded: unknown;
}

/** A case: its files, of which the last is the schema, what Python registered, and what it wrote. */
export interface GoldenCase {
  readonly name: string;
  readonly files: readonly GoldenFile[];
  readonly registered: readonly {
    readonly subject: string;
    readonly schema: string;
    readonly references?: readonly { readonly name: string }[];
  }[];
  readonly vectors: readonly GoldenVector[];
}

/** A case of data that Python was given to read. */
export interface NegativeCase {
  readonly name: string;
  readonly format: string;
  readonly portMust: string;
  readonly dataHex: string;
  readonly registered: readonly { readonly schema: string }[];
  readonly python: { readonly result?: unknown };
}

/** Reads one of the files of golden vectors. */
export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../golden/${name}`, import.meta.url), "utf8")) as T;
}

/** The cases of Protobuf. */
export function protobufCases(): readonly GoldenCase[] {
  return readGolden<{ cases: readonly GoldenCase[] }>("protobuf.json").cases;
}

/** The schema of a case, from its texts or from its descriptors. */
export function parseCase(
  files: readonly GoldenFile[],
  form: "text" | "descriptorBase64",
  options: ProtobufFormatOptions = {},
): { readonly format: ProtobufFormat; readonly parsed: ParsedProtobuf } {
  const format = protobufFormat(options);
  const schemas = files.map((file): NamedSchema => ({ name: file.name, schema: { schema: file[form] } }));
  return { format, parsed: format.parse(schemas.at(-1)!.schema, schemas.slice(0, -1)) };
}

/** What an encoder writes, behind a byte that was there before. */
export function encoded(write: (output: Output) => void): Uint8Array {
  const output = new Output();
  output.write(Uint8Array.of(0xff));
  write(output);
  return output.bytes.slice(1, output.at);
}

/** Bytes as hexadecimal digits. */
export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Hexadecimal digits as bytes. */
export function unhex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
