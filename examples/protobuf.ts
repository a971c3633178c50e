/** Protobuf messages without generated code: the text of the `.proto` file is enough, and to read not even that. */
import { Consumer, Producer } from "../mod.ts";
import { SchemaRegistryClient } from "../src/schema_registry/mod.ts"; // @kafka-ffi/kafka/schema-registry
import { ProtobufDeserializer, ProtobufSerializer } from "../src/serde/protobuf/mod.ts"; // @kafka-ffi/kafka/protobuf
import { bootstrapServers, schemaRegistry } from "./bootstrap_servers.ts";

const schema = `
  syntax = "proto3";
  package zoo;

  message Sighting {
    int64 id = 1;
    Animal animal = 2;
    oneof place {
      string cage = 3;
      bool escaped = 4;
    }
  }

  message Animal {
    string name = 1;
    int32 legs = 2;
  }
`;

/** With `protoc-gen-es` this type is generated, and a serializer is made of its descriptor instead of the text. */
interface Sighting {
  /** 64 bits are a bigint. */
  readonly id: bigint;
  readonly animal?: { readonly name: string; readonly legs: number };
  readonly place: { readonly case: "cage"; readonly value: string } | {
    readonly case: "escaped";
    readonly value: boolean;
  };
}

/** Runs the example. */
export async function main(servers: string, registryUrl = "mock://"): Promise<void> {
  const topic = `sightings-${crypto.randomUUID()}`;
  await using registry = new SchemaRegistryClient({ url: registryUrl });

  const valueSerializer = new ProtobufSerializer<Sighting>(registry, schema, { messageType: "zoo.Sighting" });
  await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
  await producer.send([
    { topic, partition: 0, value: { id: 1n, animal: { name: "ant", legs: 6 }, place: { case: "cage", value: "A1" } } },
    { topic, partition: 0, value: { id: 2n ** 60n, place: { case: "escaped", value: true } } },
  ]);

  await using consumer = new Consumer({ "bootstrap.servers": servers, "group.id": `guards-of-${topic}` }, {
    valueDeserializer: new ProtobufDeserializer<Sighting>(registry),
  });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for await (const { value, offset } of consumer) {
    const { id, animal, place } = value!;
    const where = place.case === "cage" ? `in cage ${place.value}` : "nobody knows where";
    console.log(`sighting ${id}: ${animal?.name ?? "something"} with ${animal?.legs ?? "some"} legs, ${where}`);
    if (offset === 1) break;
  }
}

if (import.meta.main) await main(bootstrapServers(), schemaRegistry());
