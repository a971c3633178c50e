/** Typed messages: integer keys and JSON values, and what becomes of a message that is neither. */
import { Consumer, Producer, Serdes } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

interface Reading {
  readonly celsius: number;
  readonly at: string;
}

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `temperatures-${crypto.randomUUID()}`;
  const config = { "bootstrap.servers": servers };

  // The types of keys and values follow from the serializers: another type does not compile.
  await using producer = new Producer(config, {
    keySerializer: Serdes.integer(),
    valueSerializer: Serdes.json<Reading>(),
  });
  await producer.send([
    { topic, partition: 0, key: 1, value: { celsius: 21.5, at: "kitchen" } },
    { topic, partition: 0, key: 2, value: { celsius: -18, at: "freezer" } },
    // Null is a tombstone, whatever the serializer.
    { topic, partition: 0, key: 1, value: null },
  ]);

  // Somebody else writes to the topic, too.
  await using stranger = new Producer(config);
  await stranger.send({ topic, partition: 0, key: "freezer", value: "it is very cold" });
  await producer.send({ topic, partition: 0, key: 3, value: { celsius: 4, at: "fridge" } });

  await using consumer = new Consumer({ ...config, "group.id": `reader-of-${topic}` }, {
    keyDeserializer: Serdes.integer(),
    valueDeserializer: Serdes.json<Reading>(),
    // Without this the loop would end with the error, and a new loop would go on behind that message.
    onDeserializationError: (error) => {
      console.log(`left out: the ${error.field} at offset ${error.offset}`);
      return "skip";
    },
  });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for await (const { key, value, offset } of consumer) {
    console.log(value === null ? `${key}: gone` : `${key}: ${value.celsius} degrees in the ${value.at}`);
    if (offset === 4) break;
  }
}

if (import.meta.main) await main(bootstrapServers());
