/** connect() without a login, and what a configuration is refused or warned for before there is a connection. */
import { createServer, type Socket } from "node:net";
import { Consumer, KafkaError, type LogEntry, Producer, type ProducerConfig, type ProducerOptions } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { test } from "../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertLess, assertRejects, assertThrows } from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { randomName } from "../support/random.ts";
import { printed } from "../support/showing.ts";
import { waitFor } from "../support/wait.ts";

const silent: ProducerOptions = { onError: () => {}, onLog: false };

async function refusal(promise: Promise<unknown>): Promise<KafkaError> {
  const error = await assertRejects(() => promise);
  assertInstanceOf(error, KafkaError);
  return error;
}

test("Producer.connect() and Consumer.connect() resolve when a broker has answered, also when called again", async () => {
  await using at = mockTopic();
  await using producer = new Producer({ "bootstrap.servers": at.servers });
  await using consumer = new Consumer({ "bootstrap.servers": at.servers, "group.id": randomName("group") });
  await Promise.all([producer.connect(), producer.connect(), consumer.connect()]);
  await producer.send({ topic: at.topic, value: "x" });
  await producer.connect({ timeoutMs: 5000 });
});

test("Producer.connect() is content with one broker of many that answers", async () => {
  await using at = mockTopic();
  await using producer = new Producer({ "bootstrap.servers": `127.0.0.1:1,${at.servers},127.0.0.1:2` }, silent);
  await producer.connect({ timeoutMs: 10_000 });
});

test("Producer.connect() fails after a second when nobody listens, and succeeds when somebody does again", async () => {
  await using cluster = new MockCluster({ brokers: 1 });
  await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers }, silent);
  cluster.stopBroker(1);
  const started = performance.now();
  const error = await refusal(producer.connect());
  assertLess(performance.now() - started, 2500);
  assertEquals([error.codeName, error.isRetriable], ["_TRANSPORT", true]);
  assert(error.message.startsWith(`Cannot connect to ${cluster.bootstrapServers}: `), error.message);
  cluster.startBroker(1);
  await waitFor(() => producer.connect().then(() => true), { what: "a connection" });
});

test("Producer.connect() keeps to its time and its signal when somebody listens and says nothing", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    await using producer = new Producer({ "bootstrap.servers": `127.0.0.1:${port}` }, silent);
    const late = await refusal(producer.connect({ timeoutMs: 200 }));
    assertEquals([late.codeName, late.message], ["_TIMED_OUT", "Cannot connect: no answer within 200 ms"]);
    const stop = new AbortController();
    const reason = new Error("enough");
    const stopped = producer.connect({ signal: stop.signal });
    setTimeout(() => stop.abort(reason), 20);
    assertEquals(await stopped.then(() => null, (error) => error), reason);
    assertEquals(await producer.connect({ signal: stop.signal }).then(() => null, (error) => error), reason);
    await assertRejects(() => producer.connect({ timeoutMs: -1 }), RangeError);
    // The end of the client ends the wait.
    const waiting = refusal(producer.connect());
    await producer.close();
    assertEquals((await waiting).codeName, "_DESTROY");
    assertEquals((await refusal(producer.connect())).codeName, "_DESTROY");
    assertThrows(() => producer.setSaslCredentials("a", "b"), KafkaError);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

const refused: [config: ProducerConfig, options: ProducerOptions, says: string][] = [
  [{ "sasl.mechanism": "OAUTHBEARER" }, {}, "Cannot log in by OAUTHBEARER: there are no tokens"],
  [
    { "sasl.mechanism": "OAUTHBEARER", "enable.sasl.oauthbearer.unsecure.jwt": true },
    { onTokenRefresh: () => ({ token: "t", lifetimeMs: 1 }) },
    "Cannot use onTokenRefresh with",
  ],
  [{ "sasl.mechanism": "PLAIN" }, {}, "sasl.username and sasl.password must be set"],
];

test("Producer refuses a login that cannot work", () => {
  for (const [config, options, says] of refused) {
    const all: ProducerConfig = {
      "bootstrap.servers": "127.0.0.1:1",
      "security.protocol": "sasl_plaintext",
      ...config,
    };
    const error = assertThrows(() => new Producer(all, options), KafkaError);
    assertEquals([error.codeName, error.message.includes(says)], ["_INVALID_ARG", true], error.message);
  }
});

const remote: ProducerConfig = {
  "bootstrap.servers": "broker.invalid:9092",
  "security.protocol": "sasl_plaintext",
  "sasl.mechanism": "PLAIN",
  "sasl.username": "ada",
  "sasl.password": "canary-canary",
};

test("Producer warns once of a password without TLS to another machine, and not of one to this machine", async () => {
  const logged: LogEntry[] = [];
  const options: ProducerOptions = { onError: () => {}, onLog: (entry) => void logged.push(entry) };
  const warnings = (): LogEntry[] => logged.filter(({ facility }) => facility === "PLAINTEXT");
  {
    await using _producer = new Producer(remote, options);
    await waitFor(() => warnings().length > 0, { what: "a warning" });
  }
  assertEquals(warnings().map(({ level, levelName }) => [level, levelName]), [[4, "warning"]]);
  assert(warnings()[0]!.message.startsWith("Logging in to broker.invalid without TLS: the password is sent"));
  assert(!JSON.stringify(logged).includes("canary"));
  logged.length = 0;
  await using _near = new Producer({ ...remote, "bootstrap.servers": "localhost:1" }, options);
  await waitFor(() => logged.length > 0, { what: "some line" });
  assertEquals(warnings(), []);
});

test("Producer writes that warning to the console unless onLog is false", async () => {
  for (const [options, count] of [[{}, 1], [{ onLog: false }, 0]] as const) {
    const lines = await printed(async () => {
      await using _producer = new Producer(remote, { onError: () => {}, ...options });
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    assertEquals(lines.filter((line) => line.includes("without TLS")).length, count);
    assert(!lines.join().includes("canary"));
  }
});
