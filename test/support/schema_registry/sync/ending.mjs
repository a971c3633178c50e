// @ts-check
/**
 * Asks a registry with a client that blocks, and comes to its end.
 *
 *     ending.mjs <address of mod> <address of testing> <url> close | leave | worker
 */
import process from "node:process";
import { isMainThread, Worker } from "node:worker_threads";

const args = isMainThread ? process.argv.slice(2) : process.env.ENDING_ARGS?.split(" ") ?? [];
const [mod = "", , url = "", way] = args;

if (isMainThread && way === "worker") {
  // The main thread sleeps too, so nothing of the client's may need it.
  const worker = new Worker(new URL(import.meta.url), { env: { ...process.env, ENDING_ARGS: args.join(" ") } });
  worker.on("error", (error) => {
    throw error;
  });
} else {
  const file = `src/schema_registry/sync/mod.${mod.endsWith(".js") ? "js" : "ts"}`;
  const { SchemaRegistryClient } = await import(new URL(file, mod).href);
  const client = new SchemaRegistryClient({ url });
  console.log(client.getSubjects()[0]);
  if (way === "close") client.close();
}
