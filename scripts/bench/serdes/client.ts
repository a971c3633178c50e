/** Measures this library's serdes on whichever runtime starts it, from the sources, and prints one JSON line. */
import { create, createFileRegistry, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { readFileSync } from "node:fs";
import process from "node:process";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { ProtobufDeserializer, ProtobufSerializer } from "../../../src/serde/protobuf/mod.ts";
import { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";
import { runtimeName } from "../stopwatch.ts";
import type { Content, PlainRecord } from "./content.ts";
import { formatOf, parseJob } from "./job.ts";
import { type Bench, checkSame, measure } from "./measure.ts";

const job = parseJob(process.argv.slice(2));
const content = JSON.parse(readFileSync(job.content, "utf8")) as Content;
const context = { topic: "people", field: "value" } as const;
const registry = new SchemaRegistryClient({ url: "mock://" });
console.log(JSON.stringify(await measure(job, `kafka-ffi on ${runtimeName()}`, await prepare())));

async function prepare(): Promise<Bench> {
  const { serializer, deserializer, values } = make();
  const messages: Uint8Array[] = [];
  for (const value of values) {
    const bytes = (await serializer.serialize(value, context)).slice();
    messages.push(bytes);
    checkSame(value, await deserializer.deserialize(bytes, context));
    checkSame(value, deserializer.deserializeSync(serializer.serializeSync(value, context), context));
    const target = new Uint8Array(1024);
    const length = serializer.encodeInto(value, context, target, 9);
    checkSame([...bytes], [...target.subarray(9, 9 + length)]);
  }
  const passes: Readonly<Record<string, Bench["pass"]>> = {
    serialize: async () => {
      for (const value of values) await serializer.serialize(value, context);
    },
    "serialize-sync": () => {
      for (const value of values) serializer.serializeSync(value, context);
    },
    "encode-into": () => {
      let at = 0;
      for (const value of values) at += serializer.encodeInto(value, context, arena, at);
    },
    deserialize: async () => {
      for (const message of messages) await deserializer.deserialize(message, context);
    },
    "deserialize-sync": () => {
      for (const message of messages) deserializer.deserializeSync(message, context);
    },
  };
  const pass = passes[job.workload.slice(job.workload.indexOf("-") + 1)]!;
  const wireBytes = messages.reduce((sum, { length }) => sum + length, 0);
  const arena = new Uint8Array(2 * wireBytes);
  return { records: values.length, pass, wireBytes };
}

/** The serdes of the workload's format, and the records as that takes them. */
function make() {
  switch (formatOf(job.workload)) {
    case "avro":
      return {
        serializer: new AvroSerializer<unknown>(registry, content.avro),
        deserializer: new AvroDeserializer<unknown>(registry),
        values: content.records.map((record) => ({ ...record, at: new Date(record.at) })),
      };
    case "json":
      return {
        serializer: new JsonSerializer<unknown>(registry, content.json),
        deserializer: new JsonDeserializer<unknown>(registry),
        values: content.records,
      };
    case "protobuf": {
      const file = fromBinary(FileDescriptorProtoSchema, base64Decode(content.protobuf));
      const type = createFileRegistry(file, () => undefined).getMessage("bench.Person")!;
      return {
        serializer: new ProtobufSerializer<unknown>(registry, type),
        deserializer: new ProtobufDeserializer<unknown>(registry),
        values: content.records.map((record) => create(type, fieldsOf(record) as MessageInitShape<typeof type>)),
      };
    }
  }
}

function fieldsOf({ id, at, nick, ...rest }: PlainRecord): object {
  return { ...rest, id: BigInt(id), at: BigInt(at), ...(nick === null ? {} : { nick }) };
}
