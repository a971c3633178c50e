/** Messages that wait for their reports. */
import { type DeliveryReport, KafkaError, ProduceError, type ProducerMessage } from "../../../mod.ts";
import {
  ArrayBatch,
  CallbackBatch,
  type PendingBatch,
  PendingBatches,
  PromiseBatch,
  QuietBatch,
} from "../../../src/producer/pending.ts";
import { writtenSomewhere } from "../../../src/native/reports.ts";
import { TopicColumn } from "../../../src/producer/topic_column.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "../../support/assert.ts";

const messages = (count: number): ProducerMessage[] => Array.from({ length: count }, (_, i) => ({ topic: `t${i}` }));

/** Says of each of a batch's messages that it was gathered, and under which topic. */
function gathered<B extends PendingBatch>(batch: B): B {
  batch.messages.forEach(({ topic }, index) => batch.topics.set(index, topic));
  return batch;
}

const no = (code: number): KafkaError => new KafkaError("no", code);

test("PendingBatches gives a number to one batch at a time, and never zero", () => {
  const batches = new PendingBatches();
  const [one, two, three] = [1, 2, 3].map((count) => new ArrayBatch(messages(count))) as [
    ArrayBatch,
    ArrayBatch,
    ArrayBatch,
  ];
  const [first, second] = [batches.add(one), batches.add(two)];
  assertEquals(new Set([0, first, second]).size, 3);
  assertStrictEquals(batches.get(first), one);
  batches.remove(first);
  assertEquals(batches.add(three), first);
  assertStrictEquals(batches.get(first), three);
  assertStrictEquals(batches.get(second), two);
});

test("ArrayBatch resolves with the reports in the order of the messages, whatever order they come in", async () => {
  const batch = gathered(new ArrayBatch(messages(3)));
  for (const index of [2, 0, 1]) {
    batch.remaining--;
    batch.succeed(index, 10 + index, 2 ** 40 + index, index === 0 ? -1 : 1000 + index);
  }
  const reports = await batch.promise;
  assertEquals(
    reports.map(({ topic, partition, offset, timestamp, status, error }) => [
      topic,
      partition,
      offset,
      timestamp,
      status,
      error,
    ]),
    [
      ["t0", 10, 2 ** 40, null, "PERSISTED", null],
      ["t1", 11, 2 ** 40 + 1, 1001, "PERSISTED", null],
      ["t2", 12, 2 ** 40 + 2, 1002, "PERSISTED", null],
    ],
  );
  reports.forEach((report, i) => assertStrictEquals(report.message, batch.messages[i]!));
});

test("ArrayBatch rejects with every report once all have come, if one failed", async () => {
  const batch = gathered(new ArrayBatch(messages(4)));
  let settled = false;
  const outcome = assertRejects(() => batch.promise, ProduceError).finally(() => settled = true);
  const steps: (() => void)[] = [
    () => batch.fail(1, 7, 5, "NOT_PERSISTED", no(10)),
    () => batch.succeed(0, 3, 9, 5),
    () => batch.succeed(3, 3, -1, 5),
    () => batch.fail(2, -1, -1, "POSSIBLY_PERSISTED", no(3)),
  ];
  for (const step of steps) {
    await Promise.resolve();
    assertEquals(settled, false);
    batch.remaining--;
    step();
  }
  const error = await outcome;
  assertEquals(
    error.reports.map(({ error, partition, offset, timestamp, status }) => [
      error?.code ?? 0,
      partition,
      offset,
      timestamp,
      status,
    ]),
    [
      [0, 3, 9, 5, "PERSISTED"],
      [10, 7, null, 5, "NOT_PERSISTED"],
      [3, -1, null, null, "POSSIBLY_PERSISTED"],
      // Without an offset nobody has said that it was written.
      [0, 3, null, 5, "POSSIBLY_PERSISTED"],
    ],
  );
  assertEquals([error.codeName, error.status], ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED"]);
  assertEquals(error.message, "Cannot deliver a message to t1: no (2 of 4 messages failed)");
});

test("PromiseBatch settles each message's promise once, by its report or by an error", async () => {
  const batch = new PromiseBatch();
  const outcomes = messages(4).map((message) =>
    new Promise<DeliveryReport>((settle) => batch.add(message, settle)).then(
      ({ topic, error }) => `report ${topic} ${error?.code ?? 0}`,
      (error: ProduceError) => `error ${error.reports[0]!.topic} ${error.code} ${error.status}`,
    )
  );
  assertEquals(gathered(batch).remaining, 4);
  batch.succeed(1, 0, 0, 0);
  batch.fail(0, 0, 0, "NOT_PERSISTED", no(10));
  batch.abandon(no(-197));
  // Nobody is told twice.
  batch.abandon(no(-1));
  assertEquals(await Promise.all(outcomes), [
    "error t0 10 NOT_PERSISTED",
    "report t1 0",
    "error t2 -197 POSSIBLY_PERSISTED",
    "error t3 -197 POSSIBLY_PERSISTED",
  ]);
});

test("PromiseBatch rejects what was no message with what was wrong about it", async () => {
  const batch = new PromiseBatch();
  const cause = new TypeError("no message");
  const errors = ([undefined, { topic: 7 }] as unknown as ProducerMessage[]).map((message) =>
    assertRejects(() => new Promise<DeliveryReport>((settle) => batch.add(message, settle)), TypeError)
  );
  batch.fail(0, -1, -1, "NOT_PERSISTED", new KafkaError(cause.message, -186, { cause }));
  batch.fail(1, -1, -1, "NOT_PERSISTED", new KafkaError(cause.message, -186, { cause }));
  assertEquals(await Promise.all(errors), [cause, cause]);
});

test("CallbackBatch tells whom each message was given with, once and however it ends", () => {
  const batch = new CallbackBatch();
  const told: string[] = [];
  for (const [i, message] of messages(4).entries()) {
    batch.add(message, ({ topic, error, status }) => told.push(`${i} ${topic} ${error?.code ?? 0} ${status}`));
  }
  assertEquals(gathered(batch).remaining, 4);
  batch.succeed(1, 0, 0, 0);
  batch.fail(3, 0, 0, "NOT_PERSISTED", no(10));
  batch.abandon(no(-197));
  batch.abandon(no(-1));
  assertEquals(told, [
    "1 t1 0 PERSISTED",
    "3 t3 10 NOT_PERSISTED",
    "0 t0 -197 POSSIBLY_PERSISTED",
    "2 t2 -197 POSSIBLY_PERSISTED",
  ]);
});

test("QuietBatch tells of failures only", () => {
  const failures: KafkaError[] = [];
  const batch = new QuietBatch((failure) => failures.push(failure));
  const [good, bad] = messages(2) as [ProducerMessage, ProducerMessage];
  batch.add(good);
  batch.add(bad);
  assertEquals(batch.remaining, 2);
  batch.succeed();
  batch.fail(1, 0, 0, "NOT_PERSISTED", no(10));
  const [failure, ...more] = failures;
  assertEquals(more, []);
  assertInstanceOf(failure, ProduceError);
  assertEquals([failure.codeName, failure.status, failure.reports.length], ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED", 1]);
  assertStrictEquals(failure.reports[0]!.message, bad);
  assertStrictEquals(failure.cause, failure.reports[0]!.error);
});

test("TopicColumn knows the topic of each message that was gathered, whether one or several", () => {
  const column = new TopicColumn();
  assertEquals(column.get(0), undefined);
  column.set(0, "a");
  column.set(1, "a");
  assertEquals([0, 1, 2].map((index) => column.get(index)), ["a", "a", undefined]);
  column.set(2, "b");
  // The one before was no message.
  column.set(4, "a");
  assertEquals([0, 1, 2, 3, 4, 5].map((index) => column.get(index)), ["a", "a", "b", undefined, "a", undefined]);
});

test("A report without an offset says whether the message was written all the same", async () => {
  const batch = new ArrayBatch(messages(2));
  batch.messages.forEach(({ topic }, index) => batch.topics.set(index, topic));
  for (const [index, offset] of [-1, writtenSomewhere].entries()) {
    batch.remaining--;
    batch.succeed(index, 0, offset, 5);
  }
  const reports = await batch.promise;
  assertEquals(reports.map(({ offset, status, error }) => [offset, status, error]), [
    [null, "POSSIBLY_PERSISTED", null],
    [null, "PERSISTED", null],
  ]);
});
