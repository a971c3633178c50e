// @ts-check
// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript: types stand in comments
/**
 * Traffic for the programs beside this file: a cluster of their own, and clients that are all busy.
 */
import process from "node:process";

/** The library under test, by the addresses that the program was started with. */
export async function load() {
  const [mod = "", testing = ""] = process.argv.slice(2);
  return { ...await import(mod), ...await import(testing) };
}

/** Says nothing of lost brokers: these programs end in the middle of everything. */
export const quiet = { onLog: /** @type {false} */ (false), onError: () => {} };

/**
 * Opens a producer and a consumer and lets both run until they are stopped or the process ends.
 *
 * @param {Awaited<ReturnType<typeof load>>} library
 * @returns How far they are, once messages have come back, and what stops them and closes everything.
 */
export async function startTraffic({ Producer, Consumer, MockCluster }) {
  const cluster = new MockCluster();
  cluster.createTopic("traffic", { partitions: 2 });
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  const producer = new Producer({ ...servers, "linger.ms": 1 }, quiet);
  const consumer = new Consumer({
    ...servers,
    "group.id": "ends",
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 5,
  }, quiet);
  consumer.subscribe(["traffic"]);
  const batch = Array.from({ length: 50 }, () => ({ topic: "traffic", value: new Uint8Array(100) }));
  const state = { sent: 0, read: 0 };
  let isStopping = false;
  const sending = (async () => {
    while (!isStopping) {
      await producer.send(batch);
      state.sent += batch.length;
    }
  })();
  /** @type {Promise<void>} */
  let reading = Promise.resolve();
  await new Promise((resolve) => {
    reading = (async () => {
      for await (const _ of consumer) if (++state.read === 200) resolve(undefined);
    })();
  });
  return {
    state,
    /** Ends the sending, waits until all that was sent has been read, and closes everything. */
    async stop() {
      isStopping = true;
      await sending;
      await until(() => state.read === state.sent, "everything sent to be read");
      await producer.close();
      await consumer.close();
      await reading;
      await cluster.close();
    },
  };
}

/**
 * Opens a transactional producer and a share consumer: both make calls that wait in C, off the event loop, and most of the time
 * one of them is under way. They run until they are stopped or the process ends.
 *
 * @param {Awaited<ReturnType<typeof load>>} library
 * @returns How far they are, once messages have come back, and what stops them and closes everything.
 */
export async function startCalls({ Producer, ShareConsumer, MockCluster }) {
  const cluster = new MockCluster();
  cluster.createTopic("calls", { partitions: 1 });
  cluster.setShareGroups({ autoOffsetReset: "earliest", heartbeatIntervalMs: 100 });
  // Each call waits for a broker that takes its time.
  cluster.setRoundTripTime(1, 5);
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  const producer = new Producer({ ...servers, "transactional.id": "calls" }, quiet);
  const consumer = new ShareConsumer({
    ...servers,
    "group.id": "calls",
    "share.acknowledgement.mode": "explicit",
    "fetch.wait.max.ms": 50,
  }, quiet);
  consumer.subscribe(["calls"]);
  const state = { committed: 0, acknowledged: 0 };
  let isStopping = false;
  const committing = (async () => {
    await producer.initTransactions();
    while (!isStopping) {
      await producer.beginTransaction();
      await producer.send({ topic: "calls", value: "x" });
      await producer.commitTransaction();
      state.committed++;
    }
  })();
  const acknowledging = (async () => {
    for await (const batch of consumer.batches()) {
      consumer.acknowledge(batch);
      await consumer.commit();
      state.acknowledged += batch.length;
    }
  })();
  await until(() => state.acknowledged > 0, "acknowledgements");
  return {
    state,
    /** Ends the transactions, waits until what they wrote has been acknowledged, and closes everything. */
    async stop() {
      isStopping = true;
      await committing;
      await until(() => state.acknowledged >= state.committed, "everything committed to be acknowledged");
      await producer.close();
      await consumer.close();
      await acknowledging;
      await cluster.close();
    },
  };
}

/**
 * Waits for a condition, 20 s at most.
 *
 * @param {() => boolean} condition
 * @param {string} what
 */
export async function until(condition, what) {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
