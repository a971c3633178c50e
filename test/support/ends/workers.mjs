// @ts-check
/**
 * A program with busy clients that starts workers with busy clients of their own and terminates each in the middle of it.
 *
 *     workers.mjs <address of mod> <address of testing> <how many workers>
 *
 * It prints how many were terminated; that everything sent by the program itself was read is checked here.
 */
import process from "node:process";
import { startWorker } from "./start_worker.mjs";
import { load, startCalls, startTraffic, until } from "./traffic.mjs";

const addresses = process.argv.slice(2, 4);
const count = Number(process.argv[4]);
const library = await load();
const [traffic, calls] = await Promise.all([startTraffic(library), startCalls(library)]);
for (let i = 0; i < count; i++) {
  let progress = { sent: 0, read: 0, committed: 0, acknowledged: 0 };
  const worker = await startWorker(addresses, (now) => progress = now);
  // Each is terminated at another stage of its warming up.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  await worker.terminate();
  if (progress.read < 200 || progress.acknowledged < 1) {
    throw new Error(`The worker was not busy: ${JSON.stringify(progress)}`);
  }
  const before = { ...traffic.state, ...calls.state };
  const goesOn = () =>
    traffic.state.sent > before.sent + 100 && traffic.state.read > before.read + 100 &&
    calls.state.committed > before.committed && calls.state.acknowledged > before.acknowledged;
  await until(goesOn, "the program's own clients to go on");
}
await traffic.stop();
await calls.stop();
console.log(`${count} workers terminated`);
