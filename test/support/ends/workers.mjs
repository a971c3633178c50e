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
import { load, startTraffic, until } from "./traffic.mjs";

const addresses = process.argv.slice(2, 4);
const count = Number(process.argv[4]);
const { state, stop } = await startTraffic(await load());
for (let i = 0; i < count; i++) {
  let progress = { sent: 0, read: 0 };
  const worker = await startWorker(addresses, (now) => progress = now);
  // Each is terminated at another stage of its warming up.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  await worker.terminate();
  if (progress.read < 200) throw new Error(`The worker was not busy: ${JSON.stringify(progress)}`);
  const { sent, read } = state;
  await until(() => state.sent > sent + 100 && state.read > read + 100, "the program's own clients to go on");
}
await stop();
console.log(`${count} workers terminated`);
