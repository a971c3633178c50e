/** Works on several partitions at once, in order within each, and tries again what fails. */
import { Consumer, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. `extra` are properties to add. */
export async function main(servers: string, extra: Record<string, unknown> = {}): Promise<void> {
  const topic = `parcels-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send(Array.from({ length: 40 }, (_, i) => ({ topic, partition: i % 4, value: `parcel ${i}` })));

  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    "group.id": `couriers-${topic}`,
    "auto.offset.reset": "earliest",
    ...extra,
  });
  consumer.subscribe([topic]);

  let delivered = 0;
  let underWay = 0;
  let most = 0;
  const missed = new Set<string>();
  await consumer.run({
    concurrency: 4,
    eachMessage: async ({ value }) => {
      most = Math.max(most, ++underWay);
      try {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const parcel = new TextDecoder().decode(value!);
        // Nobody is at home the first time.
        if (parcel === "parcel 7" && !missed.has(parcel)) {
          missed.add(parcel);
          throw new Error("nobody opened");
        }
        delivered++;
      } finally {
        underWay--;
      }
      // stop() lets the handlers that run finish; run() resolves then.
      if (delivered === 40) void consumer.stop();
    },
    // "skip" would count the message as done, and "stop", the default, ends the run with the error.
    onError: () => "retry",
  });
  console.log(`${delivered} parcels delivered, ${missed.size} at the second attempt`);
  console.log(most > 1 ? "several were on their way at once" : "one after another");
}

if (import.meta.main) await main(bootstrapServers());
