// @ts-check
/**
 * Blocks the event loop for longer than a heartbeat's interval with messages on their way, and looks that none is lost.
 *
 *     blocked_loop.mjs <address of mod> <address of testing> <milliseconds>
 */
import process from "node:process";
import { load, quiet } from "../ends/traffic.mjs";

const blockMs = Number(process.argv[4]);
const count = 20_000;
const { Producer, Consumer, MockCluster } = await load();
const cluster = new MockCluster();
cluster.createTopic("blocked", { partitions: 2 });
const servers = { "bootstrap.servers": cluster.bootstrapServers };
const producer = new Producer({ ...servers, "linger.ms": 1 }, quiet);
let revocations = 0;
const consumer = new Consumer({
  ...servers,
  "group.id": "blocked",
  "auto.offset.reset": "earliest",
  "fetch.wait.max.ms": 5,
  "heartbeat.interval.ms": 500,
  // The coordinator gives up a member whose heartbeats are missing for this long.
  "session.timeout.ms": 2000,
}, { ...quiet, onRevoke: () => void revocations++ });
consumer.subscribe(["blocked"]);

let delivered = 0;
const seen = new Set();
let done = () => {};
const allRead = new Promise((resolve) => done = () => resolve(undefined));
let member = "";
const reading = (async () => {
  for await (const message of consumer) {
    member ||= consumer.memberId;
    seen.add(`${message.partition}:${message.offset}`);
    if (seen.size === count + 1) done();
  }
})();
// The group is joined before it counts.
await producer.send({ topic: "blocked", value: "first" });
while (seen.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
for (let i = 0; i < count; i++) {
  if (!producer.produce({ topic: "blocked", value: String(i) }, ({ error }) => error === null && delivered++)) {
    throw new Error("The queue was full");
  }
}
await new Promise((resolve) => setTimeout(resolve, 1));
const end = performance.now() + blockMs;
while (performance.now() < end) JSON.parse("[1, 2, 3]");
await producer.flush();
await allRead;
const memberAfter = consumer.memberId;
if (revocations > 0 || memberAfter !== member) throw new Error("The consumer was put out of its group");
await consumer.close();
await reading;
await producer.close();
await cluster.close();
console.log(JSON.stringify({ delivered, read: seen.size - 1 }));
