/** What becomes of a message that cannot be deserialized. */
import {
  type Consumer,
  type DeserializationAnswer,
  DeserializationError,
  type Message,
  Producer,
  ValueDeserializationError,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "../support/assert.ts";
import { ErrorList } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";
import { numbers, slowNumbers } from "../support/serdes.ts";
import { open, write } from "../support/typed.ts";

test("Consumer hands over what comes before a message it cannot deserialize, then the error, then what follows", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, [0, 1, "bad", 3, "worse", "worst", 6]);
  for (const [name, deserializer] of Object.entries({ numbers: numbers(), slow: slowNumbers(() => 1) })) {
    for (const one of [true, false]) {
      await using consumer = open(servers, topic, { valueDeserializer: deserializer });
      const seen: unknown[] = [];
      for (let call = 0; seen.length < 7 && call < 20; call++) {
        try {
          const messages = one
            ? [await consumer.poll({ timeoutMs: 5000 })]
            : await consumer.consume(7 - seen.length, { timeoutMs: 5000 });
          seen.push(...messages.map((message) => message!.value));
        } catch (error) {
          assertInstanceOf(error, ValueDeserializationError, String(error));
          assertEquals([error.topic, error.partition, error.field, error.codeName], [
            topic,
            0,
            "value",
            "_VALUE_DESERIALIZATION",
          ]);
          assertEquals(error.offset, error.raw.offset);
          assertInstanceOf(error.raw.value, Uint8Array);
          assert(!error.message.includes("secret"));
          seen.push(
            error.offset === consumer.position()[0]!.offset! - 1 ? `error ${error.offset}` : "at another place",
          );
        }
      }
      assertEquals(seen, [0, 1, "error 2", 3, "error 4", "error 5", 6], `${name} ${one}`);
    }
  }
});

test("Consumer counts a message that cannot be deserialized as done when the reader goes on, and not before", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, [0, "bad", 2]);
  const options = { valueDeserializer: numbers() };
  const config = { "group.id": randomName("group"), "session.timeout.ms": 1500 };
  const again = async (): Promise<Consumer<Uint8Array, number>> => {
    const consumer = open(servers, topic, options, config);
    const [committed] = await consumer.committed([{ topic, partition: 0 }]);
    consumer.assign([{ topic, partition: 0, offset: committed!.offset ?? 0 }]);
    return consumer;
  };
  {
    await using consumer = open(servers, topic, options, config);
    await assertRejects(async () => {
      for await (const { value } of consumer) assertEquals(value, 0);
    }, ValueDeserializationError);
    // The loop is left: only the first message is done.
  }
  {
    await using consumer = await again();
    const error = await assertRejects(() => consumer.poll({ timeoutMs: 5000 }), ValueDeserializationError);
    assertEquals(error.offset, 1);
    assertEquals((await consumer.poll({ timeoutMs: 5000 }))!.value, 2);
    // Now the bad one is done, and the last is not.
  }
  await using consumer = await again();
  assertEquals((await consumer.poll({ timeoutMs: 5000 }))!.offset, 2);
});

test("Consumer skips what it cannot deserialize, says so, and counts it as done", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, ["bad", 1, "bad", "bad", 4, "bad"]);
  const errors = new ErrorList();
  const group = randomName("group");
  {
    await using consumer = open(servers, topic, {
      valueDeserializer: numbers(),
      onDeserializationError: "skip",
      onError: errors.onError,
    }, { "group.id": group });
    const read: (number | null)[] = [];
    while (read.length < 2) read.push(...(await consumer.consume(6, { timeoutMs: 300 })).map(({ value }) => value));
    assertEquals(read, [1, 4]);
    assertEquals(await consumer.poll({ timeoutMs: 300 }), null);
    assertEquals(errors.names, Array.from({ length: 4 }, () => "_VALUE_DESERIALIZATION"));
    await consumer.commit();
    const [committed] = await consumer.committed();
    assertEquals(committed!.offset, 6);
  }
});

test("Consumer counts messages as done that it skipped while it waited in vain", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, ["bad", "worse", "worst"]);
  await using consumer = open(servers, topic, {
    valueDeserializer: numbers(),
    onDeserializationError: () => "skip",
  });
  assertEquals(await consumer.poll({ timeoutMs: 300 }), null);
  assertEquals((await consumer.commit())[0]!.offset, 3);
});

test("Consumer hands over raw what it cannot deserialize, with the error", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send([
    { topic, partition: 0, key: "1", value: "1" },
    { topic, partition: 0, key: "bad", value: "2" },
    { topic, partition: 0, key: "3", value: "bad", headers: { h: "x" } },
    { topic, partition: 0, key: "4", value: null },
  ]);
  await using consumer = open<number | Uint8Array, number | Uint8Array>(servers, topic, {
    keyDeserializer: numbers(),
    valueDeserializer: slowNumbers(),
    onDeserializationError: "raw",
  });
  const utf8 = new TextEncoder();
  const messages = await consumer.consume(4, { timeoutMs: 5000 });
  assertEquals(messages.map(({ key, value }) => [key, value]), [
    [1, 1],
    [utf8.encode("bad"), utf8.encode("2")],
    [utf8.encode("3"), utf8.encode("bad")],
    [4, null],
  ]);
  assertEquals(messages.map(({ error }) => error?.name), [
    undefined,
    "KeyDeserializationError",
    "ValueDeserializationError",
    undefined,
  ]);
  assertEquals(messages[2]!.headers, [["h", utf8.encode("x")]]);
  assertEquals(messages.map(({ offset }) => offset), [0, 1, 2, 3]);
});

test("Consumer asks a function once about each message, and waits for its answer", async () => {
  await using where = mockTopic();
  const { topic, servers } = where;
  await write(servers, topic, [0, "skip", 2, "raw", "throw", "break", 6]);
  const errors = new ErrorList();
  for (const isSlow of [false, true]) {
    const asked: string[] = [];
    const answer = (error: DeserializationError, message: Message): DeserializationAnswer<unknown, unknown> => {
      const text = new TextDecoder().decode(message.value!);
      assertStrictEquals(message, error.raw);
      asked.push(text);
      if (text === "break") throw new Error("broken");
      return text as "throw";
    };
    await using consumer = open<Uint8Array, number | Uint8Array>(servers, topic, {
      valueDeserializer: numbers(),
      onError: errors.onError,
      onDeserializationError: isSlow
        ? async (error, message) => {
          await new Promise((resolve) => setTimeout(resolve, 2));
          return answer(error, message);
        }
        : answer,
    });
    const seen: unknown[] = [];
    while (seen.at(-1) !== 6) {
      const read = await consumer.consume(7, { timeoutMs: 100 }).catch((error: DeserializationError) => [error]);
      for (const each of read) {
        seen.push(each instanceof DeserializationError ? `error ${each.offset}` : each.error?.offset ?? each.value);
      }
    }
    assertEquals(seen, [0, 2, 3, "error 4", "error 5", 6]);
    assertEquals(asked, ["skip", "raw", "throw", "break"]);
  }
  assertEquals(errors.names, ["_FAIL", "_FAIL"]);
});
