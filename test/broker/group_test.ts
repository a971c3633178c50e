/** Groups on a real Kafka: members join, leave, crash and come back, and no message is lost, repeated or out of place. */
import type { Consumer, ConsumerConfig, KafkaError, Message } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertRejects,
} from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { assertContiguous, ErrorList, fill, openConsumer, read } from "../support/group.ts";
import { GroupRecord, Member, untilShared, Writer } from "../support/members/members.ts";
import { runProgram } from "../support/program.ts";
import { randomName } from "../support/random.ts";
import { thisRuntime } from "../support/this_runtime.ts";
import { waitFor } from "../support/wait.ts";

const partitions = 4;

const classic = { "heartbeat.interval.ms": 300, "session.timeout.ms": 6000 };
const protocols: Record<string, Partial<ConsumerConfig>> = {
  "range": { ...classic, "partition.assignment.strategy": "range" },
  "cooperative-sticky": { ...classic, "partition.assignment.strategy": "cooperative-sticky" },
  "KIP-848": { "group.protocol": "consumer" },
};

/** Runs the same with each protocol at once: most of the time all of them wait for the coordinator. */
async function withEachProtocol(run: (protocol: Partial<ConsumerConfig>) => Promise<void>): Promise<void> {
  await Promise.all(
    Object.entries(protocols).map(async ([name, protocol]) => {
      try {
        await run(protocol);
      } catch (error) {
        throw new Error(`With ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }),
  );
}

testBroker(
  "Consumers that join and leave in turn lose nothing, repeat nothing and keep the order, with every protocol",
  { timeoutMs: 150_000 },
  async ({ bootstrapServers }) => {
    await withEachProtocol(async (protocol) => {
      const topics = [randomName("turns"), randomName("turns")];
      const total = topics.length * partitions;
      for (const topic of topics) await fill(bootstrapServers, { topic, partitions, each: 100 });
      const writer = new Writer(bootstrapServers, topics, partitions);
      const record = new GroupRecord();
      const config = { "bootstrap.servers": bootstrapServers, "group.id": randomName("group"), ...protocol };
      const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => () => new Member(name, config, topics, record));
      const first = a!();
      await untilShared(record, 1, total);
      const second = b!();
      await untilShared(record, 2, total);
      const third = c!();
      await untilShared(record, 3, total);
      await first.leave();
      await untilShared(record, 2, total);
      // One comes while another goes.
      const fourth = d!();
      await second.leave();
      await untilShared(record, 2, total);
      const written = await writer.stop() + total * 100;
      await waitFor(() => record.read >= written, { what: "the last messages", timeoutMs: 20_000 });
      await Promise.all([third.leave(), fourth.leave()]);
      assertEquals(record.problems, []);
      assertEquals(record.read, written);
      assertEquals(record.shares, { partitions: 0, members: 0 });
      assertEquals([first, second, third, fourth].flatMap(({ errors }) => errors.map(String)), []);
    });
  },
);

testBroker(
  "Consumers in a storm of joins and leaves lose nothing, keep the order, and repeat only what the group refused to commit",
  { timeoutMs: 150_000 },
  async ({ bootstrapServers }) => {
    await withEachProtocol(async (protocol) => {
      const topics = [randomName("storm")];
      await fill(bootstrapServers, { topic: topics[0]!, partitions, each: 100 });
      const writer = new Writer(bootstrapServers, topics, partitions);
      const record = new GroupRecord();
      const config = { "bootstrap.servers": bootstrapServers, "group.id": randomName("group"), ...protocol };
      // One stays, and others come for half a second to a second.
      const stays = new Member("stays", config, topics, record);
      const end = performance.now() + 8000;
      const visit = async (name: string): Promise<void> => {
        for (let round = 0; performance.now() < end; round++) {
          const member = new Member(`${name}${round}`, config, topics, record);
          await delay(500 + (round * 137) % 500);
          await member.leave();
        }
      };
      await Promise.all([visit("x"), visit("y")]);
      await untilShared(record, 1, partitions);
      const written = await writer.stop() + partitions * 100;
      await waitFor(() => record.read >= written, { what: "the last messages", timeoutMs: 20_000 });
      await stays.leave();
      assertEquals(record.problems, []);
      assertEquals(record.read, written);
    });
  },
);

testBroker(
  "Consumer.close() leaves the group at once, and the next member goes on after what was done, with every protocol",
  async ({ bootstrapServers }) => {
    await withEachProtocol(async (protocol) => {
      const topic = randomName("leave");
      await fill(bootstrapServers, { topic, each: 100 });
      // Who does not leave keeps its partitions for as long as its session lasts.
      const session = "group.protocol" in protocol ? {} : { "session.timeout.ms": 45_000 };
      const config = { ...protocol, ...session, "group.id": randomName("group") };
      const first = openConsumer(bootstrapServers, config);
      first.subscribe([topic]);
      for await (const { offset } of first) if (offset === 40) break;
      await first.close();
      await using second = openConsumer(bootstrapServers, config);
      second.subscribe([topic]);
      // The one in hand was not done.
      assertContiguous(await read(second, 60, { timeoutMs: 5000 }), { topic, from: 40, to: 100 });
    });
  },
);

testBroker(
  "Consumer with a group.instance.id comes back to its partitions, and the others notice nothing",
  async ({ bootstrapServers }) => {
    const topic = randomName("static");
    await fill(bootstrapServers, { topic, partitions, each: 10 });
    const events: string[] = [];
    const config = { ...classic, "session.timeout.ms": 10_000, "group.id": randomName("group") };
    const open = (instance: string) => {
      const consumer = openConsumer(bootstrapServers, { ...config, "group.instance.id": instance }, {
        onAssign: (partitions) => void events.push(`${instance} +${partitions.length}`),
        onRevoke: (partitions) => void events.push(`${instance} -${partitions.length}`),
      });
      consumer.subscribe([topic]);
      return consumer;
    };
    const first = open("first");
    await using second = open("second");
    const isShared = () => first.assignment().length === 2 && second.assignment().length === 2;
    await waitFor(async () => {
      await Promise.all([first, second].map((each) => each.poll({ timeoutMs: 20 })));
      return isShared();
    }, { what: "two partitions each", timeoutMs: 30_000 });
    const before = first.assignment();
    const left = second.assignment();
    await first.close();
    events.length = 0;
    await using again = open("first");
    await waitFor(async () => {
      await Promise.all([again, second].map((each) => each.poll({ timeoutMs: 20 })));
      return again.assignment().length > 0;
    }, { what: "the same partitions", timeoutMs: 30_000 });
    await second.poll({ timeoutMs: 1000 });
    assertEquals([again.assignment(), second.assignment(), events], [before, left, ["first +2"]]);
  },
);

testBroker(
  "Consumer whose group.instance.id another one takes over fails for good, and can be closed",
  async ({ bootstrapServers }) => {
    const topic = randomName("fenced");
    await fill(bootstrapServers, { topic, each: 10 });
    const errors = new ErrorList();
    let failedAt = 0;
    const onError = (error: KafkaError) => {
      errors.onError(error);
      failedAt = performance.now();
    };
    const config = { ...classic, "group.id": randomName("group"), "group.instance.id": "only" };
    const first = openConsumer(bootstrapServers, config, { onError, onLog: false });
    first.subscribe([topic]);
    await read(first, 10);
    await using second = openConsumer(bootstrapServers, config);
    second.subscribe([topic]);
    let took = Infinity;
    const reading = (async () => {
      try {
        for await (const _ of first);
      } finally {
        took = performance.now() - failedAt;
      }
    })();
    const [error] = await Promise.all([
      assertRejects(() => reading, Error),
      waitFor(async () => {
        await second.poll({ timeoutMs: 20 });
        return second.assignment().length === 4;
      }, { what: "the partitions of the new one", timeoutMs: 30_000 }),
    ]);
    // A reader that met the error on its way to wait once waited on.
    assertLess(took, 2000);
    assertEquals([first.fatalError?.codeName, first.fatalError?.isFatal], ["FENCED_INSTANCE_ID", true]);
    assert(errors.list.some(({ isFatal }) => isFatal));
    assertEquals((error as { codeName?: string }).codeName, "FENCED_INSTANCE_ID");
    assertEquals((await assertRejects(() => first.commit()) as { codeName?: string }).codeName, "FENCED_INSTANCE_ID");
    const started = performance.now();
    await first.close();
    assertLess(performance.now() - started, 3000);
  },
);

testBroker("Consumer that is killed loses no message", { timeoutMs: 90_000 }, async ({ bootstrapServers }) => {
  const topic = randomName("killed");
  await fill(bootstrapServers, { topic, partitions, each: 500 });
  const group = randomName("group");
  const { output, end } = await runProgram(thisRuntime, "members/member.mjs", {
    args: [bootstrapServers, group, topic],
    onReady: ({ kill }) => kill("SIGKILL"),
    timeoutMs: 40_000,
  });
  assertEquals(end, "SIGKILL", output);
  const handled = output.split("\n").filter((line) => /^\d+ \d+$/.test(line)).map((line) =>
    line.split(" ").map(Number)
  );
  assertGreater(handled.length, 299);
  const after = new Map<number, number>();
  for (const [partition, offset] of handled) after.set(partition!, offset! + 1);
  await using next = openConsumer(bootstrapServers, { "group.id": group, ...classic });
  next.subscribe([topic]);
  const starts = new Map<number, number>();
  const messages: Message[] = [];
  const done = () => [...starts.values()].reduce((sum, start) => sum + 500 - start, 0);
  while (starts.size < partitions || messages.length < done()) {
    const batch = await read(next, 1, { timeoutMs: 30_000 });
    for (const message of batch) {
      if (!starts.has(message.partition)) starts.set(message.partition, message.offset);
      messages.push(message);
    }
  }
  let committed = 0;
  for (const [partition, start] of starts) {
    // What was handled may come again, and what was not must come.
    assertLessOrEqual(start, after.get(partition) ?? 0, `partition ${partition}`);
    committed += start;
    const part = messages.filter((message) => message.partition === partition).map((each) => ({
      ...each,
      partition: 0,
    }));
    assertContiguous(part, { topic, from: start, to: 500 });
  }
  assertGreater(committed, 0, "nothing was committed before the end");
});

testBroker(
  "Consumer.subscribe() with a RegExp takes the topics that match, also where the broker matches",
  async ({ bootstrapServers }) => {
    const prefix = randomName("pattern");
    const topics = ["one", "two", "two-b", "three"].map((name) => `${prefix}-${name}`);
    for (const topic of topics) await fill(bootstrapServers, { topic, each: 1 });
    const expected = [1, 2].map((i) => topics[i]!);
    const topicsOf = (consumer: Consumer) => [...new Set(consumer.assignment().map(({ topic }) => topic))].sort();
    await Promise.all(
      [classic, { "group.protocol": "consumer" as const }].flatMap((protocol) =>
        [new RegExp(`${prefix.slice(3)}-two`), `^${prefix}-two.*`].map(async (pattern) => {
          await using consumer = openConsumer(bootstrapServers, protocol, { onError: new ErrorList().onError });
          consumer.subscribe([pattern]);
          const messages = await read(consumer, 2, { timeoutMs: 30_000 });
          assertEquals(messages.map(({ topic }) => topic).sort(), expected, `${JSON.stringify(protocol)} ${pattern}`);
          assertEquals(topicsOf(consumer), expected);
        })
      ),
    );
  },
);
