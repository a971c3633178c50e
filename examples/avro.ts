/** Records with a schema that changes: written with one version, read in the shape of the next. */
import { Consumer, Producer } from "../mod.ts";
import { SchemaRegistryClient } from "../src/schema_registry/mod.ts"; // @kafka-ffi/kafka/schema-registry
import { AvroDeserializer, AvroSerializer, Decimal } from "../src/serde/avro/mod.ts"; // @kafka-ffi/kafka/avro
import { bootstrapServers, schemaRegistry } from "./bootstrap_servers.ts";

interface Offer {
  readonly item: string;
  readonly price: Decimal;
  readonly until: Date;
}

const price = { type: "bytes", logicalType: "decimal", precision: 9, scale: 2 };
const until = { type: "long", logicalType: "timestamp-millis" };

const firstVersion = JSON.stringify({
  type: "record",
  name: "Offer",
  fields: [{ name: "item", type: "string" }, { name: "price", type: price }, { name: "until", type: until }],
});

/** A field has another name, one is new, and one is gone. */
const nextVersion = JSON.stringify({
  type: "record",
  name: "Offer",
  fields: [
    { name: "product", aliases: ["item"], type: "string" },
    { name: "price", type: price },
    { name: "currency", type: "string", default: "EUR" },
  ],
});

/** Runs the example. */
export async function main(servers: string, registryUrl = "mock://"): Promise<void> {
  const topic = `offers-${crypto.randomUUID()}`;
  await using registry = new SchemaRegistryClient({ url: registryUrl });

  // The first message registers the schema; each one carries its id.
  const valueSerializer = new AvroSerializer<Offer>(registry, firstVersion);
  await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
  const date = new Date("2030-01-31T12:00:00Z");
  await producer.send([
    { topic, partition: 0, value: { item: "lamp", price: Decimal.parse("24.90"), until: date } },
    { topic, partition: 0, value: { item: "desk", price: new Decimal(199n), until: date } },
    { topic, partition: 0, value: null },
  ]);
  console.log(`the registry knows ${(await registry.getVersions(`${topic}-value`)).length} version of the schema`);

  // Without a schema of its own, a reader gets values in the shape in which they were written.
  const valueDeserializer = new AvroDeserializer<{ product: string; price: Decimal; currency: string }>(
    registry,
    nextVersion,
  );
  await using consumer = new Consumer({ "bootstrap.servers": servers, "group.id": `shop-${topic}` }, {
    valueDeserializer,
  });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for await (const { value } of consumer) {
    // A tombstone has no schema.
    if (value === null) break;
    console.log(`a ${value.product} costs ${value.price} ${value.currency}`);
  }
}

if (import.meta.main) await main(bootstrapServers(), schemaRegistry());
