/** Where failures surface that no call waits for, and what may be shown of a client and its errors. */
import { Consumer, HandlerError, KafkaError, ProduceError, Producer, type ProducerOptions } from "../../mod.ts";
import { test } from "../harness.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../support/assert.ts";
import { mockTopic } from "../support/mock_topic.ts";
import { openProducer } from "../support/producing.ts";
import { printed, show } from "../support/showing.ts";
import { waitFor } from "../support/wait.ts";

const oops = (): never => {
  throw new Error("oops");
};
const oopsLater = async (): Promise<void> => {
  await Promise.resolve();
  oops();
};

for (const [when, thrower] of [["throws", oops], ["rejects", oopsLater]] as const) {
  test(`Producer lives on when a delivery handler ${when}, and tells onError`, async () => {
    await using at = mockTopic();
    await using opened = openProducer({ "bootstrap.servers": at.servers }, { onDelivery: thrower });
    const { producer, errors } = opened;
    assert(producer.produce({ topic: at.topic }));
    assert(producer.produce({ topic: at.topic }, thrower));
    assertEquals(await producer.flush(), 0);
    await waitFor(() => errors.length === 2, { what: "two errors" });
    for (const error of errors) {
      assertInstanceOf(error, HandlerError);
      assertEquals([error.handler, error.isFatal, (error.cause as Error).message], ["onDelivery", false, "oops"]);
    }
    assertEquals((await producer.send({ topic: at.topic })).offset, 2);
    assertEquals([errors.length, producer.fatalError], [2, null]);
  });

  test(`Producer lives on when onStatistics and onLog ${when}, and tells onError`, async () => {
    await using at = mockTopic();
    await using opened = openProducer(
      { "bootstrap.servers": at.servers, "statistics.interval.ms": 20, debug: "broker" },
      { onStatistics: thrower, onLog: thrower } as ProducerOptions,
    );
    const { producer, errors } = opened;
    await waitFor(
      () => ["onStatistics", "onLog"].every((name) => errors.some((e) => (e as HandlerError).handler === name)),
      {
        what: "both handlers' errors",
      },
    );
    assertEquals((await producer.send({ topic: at.topic })).offset, 0);
  });

  test(`Producer lives on when onError ${when} too, and writes to the console`, async () => {
    await using at = mockTopic();
    const lines = await printed(async () => {
      await using opened = openProducer({ "bootstrap.servers": at.servers }, { onError: thrower, onDelivery: oops });
      assert(opened.producer.produce({ topic: at.topic }));
      assertEquals((await opened.producer.send({ topic: at.topic })).offset, 1);
    });
    assertEquals(lines.filter((line) => line.includes("onError") && line.includes("oops")).length, 1, lines.join("\n"));
  });
}

test("Producer.produce() that nobody asks about tells onError of a failure, with its report", async () => {
  await using at = mockTopic();
  await using opened = openProducer({ "bootstrap.servers": at.servers, "message.max.bytes": 1000 });
  const message = { topic: at.topic, value: "x".repeat(2000) };
  assert(opened.producer.produce(message));
  assertEquals(await opened.producer.flush(), 0);
  assertEquals(opened.errors.length, 1);
  const [error] = opened.errors;
  assertInstanceOf(error, ProduceError);
  assertEquals([error.codeName, error.status], ["MSG_SIZE_TOO_LARGE", "NOT_PERSISTED"]);
  assert(error.message.includes(at.topic), error.message);
  assertStrictEquals(error.reports[0]!.message, message);
});

test("Producer without handlers writes errors and warnings to the console, and nothing with onLog false", async () => {
  const lines = await printed(async () => {
    await using producer = new Producer({ "bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 100 });
    assert(producer.produce({ topic: "t" }));
    await producer.flush();
  });
  assert(
    lines.some((line) => /^kafka producer: _MSG_TIMED_OUT: Cannot deliver a message to t/.test(line)),
    lines.join("\n"),
  );
  const quiet = await printed(async () => {
    await using producer = new Producer({ "bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 100 }, {
      onLog: false,
      onError: () => {},
    });
    assert(producer.produce({ topic: "t" }));
    await producer.flush();
  });
  assertEquals(quiet, []);
});

test("Producer hands logs and statistics over as they are", async () => {
  await using at = mockTopic();
  const logs: string[] = [];
  const statistics: string[] = [];
  await using opened = openProducer(
    { "bootstrap.servers": at.servers, debug: "broker", "statistics.interval.ms": 20 },
    {
      onLog: ({ level, levelName, facility, message, clientName }) => {
        assert(Number.isInteger(level) && level >= 0 && level <= 7, `${level}`);
        if (level === 7) assertEquals(levelName, "debug");
        assert(/^rdkafka#producer-\d+$/.test(clientName), clientName);
        logs.push(`${facility}: ${message}`);
      },
      onStatistics: (_, json) => void statistics.push(json),
    },
  );
  await opened.producer.send({ topic: at.topic });
  await waitFor(() => statistics.length > 1, { what: "statistics" });
  assertEquals((JSON.parse(statistics[0]!) as { type: string }).type, "producer");
  assert(logs.some((line) => /^CONNECT(ED)?: /.test(line)), logs.join("\n"));
});

/** The secrets of a configuration that can be opened, each with a text of its own. */
const secrets = {
  "sasl.username": "SECRET-user",
  "sasl.password": "SECRET-password",
  "ssl.key.password": "SECRET-key",
  "ssl.keystore.password": "SECRET-store",
  "sasl.oauthbearer.config": "SECRET-oauth",
  "sasl.oauthbearer.client.secret": "SECRET-client",
} as const;

const safe = (what: string, texts: readonly string[]): void => {
  for (const text of texts) assert(!text.includes("SECRET"), `${what} shows a secret: ${text.slice(0, 2000)}`);
};

test("Producer and Consumer show no secret, however they are shown", async () => {
  await using at = mockTopic();
  const logs: string[] = [];
  const common = { "bootstrap.servers": at.servers, debug: "all", ...secrets };
  const onLog = ({ message }: { message: string }) => void logs.push(message);
  {
    await using producer = new Producer(common, { onLog, onError: () => {} });
    await using consumer = new Consumer({ ...common, "group.id": "g" }, { onLog, onError: () => {} });
    await producer.send({ topic: at.topic });
    for (const [name, client] of [["Producer", producer], ["Consumer", consumer]] as const) {
      const shown = show(client);
      safe(name, shown);
      safe(`${name} in an object`, show({ client: [client] }));
      safe(`console.log(${name})`, await printed(() => console.log(client)));
      // What is no secret may be shown, and is of use.
      assert(JSON.stringify(client).includes(at.servers));
    }
  }
  await waitFor(() => logs.length > 50, { what: "the debug log" });
  safe("the debug log", logs);
});

test("KafkaError shows no secret of the client that threw it", async () => {
  const client = { ...secrets, "bootstrap.servers": "127.0.0.1:1" };
  const pem = "-----BEGIN PRIVATE KEY-----\nSECRETSECRETSECRET\n-----END PRIVATE KEY-----\n";
  const wrong = [
    { ...client, "security.protocol": "ssl", "ssl.key.pem": pem },
    { ...client, "security.protocol": "ssl", "ssl.certificate.pem": pem },
    { ...client, "security.protocol": "ssl", "ssl.keystore.location": "/nowhere/at/all" },
    { ...client, "security.protocol": "sasl_ssl", "sasl.mechanism": "SECRETLESS" },
    { ...client, acks: 1, "enable.idempotence": true },
  ] as const;
  for (const config of wrong) {
    const error = assertThrows(() => new Producer(config as never, { onLog: false }));
    if (JSON.stringify(config).includes("SECRETLESS")) {
      // A mechanism is no secret: its value helps to mend it.
      assert(String(error).includes("SECRETLESS"), String(error));
    } else safe("the error", show(error));
  }
  await using opened = openProducer({ ...client, "message.timeout.ms": 50 });
  const error = await assertRejects(() => opened.producer.send({ topic: "t" }), ProduceError);
  safe("a ProduceError", show(error));
  await opened.producer.close();
  safe("a closed producer's error", show(await assertRejects(() => opened.producer.send({ topic: "t" }), KafkaError)));
  safe("onError's errors", opened.errors.flatMap(show));
});
