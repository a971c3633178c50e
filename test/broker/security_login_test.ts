/** Every way to log in and to be trusted, against a real Kafka: a message goes out by it and comes back by it. */
import { readFileSync } from "node:fs";
import {
  Consumer,
  type ConsumerOptions,
  KafkaError,
  Producer,
  ShareConsumer,
  UnsupportedFeatureError,
} from "../../mod.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "../support/assert.ts";
import { randomName } from "../support/random.ts";
import {
  type Config,
  login,
  type SecureBroker,
  silent,
  testSecure,
  tls,
  tokenLogin,
  unsignedToken,
} from "../support/scripts/secure.ts";

interface Way {
  readonly config: Config;
  readonly options?: ConsumerOptions;
}

const text = (path: string): string => readFileSync(path, "utf8");

const ways: Record<string, (kafka: SecureBroker) => Way> = {
  "TLS with an authority in a file": (kafka) => ({
    config: { ...tls(kafka), "bootstrap.servers": kafka.listeners.ssl },
  }),
  "TLS with an authority in memory": ({ listeners, files }) => ({
    config: { "security.protocol": "ssl", "bootstrap.servers": listeners.ssl, "ssl.ca.pem": text(files.ca) },
  }),
  "a client certificate in files": (kafka) => ({
    config: {
      ...tls(kafka),
      "bootstrap.servers": kafka.listeners.mutualSsl,
      "ssl.certificate.location": kafka.files.clientCertificate,
      "ssl.key.location": kafka.files.clientKey,
    },
  }),
  "a client certificate in memory, its key under a password": ({ listeners, files, keyPassword }) => ({
    config: {
      "security.protocol": "ssl",
      "bootstrap.servers": listeners.mutualSsl,
      "ssl.ca.pem": text(files.ca),
      "ssl.certificate.pem": text(files.clientCertificate),
      "ssl.key.pem": text(files.clientLockedKey),
      "ssl.key.password": keyPassword,
    },
  }),
  "a client certificate as PKCS#12": (kafka) => ({
    config: {
      ...tls(kafka),
      "bootstrap.servers": kafka.listeners.mutualSsl,
      "ssl.keystore.location": kafka.files.clientKeystore,
      "ssl.keystore.password": kafka.keyPassword,
    },
  }),
  "PLAIN without TLS": (kafka) => ({ config: login(kafka) }),
  "PLAIN over TLS": (kafka) => ({ config: overTls(kafka, login(kafka)) }),
  "SCRAM-SHA-256": (kafka) => ({ config: login(kafka, "SCRAM-SHA-256") }),
  "SCRAM-SHA-512 over TLS": (kafka) => ({ config: overTls(kafka, login(kafka, "SCRAM-SHA-512")) }),
  "OAUTHBEARER by an asynchronous handler, over TLS": (kafka) => ({
    config: { ...overTls(kafka, tokenLogin(kafka)), "sasl.oauthbearer.config": "who=ada" },
    options: {
      onTokenRefresh: async (config) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        assertEquals(config, "who=ada");
        return {
          token: unsignedToken(60),
          expiresAt: Date.now() + 60_000,
          principal: "ada",
          extensions: { traceId: "1" },
        };
      },
    },
  }),
  "OAUTHBEARER by a handler that answers at once": (kafka) => ({
    config: tokenLogin(kafka),
    options: { onTokenRefresh: () => ({ token: unsignedToken(60), lifetimeMs: 60_000 }) },
  }),
  "OAUTHBEARER by librdkafka's own unsecured tokens": (kafka) => ({
    config: {
      ...tokenLogin(kafka),
      "enable.sasl.oauthbearer.unsecure.jwt": true,
      "sasl.oauthbearer.config": "principal=ada",
    },
  }),
};

function overTls(kafka: SecureBroker, config: Config): Config {
  return { ...config, ...tls(kafka, "sasl_ssl"), "bootstrap.servers": kafka.listeners.saslSsl };
}

for (const [name, wayOf] of Object.entries(ways)) {
  testSecure(`Producer, Consumer and ShareConsumer log in with ${name}`, async (kafka) => {
    const { config, options = {} } = wayOf(kafka);
    const topic = randomName("secure");
    const errors: KafkaError[] = [];
    const all: ConsumerOptions = { ...options, onError: (error) => void errors.push(error), onLog: false };
    await using producer = new Producer(config, all);
    await producer.connect({ timeoutMs: 10_000 });
    await producer.send({ topic, partition: 0, value: "sealed" });
    await using consumer = new Consumer({ ...config, "group.id": randomName("group") }, all);
    await consumer.connect({ timeoutMs: 10_000 });
    consumer.assign([{ topic, partition: 0, offset: 0 }]);
    const [message] = await consumer.consume(1, { timeoutMs: 10_000 });
    assertEquals(message?.value && new TextDecoder().decode(message.value), "sealed");
    await using sharer = new ShareConsumer({ ...config, "group.id": randomName("group") }, all);
    await sharer.connect({ timeoutMs: 10_000 });
    assertEquals(errors, []);
  });
}

testSecure("Producer.setSaslCredentials() mends a wrong password, and connect() can be called again", async (kafka) => {
  const { username, password, otherUsername, otherPassword } = kafka;
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256"]) {
    await using producer = new Producer({ ...login(kafka, mechanism), "sasl.password": "wrong" }, silent);
    const error = await producer.connect().then(() => null, (reason: KafkaError) => reason);
    assertEquals(error?.codeName, "_AUTHENTICATION");
    producer.setSaslCredentials(username, password);
    await producer.connect({ timeoutMs: 10_000 });
    await producer.send({ topic: randomName("secure"), value: "x" });
    producer.setSaslCredentials(otherUsername, otherPassword);
    await producer.send({ topic: randomName("secure"), value: "y" });
  }
});

testSecure("Consumer.setSaslCredentials() sets the first ones too, and refuses what cannot be one", async (kafka) => {
  await using consumer = new Consumer({
    ...login(kafka),
    "sasl.username": "nobody",
    "sasl.password": "yet",
    "group.id": randomName("group"),
  }, silent);
  const secret = "canary\0canary";
  const error = assertThrows(() => consumer.setSaslCredentials("ada", secret));
  assertInstanceOf(error, KafkaError);
  assert(!error.message.includes("canary"), error.message);
  assertThrows(() => consumer.setSaslCredentials(undefined as unknown as string, "x"), TypeError);
  consumer.setSaslCredentials(kafka.username, kafka.password);
  await consumer.connect({ timeoutMs: 10_000 });
});

testSecure("Producer cannot be opened with a mechanism that this librdkafka lacks", (kafka) => {
  // The packages of librdkafka that are fetched here have no GSSAPI, which is librdkafka's default.
  const { "sasl.mechanism": _, ...config } = login(kafka);
  const probe = new Producer({ "bootstrap.servers": kafka.bootstrapServers });
  const { features } = probe.library;
  void probe.close();
  if (features.includes("sasl_gssapi")) return;
  for (const mechanism of [{}, { "sasl.mechanism": "GSSAPI" }]) {
    const error = assertThrows(() => new Producer({ ...config, ...mechanism }), UnsupportedFeatureError);
    assert(error.message.includes('"sasl.mechanism": "GSSAPI"'), error.message);
    assert(error.have.includes("without sasl_gssapi"), error.have);
  }
});
