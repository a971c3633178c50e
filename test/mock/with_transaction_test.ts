/** Transactions that end by themselves: withTransaction(), `await using`, and the producer's close. */
import { errorCodes, KafkaError, type Transaction } from "../../mod.ts";
import { keepLedger } from "../support/native/ledger.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer, outcome } from "../support/producing.ts";
import { randomName } from "../support/random.ts";
import { readAll } from "../support/read_back.ts";
import { ending, openTransactional } from "../support/transactions.ts";
import { runProgram } from "../support/program.ts";
import { thisRuntime } from "../support/this_runtime.ts";

test("Producer.withTransaction() commits, and returns what the function returns", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  let seen: Transaction | undefined;
  const offset = await producer.withTransaction(async (transaction) => {
    seen = transaction;
    assertEquals(transaction.isOpen, true);
    return (await producer.send({ topic: at.topic })).offset;
  });
  assertEquals([offset, seen!.isOpen], [0, false]);
  assertEquals(await ending(seen!.commit()), "_STATE");
  assertEquals(await producer.withTransaction(() => 7), 7);
});

test("Producer.withTransaction() aborts after an error of the function's own, and throws it on", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers, { "linger.ms": 30_000 });
  const { producer } = opened;
  const mine = new Error("mine");
  for (
    const fail of [() => Promise.reject(mine), () => {
      throw mine;
    }]
  ) {
    let calls = 0;
    const sent: Promise<unknown>[] = [];
    const thrown = await producer.withTransaction(() => {
      calls++;
      sent.push(outcome(producer.send({ topic: at.topic })));
      return fail();
    }).catch((error: unknown) => error);
    assertEquals([thrown, calls], [mine, 1]);
    await Promise.all(sent);
  }
  assertEquals((await readAll(at.servers, { topic: at.topic })).length, 0);
  await producer.withTransaction(() => {});
});

test("Producer.withTransaction() tries again what an abort mends, as often as maxAttempts says", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  let calls = 0;
  const send = (): void => {
    calls++;
    producer.produce({ topic: at.topic, value: String(calls) }, () => {});
  };
  at.cluster.failNext("AddPartitionsToTxn", [errorCodes.TOPIC_AUTHORIZATION_FAILED]);
  await producer.withTransaction(send);
  assertEquals(calls, 2);
  const read = await readAll(at.servers, { topic: at.topic });
  assertEquals(read.map(({ value }) => new TextDecoder().decode(value!)), ["2"]);

  const always = Array.from({ length: 20 }, () => errorCodes.TOPIC_AUTHORIZATION_FAILED);
  at.cluster.failNext("AddPartitionsToTxn", always);
  calls = 0;
  const error = await assertRejects(() => producer.withTransaction(send, { maxAttempts: 2 }), KafkaError);
  assertEquals([error.codeName, calls], ["TOPIC_AUTHORIZATION_FAILED", 2]);
  calls = 0;
  assertEquals(await ending(producer.withTransaction(send, { maxAttempts: 1 })), "TOPIC_AUTHORIZATION_FAILED abort");
  assertEquals(calls, 1);
  at.cluster.clearFailures("AddPartitionsToTxn");
  await assertRejects(() => producer.withTransaction(send, { maxAttempts: 0 }), RangeError, "maxAttempts");
  assertEquals(calls, 1);
  await producer.withTransaction(send);
});

test("Producer.withTransaction() throws a fatal error on at once", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  at.cluster.failNext("EndTxn", [errorCodes.PRODUCER_FENCED]);
  let calls = 0;
  const start = performance.now();
  const run = async (): Promise<void> => {
    calls++;
    await producer.send({ topic: at.topic });
  };
  assertEquals(await ending(producer.withTransaction(run)), "_FENCED fatal");
  assertEquals(calls, 1);
  assertEquals(await ending(producer.withTransaction(run)), "_FENCED fatal");
  assertLess(performance.now() - start, 1000);
});

test("Producer.withTransaction() is ended by a signal, and by a commit that takes too long", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  const controller = new AbortController();
  const { signal } = controller;
  const run = async (): Promise<void> => {
    await producer.send({ topic: at.topic });
    controller.abort(new Error("enough"));
  };
  assertEquals(await ending(producer.withTransaction(run, { signal })), "Error: enough");
  assertEquals(await ending(producer.withTransaction(run, { signal })), "Error: enough");
  // It was aborted, so the next one can begin.
  await producer.withTransaction(() => {});

  at.cluster.setRoundTripTime(1, 300);
  let calls = 0;
  const late = producer.withTransaction(async () => {
    calls++;
    await producer.send({ topic: at.topic });
  }, { timeoutMs: 100 });
  assertEquals([await ending(late), calls], ["_TIMED_OUT retriable", 1]);
  at.cluster.setRoundTripTime(1, 0);
  await producer.commitTransaction();
});

test("A Transaction that is left uncommitted is aborted, and one that has ended is left alone", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers, { "linger.ms": 30_000 });
  const { producer } = opened;
  const left = new Error("left");
  const sent: Promise<unknown>[] = [];
  const use = async (): Promise<void> => {
    await using transaction = await producer.transaction();
    assertEquals(transaction.isOpen, true);
    sent.push(outcome(producer.send({ topic: at.topic })));
    throw left;
  };
  assertEquals(await use().catch((error: unknown) => error), left);
  {
    await using transaction = await producer.transaction();
    sent.push(producer.send({ topic: at.topic, value: "kept" }));
    await transaction.commit();
    assertEquals(transaction.isOpen, false);
  }
  {
    await using first = await producer.transaction();
    await first.abort();
    // Its end is not that of the one after it.
    const second = await producer.transaction();
    assertEquals([first.isOpen, second.isOpen], [false, true]);
    assertEquals(await ending(first.abort()), "_STATE");
    await first[Symbol.asyncDispose]();
    assertEquals(second.isOpen, true);
    await second.commit();
  }
  await Promise.all(sent);
  assertEquals((await readAll(at.servers, { topic: at.topic })).length, 1);
});

test("A Transaction that is left after a fatal error, or of a closed producer, does nothing", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  at.cluster.failNext("EndTxn", [errorCodes.PRODUCER_FENCED]);
  {
    await using transaction = await producer.transaction();
    await producer.send({ topic: at.topic });
    assertEquals(await ending(transaction.commit()), "_FENCED fatal");
  }
  await using other = await openTransactional(at.servers);
  await using _transaction = await other.producer.transaction();
  await other.producer.close();
});

test("Producer.close() aborts what is open, and lets a commit end", async () => {
  await using at = mockTopic();
  {
    await using opened = await openTransactional(at.servers, { "linger.ms": 30_000 });
    await opened.producer.beginTransaction();
    const sent = outcome(opened.producer.send({ topic: at.topic, value: "never" }));
    const start = performance.now();
    await opened.producer.close();
    assertLess(performance.now() - start, 2000);
    assertEquals((await sent).error?.codeName, "_PURGE_QUEUE");
  }
  {
    await using opened = await openTransactional(at.servers);
    await opened.producer.beginTransaction();
    const sent = opened.producer.send({ topic: at.topic, value: "kept" });
    const commit = opened.producer.commitTransaction();
    await opened.producer.close();
    await Promise.all([sent, commit]);
  }
  const read = await readAll(at.servers, { topic: at.topic });
  assertEquals(read.map(({ value }) => new TextDecoder().decode(value!)), ["kept"]);
});

test("Producer.close() settles the calls that cannot end, in its time", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": "127.0.0.1:1", "transactional.id": randomName("tx") });
  const init = ending(opened.producer.initTransactions());
  await new Promise((resolve) => setTimeout(resolve, 50));
  const start = performance.now();
  await opened.producer.close();
  assertEquals(await init, "_DESTROY");
  assertLess(performance.now() - start, 2000);

  await using stuck = await openTransactional(at.servers);
  const { producer } = stuck;
  await producer.beginTransaction();
  await producer.send({ topic: at.topic });
  at.cluster.stopBroker(1);
  const commit = ending(producer.commitTransaction());
  const again = performance.now();
  await producer.close({ timeoutMs: 300 });
  assertEquals(await commit, "_DESTROY");
  assertLess(performance.now() - again, 3000);
});

test("Two producers commit at the same time, and many one after another", { timeoutMs: 30_000 }, async () => {
  await using at = mockTopic(4);
  const many = await Promise.all(Array.from({ length: 12 }, () => openTransactional(at.servers)));
  try {
    at.cluster.setRoundTripTime(1, 20);
    await Promise.all(many.map(async ({ producer }, i) => {
      for (let round = 0; round < 5; round++) {
        await producer.withTransaction(() => void producer.send({ topic: at.topic, partition: i % 4 }));
      }
    }));
    at.cluster.setRoundTripTime(1, 0);
  } finally {
    await Promise.all(many.map(({ producer }) => producer.close()));
  }
  assertEquals((await readAll(at.servers, { topic: at.topic, partitions: 4 })).length, 60);
});

test("Transactions leave nothing of librdkafka's behind", async () => {
  const ledger = await keepLedger(async () => {
    await using at = mockTopic();
    await using opened = await openTransactional(at.servers);
    const { producer } = opened;
    const offsets = [{ topic: at.topic, partition: 0, offset: 1, metadata: "m" }];
    const nobody = { groupId: "g", generationId: -1, memberId: "", groupInstanceId: "i" };
    assertEquals(await ending(producer.commitTransaction()), "_STATE");
    await producer.withTransaction((transaction) => transaction.sendOffsets(offsets, nobody));
    at.cluster.failNext("TxnOffsetCommit", [errorCodes.UNKNOWN_MEMBER_ID]);
    await producer.beginTransaction();
    assertEquals(await ending(producer.sendOffsetsToTransaction(offsets, nobody)), "UNKNOWN_MEMBER_ID abort");
    await producer.abortTransaction();
  });
  assertEquals([ledger.held, ledger.strange], [[], []]);
  assertGreater(ledger.made.get("rd_kafka_error") ?? 0, 1);
});

for (const way of ["exit", "end", "throw"]) {
  test(`A process ends promptly while a commit is under way: ${way}`, { timeoutMs: 40_000 }, async () => {
    const { end, output, ms } = await runProgram(thisRuntime, "ends/committing.mjs", { args: [way] });
    assertEquals(end, way === "exit" ? 3 : way === "throw" ? 1 : 0, output);
    if (way === "throw") assert(output.includes("nobody catches this"), output);
    const [, since = ""] = /^ending at (\d+)$/m.exec(output) ?? [];
    const ended = performance.timeOrigin + performance.now() - Number(since);
    assertLess(ended, 3000, `${ms} ms in all: ${output}`);
  });
}

test("Transactions work in a worker", async () => {
  const { end, output } = await runProgram(thisRuntime, "ends/committing.mjs", { args: ["worker"] });
  assertEquals(end, 0, output);
  assert(output.includes("the worker has committed"), output);
});
