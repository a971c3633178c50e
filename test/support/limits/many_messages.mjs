// @ts-check
/**
 * Sends millions of messages and reads them back, and prints how the process's memory went.
 *
 *     many_messages.mjs <address of mod> <address of testing> <thousands of messages>
 */
import process from "node:process";
import { load, quiet } from "../ends/traffic.mjs";
import { residentMiB } from "./measure.mjs";

const chunks = Number(process.argv[4]) / 20;
const chunk = 20_000;
const { Producer, Consumer, MockCluster } = await load();
const cluster = new MockCluster();
cluster.createTopic("many", { partitions: 2 });
const servers = { "bootstrap.servers": cluster.bootstrapServers };
const producer = new Producer({ ...servers, "linger.ms": 1 }, quiet);
const consumer = new Consumer({
  ...servers,
  "group.id": "many",
  "auto.offset.reset": "earliest",
  "fetch.wait.max.ms": 5,
  "enable.auto.commit": false,
}, quiet);
consumer.assign([0, 1].map((partition) => ({ topic: "many", partition, offset: 0 })));

let sent = 0;
const next = [0, 0];
const lastValue = [-1, -1];
const numbers = new DataView(new ArrayBuffer(100));
/** @type {number[]} */
const residents = [];

for (let i = 0; i < chunks; i++) {
  for (let k = 0; k < chunk; k++) {
    numbers.setUint32(0, sent++);
    const message = { topic: "many", partition: k & 1, value: new Uint8Array(numbers.buffer) };
    while (!producer.produce(message)) await producer.ready();
  }
  await producer.flush();
  for (let left = chunk; left > 0;) {
    const messages = await consumer.consume(Math.min(left, 1000), { timeoutMs: 10_000 });
    if (messages.length === 0) throw new Error(`No message came, and ${left} of a chunk are left`);
    for (const { partition, offset, value } of messages) {
      const number = new DataView(value.buffer, value.byteOffset).getUint32(0);
      if (offset !== next[partition] || value.length !== 100 || number <= lastValue[partition]) {
        throw new Error(`Partition ${partition}, offset ${offset}: ${number}, ${value.length} bytes, out of order`);
      }
      next[partition] = offset + 1;
      lastValue[partition] = number;
    }
    left -= messages.length;
  }
  if (i % 5 === 4) residents.push(Math.round(residentMiB() * 10) / 10);
}
await producer.close();
await consumer.close();
await cluster.close();
console.log(JSON.stringify({ read: next[0] + next[1], residents }));
