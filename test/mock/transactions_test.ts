/** The transaction calls: their order, their errors, and what becomes of messages. */
import { errorCodes, KafkaError, type ProducerMessage } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects, assertThrows } from "../support/assert.ts";
import { openConsumer } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { hasty, openProducer, outcome } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readAll } from "../support/read_back.ts";
import { ending, openTransactional, watchBeat } from "../support/transactions.ts";
import { waitFor } from "../support/wait.ts";

const nobody = { groupId: "g", generationId: -1, memberId: "", groupInstanceId: null };

test("Transaction calls in a wrong order are refused at once with _STATE", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers, "transactional.id": randomName("tx") });
  const { producer } = opened;
  const offsets = [{ topic: at.topic, partition: 0, offset: 1 }];
  const start = performance.now();
  const all = {
    begin: () => producer.beginTransaction(),
    commit: () => producer.commitTransaction(),
    abort: () => producer.abortTransaction(),
    offsets: () => producer.sendOffsetsToTransaction(offsets, nobody),
    send: () => producer.send({ topic: at.topic }),
  };
  const refused = async (names: (keyof typeof all)[]): Promise<void> => {
    for (const name of names) assertEquals([name, await ending(all[name]())], [name, "_STATE"]);
  };
  await refused(["begin", "commit", "abort", "offsets", "send"]);
  await producer.initTransactions();
  assertEquals(await ending(producer.initTransactions()), "_STATE");
  await refused(["commit", "abort", "offsets", "send"]);
  await producer.beginTransaction();
  await refused(["begin"]);
  await producer.commitTransaction();
  await refused(["commit", "abort", "offsets", "send"]);
  assertLess(performance.now() - start, 3000);
});

test("Transaction calls of a producer without transactional.id say that it is not configured", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  assertEquals(await ending(producer.initTransactions()), "_NOT_CONFIGURED");
  assertEquals(await ending(producer.withTransaction(() => {})), "_NOT_CONFIGURED");
  // What such an abort must not do: give up messages that have nothing to do with it.
  const sent = producer.send({ topic: at.topic, value: "kept" });
  assertEquals(await ending(producer.abortTransaction()), "_NOT_CONFIGURED");
  assertEquals((await sent).offset, 0);
});

test("A second transaction call meanwhile is refused with _CONFLICT", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  await producer.beginTransaction();
  void producer.send({ topic: at.topic });
  const commit = producer.commitTransaction();
  assertEquals(await ending(producer.abortTransaction()), "_CONFLICT retriable");
  assertEquals(await ending(producer.commitTransaction()), "_CONFLICT retriable");
  assertEquals(await ending(producer.beginTransaction()), "_CONFLICT retriable");
  await commit;
  await producer.beginTransaction();
});

test("Producer.commitTransaction() delivers everything that was sent before, in whatever way it waits", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers, {
    "queue.buffering.max.messages": 100,
    "linger.ms": 30_000,
  });
  const { producer } = opened;
  await producer.beginTransaction();
  const many = Array.from({ length: 1000 }, (_, i): ProducerMessage => ({ topic: at.topic, value: String(i) }));
  const sent = [producer.send(many), producer.send({ topic: at.topic, value: "1000" })];
  await producer.commitTransaction();
  assertEquals(producer.pending, 0);
  await Promise.all(sent);
  const read = await readAll(at.servers, { topic: at.topic, count: 1001 });
  assertEquals(read.map(({ value }) => Number(new TextDecoder().decode(value!))), read.map((_, i) => i));
});

test("Producer.abortTransaction() gives up what waits, and the next transaction is whole", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers, {
    "queue.buffering.max.messages": 100,
    "linger.ms": 30_000,
  });
  const { producer } = opened;
  for (let round = 0; round < 3; round++) {
    await producer.beginTransaction();
    const crossed = Array.from({ length: 50 }, () => outcome(producer.send({ topic: at.topic, value: "never" })));
    // Now they are in librdkafka's queue; the next ones are gathered, with and without headers, and 950 wait for room.
    await Promise.resolve();
    const waiting = Array.from(
      { length: 1000 },
      (_, i) =>
        outcome(producer.send({ topic: at.topic, value: "never", ...(i % 3 === 0 && { headers: { a: "1" } }) })),
    );
    const abort = producer.abortTransaction();
    const meanwhile = outcome(producer.send({ topic: at.topic, value: "never" }));
    await abort;
    const outcomes = await Promise.all([...crossed, ...waiting, meanwhile]);
    assertEquals(outcomes.filter(({ error }) => error?.codeName !== "_PURGE_QUEUE").length, 0);
    assertEquals(producer.pending, 0);
    // Its sequence numbers go on where they were: librdkafka counts the messages that it gave up for an abort.
    await producer.withTransaction(() => void producer.send({ topic: at.topic, value: `kept ${round}` }));
  }
  assertEquals(producer.fatalError, null);
  const read = await readAll(at.servers, { topic: at.topic });
  assertEquals(read.map(({ value }) => new TextDecoder().decode(value!)), ["kept 0", "kept 1", "kept 2"]);
});

test("A commit that took longer than timeoutMs is gone on with by calling it again", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  await producer.beginTransaction();
  await producer.send({ topic: at.topic });
  at.cluster.stopBroker(1);
  const beat = watchBeat();
  const start = performance.now();
  const error = await assertRejects(() => producer.commitTransaction({ timeoutMs: 300 }), KafkaError);
  assertEquals([error.codeName, error.isRetriable, error.txnRequiresAbort], ["_TIMED_OUT", true, false]);
  const ms = performance.now() - start;
  assert(ms > 290 && ms < 450, `it took ${ms} ms`);
  // Nobody knows whether it is committed: so nothing else may be done.
  assertEquals(await ending(producer.abortTransaction()), "_CONFLICT retriable");
  assertEquals(await ending(producer.beginTransaction()), "_CONFLICT retriable");
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")), 100);
  assertEquals(await ending(producer.commitTransaction({ signal: controller.signal })), "Error: enough");
  setTimeout(() => at.cluster.startBroker(1), 700);
  await producer.commitTransaction();
  // A call that held the event loop would do so for half a second.
  assertLess(beat.stop(), 150);
  await producer.withTransaction(() => void producer.send({ topic: at.topic }));
});

test("A commit that ended behind its caller's back is told of when it is called again", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  await producer.beginTransaction();
  await producer.send({ topic: at.topic });
  at.cluster.setRoundTripTime(1, 200);
  assertEquals(await ending(producer.commitTransaction({ timeoutMs: 50 })), "_TIMED_OUT retriable");
  await new Promise((resolve) => setTimeout(resolve, 400));
  await producer.commitTransaction();
  assertEquals(await ending(producer.commitTransaction()), "_STATE");
});

test("Producer.initTransactions() can be called again after a timeout, and says what stands in the way", async () => {
  await using at = mockTopic();
  at.cluster.failNext("InitProducerId", Array.from({ length: 100 }, () => errorCodes.COORDINATOR_LOAD_IN_PROGRESS));
  await using opened = openProducer({
    "bootstrap.servers": at.servers,
    "transactional.id": randomName("tx"),
    ...hasty,
  });
  const { producer } = opened;
  const error = await assertRejects(
    () => producer.initTransactions({ timeoutMs: 1200 }),
    KafkaError,
    "load in progress",
  );
  assertEquals([error.codeName, error.isRetriable], ["_TIMED_OUT", true]);
  at.cluster.clearFailures("InitProducerId");
  await producer.initTransactions({ timeoutMs: 10_000 });
  await producer.beginTransaction();
});

test("A fenced producer fails with _FENCED within a second, settles everything and can be closed", async () => {
  for (const request of ["EndTxn", "AddPartitionsToTxn", "Produce"] as const) {
    await using at = mockTopic();
    await using opened = await openTransactional(at.servers);
    const { producer, errors } = opened;
    await producer.beginTransaction();
    // The mock answers each of them as a broker would that knows a newer epoch.
    at.cluster.failNext(request, [errorCodes.INVALID_PRODUCER_EPOCH]);
    const start = performance.now();
    const sent = outcome(producer.send({ topic: at.topic }));
    const committed = producer.commitTransaction();
    assertEquals(await ending(committed), "_FENCED fatal", request);
    await sent;
    assertLess(performance.now() - start, 1000);
    await waitFor(() => errors.some(({ isFatal }) => isFatal), { what: "the fatal error" });
    assertEquals(producer.fatalError?.codeName, "_FENCED");
    assertEquals(await ending(producer.beginTransaction()), "_FENCED fatal");
    assertEquals(await ending(producer.abortTransaction()), "_FENCED fatal");
    assertEquals(await ending(producer.send({ topic: at.topic })), "_FENCED fatal");
    await producer.close();
  }
});

test("An error that requires an abort is one that an abort mends", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  await producer.beginTransaction();
  at.cluster.failNext("AddPartitionsToTxn", [errorCodes.TOPIC_AUTHORIZATION_FAILED]);
  const sent = outcome(producer.send({ topic: at.topic }));
  assertEquals(await ending(producer.commitTransaction()), "TOPIC_AUTHORIZATION_FAILED abort");
  assertEquals((await sent).error?.codeName, "_PURGE_QUEUE");
  assertEquals(await ending(producer.commitTransaction()), "TOPIC_AUTHORIZATION_FAILED abort");
  await producer.abortTransaction();
  await producer.beginTransaction();
  await producer.send({ topic: at.topic });
  await producer.commitTransaction();
});

test("Producer.sendOffsetsToTransaction() takes a consumer's position and metadata", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  await using consumer = openConsumer(at.servers, { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 });
  consumer.subscribe([at.topic]);
  await producer.withTransaction(() => void producer.send({ topic: at.topic }));
  assertGreater((await consumer.consume(1, { timeoutMs: 15_000 })).length, 0);
  const metadata = consumer.consumerGroupMetadata();
  assertEquals(metadata.memberId, consumer.memberId);
  assertGreater(metadata.generationId, 0);
  assertEquals(structuredClone(metadata), metadata);
  await producer.beginTransaction();
  await producer.sendOffsetsToTransaction(consumer.position(), metadata);
  await producer.sendOffsetsToTransaction([], metadata);
  await producer.sendOffsetsToTransaction([{ topic: at.topic, partition: 0 }], metadata);
  await producer.commitTransaction();
});

test("Producer.sendOffsetsToTransaction() tries again what is retriable, and fails for a member that is unknown", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  const offsets = [{ topic: at.topic, partition: 0, offset: 7 }];
  await producer.beginTransaction();
  at.cluster.failNext("AddOffsetsToTxn", Array.from({ length: 3 }, () => errorCodes.CONCURRENT_TRANSACTIONS));
  at.cluster.failNext("TxnOffsetCommit", [errorCodes.COORDINATOR_LOAD_IN_PROGRESS]);
  await producer.sendOffsetsToTransaction(offsets, nobody);
  at.cluster.failNext("TxnOffsetCommit", [errorCodes.UNKNOWN_MEMBER_ID]);
  assertEquals(await ending(producer.sendOffsetsToTransaction(offsets, nobody)), "UNKNOWN_MEMBER_ID abort");
  await producer.abortTransaction();
});

test("Producer.sendOffsetsToTransaction() refuses what is no offset and no metadata", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  await producer.beginTransaction();
  const { topic } = at;
  const send = (offset: unknown, metadata: unknown = nobody): Promise<void> =>
    producer.sendOffsetsToTransaction([{ topic, partition: 0, offset: offset as number }], metadata as typeof nobody);
  for (const offset of [-1, 1.5, 2 ** 53, "1", { kind: "end" }]) await assertRejects(() => send(offset), RangeError);
  for (const metadata of [null, undefined, "g", 7]) await assertRejects(() => send(1, metadata ?? null), TypeError);
  await assertRejects(() => send(1, { ...nobody, groupId: undefined }), TypeError, "groupId");
  await assertRejects(() => send(1, { ...nobody, memberId: "a\0b" }), TypeError, "memberId");
  await assertRejects(() => send(1, { ...nobody, generationId: 0.5 }), RangeError, "generationId");
  await assertRejects(() => producer.commitTransaction({ timeoutMs: -1 }), RangeError, "timeoutMs");
  // None of that has harmed the transaction.
  await producer.commitTransaction();
});

test("Consumer.consumerGroupMetadata() of a consumer in no group, and of one that is closed", async () => {
  await using at = mockTopic();
  const group = randomName("g");
  const consumer = openConsumer(at.servers, { "group.id": group, "group.instance.id": "instance" });
  assertEquals(consumer.consumerGroupMetadata(), {
    groupId: group,
    generationId: -1,
    memberId: "",
    groupInstanceId: "instance",
  });
  await consumer.close();
  assertThrows(() => consumer.consumerGroupMetadata(), KafkaError, "closed");
});
