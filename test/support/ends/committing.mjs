// @ts-check
/**
 * Commits a transaction whose broker is gone, and ends meanwhile as it is told; or commits one in a worker.
 *
 *     committing.mjs <address of mod> <address of testing> exit | end | throw | worker
 */
import process from "node:process";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const args = process.argv.slice(2);
const [mod = "", testing = "", way] = isMainThread ? args : process.env.COMMITTING_ARGS?.split(" ") ?? [];

if (isMainThread && way === "worker") {
  const worker = new Worker(new URL(import.meta.url), { env: { ...process.env, COMMITTING_ARGS: args.join(" ") } });
  console.log(await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject)));
} else {
  const { Producer } = await import(mod);
  const { MockCluster } = await import(testing);
  const cluster = new MockCluster();
  cluster.createTopic("t");
  const producer = new Producer(
    { "bootstrap.servers": cluster.bootstrapServers, "transactional.id": "committing" },
    { onLog: false, onError: () => {} },
  );
  await producer.initTransactions();
  await producer.beginTransaction();
  await producer.send({ topic: "t", value: "v" });
  if (!isMainThread) {
    await producer.commitTransaction();
    await producer.close();
    await cluster.close();
    parentPort?.postMessage("the worker has committed");
  } else {
    cluster.stopBroker(1);
    // Its limit ends the wait, and with it what keeps the process alive; librdkafka goes on.
    producer.commitTransaction(way === "end" ? { timeoutMs: 1000 } : {}).catch(() => {});
    setTimeout(() => {
      console.log(`ending at ${Math.round(performance.timeOrigin + performance.now())}`);
      if (way === "throw") throw new Error("nobody catches this");
      if (way === "exit") process.exit(3);
    }, 700);
  }
}
