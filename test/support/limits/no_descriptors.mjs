// @ts-check
/**
 * Opens clients until the process has no file descriptor left, and prints what the first that could not be opened said.
 *
 *     no_descriptors.mjs <address of mod> <address of testing>
 */
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load, quiet, until } from "../ends/traffic.mjs";
import { threads } from "./measure.mjs";

const { Producer } = await load();
const config = { "bootstrap.servers": "127.0.0.1:1" };
// The library is opened before descriptors run out.
await new Producer(config, quiet).close();
await until(() => threads() === 0, "the first client's threads to end");

const file = fileURLToPath(import.meta.url);
/** @type {number[]} */
const taken = [];
for (;;) {
  try {
    taken.push(openSync(file));
  } catch {
    break;
  }
}
let reason = "";
let opened = 0;
/** @type {{ close(): Promise<void> }[]} */
const clients = [];
// librdkafka itself takes three or more: room is made until opening works, and each failure has to be one error.
while (reason === "" || opened === 0) {
  try {
    clients.push(new Producer(config, quiet));
    opened++;
  } catch (error) {
    reason ||= String(error);
  }
  closeSync(taken.pop() ?? -1);
}
for (const descriptor of taken) closeSync(descriptor);
for (const client of clients) await client.close();
await until(() => threads() === 0, "threads that nobody owns to end");
console.log(JSON.stringify({ opened, reason, threads: threads() }));
