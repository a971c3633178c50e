/**
 * Measures the serdes of `@confluentinc/schemaregistry` on Node, and prints one JSON line.
 *
 * `BENCH_PEER` names the folder in which npm installed it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { runtimeName } from "../stopwatch.ts";
import type { Content, PlainRecord } from "./content.ts";
import { formatOf, parseJob } from "./job.ts";
import { type Bench, checkSame, measure } from "./measure.ts";

/** What is used of it. */
interface Peer {
  readonly SchemaRegistryClient: { newClient(config: object): PeerClient };
  readonly AvroSerializer: MakeSerde<PeerSerializer>;
  readonly AvroDeserializer: MakeSerde<PeerDeserializer>;
  readonly JsonSerializer: MakeSerde<PeerSerializer>;
  readonly JsonDeserializer: MakeSerde<PeerDeserializer>;
  readonly ProtobufSerializer: MakeSerde<PeerSerializer>;
  readonly ProtobufDeserializer: MakeSerde<PeerDeserializer>;
}
interface PeerClient {
  register(subject: string, schema: { readonly schemaType: string; readonly schema: string }): Promise<number>;
  getLatestSchemaMetadata: Ask;
  getBySubjectAndId: Ask;
  registerFullResponse: Ask;
}
type Ask = (subject: string, ...details: readonly unknown[]) => Promise<unknown>;
type MakeSerde<T> = new (client: PeerClient, type: string | number, config: object) => T;
interface PeerSerializer {
  serialize(topic: string, value: unknown): Promise<Uint8Array>;
}
interface PeerDeserializer {
  deserialize(topic: string, data: Uint8Array): Promise<unknown>;
}
/** What is used of the Protobuf library that it comes with. */
interface Library {
  create(type: object, fields: object): object;
  createMutableRegistry(...types: object[]): object;
}
interface CodeLibrary {
  fileDesc(base64: string): object;
  messageDesc(file: object, index: number): object;
}

const folder = process.env["BENCH_PEER"];
if (folder === undefined) throw new Error("Cannot measure: BENCH_PEER is wanted");
const require = createRequire(`${folder}/package.json`);
const peer = require("@confluentinc/schemaregistry") as Peer & { readonly SerdeType: { readonly VALUE: string } };
const manifest = JSON.parse(
  readFileSync(`${folder}/node_modules/@confluentinc/schemaregistry/package.json`, "utf8"),
) as { readonly version: string };
const topic = "people";

const job = parseJob(process.argv.slice(2));
const content = JSON.parse(readFileSync(job.content, "utf8")) as Content;
const runtime = `@confluentinc/schemaregistry ${manifest.version} on ${runtimeName()}`;
console.log(JSON.stringify(await measure(job, runtime, await prepare())));

async function prepare(): Promise<Bench> {
  const { serializer, deserializer, values } = await make();
  const messages: Uint8Array[] = [];
  for (const value of values) {
    const bytes = await serializer.serialize(topic, value);
    messages.push(bytes);
    checkSame(value, await deserializer.deserialize(topic, bytes));
  }
  const wireBytes = messages.reduce((sum, { length }) => sum + length, 0);
  const isReading = job.workload.includes("deserialize");
  const pass = isReading
    ? async () => {
      for (const message of messages) await deserializer.deserialize(topic, message);
    }
    : async () => {
      for (const value of values) await serializer.serialize(topic, value);
    };
  return { records: values.length, pass, wireBytes };
}

interface Made {
  readonly serializer: PeerSerializer;
  readonly deserializer: PeerDeserializer;
  readonly values: readonly object[];
}

async function make(): Promise<Made> {
  const client = withCache(peer.SchemaRegistryClient.newClient({ baseURLs: ["mock://"] }));
  const type = peer.SerdeType.VALUE;
  switch (formatOf(job.workload)) {
    case "avro":
      await client.register(`${topic}-value`, { schemaType: "AVRO", schema: content.avro });
      return {
        serializer: new peer.AvroSerializer(client, type, { useLatestVersion: true }),
        deserializer: new peer.AvroDeserializer(client, type, {}),
        values: content.records,
      };
    case "json":
      await client.register(`${topic}-value`, { schemaType: "JSON", schema: content.json });
      return {
        serializer: new peer.JsonSerializer(client, type, { useLatestVersion: true, validate: true }),
        deserializer: new peer.JsonDeserializer(client, type, { validate: true }),
        values: content.records,
      };
    case "protobuf": {
      const { create, createMutableRegistry } = require("@bufbuild/protobuf") as Library;
      const { fileDesc, messageDesc } = require("@bufbuild/protobuf/codegenv2") as CodeLibrary;
      const person = messageDesc(fileDesc(content.protobuf), 0);
      const registry = createMutableRegistry(person);
      return {
        serializer: new peer.ProtobufSerializer(client, type, { registry, autoRegisterSchemas: true }),
        deserializer: new peer.ProtobufDeserializer(client, type, {}),
        values: content.records.map((record) => create(person, fieldsOf(record))),
      };
    }
  }
}

/** Its mock has no cache, as its client has, and searches all it knows for each message: that is not what is measured. */
function withCache(client: PeerClient): PeerClient {
  for (const name of ["getLatestSchemaMetadata", "getBySubjectAndId", "registerFullResponse"] as const) {
    const ask = client[name].bind(client);
    const known = new Map<string, unknown>();
    client[name] = async (subject, ...details) => {
      const key = `${subject} ${typeof details[0] === "number" ? details[0] : ""}`;
      if (!known.has(key)) known.set(key, await ask(subject, ...details));
      return known.get(key);
    };
  }
  return client;
}

function fieldsOf({ id, at, nick, ...rest }: PlainRecord): object {
  return { ...rest, id: BigInt(id), at: BigInt(at), ...(nick === null ? {} : { nick }) };
}
