/** Records with a schema in a script without an event loop: the same serializers, and every call waits. */
import { SchemaRegistryClient } from "../src/schema_registry/sync/mod.ts"; // @kafka-ffi/kafka/schema-registry/sync
import { AvroDeserializer, AvroSerializer } from "../src/serde/sync/avro/mod.ts"; // @kafka-ffi/kafka/avro/sync
import { Consumer, Producer } from "../sync.ts";
import { bootstrapServers, schemaRegistry } from "./bootstrap_servers.ts";

interface Reading {
  readonly sensor: string;
  readonly celsius: number;
}

const schema = JSON.stringify({
  type: "record",
  name: "Reading",
  fields: [{ name: "sensor", type: "string" }, { name: "celsius", type: "double" }],
});

/** Runs the example. */
export function main(servers: string, registryUrl = "mock://"): void {
  const topic = `readings-${crypto.randomUUID()}`;
  // What this asks is fetched by a worker, while this thread sleeps.
  using registry = new SchemaRegistryClient({ url: registryUrl });

  const valueSerializer = new AvroSerializer<Reading>(registry, schema);
  using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
  const reports = producer.send([
    { topic, partition: 0, value: { sensor: "attic", celsius: 31.5 } },
    { topic, partition: 0, value: { sensor: "cellar", celsius: 12 } },
  ]);
  console.log(
    `${reports.length} readings are written, in version ${registry.getVersions(`${topic}-value`)} of the schema`,
  );

  const valueDeserializer = new AvroDeserializer<Reading>(registry);
  using consumer = new Consumer({ "bootstrap.servers": servers, "group.id": `house-${topic}` }, { valueDeserializer });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for (const { value } of consumer.consume(2, 10_000)) console.log(`${value?.sensor}: ${value?.celsius} °C`);
}

if (import.meta.main) main(bootstrapServers(), schemaRegistry());
