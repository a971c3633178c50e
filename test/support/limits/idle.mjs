// @ts-check
/**
 * Opens clients that have nothing to do, and prints what they cost: the processor's time, and the time of other work.
 *
 *     idle.mjs <address of mod> <address of testing> <pairs of a producer and a consumer> <seconds>
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { load, quiet, until } from "../ends/traffic.mjs";

const [pairs = 1, seconds = 1] = process.argv.slice(4).map(Number);
const { Producer, Consumer, MockCluster } = await load();
const file = fileURLToPath(import.meta.url);

/** How long reading a file takes, one after another (the median) and many at a time (all of them, the best of some rounds). */
async function readingMs() {
  const times = [];
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    await readFile(file);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  let many = Infinity;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    // More than any runtime's pool has threads.
    await Promise.all(Array.from({ length: 64 }, () => readFile(file)));
    many = Math.min(many, performance.now() - start);
  }
  return { median: times[50] ?? 0, many };
}

await readingMs();
const readingBefore = await readingMs();
const cluster = new MockCluster();
cluster.createTopic("idle", { partitions: 1 });
const servers = { "bootstrap.servers": cluster.bootstrapServers };
const producers = Array.from({ length: pairs }, () => new Producer(servers, quiet));
const consumers = Array.from(
  { length: pairs },
  (_, i) => new Consumer({ ...servers, "group.id": `idle-${i}`, "auto.offset.reset": "earliest" }, quiet),
);
let read = 0;
const reading = consumers.map(async (consumer) => {
  consumer.assign([{ topic: "idle", partition: 0, offset: 0 }]);
  for await (const _ of consumer) read++;
});
await Promise.all(producers.map((producer) => producer.send({ topic: "idle", value: "a message" })));
await until(() => read === pairs * pairs, "all consumers to have all messages");
await new Promise((resolve) => setTimeout(resolve, 1000));

const cpuBefore = process.cpuUsage();
const start = performance.now();
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const { user, system } = process.cpuUsage(cpuBefore);
const cpuPercent = (user + system) / 1000 / (performance.now() - start) * 100;
const readingAfter = await readingMs();
// Each is still awake when something comes.
await producers[0].send({ topic: "idle", value: "one more" });
await until(() => read === pairs * (pairs + 1), "all consumers to have one more message");
for (const client of [...producers, ...consumers]) await client.close();
await Promise.all(reading);
await cluster.close();
console.log(JSON.stringify({ cpuPercent, readingBefore, readingAfter }));
