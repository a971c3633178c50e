/** `onCommit` and `commitLater()`: commits that nobody waits for. */
import { Consumer, errorCodes, type KafkaError, type PartitionOffset } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { ErrorList, fill, openAssigned, openConsumer, read } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { waitFor } from "../support/wait.ts";

/** What `onCommit` was told. */
class Commits {
  readonly list: { error: KafkaError | null; partitions: readonly PartitionOffset[] }[] = [];
  readonly onCommit = (error: KafkaError | null, partitions: readonly PartitionOffset[]): void => {
    this.list.push({ error, partitions });
  };

  /** The offsets, commit by commit. */
  get offsets(): (number | null)[][] {
    return this.list.map(({ partitions }) => partitions.map(({ offset }) => offset));
  }
}

test("Consumer.commitLater() commits, and onCommit is told of each answer", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  await fill(servers, { topic, each: 5 });
  const commits = new Commits();
  const errors = new ErrorList();
  await using consumer = openAssigned(servers, { topic }, { "enable.auto.commit": false }, {
    onCommit: commits.onCommit,
    onError: errors.onError,
  });
  const messages = await read(consumer, 5);
  consumer.commitLater(messages[1]);
  consumer.commitLater([{ topic, partition: 0, offset: 4, metadata: "four" }]);
  consumer.commitLater([]);
  await waitFor(() => commits.list.length >= 2, { what: "two answers" });
  assertEquals(commits.offsets, [[2], [4]]);
  for (const { error, partitions } of commits.list) assertEquals([error, partitions[0]!.error], [null, null]);
  const [committed] = await consumer.committed();
  assertEquals([committed!.offset, committed!.metadata], [4, "four"]);
  assertEquals(errors.names, []);
});

test("Consumer.commitLater() without offsets commits what is stored, and tells nothing if nothing is", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  await fill(servers, { topic, each: 5 });
  const commits = new Commits();
  await using consumer = openAssigned(servers, { topic }, { "enable.auto.commit": false }, {
    onCommit: commits.onCommit,
  });
  consumer.commitLater();
  await read(consumer, 3);
  // The reader is done with these when it asks for more.
  await read(consumer, 1);
  consumer.commitLater();
  await waitFor(() => commits.list.length > 0, { what: "an answer" });
  assertEquals(commits.offsets, [[3]]);
});

test("Consumer.commitLater() tells onCommit of a failure, or else onError", async () => {
  await using mock = mockTopic();
  const { cluster, servers, topic } = mock;
  await fill(servers, { topic, each: 1 });
  for (const isListening of [true, false]) {
    const commits = new Commits();
    const errors = new ErrorList();
    await using consumer = openAssigned(servers, { topic }, { "enable.auto.commit": false }, {
      ...(isListening ? { onCommit: commits.onCommit } : {}),
      onError: errors.onError,
    });
    const [message] = await read(consumer, 1);
    // The coordinator is known, so that no other error comes first.
    await consumer.committed();
    cluster.failNext("OffsetCommit", [errorCodes.TOPIC_AUTHORIZATION_FAILED]);
    consumer.commitLater(message);
    await waitFor(() => commits.list.length + errors.list.length > 0, { what: "an answer" });
    assertEquals(commits.list.map(({ error }) => error?.codeName), isListening ? ["TOPIC_AUTHORIZATION_FAILED"] : []);
    assertEquals(errors.names, isListening ? [] : ["TOPIC_AUTHORIZATION_FAILED"]);
  }
});

test("Consumer.commitLater() refuses what is no offset, and a closed consumer", async () => {
  await using mock = mockTopic();
  const consumer = openConsumer(mock.servers);
  assertThrows(() => consumer.commitLater(7 as never), TypeError);
  await consumer.close();
  const error = assertThrows(() => consumer.commitLater());
  assertEquals((error as KafkaError).code, errorCodes._DESTROY);
});

test("Consumer.close() waits for commits of commitLater(), and for the automatic one", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  await fill(servers, { topic, each: 4 });
  const commits = new Commits();
  const config = { "group.id": "closing", "session.timeout.ms": 1500 };
  const consumer = openConsumer(servers, config, { onCommit: commits.onCommit });
  consumer.subscribe([topic]);
  const messages = await read(consumer, 4);
  consumer.commitLater(messages[0]);
  consumer.storeOffsets(messages[3]!);
  await consumer.close();
  assertEquals(commits.offsets.flat().filter((offset) => offset !== null), [1, 4]);
  await using other = new Consumer({ ...config, "bootstrap.servers": servers });
  const [committed] = await other.committed([{ topic, partition: 0 }]);
  assertEquals(committed!.offset, 4);
});

test("Consumer tells onCommit of automatic commits, and onError once when it throws", async () => {
  await using mock = mockTopic();
  const { servers, topic } = mock;
  await fill(servers, { topic, each: 3 });
  const errors = new ErrorList();
  let calls = 0;
  await using consumer = openAssigned(servers, { topic }, { "auto.commit.interval.ms": 20 }, {
    onCommit: (error, partitions) => {
      calls++;
      assertEquals([error, partitions[0]!.topic], [null, topic]);
      throw new Error("no thanks");
    },
    onError: errors.onError,
  });
  const messages = await read(consumer, 3);
  consumer.storeOffsets(messages[2]!);
  await waitFor(() => calls > 0, { what: "an automatic commit" });
  await waitFor(() => errors.list.length > 0, { what: "the error" });
  assertEquals(errors.list.length, calls);
  assert(errors.list.every(({ message }) => message === "Cannot rely on the handler onCommit: it threw no thanks"));
});
