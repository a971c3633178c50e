/**
 * What a callback produces joins the turn that its report is served in. Once, a message too large for the others' memory sent
 * that turn's messages ahead, their reports arrived within the same turn, and the next message joined a batch that was over:
 * its report went nowhere.
 */
import { type KafkaError, Producer, type ProducerMessage } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { waitFor } from "../support/wait.ts";

test("Producer tells every callback of its own message when callbacks produce, too", async () => {
  await using cluster = new MockCluster();
  const topic = "reentry";
  cluster.createTopic(topic, { partitions: 1 });
  await using producer = new Producer({
    "bootstrap.servers": cluster.bootstrapServers,
    "linger.ms": 0,
    "message.max.bytes": 10_000_000,
  });
  await producer.send({ topic, value: "first", partition: 0 });
  const large = new Uint8Array(1_100_000);
  const told: string[] = [];
  const produce = (value: string, then?: () => void): void => {
    producer.produce({ topic, partition: 0, value }, (report) => {
      told.push(report.message.value === value ? value : `${value} was told of another`);
      then?.();
    });
  };
  const rounds = Array.from({ length: 20 }, (_, round) => round);
  for (const round of rounds) {
    produce(`start ${round}`, () => {
      produce(`inner ${round}`, () => {
        produce(`last ${round}`);
      });
      producer.produce({ topic, partition: 0, value: large });
      // Long enough for the report of what has crossed ahead to be there in this very turn.
      for (const end = performance.now() + 5; performance.now() < end;);
    });
    await producer.flush({ timeoutMs: 10_000 });
  }
  assertEquals(producer.pending, 0);
  assertEquals(told.sort(), rounds.flatMap((round) => [`start ${round}`, `inner ${round}`, `last ${round}`]).sort());
});

/** Each of these once hung a promise, its own or a neighbour's, or had the report of another. */
const strange: Record<string, (producer: Producer, topic: string) => ProducerMessage[]> = {
  "a proxy that is revoked after the call": (_, topic) => {
    const { proxy, revoke } = Proxy.revocable({ topic, value: "proxy" }, {});
    queueMicrotask(() => queueMicrotask(revoke));
    return [proxy];
  },
  "a topic that can be read once": (_, topic) => {
    let reads = 0;
    const once = {
      value: "once",
      get topic(): string {
        if (reads++ > 0) throw new Error("it was read already");
        return topic;
      },
    };
    return [once];
  },
  "a topic that is changed after the call": (_, topic) => {
    const message = { topic, value: "changed" };
    queueMicrotask(() => message.topic = "another");
    return [message];
  },
};

for (const [what, make] of Object.entries(strange)) {
  test(`Producer settles what it was given, and its neighbours, whatever becomes of ${what}`, async () => {
    await using cluster = new MockCluster();
    const topic = "strange";
    cluster.createTopic(topic, { partitions: 1 });
    await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
    await producer.send({ topic, value: "first" });
    const sent = [...make(producer, topic), { topic, value: "neighbour" }].map((message) => producer.send(message));
    const reports = await Promise.all(sent);
    assertEquals(reports.map((report) => [report.topic, report.partition]), reports.map(() => [topic, 0]));
    const [one] = make(producer, topic);
    const both = await producer.send([one!, { topic, value: "neighbour" }]);
    assertEquals(both.map((report) => report.topic), [topic, topic]);
    assertEquals(producer.pending, 0);
  });
}

test("Producer refuses what a message sends while it is read, and sends that message", async () => {
  await using cluster = new MockCluster();
  const topic = "inner";
  cluster.createTopic(topic, { partitions: 1 });
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  const inner: Promise<string>[] = [];
  const message = (withHeaders: boolean): ProducerMessage => ({
    topic,
    partition: 0,
    get value(): string {
      const code = (error: KafkaError) => error.codeName;
      inner.push(producer.send({ topic, value: "inner" }).then(() => "sent", code));
      inner.push(producer.send([{ topic, value: "inner" }]).then(() => "sent", code));
      try {
        producer.produce({ topic, value: "inner" });
      } catch (error) {
        inner.push(Promise.resolve(code(error as KafkaError)));
      }
      return "outer";
    },
    ...(withHeaders ? { headers: { a: "b" } } : {}),
  });
  const outer = [producer.send(message(false)), producer.send(message(true)), producer.send([message(false)])];
  const reports = (await Promise.all(outer)).flat();
  assertEquals(reports.map(({ offset }) => offset).sort(), [0, 1, 2]);
  assertEquals(new Set(await Promise.all(inner)), new Set(["_CONFLICT"]));
  assertEquals([inner.length, producer.pending], [9, 0]);
});

test("Producer sends nothing short when a message is another one each time it is read", async () => {
  await using cluster = new MockCluster();
  const topic = "shifting";
  cluster.createTopic(topic, { partitions: 1 });
  await using producer = new Producer({
    "bootstrap.servers": cluster.bootstrapServers,
    "message.max.bytes": 10_000_000,
  });
  for (const large of ["x".repeat(3_000_000), new Uint8Array(3_000_000)]) {
    let reads = 0;
    const header = new Proxy(["h", ""], {
      get: (target, name) => name === "1" && reads++ > 0 ? large : Reflect.get(target, name),
    });
    await assertRejects(
      () => producer.send({ topic, headers: [header as unknown as [string, string]] }),
      TypeError,
      "it was another one",
    );
  }
  // A value is read once.
  let reads = 0;
  const { offset } = await producer.send({
    topic,
    headers: { a: "b" },
    get value(): string {
      return reads++ === 0 ? "short" : "longer".repeat(1_000_000);
    },
  });
  assertEquals([offset, reads], [0, 1]);
});

test("Producer refuses bytes that are gone with their buffer", async () => {
  await using cluster = new MockCluster();
  const topic = "gone";
  cluster.createTopic(topic, { partitions: 1 });
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  const bytes = new Uint8Array([1, 2, 3]);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  for (const message of [{ value: bytes }, { key: bytes }, { headers: { h: bytes } }]) {
    await assertRejects(() => producer.send({ topic, ...message }), TypeError, "its bytes are gone");
  }
  const { offset } = await producer.send({ topic, value: new Uint8Array(0) });
  assertEquals(offset, 0);
});

test("Producer.close() in a delivery callback settles every message once, whatever its time", async () => {
  await using cluster = new MockCluster();
  const topic = "closing";
  cluster.createTopic(topic, { partitions: 1 });
  const producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
  const told = new Map<string, number>();
  let closed: Promise<unknown> | undefined;
  for (let i = 0; i < 15_000; i++) {
    producer.produce({ topic, partition: 0, value: `${i}` }, ({ message }) => {
      const value = message.value as string;
      told.set(value, (told.get(value) ?? 0) + 1);
      if (told.size === 100) closed = producer.close({ timeoutMs: 0 });
    });
  }
  await waitFor(() => closed !== undefined, { what: "the close" });
  await closed;
  assertEquals([told.size, new Set(told.values()).size, producer.pending], [15_000, 1, 0]);
});
