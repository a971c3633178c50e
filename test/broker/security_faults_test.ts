/** What cannot work is told as what it is, within about a second, by a real Kafka's listeners; and the client can be closed. */
import { Consumer, type ConsumerOptions, KafkaError, Producer, ShareConsumer } from "../../mod.ts";
import { assert, assertEquals, assertInstanceOf, assertLess, assertMatch } from "../support/assert.ts";
import { randomName } from "../support/random.ts";
import {
  type Config,
  login,
  type SecureBroker,
  testSecure,
  tls,
  tokenLogin,
  unsignedToken,
} from "../support/scripts/secure.ts";
import { waitFor } from "../support/wait.ts";

interface Fault {
  readonly config: Config;
  readonly options?: ConsumerOptions;
  readonly code: string;
  readonly says: RegExp;
}

const faults: Record<string, Record<string, (kafka: SecureBroker) => Fault>> = {
  "a login that fails": {
    "a wrong password with PLAIN": (kafka) => ({
      config: { ...login(kafka), "sasl.password": "wrong" },
      code: "_AUTHENTICATION",
      says: /Invalid username or password: are "sasl.username" and "sasl.password" right\?$/,
    }),
    "a wrong password with SCRAM": (kafka) => ({
      config: { ...login(kafka, "SCRAM-SHA-512"), "sasl.password": "wrong" },
      code: "_AUTHENTICATION",
      says: /invalid credentials .*are "sasl.username" and "sasl.password" right\?$/,
    }),
    "a token that has run out": (kafka) => ({
      config: tokenLogin(kafka),
      options: { onTokenRefresh: () => ({ token: unsignedToken(-10), lifetimeMs: 60_000 }) },
      code: "_AUTHENTICATION",
      says: /invalid_token.*has the token run out/,
    }),
    "a token that says itself that it has run out": (kafka) => ({
      config: tokenLogin(kafka),
      options: { onTokenRefresh: () => Promise.resolve({ token: unsignedToken(-10), expiresAt: Date.now() - 10_000 }) },
      code: "_AUTHENTICATION",
      says: /there is no token.*unexpired token/,
    }),
    "a handler that throws": (kafka) => ({
      config: tokenLogin(kafka),
      options: { onTokenRefresh: () => Promise.reject(new Error("the provider is on holiday")) },
      code: "_AUTHENTICATION",
      says: /there is no token.*onTokenRefresh.*the provider is on holiday/,
    }),
  },
  "a certificate that is wrong or missing": {
    "a wrong authority": ({ listeners, files }) => ({
      config: { "bootstrap.servers": listeners.ssl, "security.protocol": "ssl", "ssl.ca.location": files.wrongCa },
      code: "_SSL",
      says: /certificate could not be verified: .*\(wrong CA\)/,
    }),
    "a wrong authority and a password": (kafka) => ({
      config: {
        ...login(kafka),
        "bootstrap.servers": kafka.listeners.saslSsl,
        "security.protocol": "sasl_ssl",
        "ssl.ca.location": kafka.files.wrongCa,
      },
      code: "_SSL",
      says: /\(wrong CA\)/,
    }),
    "a wrong host name": (kafka) => ({
      config: { ...tls(kafka), "bootstrap.servers": kafka.listeners.wrongHostSsl },
      code: "_SSL",
      says: /certificate could not be verified: it is not for the host 127\.0\.0\.1 \(wrong host name\)$/,
    }),
    "no client certificate where one is wanted": (kafka) => ({
      config: { ...tls(kafka), "bootstrap.servers": kafka.listeners.mutualSsl },
      code: "_SSL",
      says: /does it want a client certificate/,
    }),
  },
  "a listener that is something else, or not there": {
    "TLS to a listener without": (kafka) => ({
      config: { ...tls(kafka), "bootstrap.servers": kafka.bootstrapServers },
      code: "_TRANSPORT",
      says: /is this a listener without TLS\?$/,
    }),
    "no TLS to a listener with it": ({ listeners }) => ({
      config: { "bootstrap.servers": listeners.ssl },
      code: "_TRANSPORT",
      says: /is TLS missing in "security.protocol"\?$/,
    }),
    "a password without TLS to a listener with it": (kafka) => ({
      config: { ...login(kafka), "bootstrap.servers": kafka.listeners.saslSsl },
      code: "_TRANSPORT",
      says: /is TLS missing in "security.protocol"\?$/,
    }),
    "no login to a listener that wants one": ({ listeners }) => ({
      config: { "bootstrap.servers": listeners.sasl },
      code: "_TRANSPORT",
      says: /is SASL missing in "security.protocol"\?$/,
    }),
    "TLS without login to a listener that wants one": (kafka) => ({
      config: { ...tls(kafka), "bootstrap.servers": kafka.listeners.saslSsl },
      code: "_TRANSPORT",
      says: /is SASL missing in "security.protocol"\?$/,
    }),
    "a login to a listener without": (kafka) => ({
      config: { ...login(kafka), "bootstrap.servers": kafka.bootstrapServers },
      code: "_AUTHENTICATION",
      says: /is this a listener without SASL\?$/,
    }),
    "nobody at the address": () => ({
      config: { "bootstrap.servers": "127.0.0.1:1" },
      code: "_TRANSPORT",
      says: /Connection refused/,
    }),
  },
};

for (const [what, group] of Object.entries(faults)) {
  testSecure(`connect() of every kind of client tells within a second of ${what}, and close() works`, async (kafka) => {
    // Side by side, since some of it takes a second.
    await Promise.all(
      Object.entries(group).map(async ([name, faultOf]) => {
        const { config, options = {}, code, says } = faultOf(kafka);
        const quiet: ConsumerOptions = { ...options, onError: () => {}, onLog: false };
        const inGroup = { ...config, "group.id": randomName("group") };
        const clients = [new Producer(config, quiet), new Consumer(inGroup, quiet), new ShareConsumer(inGroup, quiet)];
        await Promise.all(clients.map(async (client) => {
          const started = performance.now();
          const error = await client.connect().then(() => null, (reason: unknown) => reason);
          // Not 1000: the machine has other things to do.
          assertLess(performance.now() - started, 2500, name);
          assertInstanceOf(error, KafkaError, name);
          assertEquals(error.codeName, code, name);
          assertMatch(error.message, says, name);
          const closing = performance.now();
          await client.close();
          assertLess(performance.now() - closing, 2500, name);
        }));
      }),
    );
  });
}

testSecure("Producer and Consumer without connect() hear of a wrong password by onError", async (kafka) => {
  const errors: KafkaError[] = [];
  const options = { onError: (error: KafkaError) => void errors.push(error), onLog: false as const };
  const config = { ...login(kafka), "sasl.password": "wrong" };
  await using producer = new Producer({ ...config, "message.timeout.ms": 1000 }, options);
  const error = await producer.send({ topic: "t", value: "x" }).then(() => null, (reason: KafkaError) => reason);
  assertEquals(error?.codeName, "_MSG_TIMED_OUT");
  assert(errors.some(({ codeName }) => codeName === "_AUTHENTICATION"));
  errors.length = 0;
  await using consumer = new Consumer({ ...config, "group.id": randomName("group") }, options);
  consumer.subscribe(["t"]);
  await waitFor(() => errors.some(({ codeName }) => codeName === "_AUTHENTICATION"), { what: "the consumer's error" });
});
