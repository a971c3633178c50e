/** The producer while the brokers of a cluster are killed one after another: what was acknowledged is there, once and in order. */
import process from "node:process";
import type { DeliveryReport } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Oracle } from "../support/oracle.ts";
import { openProducer } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readBack } from "../support/read_back.ts";
import { startKafka } from "../support/scripts/kafka.ts";
import { waitFor } from "../support/wait.ts";

test("Producer with acks=all loses and doubles nothing while each of three brokers is killed", {
  timeoutMs: 240_000,
}, async () => {
  if (process.platform === "win32") return;
  await using kafka = await startKafka({ brokers: 3, properties: { "min.insync.replicas": "2" } });
  const { bootstrapServers } = kafka;
  const topic = randomName("t");
  // No timestamps: of a batch that it had already, a broker tells the last message's time for all of them.
  const oracle = new Oracle();
  const reports: DeliveryReport[] = [];
  let sent = 0;
  {
    await using opened = openProducer({
      "bootstrap.servers": bootstrapServers,
      "enable.idempotence": true,
      acks: "all",
    });
    const { producer, errors } = opened;
    await producer.send(oracle.next({ topic, partition: 0 })).then((report) => reports.push(report));
    sent++;
    let isOver = false;
    const faults = (async () => {
      // Each partition's leader is among the three: every one loses its leader once.
      for (const id of [1, 2, 3]) {
        const before = reports.length;
        await kafka.killBroker(id);
        // The two that are left go on.
        await waitFor(() => reports.length > before + 2_000, {
          what: "acknowledgements by the others",
          timeoutMs: 40_000,
        });
        await kafka.restartBroker(id);
      }
      isOver = true;
    })();
    while (!isOver) {
      for (let i = 0; i < 100; i++) {
        const message = oracle.next({ topic, partition: sent++ % 4 });
        while (!producer.produce(message, (report) => void reports.push(report))) await producer.ready();
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await faults;
    assertEquals(await producer.flush({ timeoutMs: 60_000 }), 0);
    assertEquals(producer.fatalError, null);
    assert(errors.every(({ isFatal }) => !isFatal));
  }
  for (const report of reports) oracle.report(report);
  await readBack(
    bootstrapServers,
    { topic, count: sent, partitions: 4, timeoutMs: 60_000 },
    (message) => oracle.see(message),
  );
  oracle.assertExactlyOnce(sent);
});
