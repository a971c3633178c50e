/**
 * What is opened is given back: descriptors, threads, memory; and what the garbage collector does is never noticed.
 *
 * Each test measures a process of its own, so that no other test's leavings are counted.
 */
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { runLimit } from "../support/limits/run.ts";
import { Consumer, Producer } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";

interface Holdings {
  readonly descriptors: number;
  readonly residentMiB: number;
}

interface OpenClose {
  readonly before: Holdings;
  readonly after: Holdings;
  readonly growthsMiB: readonly number[];
  readonly strange: number;
}

test("100 producers and consumers, opened and closed, leave nothing behind", { timeoutMs: 60_000 }, async () => {
  // The program waits for librdkafka's threads to end, and fails if some do not.
  const { before, after, growthsMiB, strange } = await runLimit<OpenClose>("open_close", [100]);
  assertEquals(after.descriptors, before.descriptors);
  assertEquals(strange, 0, "A wake-up was written to a file that got a pipe's number after it was closed");
  // A client's own memory is about 4 MiB, so one in ten that was kept would be 10 MiB in each quarter. The allocator's own growth, by
  // how many threads happen to ask at once, comes now and then and not each time.
  assertLess(Math.min(...growthsMiB), 5, `Growth in MiB, quarter by quarter: ${growthsMiB.join(" ")}`);
});

// A library is loaded for good, which Deno's sanitizer would take for a leak of the first test that opens a client. The mock
// cluster's functions are bound with the first one.
await new MockCluster().close();
await new Producer({ "bootstrap.servers": "127.0.0.1:1" }, { onLog: false, onError: () => {} }).close();

test("Clients that were closed leave nothing for Deno's sanitizers to find", { sanitize: true }, async () => {
  await using cluster = new MockCluster();
  cluster.createTopic("sanitized", { partitions: 1 });
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  await using producer = new Producer(servers);
  await producer.send({ topic: "sanitized", value: "a message" }, { timeoutMs: 10_000 });
  await using consumer = new Consumer({ ...servers, "group.id": "sanitized", "auto.offset.reset": "earliest" });
  consumer.subscribe(["sanitized"]);
  const message = await consumer.poll({ timeoutMs: 10_000 });
  await consumer.commit(message!);
});

test("Three million messages, sent and read, leave the memory where it was", { timeoutMs: 60_000 }, async () => {
  const { read, residents } = await runLimit<{ read: number; residents: number[] }>("many_messages", [3000]);
  assertEquals(read, 3_000_000);
  assertEquals(residents.length, 30);
  // The first million warms up; from the second to the third not even four bytes a message may stay.
  const [second, third] = [residents.slice(10, 20), residents.slice(20)].map(median);
  assertLess(third! - second!, 4, `Resident memory in MiB, every 100,000 messages: ${residents.join(" ")}`);
});

test("Messages keep their content while garbage is collected all the time", { timeoutMs: 60_000 }, async () => {
  const { read, collections } = await runLimit<{ read: number; collections: number }>("forced_gc", [10_000]);
  assertEquals(read, 10_000);
  assertGreater(collections, 20);
});

test("Nothing is lost while the event loop is blocked for three seconds", { timeoutMs: 60_000 }, async () => {
  const { delivered, read } = await runLimit<{ delivered: number; read: number }>("blocked_loop", [3000]);
  assertEquals({ delivered, read }, { delivered: 20_000, read: 20_000 });
});

test("A client that cannot have a wake-up pipe is an error, and leaves no thread behind", async () => {
  const { opened, reason, threads } = await runLimit<{ opened: number; reason: string; threads: number }>(
    "no_descriptors",
    [],
    { descriptors: 256 },
  );
  assertGreater(opened, 0);
  assert(/file descriptors/.test(reason), reason);
  assertEquals(threads, 0);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
