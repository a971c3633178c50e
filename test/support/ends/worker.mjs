// @ts-check
/** A worker with busy clients: it is sent the addresses of the library under test, and tells how far it is. */
import { startCalls, startTraffic } from "./traffic.mjs";

/** @type {{ postMessage(message: unknown): void, listen(take: (addresses: string[]) => void): void }} */
const parent = await findParent();
parent.listen(async ([mod = "", testing = ""]) => {
  try {
    const library = { ...await import(mod), ...await import(testing) };
    const [traffic, calls] = await Promise.all([startTraffic(library), startCalls(library)]);
    const tell = () => parent.postMessage({ ...traffic.state, ...calls.state });
    tell();
    setInterval(tell, 50);
  } catch (error) {
    parent.postMessage(String(error));
  }
});

async function findParent() {
  const scope = /** @type {any} */ (globalThis);
  // A worker of the web's kind has these; Node's has `parentPort`.
  if (typeof scope.postMessage === "function" && typeof scope.Worker === "function") {
    return {
      postMessage: (/** @type {unknown} */ message) => scope.postMessage(message),
      listen(/** @type {(addresses: string[]) => void} */ take) {
        scope.onmessage = (/** @type {{ data: string[] }} */ { data }) => take(data);
      },
    };
  }
  const { parentPort } = await import("node:worker_threads");
  if (parentPort === null) throw new Error("This program only runs in a worker");
  return {
    postMessage: (/** @type {unknown} */ message) => parentPort.postMessage(message),
    listen: (/** @type {(addresses: string[]) => void} */ take) => void parentPort.on("message", take),
  };
}
