/** Statistics of clients of a real Kafka, against their types. */
import { Consumer, type Statistics } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assertEquals, assertGreater } from "../support/assert.ts";
import { fill, read } from "../support/group.ts";
import { randomName } from "../support/random.ts";
import { differences } from "../support/statistics_shape.ts";
import { waitFor } from "../support/wait.ts";

for (const protocol of ["classic", "consumer"] as const) {
  testBroker(`Statistics of a member of a ${protocol} group have exactly the fields of their type`, async (broker) => {
    const topic = randomName("statistics");
    await fill(broker.bootstrapServers, { topic, each: 5 });
    let last: Statistics | undefined;
    await using consumer = new Consumer({
      "bootstrap.servers": broker.bootstrapServers,
      "group.id": randomName("group"),
      "group.protocol": protocol,
      "auto.offset.reset": "earliest",
      "statistics.interval.ms": 20,
    }, { onStatistics: (statistics) => void (last = statistics) });
    consumer.subscribe([topic]);
    await read(consumer, 5, { timeoutMs: 30_000 });
    const statistics = await waitFor(() => last?.topics[topic]?.partitions["0"]?.hi_offset === 5 && last, {
      what: "statistics with the partition's end",
    });
    assertEquals(differences(statistics, "Statistics"), []);
    assertGreater(Object.values(statistics.brokers).reduce((sum, { rtt }) => sum + rtt.hdrsize, 0), 0);
  });
}
