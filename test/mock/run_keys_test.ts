/** Consumer.run() beyond bytes in partitions: in the order of keys, and with deserializers. */
import { type Consumer, DeserializationError, type Message, type RunAnswer } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertInstanceOf, assertRejects } from "../support/assert.ts";
import { delay } from "../support/async.ts";
import { ErrorList, openAssigned, read, text } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer } from "../support/producing.ts";
import { numbers, Registered, slowNumbers } from "../support/serdes.ts";
import { open, upTo, write } from "../support/typed.ts";
import { waitFor } from "../support/wait.ts";

const stored = async (consumer: Pick<Consumer, "commit" | "committed">, topic: string): Promise<number | null> => {
  await consumer.commit();
  return (await consumer.committed([{ topic, partition: 0 }]))[0]!.offset;
};

/** Writes messages to one partition whose keys are `keyOf`, and whose values are numbers from 0 on. */
async function writeKeyed(servers: string, topic: string, keys: readonly (string | null)[]): Promise<void> {
  await using opened = openProducer({ "bootstrap.servers": servers, "enable.idempotence": true });
  await opened.producer.send(keys.map((key, i) => ({ topic, partition: 0, key, value: `${i}` })));
}

test("Consumer.run() ordered by key works on keys of one partition at once, each in its order", async () => {
  await using mock = mockTopic();
  const keys = Array.from({ length: 400 }, (_, i) => `key-${(i * 7) % 23}`);
  await writeKeyed(mock.servers, mock.topic, keys);
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const working = new Map<string, number>();
  const seen = new Map<string, number[]>();
  let most = 0;
  let count = 0;
  await consumer.run({
    concurrency: 5,
    orderBy: "key",
    eachMessage: async ({ key, offset }) => {
      const name = text({ value: key })!;
      assert(!working.has(name), `${name} is worked on twice at once`);
      working.set(name, offset);
      most = Math.max(most, working.size);
      await delay(Math.random() * 4);
      working.delete(name);
      seen.set(name, [...seen.get(name) ?? [], offset]);
      if (++count === keys.length) consumer.stop();
    },
  });
  assertEquals([most, seen.size], [5, 23]);
  for (const [name, offsets] of seen) {
    assertEquals(offsets, keys.flatMap((key, offset) => key === name ? [offset] : []));
  }
  assertEquals(await stored(consumer, mock.topic), 400);
});

test("Consumer.run() ordered by key goes past a key that is slow, and counts as done what comes before it", async () => {
  await using mock = mockTopic();
  const keys = Array.from(
    { length: 50 },
    (_, i) => i === 10 || i === 30 ? "slow" : i % 5 === 0 ? null : `key-${i % 4}`,
  );
  await writeKeyed(mock.servers, mock.topic, keys);
  await using consumer = openAssigned(mock.servers, { topic: mock.topic }, { "enable.auto.commit": false });
  const offsets: number[] = [];
  let release!: () => void;
  const hold = new Promise<void>((resolve) => release = resolve);
  const running = consumer.run({
    // Enough lanes that the slow key has one for itself, in all likelihood but those of its own.
    concurrency: 64,
    orderBy: "key",
    eachMessage: async ({ key, offset }) => {
      if (key !== null && text({ value: key }) === "slow") await hold;
      offsets.push(offset);
    },
  });
  await waitFor(() => offsets.length >= 48, { what: "all but the slow ones" });
  // Only what comes before the first that is not done may be committed.
  await waitFor(async () => await stored(consumer, mock.topic) === 10, { what: "the commit" });
  release();
  await waitFor(() => offsets.length === 50, { what: "the rest" });
  assertGreater(offsets.indexOf(30), offsets.indexOf(10));
  consumer.stop();
  await running;
  assertEquals(await stored(consumer, mock.topic), 50);
});

test("Consumer.run() ordered by key hands over again what was not done when it failed", async () => {
  await using mock = mockTopic();
  await writeKeyed(mock.servers, mock.topic, Array.from({ length: 40 }, (_, i) => `key-${i % 8}`));
  await using consumer = openAssigned(mock.servers, { topic: mock.topic });
  const failure = new Error("broken");
  const done: number[] = [];
  const error = await assertRejects(() =>
    consumer.run({
      concurrency: 8,
      orderBy: "key",
      eachMessage: async ({ offset }) => {
        await delay(Math.random() * 3);
        if (offset === 20) throw failure;
        done.push(offset);
      },
    })
  );
  assertEquals(error, failure);
  const again: number[] = [];
  while (again.length + done.length < 40) again.push(...(await read(consumer, 1)).map(({ offset }) => offset));
  assertEquals([...done, ...again].sort((a, b) => a - b), upTo(40));
  assert(again.includes(20));
});

test("Consumer.run() with deserializers hands over typed messages, in order, and waits for slow ones", async () => {
  await using mock = mockTopic();
  await write(mock.servers, mock.topic, upTo(200));
  for (const valueDeserializer of [numbers(), slowNumbers(() => Math.random() * 2)]) {
    await using consumer = open(mock.servers, mock.topic, { valueDeserializer });
    const values: (number | null)[] = [];
    await consumer.run({
      eachMessage: ({ value, key }) => {
        assertInstanceOf(key, Uint8Array);
        if (values.push(value) === 100) consumer.stop();
      },
    });
    await consumer.run({
      maxMessages: 30,
      eachBatch: (batch, { done }) => {
        values.push(...batch.map(({ value }) => value));
        done(batch.at(-1)!);
        if (values.length === 200) consumer.stop();
      },
    });
    assertEquals(values, upTo(200));
    assertEquals(await stored(consumer, mock.topic), 200);
  }
});

test("Consumer.run() with deserializers in the order of keys shares messages out by their bytes", async () => {
  await using mock = mockTopic();
  await writeKeyed(mock.servers, mock.topic, Array.from({ length: 60 }, (_, i) => `${i % 6}`));
  await using consumer = open(mock.servers, mock.topic, {
    keyDeserializer: slowNumbers(() => Math.random()),
    valueDeserializer: new Registered(),
  });
  const seen = new Map<number, number[]>();
  let count = 0;
  await consumer.run({
    concurrency: 4,
    orderBy: "key",
    eachMessage: ({ key, value, offset }) => {
      assertEquals(value, `${offset}:none`);
      seen.set(key!, [...seen.get(key!) ?? [], offset]);
      if (++count === 60) consumer.stop();
    },
  });
  for (const [key, offsets] of seen) assertEquals(offsets, upTo(60).filter((i) => i % 6 === key));
});

const values = [0, 1, "bad", 3, "bad", 5];

test("Consumer.run() ends with the error of a message that cannot be deserialized, which comes again", async () => {
  for (const isBatch of [false, true]) {
    await using mock = mockTopic();
    await write(mock.servers, mock.topic, values);
    await using consumer = open(mock.servers, mock.topic, { valueDeserializer: numbers() });
    const seen: (number | null)[] = [];
    const run = () =>
      consumer.run(
        isBatch
          ? { eachBatch: (batch) => void seen.push(...batch.map(({ value }) => value)) }
          : { eachMessage: ({ value }) => void seen.push(value) },
      );
    const error = await assertRejects(run, DeserializationError);
    assertEquals([error.offset, seen, await stored(consumer, mock.topic)], [2, [0, 1], 2]);
    assertEquals((await assertRejects(run, DeserializationError)).offset, 2);
    // The other calls go on after it when they are asked again.
    assertEquals((await assertRejects(() => consumer.poll({ timeoutMs: 5000 }), DeserializationError)).offset, 2);
    assertEquals((await consumer.poll({ timeoutMs: 5000 }))?.value, 3);
  }
});

test("Consumer.run() asks onError about a message that cannot be deserialized: skip leaves it out, retry tries again", async () => {
  for (const isBatch of [false, true]) {
    await using mock = mockTopic();
    await write(mock.servers, mock.topic, values);
    let isMended = false;
    const good = numbers();
    const valueDeserializer = {
      deserialize(data: Uint8Array): number {
        return isMended && text({ value: data }) === "bad" ? -1 : good.deserialize(data, undefined as never) as number;
      },
    };
    await using consumer = open(mock.servers, mock.topic, { valueDeserializer });
    const seen: (number | null)[] = [];
    const asked: [offset: number | undefined, isError: boolean, count: number][] = [];
    const onError = (error: unknown, messages: readonly Message<Uint8Array, number>[]): RunAnswer => {
      asked.push([messages[0]?.offset, error instanceof DeserializationError, messages.length]);
      if (messages[0]?.offset === 2) return "skip";
      isMended = asked.length === 3;
      return "retry";
    };
    const take = (value: number | null): void => {
      seen.push(value);
      if (value === 5) consumer.stop();
    };
    await consumer.run(
      isBatch
        ? { onError, eachBatch: (batch) => batch.forEach(({ value }) => take(value)) }
        : { onError, eachMessage: ({ value }) => take(value) },
    );
    assertEquals(seen, [0, 1, 3, -1, 5]);
    assertEquals(asked, [[2, true, 1], [4, true, 1], [4, true, 1]]);
    assertEquals(await stored(consumer, mock.topic), 6);
  }
});

test("Consumer.run() skips what cannot be deserialized where the policy says so, and counts it as done", async () => {
  for (const isBatch of [false, true]) {
    await using mock = mockTopic();
    await write(mock.servers, mock.topic, ["bad", ...values, "bad", "bad"]);
    const errors = new ErrorList();
    await using consumer = open(mock.servers, mock.topic, {
      valueDeserializer: numbers(),
      onDeserializationError: "skip",
      onError: errors.onError,
    });
    const seen: (number | null)[] = [];
    const running = consumer.run(
      isBatch
        ? { eachBatch: (batch) => void seen.push(...batch.map(({ value }) => value)), maxMessages: 2 }
        : { eachMessage: ({ value }) => void seen.push(value) },
    );
    await waitFor(() => errors.list.length === 5 && seen.length === 4, { what: "all messages" });
    await waitFor(async () => await stored(consumer, mock.topic) === 9, { what: "the last to be stored" });
    consumer.stop();
    await running;
    assertEquals(seen, [0, 1, 3, 5]);
    assertEquals([...new Set(errors.names)], ["_VALUE_DESERIALIZATION"]);
  }
});

test("Consumer.run() hands over raw what cannot be deserialized where the policy says so", async () => {
  for (const isBatch of [false, true]) {
    await using mock = mockTopic();
    await write(mock.servers, mock.topic, values);
    await using consumer = open<Uint8Array, number | Uint8Array>(mock.servers, mock.topic, {
      valueDeserializer: numbers(),
      onDeserializationError: "raw",
    });
    const seen: unknown[] = [];
    const take = ({ value, error }: Message<Uint8Array, number | Uint8Array>): void => {
      seen.push(value instanceof Uint8Array ? [text({ value }), error instanceof DeserializationError] : value);
      if (seen.length === values.length) consumer.stop();
    };
    await consumer.run(isBatch ? { eachBatch: (batch) => batch.forEach(take) } : { eachMessage: take });
    assertEquals(seen, [0, 1, ["bad", true], 3, ["bad", true], 5]);
    assertEquals(await stored(consumer, mock.topic), 6);
  }
});

// A batch was deserialized anew from each message on that could not be, and the policy was asked about the later ones each time.
test("Consumer.run() asks a policy that is a function once about each message", async () => {
  for (const isBatch of [false, true]) {
    await using mock = mockTopic();
    await write(mock.servers, mock.topic, [...values, "bad", 7]);
    const told: number[] = [];
    let deserialized = 0;
    const good = numbers();
    await using consumer = open(mock.servers, mock.topic, {
      valueDeserializer: {
        deserialize: (data: Uint8Array): number => {
          deserialized++;
          return good.deserialize(data, undefined as never) as number;
        },
      },
      onDeserializationError: async ({ offset }) => {
        told.push(offset!);
        await delay(5);
        return offset === 4 ? "skip" : "throw";
      },
      onError: () => {},
    });
    const seen: (number | null)[] = [];
    const onError = (): RunAnswer => "skip";
    const take = (value: number | null): void => {
      seen.push(value);
      if (value === 7) consumer.stop();
    };
    await consumer.run(
      isBatch
        ? { onError, eachBatch: (batch) => batch.forEach(({ value }) => take(value)) }
        : { onError, eachMessage: ({ value }) => take(value) },
    );
    assertEquals([seen, told, deserialized], [[0, 1, 3, 5, 7], [2, 4, 6], 8]);
    assertEquals(await stored(consumer, mock.topic), 8);
  }
});
