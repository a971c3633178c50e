/** `metadata()` of a real Kafka. */
import { Consumer } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fill } from "../support/group.ts";
import { randomName } from "../support/random.ts";

testBroker("KafkaClient.metadata() tells of a real cluster, its topics and one that does not exist", async (broker) => {
  const { bootstrapServers } = broker;
  const [topic, none] = [randomName("described"), randomName("none")];
  await fill(bootstrapServers, { topic, each: 1 });
  await using consumer = new Consumer({ "bootstrap.servers": bootstrapServers, "group.id": randomName("group") });
  const all = await consumer.metadata();
  const addresses = all.brokers.map(({ host, port }) => `${host}:${port}`);
  assertEquals(addresses.sort(), bootstrapServers.split(",").sort());
  assert(all.clusterId !== null && all.clusterId.length > 10, String(all.clusterId));
  assert(all.brokers.some(({ id }) => id === all.controllerId), String(all.controllerId));
  assert(all.topics.some((each) => each.topic === topic));
  const { topics } = await consumer.metadata({ topics: [topic, none] });
  const [known, unknown] = topics;
  assertEquals([known!.topic, known!.error, unknown!.topic], [topic, null, none]);
  for (const { leader, replicas, isrs, error } of known!.partitions) {
    assert(replicas.includes(leader!) && isrs.includes(leader!) && error === null);
  }
  assertEquals([unknown!.partitions.length, unknown!.error?.codeName], [0, "UNKNOWN_TOPIC_OR_PART"]);
  // A consumer that asks creates nothing.
  assert(!(await consumer.metadata()).topics.some((each) => each.topic === none));
});
