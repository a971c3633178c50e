/** A consumer of typed messages: all ways to read. */
import {
  Consumer,
  DeserializationError,
  type Deserializer,
  KafkaError,
  KeyDeserializationError,
  type Message,
  Producer,
  Serdes,
  type WaitOptions,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../support/assert.ts";
import { ErrorList } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { numbers, Registered, slowNumbers } from "../support/serdes.ts";
import { open, upTo, write } from "../support/typed.ts";
import { waitFor } from "../support/wait.ts";

/** The ways to read `count` messages, which have to be there. */
const ways: Record<string, (consumer: Consumer<string, number>, count: number) => Promise<Message<string, number>[]>> =
  {
    "poll()": async (consumer, count) => {
      const read: Message<string, number>[] = [];
      while (read.length < count) {
        const message = await consumer.poll({ timeoutMs: 5000 });
        if (message === null) break;
        read.push(message);
      }
      return read;
    },
    "consume()": (consumer, count) => consumer.consume(count, { timeoutMs: 5000 }),
    "messages()": async (consumer, count) => {
      const read: Message<string, number>[] = [];
      for await (const message of consumer) if (read.push(message) === count) break;
      return read;
    },
    "batches()": async (consumer, count) => {
      const read: Message<string, number>[] = [];
      for await (const batch of consumer.batches({ maxMessages: 7 })) if (read.push(...batch) >= count) break;
      return read;
    },
  };

test("Consumer reads typed messages in order by each of its calls, at once and by promises", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const values = upTo(150).map((i) => i % 10 === 9 ? null : i);
  await write(servers, topic, values);
  await Promise.all(
    Object.entries(ways).flatMap(([name, read]) =>
      [numbers(), slowNumbers()].map(async (valueDeserializer) => {
        await using consumer = open(servers, topic, { keyDeserializer: Serdes.string(), valueDeserializer });
        const messages = await read(consumer, values.length);
        assertEquals(messages.map(({ value }) => value), values, name);
        assertEquals(messages.map(({ offset }) => offset), upTo(150), name);
        assert(messages.every(({ key, error }) => key === "k" && error === undefined));
        assertEquals(consumer.position()[0]!.offset, 150, name);
      })
    ),
  );
});

test("Consumer deserializes many messages side by side, also for who reads one by one", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, upTo(300));
  const valueDeserializer = slowNumbers(() => 2);
  await using consumer = open(servers, topic, { valueDeserializer });
  assertEquals((await consumer.consume(150, { timeoutMs: 5000 })).length, 150);
  assertEquals(valueDeserializer.most, 150);
  valueDeserializer.most = 0;
  for (const value of upTo(200, 150)) assertEquals((await consumer.poll({ timeoutMs: 5000 }))!.value, value);
  assert(valueDeserializer.most >= 50, `${valueDeserializer.most}`);
});

test("Consumer asks deserializeSync() first, and waits only until it is prepared", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  const valueSerializer = new Registered();
  await using producer = new Producer({ "bootstrap.servers": servers }, { valueSerializer });
  await producer.send(upTo(100).map((i) => ({ topic, partition: 0, value: `${i}` })));
  const valueDeserializer = new Registered();
  await using consumer = open(servers, topic, { valueDeserializer });
  const first = await consumer.consume(40, { timeoutMs: 5000 });
  const rest = await consumer.consume(60, { timeoutMs: 5000 });
  assertEquals([...first, ...rest].map(({ value }) => value), upTo(100).map((i) => `${i}:1`));
  assertEquals(valueDeserializer.lookups, 1);
  // Those that had begun before the answer was there.
  assert(valueDeserializer.promises <= 100);
});

test("Consumer hands over a batch as one, although something in its middle has to be waited for", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, upTo(10));
  const [quick, slow] = [numbers(), slowNumbers(() => 20)];
  const valueDeserializer: Deserializer<number> = {
    deserialize: (data, context) => (context.offset === 4 ? slow : quick).deserialize(data, context),
  };
  await using consumer = open(servers, topic, { valueDeserializer });
  const first = await consumer.consume(10, { timeoutMs: 5000 });
  assertEquals(first.map(({ value }) => value), upTo(10));

  // When the time is up, what comes before it is handed over.
  const never: Deserializer<number> = {
    deserialize: (data, context) => context.offset === 4 ? new Promise(() => {}) : quick.deserialize(data, context),
  };
  await using other = open(servers, topic, { valueDeserializer: never });
  const before = await other.consume(10, { timeoutMs: 300 });
  assertEquals(before.map(({ value }) => value), upTo(4));
  assertEquals(other.position()[0]!.offset, 4);
});

test("Consumer hands over nothing from before a seek that a deserializer does", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, upTo(20));
  for (const count of [1, 20]) {
    let hasSought = false;
    const valueDeserializer: Deserializer<number> = {
      deserialize(data, { topic, partition, offset }) {
        if (offset === 5 && !hasSought) consumer.seek({ topic, partition: partition!, offset: 15 });
        hasSought ||= offset === 5;
        return Number(new TextDecoder().decode(data));
      },
    };
    await using consumer = open(servers, topic, { valueDeserializer });
    const read: (number | null)[] = [];
    while (read.at(-1) !== 19) {
      read.push(...(await consumer.consume(count, { timeoutMs: 200 })).map(({ value }) => value));
    }
    assertEquals(read, count === 1 ? [...upTo(5), ...upTo(20, 15)] : upTo(20, 15));
  }
});

test("Consumer does not hand over what it was deserializing when it was sought, paused or closed meanwhile", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, upTo(20));
  const partition = { topic, partition: 0 };
  let hold: Promise<void> | null = null;
  let release = (): void => {};
  let asked = 0;
  const valueDeserializer = {
    async deserialize(data: Uint8Array): Promise<number> {
      asked++;
      await hold;
      return Number(new TextDecoder().decode(data));
    },
  };
  await using consumer = open(servers, topic, { valueDeserializer });
  /** Begins to read, and comes back when that waits for the deserializer. */
  const begin = async (offset: number, options: WaitOptions = {}) => {
    hold = new Promise((resolve) => release = resolve);
    consumer.seek({ ...partition, offset });
    asked = 0;
    const reading = consumer.poll({ timeoutMs: 5000, ...options });
    reading.catch(() => {});
    await waitFor(() => asked > 0, { what: "the deserializer" });
    return { reading };
  };
  const end = (): void => {
    hold = null;
    release();
  };
  assertEquals((await consumer.poll({ timeoutMs: 5000 }))!.value, 0);

  const sought = await begin(3);
  await assertRejects(() => consumer.poll(), KafkaError, "another call is reading");
  consumer.seek({ ...partition, offset: 15 });
  end();
  assertEquals((await sought.reading)!.value, 15);

  const paused = await begin(5, { timeoutMs: 300 });
  consumer.pause([partition]);
  end();
  assertEquals(await paused.reading, null);
  consumer.resume([partition]);
  assertEquals((await consumer.poll({ timeoutMs: 5000 }))!.value, 5);

  assertEquals(await (await begin(7, { timeoutMs: 50 })).reading, null);
  assertEquals(consumer.position()[0]!.offset, 7);
  end();

  const ending = new AbortController();
  const aborted = await begin(8, { signal: ending.signal });
  ending.abort(new Error("enough"));
  await assertRejects(() => aborted.reading, Error, "enough");
  end();

  const closed = await begin(9);
  await consumer.close();
  assertEquals(await closed.reading, null);
  end();
});

test("Consumer keeps serving its group while a deserializer takes its time", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, [0]);
  let give: ((value: number) => void) | undefined;
  const valueDeserializer = { deserialize: () => new Promise<number>((resolve) => give = resolve) };
  const config = {
    "session.timeout.ms": 1500,
    "heartbeat.interval.ms": 300,
    "max.poll.interval.ms": 1500,
    "auto.offset.reset": "earliest",
  } as const;
  const errors = new ErrorList();
  await using consumer = open(servers, topic, { valueDeserializer, onError: errors.onError }, config);
  consumer.unassign();
  consumer.subscribe([topic]);
  const reading = consumer.poll();
  await waitFor(() => give, { what: "the deserializer" });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assertEquals(consumer.assignment().length, 1);
  give!(7);
  assertEquals((await reading)!.value, 7);
  assertEquals(errors.names, []);
});

test("Consumer refuses options that are no deserializers, and leaves nothing open", () => {
  const config = { "bootstrap.servers": "127.0.0.1:1", "group.id": "g" };
  for (const bad of [5, "string", {}, () => "", { serialize: () => "" }]) {
    assertThrows(() => new Consumer(config, { keyDeserializer: bad as never }), TypeError, "keyDeserializer");
    assertThrows(() => new Consumer(config, { valueDeserializer: bad as never }), TypeError, "valueDeserializer");
  }
  assertThrows(() => new Consumer(config, { onDeserializationError: "ignore" as never }), TypeError, '"ignore"');
});

test("Consumer.commit() and storeOffsets() take typed messages", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, [0, 1, 2]);
  await using consumer = open(servers, topic, { valueDeserializer: numbers() });
  const messages = await consumer.consume(2, { timeoutMs: 5000 });
  assertEquals((await consumer.commit(messages[0]!))[0]!.offset, 1);
  consumer.storeOffsets(messages);
  assertEquals((await consumer.commit())[0]!.offset, 2);
  assertInstanceOf(new KeyDeserializationError(messages[0]! as never, null), DeserializationError);
});
