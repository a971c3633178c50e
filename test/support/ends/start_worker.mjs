// @ts-check
// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript: types stand in comments
/** Starts `worker.mjs` in a worker of the runtime that runs, with the runtime's own kind of worker. */

/**
 * @param {string[]} addresses The addresses of the library under test.
 * @param {(progress: { sent: number, read: number, committed: number, acknowledged: number }) => void} [onProgress] Is told how far the worker's traffic is.
 * @returns The worker, once messages flow in it.
 */
export async function startWorker(addresses, onProgress = () => {}) {
  const address = new URL("./worker.mjs", import.meta.url);
  const { resolve, reject, promise } = withResolvers();
  /** @param {any} message */
  const take = (message) => {
    if (typeof message === "string") reject(new Error(`The worker failed: ${message}`));
    else {
      onProgress(message);
      resolve(undefined);
    }
  };
  const timer = setTimeout(() => reject(new Error("The worker has moved no message within 20 s")), 20_000);
  /** @type {() => void | Promise<unknown>} */
  let terminate;
  if (typeof globalThis.Worker === "function") {
    const worker = new globalThis.Worker(address, { type: "module" });
    worker.onmessage = ({ data }) => take(data);
    worker.onerror = (event) => reject(new Error(`The worker failed: ${event.message}`));
    worker.postMessage(addresses);
    terminate = () => worker.terminate();
  } else {
    const { Worker } = await import("node:worker_threads");
    const worker = new Worker(address);
    worker.on("message", take);
    worker.on("error", reject);
    worker.postMessage(addresses);
    terminate = () => worker.terminate();
  }
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
  return { terminate: async () => void await terminate() };
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers() {
  /** @type {(value: undefined) => void} */
  let resolve = () => {};
  /** @type {(error: unknown) => void} */
  let reject = () => {};
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
