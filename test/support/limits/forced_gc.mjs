// @ts-check
/**
 * Sends and reads messages of known content while garbage is collected all the time.
 *
 *     forced_gc.mjs <address of mod> <address of testing> <messages>
 */
import process from "node:process";
import { load, quiet } from "../ends/traffic.mjs";
import { collect } from "./measure.mjs";

const count = Number(process.argv[4]);
const { Producer, Consumer, MockCluster } = await load();
const cluster = new MockCluster();
cluster.createTopic("forced", { partitions: 1 });
const servers = { "bootstrap.servers": cluster.bootstrapServers };
const producer = new Producer({ ...servers, "linger.ms": 1 }, quiet);
const consumer = new Consumer({
  ...servers,
  "group.id": "forced",
  "auto.offset.reset": "earliest",
  "fetch.wait.max.ms": 5,
}, quiet);
consumer.assign([{ topic: "forced", partition: 0, offset: 0 }]);

/**
 * Bytes that number `n` and `salt` decide.
 *
 * @param {number} n
 * @param {number} salt
 * @param {number} length
 */
function bytesOf(n, salt, length) {
  const bytes = new Uint8Array(length);
  let x = (n * 2654435761 + salt * 40503 + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** @param {number} n */
function messageOf(n) {
  const message = {
    topic: "forced",
    partition: 0,
    key: n % 3 === 0 ? null : bytesOf(n, 1, n % 40),
    value: n % 7 === 0 ? null : bytesOf(n, 2, (n * 37) % 3000),
  };
  return n % 5 !== 0 ? message : { ...message, timestamp: 1_700_000_000_000 + n, headers: headersOf(n) };
}

/**
 * @param {number} n
 * @returns {[string, Uint8Array][]}
 */
function headersOf(n) {
  return Array.from({ length: n % 4 }, (_, i) => [`header-${i}`, bytesOf(n, 3 + i, (n + i) % 50)]);
}

/**
 * @param {string} what
 * @param {Uint8Array | null} actual
 * @param {Uint8Array | null} wanted
 */
function check(what, actual, wanted) {
  const isGood = actual === null || wanted === null
    ? actual === wanted
    : actual.length === wanted.length && actual.every((byte, i) => byte === wanted[i]);
  if (!isGood) throw new Error(`${what}: the bytes are not those that were sent`);
}

/** @param {any} message */
function checkMessage(message) {
  const n = message.offset;
  const wanted = messageOf(n);
  check(`Key ${n}`, message.key, wanted.key);
  check(`Value ${n}`, message.value, wanted.value);
  const headers = n % 5 === 0 ? headersOf(n) : [];
  if (message.headers.length !== headers.length) throw new Error(`Message ${n} has ${message.headers.length} headers`);
  headers.forEach(([name, value], i) => {
    const [readName, readValue] = message.headers[i];
    if (readName !== name) throw new Error(`Message ${n} has a header ${readName} for ${name}`);
    check(`Header ${n} ${name}`, readValue, value);
  });
  if (n % 5 === 0 && message.timestamp !== 1_700_000_000_000 + n) {
    throw new Error(`Message ${n} has the timestamp ${message.timestamp}`);
  }
}

let collections = 0;
const timer = setInterval(() => {
  collect();
  collections++;
}, 10);

const sending = (async () => {
  for (let n = 0; n < count; n++) {
    const settled = producer.send(messageOf(n));
    if (n % 50 === 49) await settled;
    else settled.catch(() => {}); // Its loss is noticed by the reader.
  }
})();
/** Messages that are looked at once more when their neighbours are long gone. @type {any[]} */
const kept = [];
let read = 0;
for await (const message of consumer) {
  if (message.offset !== read++) throw new Error(`Offset ${message.offset} came after ${read - 2}`);
  checkMessage(message);
  if (read % 17 === 0) kept.push(message);
  if (kept.length > 100) checkMessage(kept.shift());
  if (read === count) break;
}
await sending;
kept.forEach(checkMessage);
clearInterval(timer);
await producer.close();
await consumer.close();
await cluster.close();
console.log(JSON.stringify({ read, collections }));
