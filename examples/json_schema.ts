/** JSON that keeps to a schema: what does not is refused before it is sent, and again where it is read. */
import { Consumer, Producer, ValueSerializationError } from "../mod.ts";
import { SchemaRegistryClient } from "../src/schema_registry/mod.ts"; // @kafka-ffi/kafka/schema-registry
import { JsonDeserializer, JsonSerializer } from "../src/serde/json/mod.ts"; // @kafka-ffi/kafka/json-schema
import { bootstrapServers, schemaRegistry } from "./bootstrap_servers.ts";

interface Booking {
  readonly guest: { readonly name: string };
  readonly nights: number;
}

const $schema = "http://json-schema.org/draft-07/schema#";

const guest = JSON.stringify({
  $schema,
  title: "Guest",
  type: "object",
  properties: { name: { type: "string", minLength: 1 } },
  required: ["name"],
});

const booking = JSON.stringify({
  $schema,
  title: "Booking",
  type: "object",
  properties: { guest: { $ref: "guest.json" }, nights: { type: "integer", minimum: 1 } },
  required: ["guest", "nights"],
});

/** Runs the example. */
export async function main(servers: string, registryUrl = "mock://"): Promise<void> {
  const topic = `bookings-${crypto.randomUUID()}`;
  await using registry = new SchemaRegistryClient({ url: registryUrl });

  // What a schema refers to is in the registry, under a name. No address is ever fetched.
  const subject = `${topic}-guest`;
  await registry.registerSchema(subject, { schema: guest, schemaType: "JSON" });
  const references = [{ name: "guest.json", subject, version: 1 }];

  const valueSerializer = new JsonSerializer<Booking>(registry, { schema: booking, schemaType: "JSON", references });
  await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
  await producer.send({ topic, partition: 0, value: { guest: { name: "Ada" }, nights: 2 } });
  for (const value of [{ guest: { name: "" }, nights: 1 }, { guest: { name: "Grace" }, nights: 0.5 }]) {
    try {
      await producer.send({ topic, partition: 0, value });
    } catch (error) {
      if (!(error instanceof ValueSerializationError)) throw error;
      // It says what is wrong and where, and never shows the value.
      console.log(`refused: ${(error.cause as Error).message}`);
    }
  }

  await using consumer = new Consumer({ "bootstrap.servers": servers, "group.id": `desk-${topic}` }, {
    valueDeserializer: new JsonDeserializer<Booking>(registry),
  });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for await (const { value } of consumer) {
    console.log(`${value?.guest.name} stays for ${value?.nights} nights`);
    break;
  }
}

if (import.meta.main) await main(bootstrapServers(), schemaRegistry());
