// @ts-check
/** A mock registry in a thread of its own: starts it, and calls its methods for the other thread. */
import { parentPort, workerData } from "node:worker_threads";

/** @type {typeof import("../../../../testing.ts")} */
const { MockSchemaRegistry } = await import(workerData.testing);
const registry = await MockSchemaRegistry.start(workerData.options);

parentPort?.on("message", ({ id, method, args }) => {
  /** @type {Record<string, (...args: unknown[]) => unknown>} */
  const methods = /** @type {any} */ (registry);
  parentPort?.postMessage({ id, result: methods[method]?.call(registry, ...args) });
});
parentPort?.postMessage({ url: registry.url, tokenUrl: registry.tokenUrl });
