/** Messages written and read by confluent-kafka-python's serializers of a Schema Registry. */
import type { SchemaReference } from "../../../src/schema_registry/mod.ts";
import { Decimal } from "../../../src/serde/avro/mod.ts";
import { hex } from "../hex.ts";
import { runPython } from "../peers.ts";

/** What Python makes the serializer or deserializer of keys or values of. */
export type PythonSide =
  | {
    readonly schema: string;
    readonly references: readonly SchemaReference[];
    /** The schema that Avro is read as. */
    readonly reader?: string;
  }
  | {
    /** The descriptors of the files in hexadecimal, each behind those that it imports. */
    readonly files: readonly string[];
    /** The full name of the message. */
    readonly message: string;
  };

/** What Python is to do. */
export interface PythonJob {
  readonly format: "avro" | "json" | "protobuf";
  readonly servers: string;
  readonly registry: string;
  readonly topic: string;
  readonly key: PythonSide;
  readonly value: PythonSide;
}

/** A message as JSON; what JSON cannot say is tagged. */
export interface PlainMessage {
  readonly key: unknown;
  readonly value: unknown;
}

const script = new URL("./python_serdes.py", import.meta.url);

/** Writes messages to a topic's first partition. */
export async function writeWithPythonSerializers(job: PythonJob, messages: readonly PlainMessage[]): Promise<void> {
  await runPython(script, ["write"], [job, ...messages].map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** Reads the first messages of a topic's first partition. */
export async function readWithPythonDeserializers(job: PythonJob, count: number): Promise<PlainMessage[]> {
  const output = await runPython(script, ["read"], `${JSON.stringify({ ...job, count })}\n`);
  return output.trim().split("\n").map((line) => JSON.parse(line) as PlainMessage);
}

/** A value as Python is given it, and gives it. */
export function plainOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: hex(value) };
  if (value instanceof Date) return { $datetime: value.toISOString() };
  if (value instanceof Decimal) return { $decimal: value.toString() };
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainOf(member)]));
}
