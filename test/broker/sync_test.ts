/** The clients that block, against a real Kafka: transactions, fencing, logins and certificates. */
import { KafkaError, ShareConsumer } from "../../mod.ts";
import { Consumer, Producer } from "../../sync.ts";
import { testBroker } from "../harness.ts";
import { assert, assertEquals, assertInstanceOf, assertLess, assertThrows } from "../support/assert.ts";
import { randomName } from "../support/random.ts";
import { login, silent, testSecure, tls, tokenLogin, unsignedToken } from "../support/scripts/secure.ts";

const text = (value: Uint8Array | null): string => new TextDecoder().decode(value ?? undefined);

function failure(call: () => unknown): KafkaError {
  return assertThrows(call, KafkaError);
}

testBroker("sync transactions are seen when they are committed, and fence one another", (kafka) => {
  const servers = { "bootstrap.servers": kafka.bootstrapServers };
  const [input, output] = [randomName("in"), randomName("out")];
  const group = randomName("group");
  using producer = new Producer({ ...servers, "transactional.id": randomName("tx") }, silent);
  using plain = new Producer(servers, silent);
  plain.send([0, 1, 2].map((i) => ({ topic: input, partition: 0, value: `${i}` })));
  using consumer = new Consumer({
    ...servers,
    "group.id": group,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": false,
  }, silent);
  consumer.subscribe([input]);
  const id = randomName("tx");
  using first = new Producer({ ...servers, "transactional.id": id }, silent);
  producer.initTransactions();
  producer.beginTransaction();
  producer.send({ topic: output, partition: 0, value: "aborted" });
  producer.produce({ topic: output, partition: 0, value: "aborted too" }, () => {});
  producer.abortTransaction();
  for (const message of consumer) {
    producer.withTransaction((transaction) => {
      producer.send({ topic: output, partition: 0, value: `copy of ${text(message.value)}` });
      transaction.sendOffsets(consumer.position(), consumer.consumerGroupMetadata());
    });
    if (message.offset === 2) break;
  }
  assertEquals(consumer.committed([{ topic: input, partition: 0 }])[0]!.offset, 3);
  using reader = new Consumer({
    ...servers,
    "group.id": randomName("group"),
    "auto.offset.reset": "earliest",
  }, silent);
  reader.assign([{ topic: output, partition: 0 }]);
  const copies = reader.consume(3, 10_000).map(({ value }) => text(value));
  assertEquals(copies, ["copy of 0", "copy of 1", "copy of 2"]);
  first.initTransactions();
  first.beginTransaction();
  first.send({ topic: output, partition: 0, value: "never seen" });
  using second = new Producer({ ...servers, "transactional.id": id }, silent);
  second.initTransactions();
  const fenced = failure(() => first.commitTransaction({ timeoutMs: 10_000 }));
  assertEquals([fenced.codeName, fenced.isFatal], ["_FENCED", true]);
  first.close(5000);
  assertEquals(reader.poll(500), null);
});

testSecure("sync connect() says which is wrong: the password, the authority, or the host's name", (kafka) => {
  const timed = (config: object): KafkaError => {
    using producer = new Producer(config, silent);
    const start = performance.now();
    const error = failure(() => producer.connect());
    assertLess(performance.now() - start, 4000);
    return error;
  };
  const { listeners, files } = kafka;
  assertEquals(timed({ ...login(kafka), "sasl.password": "wrong" }).codeName, "_AUTHENTICATION");
  const wrongCa = timed({
    "bootstrap.servers": listeners.ssl,
    "security.protocol": "ssl",
    "ssl.ca.location": files.wrongCa,
  });
  assertEquals(wrongCa.codeName, "_SSL");
  assert(/wrong CA/.test(wrongCa.message), wrongCa.message);
  using trusted = new Producer({ ...tls(kafka), "bootstrap.servers": listeners.ssl }, silent);
  trusted.connect({ timeoutMs: 10_000 });
});

testSecure("sync setSaslCredentials() mends a wrong password", (kafka) => {
  const { username, password } = kafka;
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256"]) {
    const config = { ...login(kafka, mechanism), "sasl.password": "wrong" };
    using producer = new Producer(config, silent);
    using consumer = new Consumer({ ...config, "group.id": randomName("group") }, silent);
    for (const client of [producer, consumer]) {
      assertEquals(failure(() => client.connect()).codeName, "_AUTHENTICATION");
      client.setSaslCredentials(username, password);
      client.connect({ timeoutMs: 10_000 });
    }
    producer.send({ topic: randomName("secure"), value: "x" }, { timeoutMs: 10_000 });
  }
});

testSecure("sync clients log in with a token that the second call of the handler gives", (kafka) => {
  let calls = 0;
  using producer = new Producer(tokenLogin(kafka), {
    ...silent,
    onTokenRefresh: () => {
      if (++calls === 1) throw new Error("not yet");
      return { token: unsignedToken(60), lifetimeMs: 60_000, principal: "ada" };
    },
  });
  producer.connect({ timeoutMs: 10_000 });
  assertEquals(calls, 2);
  assert(producer.metadata().brokers.length > 0);
});

testSecure("ShareConsumer.setSaslCredentials() mends a wrong password", async (kafka) => {
  const config = { ...login(kafka, "SCRAM-SHA-256"), "sasl.password": "wrong", "group.id": randomName("group") };
  await using consumer = new ShareConsumer(config, silent);
  const error: unknown = await consumer.connect().catch((error: unknown) => error);
  assertInstanceOf(error, KafkaError);
  assertEquals(error.codeName, "_AUTHENTICATION");
  consumer.setSaslCredentials(kafka.username, kafka.password);
  await consumer.connect({ timeoutMs: 10_000 });
});
