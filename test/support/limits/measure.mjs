// @ts-check
// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript: types stand in comments
/** What the programs beside this file measure of their own process. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** Open file descriptors. */
export const descriptors = () => readdirSync("/dev/fd").length;

/** Threads of librdkafka's; the runtimes' own come and go. Only Linux tells of them. */
export function threads() {
  if (process.platform !== "linux") return 0;
  return readdirSync("/proc/self/task").filter((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, "utf8").startsWith("rdk:");
    } catch {
      return false; // It ended between the listing and the look.
    }
  }).length;
}

/** Resident memory in MiB, after a garbage collection. */
export function residentMiB() {
  collect();
  return process.memoryUsage.rss() / 2 ** 20;
}

/** Collects garbage: each runtime has its own way, and Deno and Node have to be told at the start that they will be asked. */
export function collect() {
  const scope = /** @type {{ gc?: () => void, Bun?: { gc(force: boolean): void } }} */ (globalThis);
  if (scope.Bun !== undefined) scope.Bun.gc(true);
  else if (scope.gc !== undefined) scope.gc();
  else throw new Error("Start this program with --expose-gc (Deno: --v8-flags=--expose-gc)");
}
