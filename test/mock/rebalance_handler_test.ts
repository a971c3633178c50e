/** Rebalance handlers: what they are told and may do, and that the group is answered whatever becomes of them. */
import { type Consumer, HandlerError, KafkaError, type PartitionOffset } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertMatch,
} from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, ErrorList, fill, openConsumer, partitionsOf, read } from "../support/group.ts";
import { randomName } from "../support/random.ts";
import { waitFor } from "../support/wait.ts";

const topic = "t";
const quickGroup = { "session.timeout.ms": 1500, "heartbeat.interval.ms": 100 };
const cooperative = { ...quickGroup, "partition.assignment.strategy": "cooperative-sticky" };
/** A handler is waited for during four fifths of `max.poll.interval.ms`. */
const quickPolls = { ...quickGroup, "max.poll.interval.ms": 1500 };
const forever = () => new Promise<void>(() => {});

async function start(partitions = 1): Promise<MockCluster> {
  const cluster = new MockCluster();
  cluster.createTopic(topic, { partitions });
  await fill(cluster.bootstrapServers, { topic, partitions, each: 100 });
  return cluster;
}

const names = (partitions: readonly PartitionOffset[]) => partitions.map(({ partition }) => partition).sort().join();

async function pollUntil(consumer: Consumer, condition: () => boolean, what: string): Promise<void> {
  await waitFor(async () => {
    await consumer.poll({ timeoutMs: 20 });
    return condition();
  }, { what, intervalMs: 0 });
}

/** The one error of a handler that is expected. */
function only(errors: ErrorList, handler: string): HandlerError {
  assertEquals(errors.list.length, 1, errors.list.map(String).join());
  const [error] = errors.list;
  assertInstanceOf(error, HandlerError);
  assertEquals(error.handler, handler);
  return error;
}

test("onAssign is awaited before the first message, and onRevoke while the partitions are still there", async () => {
  await using cluster = await start(2);
  const events: string[] = [];
  const consumer = openConsumer(cluster.bootstrapServers, quickGroup, {
    onAssign: async (partitions) => {
      events.push(`assign ${names(partitions)} of ${consumer.assignment().length}`);
      await delay(200);
      events.push("assigned");
    },
    onRevoke: async (partitions) => {
      events.push(`revoke ${names(partitions)} of ${consumer.assignment().length}`);
      await delay(200);
      events.push("revoked");
    },
  });
  await using _ = consumer;
  consumer.subscribe([topic]);
  await read(consumer, 1);
  events.push("read");
  await consumer.close();
  assertEquals(events, ["assign 0,1 of 0", "assigned", "read", "revoke 0,1 of 2", "revoked"]);
});

for (const [protocol, config] of [["eager", quickGroup], ["cooperative", cooperative]] as const) {
  test(`onAssign chooses where to start by what it returns (${protocol})`, async () => {
    await using cluster = await start(3);
    await using consumer = openConsumer(cluster.bootstrapServers, config, {
      onAssign: () => [{ topic, partition: 0, offset: 90 }, { topic, partition: 2, offset: 70 }],
    });
    consumer.subscribe([topic]);
    const messages = await read(consumer, 10 + 100 + 30);
    const first = [0, 1, 2].map((number) => messages.find(({ partition }) => partition === number)?.offset);
    assertEquals(first, [90, 0, 70]);
  });

  test(`onAssign that throws is reported once, and the group is answered (${protocol})`, async () => {
    await using cluster = await start();
    const errors = new ErrorList();
    await using consumer = openConsumer(cluster.bootstrapServers, config, {
      onError: errors.onError,
      onAssign: () => {
        throw new Error("no, thanks");
      },
    });
    consumer.subscribe([topic]);
    assertContiguous(await read(consumer, 100), { topic, to: 100 });
    assertMatch(only(errors, "onAssign").message, /no, thanks/);
  });

  test(`onAssign that returns offsets which are none is reported once, and the group is answered (${protocol})`, async () => {
    await using cluster = await start();
    const errors = new ErrorList();
    await using consumer = openConsumer(cluster.bootstrapServers, config, {
      onError: errors.onError,
      onAssign: () => Promise.resolve([{ topic, partition: 0, offset: -5 }]),
    });
    consumer.subscribe([topic]);
    assertContiguous(await read(consumer, 100), { topic, to: 100 });
    assertMatch(only(errors, "onAssign").message, /-5/);
  });

  test(`onAssign and onRevoke that never settle are left behind, reported, and the group is answered (${protocol})`, async () => {
    await using cluster = await start();
    const errors = new ErrorList();
    await using consumer = openConsumer(cluster.bootstrapServers, { ...config, "max.poll.interval.ms": 1500 }, {
      onError: errors.onError,
      onAssign: forever,
      onRevoke: forever,
    });
    consumer.subscribe([topic]);
    const started = performance.now();
    assertContiguous(await read(consumer, 100), { topic, to: 100 });
    assertGreaterOrEqual(performance.now() - started, 1100);
    assertMatch(only(errors, "onAssign").message, /not settled within 1[12]\d\d ms/);
    consumer.unsubscribe();
    await pollUntil(consumer, () => consumer.assignment().length === 0, "the end of the assignment");
    assertEquals(errors.list.map((error) => (error as HandlerError).handler), ["onAssign", "onRevoke"]);
  });
}

test("onRevoke that throws is reported once each time, and the partitions go to another member", async () => {
  await using cluster = await start(2);
  const config = { ...quickGroup, "group.id": randomName("group") };
  const errors = new ErrorList();
  let calls = 0;
  await using consumer = openConsumer(cluster.bootstrapServers, config, {
    onError: errors.onError,
    onRevoke: () => {
      calls++;
      return Promise.reject(new Error("not now"));
    },
  });
  consumer.subscribe([topic]);
  await read(consumer, 200);
  await using other = openConsumer(cluster.bootstrapServers, config);
  other.subscribe([topic]);
  await waitFor(async () => {
    await Promise.all([consumer.poll({ timeoutMs: 20 }), other.poll({ timeoutMs: 20 })]);
    return other.assignment().length === 1 && consumer.assignment().length === 1;
  }, { what: "one partition each" });
  assertGreaterOrEqual(calls, 1);
  // The commit before the partitions go may be refused while the group is changing: that is told, too.
  const [thrown, others] = [true, false].map((isHandlers) =>
    errors.list.filter((error) => error instanceof HandlerError === isHandlers)
  );
  assertEquals(
    thrown!.map((error) => (error as HandlerError).handler),
    Array.from({ length: calls }, () => "onRevoke"),
  );
  const refusals = ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"];
  assertEquals(others!.filter(({ codeName }) => !refusals.includes(codeName)), []);
});

test("Consumer.assign() in onAssign is the answer to the group", async () => {
  await using cluster = await start(2);
  const errors = new ErrorList();
  const consumer = openConsumer(cluster.bootstrapServers, quickGroup, {
    onError: errors.onError,
    onAssign: async (partitions) => {
      await delay(10);
      consumer.assign(partitions.map(({ topic, partition }) => ({ topic, partition, offset: 60 })));
    },
  });
  await using _ = consumer;
  consumer.subscribe([topic]);
  assertContiguous(await read(consumer, 80), { topic, partitions: 2, from: 60, to: 100 });
  assertEquals(errors.names, []);
});

test("Consumer.incrementalAssign() in onAssign is the answer to a cooperative group", async () => {
  await using cluster = await start(2);
  const errors = new ErrorList();
  const consumer = openConsumer(cluster.bootstrapServers, cooperative, {
    onError: errors.onError,
    onAssign: (partitions) =>
      consumer.incrementalAssign(partitions.map(({ topic, partition }) => ({ topic, partition, offset: 60 }))),
    onRevoke: (partitions) => consumer.incrementalUnassign(partitions),
  });
  await using _ = consumer;
  consumer.subscribe([topic]);
  assertContiguous(await read(consumer, 80), { topic, partitions: 2, from: 60, to: 100 });
  consumer.unsubscribe();
  await pollUntil(consumer, () => consumer.assignment().length === 0, "the end of the assignment");
  assertEquals(errors.names, []);
});

test("Consumer.assign() in onAssign of a cooperative group is refused, and the group is answered all the same", async () => {
  await using cluster = await start();
  const errors = new ErrorList();
  const consumer = openConsumer(cluster.bootstrapServers, cooperative, {
    onError: errors.onError,
    onLog: false,
    onAssign: (partitions) => consumer.assign(partitions),
  });
  await using _ = consumer;
  consumer.subscribe([topic]);
  assertContiguous(await read(consumer, 100), { topic, to: 100 });
  const { cause } = only(errors, "onAssign");
  assertInstanceOf(cause, KafkaError);
  assertEquals(cause.codeName, "_STATE");
});

test("Consumer.seek(), pause() and position() in onAssign hold for what is being assigned", async () => {
  await using cluster = await start(2);
  const errors = new ErrorList();
  const consumer = openConsumer(cluster.bootstrapServers, quickGroup, {
    onError: errors.onError,
    onAssign: () => {
      consumer.seek({ topic, partition: 0, offset: 95 });
      consumer.pause([{ topic, partition: 1 }]);
    },
  });
  await using _ = consumer;
  consumer.subscribe([topic]);
  assertContiguous(await read(consumer, 5), { topic, from: 95, to: 100 });
  assertEquals(await consumer.poll({ timeoutMs: 300 }), null);
  assertEquals(consumer.paused(), [{ topic, partition: 1 }]);
  consumer.resume([{ topic, partition: 1 }]);
  const rest = await read(consumer, 100);
  assertEquals(rest.map(({ partition, offset }) => [partition, offset]), rest.map((_, i) => [1, i]));
  assertEquals(errors.names, []);
});

test("Consumer.commit() and committed() in onRevoke reach the coordinator before the partitions are given back", async () => {
  await using cluster = await start(2);
  const config = { ...quickGroup, "group.id": randomName("group"), "enable.auto.commit": false };
  const seen: (number | null)[] = [];
  const consumer = openConsumer(cluster.bootstrapServers, config, {
    onRevoke: async (partitions) => {
      await consumer.commit();
      seen.push(...(await consumer.committed(partitions)).map(({ offset }) => offset));
    },
  });
  consumer.subscribe([topic]);
  await using _ = consumer;
  // The next call says that these are done; it hands over nothing.
  const messages = await read(consumer, 50);
  consumer.pause(partitionsOf(topic, 2));
  assertEquals(await consumer.poll({ timeoutMs: 0 }), null);
  await consumer.close();
  const expected = [0, 1].map((number) => messages.filter(({ partition }) => partition === number).length);
  assertEquals(seen.map((offset) => offset ?? 0), expected);
});

test("onLost may not commit, and partitions that were lost start at the committed offset", async () => {
  await using cluster = await start();
  const errors = new ErrorList();
  const outcome: string[] = [];
  const consumer = openConsumer(cluster.bootstrapServers, { ...quickPolls, "enable.auto.commit": false }, {
    onError: errors.onError,
    onLog: false,
    onLost: async () => {
      try {
        outcome.push(`committed ${(await consumer.commit()).length}`);
      } catch (error) {
        outcome.push((error as KafkaError).codeName);
      }
    },
  });
  await using _ = consumer;
  consumer.subscribe([topic]);
  await read(consumer, 30);
  await delay(2000);
  assertContiguous(await read(consumer, 100), { topic, to: 100 });
  assertEquals(outcome, ["_ASSIGNMENT_LOST"]);
});

test("a partition that was paused flows when it is given back and assigned again", async () => {
  await using cluster = await start();
  for (const config of [quickGroup, cooperative]) {
    await using consumer = openConsumer(cluster.bootstrapServers, { ...config, "enable.auto.commit": false });
    consumer.subscribe([topic]);
    await read(consumer, 10);
    consumer.pause([{ topic, partition: 0 }]);
    consumer.unsubscribe();
    await pollUntil(consumer, () => consumer.assignment().length === 0, "the end of the assignment");
    assertEquals(consumer.paused(), []);
    consumer.subscribe([topic]);
    assertContiguous(await read(consumer, 100), { topic, to: 100 });
  }
});

test("a rebalance takes what was read ahead from a call that still collects", async () => {
  await using cluster = await start();
  await using consumer = openConsumer(cluster.bootstrapServers, { ...quickGroup, "enable.auto.commit": false });
  consumer.subscribe([topic]);
  await read(consumer, 10);
  const reading = consumer.consume(1000, { timeoutMs: 1500 });
  const started = performance.now();
  consumer.unsubscribe();
  assertEquals(await reading, []);
  assertLess(performance.now() - started, 5000);
});

test("a cooperative rebalance leaves the partitions that stay as they are: paused, read ahead and in order", async () => {
  await using cluster = await start(3);
  const config = { ...cooperative, "group.id": randomName("group") };
  await using consumer = openConsumer(cluster.bootstrapServers, config);
  consumer.subscribe([topic]);
  const messages = await read(consumer, 30);
  consumer.pause([{ topic, partition: 0 }]);
  await using other = openConsumer(cluster.bootstrapServers, config);
  other.subscribe([topic]);
  await waitFor(async () => {
    const batches = await Promise.all([consumer, other].map((each) => each.consume(5, { timeoutMs: 20 })));
    messages.push(...batches[0]!);
    return other.assignment().length === 1 && consumer.assignment().length === 2;
  }, { what: "a partition for the other one" });
  const kept = consumer.assignment();
  // Which one went is the group's choice: a paused one that stays is still paused.
  const stays = kept.some(({ partition }) => partition === 0);
  assertEquals(consumer.paused(), stays ? [{ topic, partition: 0 }] : []);
  if (stays) consumer.resume([{ topic, partition: 0 }]);
  const missing = () =>
    kept.length * 100 - messages.filter((each) => kept.some((one) => one.partition === each.partition)).length;
  await waitFor(async () => {
    messages.push(...await consumer.consume(1000, { timeoutMs: 100 }));
    return missing() <= 0;
  }, { what: "the rest" });
  for (const { partition } of kept) {
    const offsets = messages.filter((each) => each.partition === partition).map(({ offset }) => offset);
    assertEquals(offsets, Array.from({ length: 100 }, (_, i) => i));
  }
});

test("onAssign and onRevoke are given lists of their own, which they may take apart", async () => {
  await using cluster = await start(2);
  const revoked: number[] = [];
  await using consumer = openConsumer(cluster.bootstrapServers, { ...quickGroup, "group.id": randomName("group") }, {
    onAssign: (partitions) => {
      const list = partitions as PartitionOffset[];
      const chosen = [];
      while (list.length > 0) chosen.push({ ...list.pop()!, offset: 5 });
      return chosen;
    },
    onRevoke: (partitions) => {
      const list = partitions as PartitionOffset[];
      while (list.length > 0) revoked.push(list.pop()!.partition);
    },
  });
  consumer.subscribe([topic]);
  const message = await consumer.poll({ timeoutMs: 10_000 });
  assertEquals([message?.offset, consumer.assignment().length], [5, 2]);
  await consumer.close();
  assertEquals(revoked.sort(), [0, 1]);
});

/** The answer to the group lets it end while the handler still asks it things, and such a question was never answered. */
test("onRevoke may unassign, assign and ask whatever it likes while the consumer closes", async () => {
  await using cluster = await start(2);
  const config = { ...quickGroup, "group.id": randomName("group") };
  for (let round = 0; round < 16; round++) {
    const asked: number[] = [];
    const consumer = openConsumer(cluster.bootstrapServers, config, {
      onRevoke: (partitions) => {
        if (round % 2 === 0) consumer.unassign();
        else consumer.assign(partitions.map(({ topic, partition }) => ({ topic, partition, offset: 0 })));
        asked.push(consumer.assignment().length, consumer.subscription().length, consumer.position().length);
      },
    });
    consumer.assign([{ topic, partition: 0, offset: 0 }]);
    consumer.unassign();
    consumer.subscribe([topic]);
    await pollUntil(consumer, () => consumer.assignment().length === 2, "the assignment");
    await consumer.close();
    // What it was subscribed to is gone before the partitions are.
    assertEquals(asked, [2, 0, 2]);
  }
});

test("onRevoke is waited for also when it returns a promise of another kind", async () => {
  await using cluster = await start(2);
  let hasEnded = false;
  await using consumer = openConsumer(cluster.bootstrapServers, { ...quickGroup, "group.id": randomName("group") }, {
    onRevoke: () =>
      ({
        then: (resolve: () => void) =>
          void setTimeout(() => {
            hasEnded = true;
            resolve();
          }, 100),
      }) as unknown as Promise<void>,
  });
  consumer.subscribe([topic]);
  assert(await consumer.poll({ timeoutMs: 10_000 }) !== null);
  await consumer.close();
  assert(hasEnded);
});
