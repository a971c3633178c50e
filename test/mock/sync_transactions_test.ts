/** Transactions of the producer that blocks: the same calls, errors and ends as of the other. */
import { errorCodes, KafkaError } from "../../mod.ts";
import type { Transaction } from "../../sync.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertLess, assertThrows } from "../support/assert.ts";
import { fillBlocking, openBlockingConsumer, openBlockingProducer } from "../support/blocking.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { hasty } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readAll } from "../support/read_back.ts";

/** A producer that can begin transactions, with quick retries. */
function openTransactional(
  servers: string,
  config: Record<string, string | number> = {},
): ReturnType<typeof openBlockingProducer> {
  const opened = openBlockingProducer({
    "bootstrap.servers": servers,
    "transactional.id": randomName("tx"),
    ...hasty,
    ...config,
  });
  opened.producer.initTransactions({ timeoutMs: 15_000 });
  return opened;
}

/** How a call ended: `ok`, or the error's name and what it says of itself. */
function ending(call: () => unknown): string {
  try {
    call();
    return "ok";
  } catch (error) {
    const { codeName, isFatal, isRetriable, txnRequiresAbort } = error as KafkaError;
    const facts = { fatal: isFatal, retriable: isRetriable, abort: txnRequiresAbort };
    return [codeName ?? String(error), ...Object.entries(facts).filter(([, is]) => is).map(([name]) => name)].join(" ");
  }
}

test("sync Producer.commitTransaction() and abortTransaction() end what was begun", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using opened = openTransactional(at.servers);
  const { producer, errors } = opened;
  producer.beginTransaction();
  assertEquals(producer.send({ topic, value: "kept" }).offset, 0);
  producer.commitTransaction();
  producer.beginTransaction();
  producer.produce({ topic, value: "waits" });
  producer.abortTransaction();
  assertEquals([producer.flush(), producer.pending], [0, 0]);
  // What was given up tells so: nobody else asked for its report.
  assert(errors.every(({ codeName }) => /^_PURGE/.test(codeName)), String(errors));
  producer.beginTransaction();
  producer.produce({ topic, value: "delivered by the commit" });
  producer.commitTransaction({ timeoutMs: 10_000 });
  assertEquals(producer.pending, 0);
  // Who waits for a report within a transaction that was ended is told that there is none.
  assertEquals(ending(() => producer.send({ topic })), "_STATE");
});

test("sync Producer.abortTransaction() publishes nothing of what was waiting", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using opened = openTransactional(at.servers, { "linger.ms": 30_000 });
  const { producer } = opened;
  producer.beginTransaction();
  for (let i = 0; i < 100; i++) producer.produce({ topic, value: `${i}` }, () => {});
  const start = performance.now();
  producer.abortTransaction();
  assertLess(performance.now() - start, 5000);
  producer.flush();
  assertEquals((await readAll(at.servers, { topic })).length, 0);
});

test("sync transaction calls in the wrong order fail with a typed error", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using plain = openBlockingProducer({ "bootstrap.servers": at.servers });
  assertEquals(ending(() => plain.producer.initTransactions()), "_NOT_CONFIGURED");
  assertEquals(ending(() => plain.producer.beginTransaction()), "_NOT_CONFIGURED");
  using opened = openTransactional(at.servers);
  const { producer } = opened;
  assertEquals(ending(() => producer.commitTransaction()), "_STATE");
  assertEquals(ending(() => producer.abortTransaction()), "_STATE");
  assertEquals(ending(() => producer.send({ topic })), "_STATE");
  producer.beginTransaction();
  assertEquals(ending(() => producer.beginTransaction()), "_STATE");
  producer.abortTransaction();
  assertThrows(() => producer.commitTransaction({ timeoutMs: -1 }), RangeError, "timeoutMs");
  using handled = openBlockingProducer({ "bootstrap.servers": at.servers, "transactional.id": randomName("tx") }, {
    onDelivery: () => {},
  });
  handled.producer.initTransactions();
  handled.producer.beginTransaction();
  let within: string | undefined;
  handled.producer.produce({ topic }, () => within = ending(() => handled.producer.commitTransaction()));
  handled.producer.flush();
  assertEquals(within, "_CONFLICT");
});

test("sync Producer.initTransactions() ends by its time, and goes on when it is called again", async () => {
  await using at = mockTopic();
  at.cluster.stopBroker(1);
  using opened = openBlockingProducer({
    "bootstrap.servers": at.servers,
    "transactional.id": randomName("tx"),
    ...hasty,
  });
  const start = performance.now();
  assertEquals(ending(() => opened.producer.initTransactions({ timeoutMs: 300 })), "_TIMED_OUT retriable");
  assertLess(performance.now() - start, 2000);
  assertEquals(ending(() => opened.producer.beginTransaction()), "_CONFLICT retriable");
  at.cluster.startBroker(1);
  opened.producer.initTransactions({ timeoutMs: 15_000 });
  opened.producer.beginTransaction();
  opened.producer.abortTransaction();
});

test("sync Producer.commitTransaction() and abortTransaction() keep to their time", async () => {
  await using at = mockTopic();
  const { topic, cluster } = at;
  using opened = openTransactional(at.servers);
  const { producer } = opened;
  producer.beginTransaction();
  producer.send({ topic });
  cluster.setRoundTripTime(1, 600);
  producer.produce({ topic }, () => {});
  const start = performance.now();
  // Nothing has begun: it may as well be aborted.
  assertEquals(ending(() => producer.commitTransaction({ timeoutMs: 50 })), "_TIMED_OUT retriable");
  assertEquals(ending(() => producer.abortTransaction({ timeoutMs: 0 })), "_TIMED_OUT retriable");
  assertLess(performance.now() - start, 600);
  assertEquals(ending(() => producer.commitTransaction()), "_CONFLICT retriable");
  cluster.setRoundTripTime(1, 0);
  producer.abortTransaction();
  producer.withTransaction(() => producer.send({ topic }));
});

test("sync Producer that is fenced fails for good, and closes", async () => {
  await using at = mockTopic();
  using opened = openTransactional(at.servers);
  const { producer } = opened;
  producer.beginTransaction();
  producer.send({ topic: at.topic });
  at.cluster.failNext("EndTxn", [errorCodes.INVALID_PRODUCER_EPOCH]);
  assertEquals(ending(() => producer.commitTransaction({ timeoutMs: 10_000 })), "_FENCED fatal");
  assertEquals(producer.fatalError?.codeName, "_FENCED");
  assertEquals(ending(() => producer.beginTransaction()), "_FENCED fatal");
  assertEquals(ending(() => producer.withTransaction(() => {})), "_FENCED fatal");
  producer.close(5000);
});

test("sync Producer.transaction() aborts at the end of its block, unless it was committed", async () => {
  await using at = mockTopic();
  using opened = openTransactional(at.servers);
  const { producer } = opened;
  let left: Transaction;
  {
    using transaction = producer.transaction();
    left = transaction;
    assertEquals(transaction.isOpen, true);
  }
  assertEquals([left.isOpen, ending(() => left.commit())], [false, "_STATE"]);
  {
    using transaction = producer.transaction();
    producer.send({ topic: at.topic });
    transaction.commit();
    assertEquals(transaction.isOpen, false);
  }
  producer.transaction();
  producer.close(5000);
  assertEquals(ending(() => producer.beginTransaction()), "_DESTROY");
});

test("sync Producer.withTransaction() commits, aborts, and tries again by the error's class", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using opened = openTransactional(at.servers);
  const { producer } = opened;
  assertEquals(producer.withTransaction(() => producer.send({ topic }).offset), 0);
  const mine = new Error("mine");
  let calls = 0;
  const thrown = assertThrows(() =>
    producer.withTransaction(() => {
      calls++;
      throw mine;
    }), Error);
  assert(thrown === mine);
  assertEquals(calls, 1);
  const counted = producer.withTransaction(() => {
    if (++calls < 3) throw new KafkaError("again", errorCodes._TIMED_OUT, { isRetriable: true });
    return calls;
  });
  assertEquals(counted, 3);
  const failed = assertThrows(() =>
    producer.withTransaction(() => {
      calls++;
      throw new KafkaError("again", errorCodes._TIMED_OUT, { isRetriable: true });
    }, { maxAttempts: 2 }), KafkaError);
  assertEquals([failed.message, calls], ["again", 5]);
  assertThrows(() => producer.withTransaction(() => {}, { maxAttempts: 0 }), RangeError, "maxAttempts");
});

test("sync Producer.withTransaction() aborts when its function gives a promise", async () => {
  await using at = mockTopic();
  using opened = openTransactional(at.servers);
  const { producer } = opened;
  for (const result of [Promise.resolve(1), Promise.reject(new Error("late"))]) {
    assertThrows(() => producer.withTransaction(() => result), TypeError, "it gave a promise");
  }
  // It was aborted: another can begin.
  assertEquals(producer.withTransaction(() => "next"), "next");
});

test("sync Producer.sendOffsetsToTransaction() commits a consumer's offsets with the transaction", async () => {
  await using at = mockTopic();
  const { topic } = at;
  fillBlocking(at.servers, topic, 3);
  using reading = openBlockingConsumer(at.servers, { "enable.auto.commit": false });
  const { consumer } = reading;
  consumer.subscribe([topic]);
  assertEquals(consumer.poll(10_000)?.offset, 0);
  using opened = openTransactional(at.servers);
  const { producer } = opened;
  const metadata = consumer.consumerGroupMetadata();
  assert(metadata.groupId !== "" && metadata.memberId !== "" && metadata.generationId >= 0);
  producer.beginTransaction();
  producer.sendOffsetsToTransaction(consumer.position(), metadata);
  producer.commitTransaction();
  assertThrows(
    () => producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: -1 }], metadata),
    RangeError,
    "offset",
  );
  assertThrows(() => producer.sendOffsetsToTransaction([], null as never), TypeError, "groupMetadata");
});

test("sync Producer.close() aborts what is open, and says how many messages were not delivered", async () => {
  await using at = mockTopic();
  const { topic, cluster } = at;
  using opened = openTransactional(at.servers, { "linger.ms": 30_000 });
  opened.producer.beginTransaction();
  const codes: unknown[] = [];
  opened.producer.produce({ topic }, ({ error }) => codes.push(error?.codeName));
  assertEquals(opened.producer.close(), { undelivered: 1 });
  assertEquals(codes, ["_PURGE_QUEUE"]);
  assertEquals((await readAll(at.servers, { topic })).length, 0);
  using all = openBlockingProducer({ "bootstrap.servers": at.servers });
  all.producer.produce({ topic });
  assertEquals([all.producer.close(), all.producer.close()], [{ undelivered: 0 }, { undelivered: 0 }]);
  using none = openBlockingProducer({ "bootstrap.servers": at.servers });
  none.producer.send({ topic });
  cluster.stopBroker(1);
  none.producer.produce({ topic }, () => {});
  none.producer.produce({ topic }, () => {});
  assertEquals(none.producer.close(100), { undelivered: 2 });
  cluster.startBroker(1);
});
