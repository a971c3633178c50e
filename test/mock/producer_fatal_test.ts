/** The producer after errors that it cannot recover from by itself: it says so to everybody, and can be closed. */
import { errorCodes, KafkaError } from "../../mod.ts";
import type { Pointer } from "../../src/native/memory.ts";
import { openNative } from "../../src/native/native.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { withSpies } from "../support/native/spies.ts";
import { hasty, openProducer, outcome } from "../support/producing.ts";
import { waitFor } from "../support/wait.ts";

for (const code of ["OUT_OF_ORDER_SEQUENCE_NUMBER", "DUPLICATE_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID"] as const) {
  test(`Producer that is idempotent recovers or fails for good after ${code}, and never hangs`, async () => {
    await using at = mockTopic();
    const { producer } = openProducer({
      "bootstrap.servers": at.servers,
      ...hasty,
      "enable.idempotence": true,
      "message.timeout.ms": 4000,
    });
    const first = [];
    for (let i = 0; i < 5; i++) first.push(await outcome(producer.send({ topic: at.topic, value: `${i}` })));
    at.cluster.failNext("Produce", [errorCodes[code]]);
    const rest = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i % 10));
        return await producer.send({ topic: at.topic, value: `rest ${i}` }).catch((error: KafkaError) => error);
      }),
    );
    assertEquals(first.map(({ error }) => error), [null, null, null, null, null]);
    for (const one of rest) {
      if (one instanceof Error) assert(one instanceof KafkaError, `${one}`);
    }
    const failed = rest.filter((one) => one instanceof Error);
    if (producer.fatalError === null) {
      // What is told of as failed is at most the batch that the error was for.
      assertEquals((await producer.send({ topic: at.topic })).status, "PERSISTED");
    } else {
      assertGreater(failed.length, 0);
      await assertRejects(() => producer.send({ topic: at.topic }), KafkaError, "has failed for good");
    }
    const start = performance.now();
    await producer.close();
    assertLess(performance.now() - start, 3_000);
  });
}

test("Producer after a fatal error rejects everything and can be closed", async () => {
  await using at = mockTopic();
  let handle: Pointer | undefined;
  await withSpies({
    rd_kafka_new: (original) => (...args) => {
      const made = original(...args);
      handle = made;
      return made;
    },
  }, async () => {
    const { producer, errors } = openProducer({
      "bootstrap.servers": at.servers,
      "enable.idempotence": true,
      "queue.buffering.max.messages": 100,
    });
    await producer.send({ topic: at.topic });
    assertEquals(producer.fatalError, null);
    at.cluster.setRoundTripTime(1, 500);
    const waiting = Array.from({ length: 150 }, () => outcome(producer.send({ topic: at.topic })));
    const room = assertRejects(() => producer.ready(), KafkaError, "has failed for good");
    await Promise.resolve();
    const native = openNative();
    const reason = native.scratch.reset().text("the test wants it", "a reason");
    assertEquals(native.c.rd_kafka_test_fatal_error(handle!, errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, reason), 0);
    const told = await waitFor(() => errors.find(({ isFatal }) => isFatal), { what: "the fatal error" });
    assertEquals(told.codeName, "OUT_OF_ORDER_SEQUENCE_NUMBER");
    assertEquals(producer.fatalError, told);
    assert(told.message.includes("the test wants it"), told.message);
    for (
      const call of [
        () => producer.send({ topic: at.topic }),
        () => producer.send([{ topic: at.topic }]),
        () => producer.produce({ topic: at.topic }),
        () => producer.flush(),
        () => producer.ready(),
      ]
    ) {
      const error = await assertRejects(async () => await call(), KafkaError, "has failed for good");
      assertEquals([error.isFatal, error.codeName], [true, "OUT_OF_ORDER_SEQUENCE_NUMBER"]);
      assertEquals(error.cause, told);
    }
    const start = performance.now();
    await producer.close();
    assertLess(performance.now() - start, 5_000);
    const reports = await Promise.all(waiting);
    await room;
    assertEquals(reports.length, 150);
    assertEquals(producer.pending, 0);
    assert(reports.some(({ error }) => error !== null));
  });
});
