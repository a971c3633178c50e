/** How clients end: what was left, and who stops waiting for it. */
import { Consumer, KafkaError, Producer, Serdes, ShareConsumer } from "../../mod.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "../support/assert.ts";
import { openConsumer, read } from "../support/group.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer, outcome } from "../support/producing.ts";
import { openTransactional } from "../support/transactions.ts";

test("Producer.close() resolves with zero when all was delivered", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  for (let i = 0; i < 10; i++) producer.produce({ topic: at.topic });
  assertEquals(await producer.close(), { undelivered: 0 });
  assertEquals(await producer.close(), { undelivered: 0 });
});

test("Producer.close() resolves with the number of messages that were not delivered", async () => {
  await using at = mockTopic();
  const { topic } = at;
  const servers = { "bootstrap.servers": at.servers, "queue.buffering.max.messages": 5 };
  at.cluster.stopBroker(1);
  // Each kind of producer keeps what waits in a place of its own.
  const never = new Promise<Uint8Array>(() => {});
  const producers = [
    new Producer(servers, { onLog: false, onError: () => {} }),
    new Producer(servers, { onLog: false, onError: () => {}, partitioner: () => 0 }),
    new Producer(servers, { onLog: false, onError: () => {}, valueSerializer: Serdes.string() }),
    new Producer<string, string>(servers, {
      onLog: false,
      onError: () => {},
      valueSerializer: { serialize: () => never },
    }),
  ];
  for (const producer of producers) {
    const outcomes = Array.from({ length: 12 }, () => outcome((producer as Producer).send({ topic, value: "v" })));
    assertEquals(producer.pending, 12);
    assertEquals(await producer.close({ timeoutMs: 50 }), { undelivered: 12 });
    const codes = (await Promise.all(outcomes)).map(({ error }) => error?.codeName);
    assert(codes.every((code) => code === "_PURGE_QUEUE"), String(codes));
  }
  at.cluster.startBroker(1);
});

test("Producer.close() counts what an open transaction had", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers, { "linger.ms": 30_000 });
  await opened.producer.beginTransaction();
  const sent = outcome(opened.producer.send({ topic: at.topic }));
  assertEquals(await opened.producer.close(), { undelivered: 1 });
  assertEquals((await sent).error?.codeName, "_PURGE_QUEUE");
});

test("close() with a signal ends the wait of its call, and the closing goes on", async () => {
  await using at = mockTopic();
  const opened = openProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  await producer.send({ topic: at.topic });
  at.cluster.stopBroker(1);
  const sent = outcome(producer.send({ topic: at.topic }));
  const stop = new AbortController();
  const start = performance.now();
  const waiting = producer.close({ timeoutMs: 700, signal: stop.signal });
  stop.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  assertLess(performance.now() - start, 500);
  assertThrows(() => producer.produce({ topic: at.topic }), KafkaError, "closed");
  // Who asks again, without a signal, waits for the end.
  assertEquals(await producer.close(), { undelivered: 1 });
  await sent;
  at.cluster.startBroker(1);
  const consumer = openConsumer(at.servers);
  await assertRejects(() => consumer.close({ signal: AbortSignal.abort(new Error("at once")) }), Error, "at once");
  await consumer.close();
});

test("Producer.transaction() with a signal that is aborted begins none", async () => {
  await using at = mockTopic();
  await using opened = await openTransactional(at.servers);
  const { producer } = opened;
  await assertRejects(() => producer.transaction({ signal: AbortSignal.abort(new Error("no")) }), Error, "no");
  const stop = new AbortController();
  const begun = producer.transaction({ signal: stop.signal });
  stop.abort(new Error("too late"));
  await assertRejects(() => begun, Error, "too late");
  // Nothing is open.
  await using transaction = await producer.transaction({ signal: new AbortController().signal });
  assertEquals(transaction.isOpen, true);
});

test("Consumer.pause() resumes at the end of its block what was flowing before", async () => {
  await using at = mockTopic(2);
  await using sending = openProducer({ "bootstrap.servers": at.servers });
  await sending.producer.send([0, 1].map((partition) => ({ topic: at.topic, partition, value: `${partition}` })));
  await using consumer = openConsumer(at.servers);
  const [first, second] = [0, 1].map((partition) => ({ topic: at.topic, partition, offset: 0 }));
  consumer.assign([first!, second!]);
  consumer.pause([second!]);
  {
    using _paused = consumer.pause([first!, second!]);
    assertEquals(consumer.paused().map(({ partition }) => partition), [0, 1]);
    assertEquals(await consumer.poll({ timeoutMs: 200 }), null);
  }
  assertEquals(consumer.paused().map(({ partition }) => partition), [1]);
  assertEquals((await read(consumer, 1))[0]!.partition, 0);
  const both = consumer.pause([first!]);
  consumer.resume([first!]);
  both[Symbol.dispose]();
  const given = consumer.pause([first!]);
  consumer.unassign();
  given[Symbol.dispose]();
  consumer.assign([first!]);
  const late = consumer.pause([first!]);
  await consumer.close();
  late[Symbol.dispose]();
});

test("setSaslCredentials() of a ShareConsumer takes names and passwords, and refuses the rest", async () => {
  const config = {
    "bootstrap.servers": "127.0.0.1:1",
    "group.id": "a group",
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "SCRAM-SHA-256",
    "sasl.username": "me",
    "sasl.password": "first secret",
  } as const;
  const quiet = { onLog: false, onError: () => {} } as const;
  for (const client of [new ShareConsumer(config, quiet), new Consumer(config, quiet)]) {
    client.setSaslCredentials("me", "second secret");
    assertThrows(() => client.setSaslCredentials("me", 5 as never), TypeError, "password");
    assertThrows(() => client.setSaslCredentials("me", "a\0b"), KafkaError);
    assert(!/secret/.test(JSON.stringify(client)));
    await client.close({ timeoutMs: 1000 });
    const closed = assertThrows(() => client.setSaslCredentials("me", "third secret"), KafkaError);
    assertEquals(closed.codeName, "_DESTROY");
  }
});
