/** What the blocking clients ask of the cluster: connecting, metadata, commits that nobody waits for, lag; and their logins. */
import { errorCodes, HandlerError, KafkaError, type PartitionOffset, type Token } from "../../mod.ts";
import { Consumer, Producer } from "../../sync.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertGreater, assertInstanceOf, assertLess, assertThrows } from "../support/assert.ts";
import { fillBlocking, openBlockingConsumer, openBlockingProducer, readBlocking } from "../support/blocking.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";

const loginConfig = {
  "bootstrap.servers": "127.0.0.1:1",
  "security.protocol": "sasl_plaintext",
  "sasl.mechanism": "OAUTHBEARER",
} as const;

/** What a client with a token handler is told while it is polled. */
function pollWith(
  onTokenRefresh: () => Token,
  forMs: number,
): { readonly errors: KafkaError[]; readonly connected: KafkaError } {
  using opened = openBlockingProducer(loginConfig, { onTokenRefresh });
  const { producer } = opened;
  const end = performance.now() + forMs;
  while (performance.now() < end) producer.poll(50);
  const connected = assertThrows(() => producer.connect({ timeoutMs: 2000 }), KafkaError);
  return { errors: opened.errors, connected };
}

test("sync connect() returns when a broker has answered, and fails soon when none can", async () => {
  await using at = mockTopic();
  using sending = openBlockingProducer({ "bootstrap.servers": at.servers });
  sending.producer.connect();
  sending.producer.connect({ timeoutMs: 5000 });
  using reading = openBlockingConsumer(at.servers);
  reading.consumer.connect();
  using lost = openBlockingProducer({ "bootstrap.servers": "127.0.0.1:1" });
  const start = performance.now();
  const refused = assertThrows(() => lost.producer.connect(), KafkaError);
  assertEquals(refused.codeName, "_TRANSPORT");
  assertLess(performance.now() - start, 5000);
  const late = assertThrows(() => lost.producer.connect({ timeoutMs: 0 }), KafkaError);
  assert(["_TIMED_OUT", "_TRANSPORT"].includes(late.codeName), late.codeName);
  assertThrows(() => lost.producer.connect({ timeoutMs: -1 }), RangeError, "timeoutMs");
  lost.producer.close(0);
  assertEquals(assertThrows(() => lost.producer.connect(), KafkaError).codeName, "_DESTROY");
});

test("sync metadata() tells of brokers and topics", async () => {
  await using at = mockTopic(3);
  using sending = openBlockingProducer({ "bootstrap.servers": at.servers });
  using reading = openBlockingConsumer(at.servers);
  for (const client of [sending.producer, reading.consumer]) {
    const all = client.metadata();
    assertEquals(all.brokers.length, 1);
    assert(all.topics.some(({ topic }) => topic === at.topic));
    const [one] = client.metadata({ topics: [at.topic], timeoutMs: 5000 }).topics;
    assertEquals([one?.topic, one?.partitions.length], [at.topic, 3]);
  }
  assertThrows(() => reading.consumer.metadata({ topics: [] }), TypeError, "topics");
  assertThrows(() => reading.consumer.metadata(null as never), TypeError, "options");
  using lost = openBlockingProducer({ "bootstrap.servers": "127.0.0.1:1" });
  const failed = assertThrows(() => lost.producer.metadata({ timeoutMs: 200 }), KafkaError);
  assert(["_TRANSPORT", "_TIMED_OUT"].includes(failed.codeName) && failed.isRetriable, failed.codeName);
});

test("sync calls that wait are refused within a handler", async () => {
  await using at = mockTopic();
  using opened = openBlockingProducer({ "bootstrap.servers": at.servers });
  const { producer } = opened;
  const refused: string[] = [];
  producer.produce({ topic: at.topic }, () => {
    for (const call of [() => producer.connect(), () => producer.metadata(), () => producer.initTransactions()]) {
      refused.push(assertThrows(call, KafkaError).codeName);
    }
  });
  producer.flush();
  assertEquals(refused, ["_CONFLICT", "_CONFLICT", "_CONFLICT"]);
});

test("sync Consumer.commitLater() does not wait, and onCommit is told", async () => {
  await using at = mockTopic();
  fillBlocking(at.servers, at.topic, 5);
  const told: [KafkaError | null, readonly PartitionOffset[]][] = [];
  using opened = openBlockingConsumer(at.servers, { "enable.auto.commit": false }, {
    onCommit: (...what) => void told.push(what),
  });
  const { consumer } = opened;
  consumer.subscribe([at.topic]);
  const messages = readBlocking(consumer, 3);
  consumer.commitLater(messages);
  assertEquals(told.length, 0);
  const end = performance.now() + 5000;
  while (told.length === 0 && performance.now() < end) consumer.committed();
  assertEquals(told.map(([error, [first]]) => [error, first?.offset]), [[null, 3]]);
  // With the second call, what the first one has handed over is done.
  readBlocking(consumer, 1);
  readBlocking(consumer, 1);
  consumer.commitLater();
  consumer.close();
  assertEquals(told.length, 2);
});

test("sync Consumer.lag() and cached watermarks say how far the end is", async () => {
  await using at = mockTopic(2);
  fillBlocking(at.servers, at.topic, 10);
  using opened = openBlockingConsumer(at.servers, { "enable.auto.commit": false });
  const { consumer } = opened;
  const partition = { topic: at.topic, partition: 0 };
  assertEquals(consumer.getWatermarkOffsets(partition, { cached: true }), { low: 0, high: 10 });
  consumer.assign([partition]);
  assertEquals(consumer.lag(), [{ ...partition, position: 0, end: 10, lag: 10, error: null }]);
  readBlocking(consumer, 4);
  assertEquals(consumer.lag().map(({ position, lag }) => [position, lag]), [[4, 6]]);
  assertEquals(consumer.getWatermarkOffsets(partition, { cached: true }).high, 10);
  assertEquals(consumer.lag([{ topic: at.topic, partition: 1 }]).map(({ lag }) => lag), [0]);
});

test("sync Consumer.consumerGroupMetadata() says who it is", async () => {
  await using at = mockTopic();
  fillBlocking(at.servers, at.topic, 1);
  const group = randomName("group");
  using opened = openBlockingConsumer(at.servers, { "group.id": group });
  const { consumer } = opened;
  assertEquals(consumer.consumerGroupMetadata(), {
    groupId: group,
    generationId: -1,
    memberId: "",
    groupInstanceId: null,
  });
  consumer.subscribe([at.topic]);
  readBlocking(consumer, 1);
  assertEquals(consumer.consumerGroupMetadata().memberId, consumer.memberId);
});

/** An asynchronous handler was accepted once, and nobody was ever told that its token did not come. */
test("sync clients tell of an onTokenRefresh that gives a promise", () => {
  let calls = 0;
  const { errors, connected } = pollWith(() => {
    calls++;
    return Promise.reject(new Error("late")) as never;
  }, 300);
  const failed = errors.filter((error) => error instanceof HandlerError);
  assertEquals(failed.length, 1);
  assert(/onTokenRefresh.*a promise/.test(failed[0]!.message), failed[0]!.message);
  assertInstanceOf(failed[0]!.cause, TypeError);
  assertEquals(connected.codeName, "_AUTHENTICATION");
  assertGreater(calls, 1);
});

/** The next try was left to a timer, which does not go off while the thread blocks. */
test("sync clients ask an onTokenRefresh that failed again, while they wait", () => {
  const times: number[] = [];
  const { errors, connected } = pollWith(() => {
    times.push(performance.now());
    if (times.length < 4) throw new Error("not yet");
    return { token: "a.b.c", lifetimeMs: 60_000 };
  }, 1200);
  assertEquals(times.length, 4);
  const waits = times.slice(1).map((time, i) => time - times[i]!);
  for (const [i, least] of [100, 200, 400].entries()) assertGreater(waits[i]!, least - 5);
  assertEquals(errors.filter((error) => error instanceof HandlerError).length, 1);
  // There is a token now: what is wrong is the address.
  assertEquals(connected.codeName, "_TRANSPORT");
});

test("sync calls within an onTokenRefresh that waits for them are refused", () => {
  const seen: string[] = [];
  using opened = openBlockingProducer(loginConfig, {
    onTokenRefresh: () => {
      seen.push(assertThrows(() => opened.producer.flush(), KafkaError).codeName);
      throw new Error("no token");
    },
  });
  const end = performance.now() + 300;
  while (performance.now() < end) opened.producer.poll(20);
  assertGreater(seen.length, 1);
  assertEquals(new Set(seen), new Set(["_CONFLICT"]));
});

test("sync setSaslCredentials() changes a login, and refuses what is no text", () => {
  const config = {
    "bootstrap.servers": "127.0.0.1:1",
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "me",
    "sasl.password": "first secret",
  } as const;
  const quiet = { onLog: false, onError: () => {} } as const;
  using producer = new Producer(config, quiet);
  using consumer = new Consumer({ ...config, "group.id": "a group" }, quiet);
  for (const client of [producer, consumer]) {
    client.setSaslCredentials("me", "second secret");
    assertThrows(() => client.setSaslCredentials("me", 5 as never), TypeError, "password");
    assertThrows(() => client.setSaslCredentials(null as never, "p"), TypeError, "user name");
    assert(!/secret/.test(JSON.stringify(client)));
    client.close();
    const closed = assertThrows(() => client.setSaslCredentials("me", "third secret"), KafkaError);
    assertEquals(closed.code, errorCodes._DESTROY);
    assert(!/secret/.test(closed.message));
  }
});
