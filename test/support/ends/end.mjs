// @ts-check
/**
 * A program that ends in the way it is told, with clients open. Plain JavaScript, so that Node 20 runs it as it is.
 *
 *     end.mjs <address of mod> <address of testing> <way> [bare]
 *
 * With `bare` it opens no client: how it ends then is how the runtime itself ends.
 */
import process from "node:process";
import { load, quiet, startTraffic } from "./traffic.mjs";

const [, , way = "", bare] = process.argv.slice(2);
const isBare = bare === "bare";
const exitCode = 7;

/** Traffic, unless there is to be none; and what stops it. */
async function traffic() {
  return isBare ? { stop: async () => {} } : await startTraffic(await load());
}

/** A cluster and a topic with a message in it. */
async function open() {
  const library = await load();
  const cluster = new library.MockCluster();
  cluster.createTopic("idle");
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  const producer = new library.Producer(servers, quiet);
  await producer.send({ topic: "idle", value: "a message" });
  return { library, cluster, servers, producer };
}

/** Never ends by itself. */
function stay() {
  const timer = setInterval(() => {}, 1000);
  console.log("ready");
  return timer;
}

/** @type {Record<string, () => Promise<void>>} */
const ways = {
  async "the end of the program, clients closed"() {
    if (isBare) return;
    const { producer, cluster } = await open();
    await producer.close();
    await cluster.close();
  },
  async "the end of the program, an idle producer open"() {
    if (!isBare) await open();
  },
  async "the end of the program, an unread consumer open"() {
    if (isBare) return;
    const { library, servers } = await open();
    const consumer = new library.Consumer({
      ...servers,
      "group.id": "ends",
      "auto.offset.reset": "earliest",
      "fetch.wait.max.ms": 5,
    }, quiet);
    consumer.subscribe(["idle"]);
    if (await consumer.poll() === null) throw new Error("No message came");
  },
  async "the end of the program, busy until then"() {
    if (isBare) return;
    const { producer } = await open();
    // As many as keep the optimizing compiler at work just now: each run is at another stage of it.
    const count = 4000 + Math.random() * 6000;
    const value = new Uint8Array(100);
    for (let i = 0; i < count; i++) {
      while (!producer.produce({ topic: "idle", value })) await producer.ready();
    }
    await producer.flush();
  },
  async "an exit call"() {
    await traffic();
    process.exit(exitCode);
  },
  async "Deno.exit()"() {
    await traffic();
    /** @type {{ Deno: { exit(code: number): never } }} */ (/** @type {unknown} */ (globalThis)).Deno.exit(exitCode);
  },
  async "an uncaught error"() {
    await traffic();
    setTimeout(() => {
      throw new Error("Thrown to end the program");
    }, 5);
    stay();
  },
  async "an unhandled rejection"() {
    await traffic();
    void Promise.reject(new Error("Rejected to end the program"));
    stay();
  },
  async "a worker that is terminated"() {
    if (isBare) return;
    const { startWorker } = await import("./start_worker.mjs");
    const worker = await startWorker(process.argv.slice(2, 4));
    await worker.terminate();
  },
  async "the end of the program, a worker running"() {
    if (isBare) return process.exit(exitCode);
    const { startWorker } = await import("./start_worker.mjs");
    await startWorker(process.argv.slice(2, 4));
    process.exit(exitCode);
  },
  async "SIGINT"() {
    await traffic();
    stay();
  },
  async "SIGTERM"() {
    await traffic();
    stay();
  },
  async "SIGTERM, a handler that closes the clients"() {
    const { stop } = await traffic();
    process.once("SIGTERM", () => {
      clearInterval(timer);
      void stop();
    });
    const timer = stay();
  },
  // Not an end: whoever starts it looks whether it still runs.
  async "a consumer being read"() {
    const { library, servers, producer, cluster } = await open();
    await producer.close();
    const consumer = new library.Consumer({
      ...servers,
      "group.id": "ends",
      "auto.offset.reset": "earliest",
      "fetch.wait.max.ms": 5,
    }, quiet);
    consumer.subscribe(["idle"]);
    for await (const _ of consumer) console.log("ready");
    await cluster.close();
  },
};

const run = ways[way];
if (run === undefined) throw new RangeError(`Cannot end by "${way}": choose from ${Object.keys(ways).join(", ")}`);
await run();
