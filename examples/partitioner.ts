/** Chooses partitions: with one of librdkafka's partitioners, with a function, and with the hash that the Java client uses. */
import { murmur2, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `letters-${crypto.randomUUID()}`;

  // A property names one of librdkafka's. This one agrees with the Java client about every key.
  await using like = new Producer({ "bootstrap.servers": servers, partitioner: "murmur2_random" });
  const { partition: theirs } = await like.send({ topic, key: "ada", value: "a letter" });

  // A function is asked about each message that names no partition.
  await using producer = new Producer({ "bootstrap.servers": servers }, {
    partitioner: ({ key }, partitionCount) => {
      if (key === "express") return 0;
      // Null leaves the choice to librdkafka.
      return typeof key === "string" ? murmur2(key, partitionCount) : null;
    },
  });
  const { partition: ours } = await producer.send({ topic, key: "ada", value: "another letter" });
  console.log(ours === theirs ? "both chose the same partition for ada" : `${ours} is not ${theirs}`);
  const { partition: express } = await producer.send({ topic, key: "express", value: "a telegram" });
  console.log(`express went to partition ${express}`);
}

if (import.meta.main) await main(bootstrapServers());
