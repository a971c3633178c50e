// @ts-check
/**
 * Opens and closes clients again and again, some of which cannot be opened, and prints what the process holds before and after.
 *
 *     open_close.mjs <address of mod> <address of testing> <rounds>
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { load, quiet, until } from "../ends/traffic.mjs";
import { collect, descriptors, residentMiB, threads } from "./measure.mjs";

const rounds = Number(process.argv[4]);
const { Producer, Consumer, MockCluster } = await load();
const cluster = new MockCluster();
cluster.createTopic("opened", { partitions: 1 });
const servers = { "bootstrap.servers": cluster.bootstrapServers };
const folder = mkdtempSync(join(tmpdir(), "kafka-ffi-canary-"));

async function openAndClose() {
  const producer = new Producer(servers, quiet);
  await producer.send({ topic: "opened", value: "a message" });
  const consumer = new Consumer({
    ...servers,
    "group.id": "opened",
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 5,
  }, quiet);
  consumer.assign([{ topic: "opened", partition: 0, offset: 0 }]);
  if (await consumer.poll({ timeoutMs: 5000 }) === null) throw new Error("No message came");
  await producer.close();
  await consumer.close();
}

/** Refused in three places: by our own check, by `rd_kafka_conf_set`, and by `rd_kafka_new`. */
function failToOpen() {
  for (
    const wrong of [
      { "linger.ms": -1 },
      { "sasl.mechanisms": "PLAIN", "security.protocol": "sasl_plaintext", "ssl.ca.location": "/nowhere" },
      { "security.protocol": "ssl", "ssl.ca.location": "/nowhere/ca.pem" },
    ]
  ) {
    let opened;
    try {
      opened = new Producer(/** @type {any} */ ({ ...servers, ...wrong }), quiet);
    } catch {
      continue;
    }
    throw new Error(`This was opened: ${JSON.stringify(opened)}`);
  }
}

/** A file that is opened where a wake-up pipe was: a byte written to a pipe that is closed would land in it. */
async function canary() {
  const path = join(folder, "canary");
  const files = Array.from({ length: 8 }, () => openSync(path, "a"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  writeSync(files[0] ?? -1, "x");
  for (const file of files) closeSync(file);
}

/** The number of the cluster's threads. Each gives itself its name, and is not seen before. */
async function begun() {
  let count = threads();
  for (let same = 0; same < 50; same++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (threads() === count) continue;
    count = threads();
    same = 0;
  }
  return count;
}

async function settle() {
  // A thread that was asked to end is still listed for a moment.
  await until(() => threads() === clusterThreads, "librdkafka's threads to end");
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { descriptors: descriptors(), residentMiB: residentMiB() };
}

const clusterThreads = await begun();
for (let i = 0; i < 60; i++) {
  await openAndClose();
  failToOpen();
}
const before = await settle();
const growthsMiB = [];
let after = before;
for (let part = 0; part < 4; part++) {
  const { residentMiB } = after;
  for (let i = 0; i < rounds / 4; i++) {
    await openAndClose();
    failToOpen();
    await canary();
  }
  after = await settle();
  growthsMiB.push(after.residentMiB - residentMiB);
}
const strange = readFileSync(join(folder, "canary"), "utf8").replaceAll("x", "").length;
rmSync(folder, { recursive: true });
await cluster.close();
await until(() => threads() === 0, "the cluster's threads to end");
console.log(JSON.stringify({ before, after, growthsMiB, strange }));
