/** A cluster inside the process, for your own tests: it needs no Kafka, and fails when it is told to. */
import { ProduceError, Producer } from "../mod.ts";
import { MockCluster } from "../testing.ts";

const invalidRecord = 87;

/** Runs the example. */
export async function main(): Promise<void> {
  await using cluster = new MockCluster({ brokers: 3 });
  cluster.createTopic("orders", { partitions: 4, replicationFactor: 3 });
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });

  const { offset } = await producer.send({ topic: "orders", partition: 2, value: "a sandwich" });
  console.log(`written at offset ${offset}`);

  // The next request to produce is answered with an error of Kafka's, as a broker would that does not like the record.
  cluster.failNext("Produce", [invalidRecord]);
  try {
    await producer.send({ topic: "orders", partition: 2, value: "a bad sandwich" });
    console.log("it was written, which it should not be");
  } catch (error) {
    if (!(error instanceof ProduceError)) throw error;
    console.log(`refused: ${error.codeName}, ${error.status}`);
  }

  const again = await producer.send({ topic: "orders", partition: 2, value: "another sandwich" });
  console.log(`written at offset ${again.offset}`);
}

if (import.meta.main) await main();
