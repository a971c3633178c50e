/**
 * What a callback produces joins the turn that its report is served in. Once, a message too large for the others' memory sent
 * that turn's messages ahead, their reports arrived within the same turn, and the next message joined a batch that was over:
 * its report went nowhere.
 */
import { Producer } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assertEquals } from "../support/assert.ts";

test("Producer tells every callback of its own message when callbacks produce, too", async () => {
  await using cluster = new MockCluster();
  const topic = "reentry";
  cluster.createTopic(topic, { partitions: 1 });
  await using producer = new Producer({
    "bootstrap.servers": cluster.bootstrapServers,
    "linger.ms": 0,
    "message.max.bytes": 10_000_000,
  });
  await producer.send({ topic, value: "first", partition: 0 });
  const large = new Uint8Array(1_100_000);
  const told: string[] = [];
  const produce = (value: string, then?: () => void): void => {
    producer.produce({ topic, partition: 0, value }, (report) => {
      told.push(report.message.value === value ? value : `${value} was told of another`);
      then?.();
    });
  };
  const rounds = Array.from({ length: 20 }, (_, round) => round);
  for (const round of rounds) {
    produce(`start ${round}`, () => {
      produce(`inner ${round}`, () => {
        produce(`last ${round}`);
      });
      producer.produce({ topic, partition: 0, value: large });
      // Long enough for the report of what has crossed ahead to be there in this very turn.
      for (const end = performance.now() + 5; performance.now() < end;);
    });
    await producer.flush({ timeoutMs: 10_000 });
  }
  assertEquals(producer.pending, 0);
  assertEquals(told.sort(), rounds.flatMap((round) => [`start ${round}`, `inner ${round}`, `last ${round}`]).sort());
});
