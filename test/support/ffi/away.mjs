// @ts-check
/**
 * Calls C off the event loop, and ends as it is told.
 *
 *     away.mjs <address of mod> <address of testing> wait | exit | throw | worker
 */
import process from "node:process";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const args = process.argv.slice(2);
const [mod = "", , way] = isMainThread ? args : process.env.AWAY_ARGS?.split(" ") ?? [];
const { openLibrary } = await import(new URL(mod.endsWith(".js") ? "ffi/mod.js" : "ffi/mod.ts", mod).href);
const { library } = openLibrary();
const sleep = { parameters: ["u32"], result: "u32" };

if (!isMainThread) {
  parentPort?.postMessage(await library.callAway("sleep", sleep, [0]));
} else if (way === "wait") {
  console.log("returned", await library.callAway("sleep", sleep, [1]));
} else if (way === "worker") {
  const worker = new Worker(new URL(import.meta.url), { env: { ...process.env, AWAY_ARGS: args.join(" ") } });
  const answer = await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject));
  console.log("the worker has called", answer);
} else {
  // An uncaught error waits for the call on Node, so there it is a short one.
  library.callAway("sleep", sleep, [way === "exit" ? 8 : 1]).catch(() => {});
  process.on("exit", () => console.log("the last exit handler"));
  setTimeout(() => {
    if (way === "throw") throw new Error("nobody catches this");
    process.exit(3);
  }, 300);
}
