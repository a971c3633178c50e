/** Every object of librdkafka's that is made or handed out is destroyed, and once only, whichever way the calls went. */
import { test } from "../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { keepLedger, type Ledger } from "../../support/native/ledger.ts";
import { Consumer, KafkaError, Producer } from "../../../mod.ts";
import { MockCluster } from "../../../testing.ts";

const quiet = { onLog: false, onError: () => {} } as const;
const config = (cluster: MockCluster) => ({ "bootstrap.servers": cluster.bootstrapServers });
const reading = { "group.id": "balance", "auto.offset.reset": "earliest", "fetch.wait.max.ms": 5 } as const;

/** Fails unless nothing is held; `kinds` must have been made, so that the account is not of nothing. */
function assertBalanced(ledger: Ledger, kinds: readonly string[]): void {
  for (const kind of kinds) assert((ledger.made.get(kind) ?? 0) > 0, `No ${kind} was made`);
  assertEquals(ledger.held, [], "Not destroyed");
  assertEquals(ledger.strange, [], "Destroyed twice");
}

test("Producer destroys what it was given, sent or refused", async () => {
  const ledger = await keepLedger(async () => {
    await using cluster = new MockCluster();
    cluster.createTopic("balance", { partitions: 1 });
    await using producer = new Producer(config(cluster), quiet);
    await producer.send({ topic: "balance", value: "plain" });
    await producer.send({ topic: "balance", value: "with headers", headers: { a: "b" } });
    await assertRejects(() => producer.send({ topic: "balance", value: "nowhere", partition: 7 }), KafkaError);
    await assertRejects(() => producer.send({ topic: "balance", value: "x".repeat(2_000_000), headers: { a: "b" } }));
    cluster.failNext("Produce", [10]);
    await assertRejects(() => producer.send({ topic: "balance", value: "too large, says the broker" }), KafkaError);
    cluster.stopBroker(1);
    const left = producer.send({ topic: "balance", value: "left over" });
    producer.purge();
    await assertRejects(() => left, KafkaError);
  });
  assertBalanced(ledger, ["rd_kafka", "rd_kafka_conf", "rd_kafka_queue", "rd_kafka_event", "rd_kafka_error"]);
});

test("Consumer destroys what it was given, whatever it was asked", async () => {
  const ledger = await keepLedger(async () => {
    await using cluster = new MockCluster();
    cluster.createTopic("balance", { partitions: 2 });
    await using producer = new Producer(config(cluster), quiet);
    const values = Array.from({ length: 100 }, (_, i) => ({ topic: "balance", partition: i & 1, value: `${i}` }));
    await producer.send(values);
    await using consumer = new Consumer({ ...config(cluster), ...reading }, quiet);
    consumer.subscribe(["balance"]);
    const messages = await consumer.consume(100, { timeoutMs: 10_000 });
    assertEquals(messages.length, 100);
    assertEquals(consumer.subscription(), ["balance"]);
    const partitions = consumer.assignment();
    assertEquals(partitions.length, 2);
    consumer.pause(partitions);
    consumer.resume(partitions);
    consumer.seek({ topic: "balance", partition: 0, offset: 10 });
    assertThrows(() => consumer.seek({ topic: "balance", partition: 9, offset: 10 }), KafkaError);
    assertEquals((await consumer.consume(40, { timeoutMs: 10_000 })).length, 40);
    await consumer.commit(messages[99]!);
    await consumer.committed();
    await consumer.getWatermarkOffsets({ topic: "balance", partition: 0 });
    await consumer.offsetsForTimes([{ topic: "balance", partition: 0, timestamp: 0 }]);
    cluster.failNext("OffsetCommit", [12]);
    await assertRejects(() => consumer.commit([{ topic: "balance", partition: 0, offset: 1 }]), KafkaError);
    consumer.unsubscribe();
    assertEquals(await consumer.poll({ timeoutMs: 100 }), null);
    // A member of an eager group may not.
    assertThrows(() => consumer.incrementalAssign([{ topic: "balance", partition: 0, offset: 0 }]), KafkaError);
    await using loner = new Consumer({ ...config(cluster), ...reading, "group.id": "loner" }, quiet);
    loner.incrementalAssign([{ topic: "balance", partition: 0, offset: 0 }]);
    assertEquals((await loner.poll({ timeoutMs: 10_000 }))?.offset, 0);
    loner.incrementalUnassign([{ topic: "balance", partition: 0 }]);
  });
  assertBalanced(ledger, [
    "rd_kafka_message",
    "rd_kafka_topic_partition_list",
    "rd_kafka_AdminOptions",
    "rd_kafka_ListConsumerGroupOffsets",
    "rd_kafka_event",
    "rd_kafka_error",
  ]);
});

test("A client that cannot be opened, or is closed at once, leaves nothing behind", async () => {
  const ledger = await keepLedger(async () => {
    await using cluster = new MockCluster();
    cluster.createTopic("balance", { partitions: 1 });
    const wrong = { "security.protocol": "ssl", "ssl.ca.location": "/nowhere/ca.pem" } as const;
    assertThrows(() => new Producer({ ...config(cluster), ...wrong }, quiet), KafkaError);
    assertThrows(() => new Consumer({ ...config(cluster), ...reading, ...wrong }, quiet), KafkaError);
    const producer = new Producer(config(cluster), quiet);
    const sent = producer.send({ topic: "balance", value: "closed at once" });
    await Promise.all([producer.close({ timeoutMs: 0 }), assertRejects(() => sent, KafkaError)]);
    const consumer = new Consumer({ ...config(cluster), ...reading }, quiet);
    consumer.subscribe(["balance"]);
    const polled = consumer.poll();
    await consumer.close({ timeoutMs: 0 });
    assertEquals(await polled, null);
  });
  assertBalanced(ledger, ["rd_kafka", "rd_kafka_conf"]);
});
