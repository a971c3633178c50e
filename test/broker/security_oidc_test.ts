/** Tokens that librdkafka fetches itself from an OpenID Connect provider, which the tests stand in for. */
import { readFileSync } from "node:fs";
import { Consumer, KafkaError, Producer } from "../../mod.ts";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../support/assert.ts";
import { randomName } from "../support/random.ts";
import {
  type Config,
  type SecureBroker,
  silent,
  testSecure,
  tokenLogin,
  unsignedToken,
} from "../support/scripts/secure.ts";
import { show } from "../support/showing.ts";
import { tokenEndpoint } from "../support/token_endpoint.ts";

const secret = `canary-${randomName("secret")}`;

function oidc(kafka: SecureBroker, url: string, more: Config = {}): Config {
  return {
    ...tokenLogin(kafka),
    "sasl.oauthbearer.method": "oidc",
    "sasl.oauthbearer.token.endpoint.url": url,
    "sasl.oauthbearer.client.id": "orders",
    "sasl.oauthbearer.client.secret": secret,
    "sasl.oauthbearer.scope": "kafka",
    ...more,
  };
}

const granted = (seconds = 60) => ({
  status: 200,
  json: { access_token: unsignedToken(seconds), token_type: "Bearer", expires_in: seconds },
});

testSecure("Producer and Consumer log in by OIDC with client credentials", async (kafka) => {
  await using endpoint = await tokenEndpoint(() => granted());
  const topic = randomName("secure");
  await using producer = new Producer(oidc(kafka, endpoint.url), silent);
  await producer.connect({ timeoutMs: 10_000 });
  await producer.send({ topic, partition: 0, value: "by OIDC" });
  await using consumer = new Consumer({ ...oidc(kafka, endpoint.url), "group.id": randomName("group") }, silent);
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  const [message] = await consumer.consume(1, { timeoutMs: 10_000 });
  assertEquals(message?.value && new TextDecoder().decode(message.value), "by OIDC");
  assertEquals(endpoint.requests.length, 2);
  for (const { fields, authorization } of endpoint.requests) {
    assertEquals([fields.get("grant_type"), fields.get("scope")], ["client_credentials", "kafka"]);
    assertEquals(authorization, `Basic ${btoa(`orders:${secret}`)}`);
  }
});

testSecure("Producer logs in by OIDC with an assertion that its private key has signed", async (kafka) => {
  await using endpoint = await tokenEndpoint(() => granted());
  await using producer = new Producer({
    ...tokenLogin(kafka),
    "sasl.oauthbearer.method": "oidc",
    "sasl.oauthbearer.grant.type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "sasl.oauthbearer.token.endpoint.url": endpoint.url,
    "sasl.oauthbearer.assertion.algorithm": "ES256",
    "sasl.oauthbearer.assertion.private.key.pem": readFileSync(kafka.files.clientKey, "utf8"),
    "sasl.oauthbearer.assertion.claim.iss": "orders",
    "sasl.oauthbearer.assertion.claim.sub": "orders",
    "sasl.oauthbearer.assertion.claim.aud": endpoint.url,
  }, silent);
  await producer.connect({ timeoutMs: 10_000 });
  const [request] = endpoint.requests;
  assertEquals(request?.fields.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [header = "", claims = ""] = (request?.fields.get("assertion") ?? "").split(".");
  const decode = (part: string): Record<string, unknown> =>
    JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));
  assertEquals(decode(header)["alg"], "ES256");
  assertEquals([decode(claims)["iss"], decode(claims)["aud"]], ["orders", endpoint.url]);
});

testSecure("Producer.connect() tells within a second what a token endpoint refused, and no secret", async (kafka) => {
  const errors: KafkaError[] = [];
  await using endpoint = await tokenEndpoint(() => ({ status: 401, json: { error: "invalid_client" } }));
  const options = { onError: (error: KafkaError) => void errors.push(error), onLog: false as const };
  await using producer = new Producer(oidc(kafka, endpoint.url), options);
  const started = performance.now();
  const error = await assertRejects(() => producer.connect());
  assertInstanceOf(error, KafkaError);
  assertEquals(error.codeName, "_AUTHENTICATION");
  assert(error.message.includes("invalid_client"), error.message);
  assert(performance.now() - started < 2500, `it took ${performance.now() - started} ms`);
  assert(![error, ...errors, producer].flatMap(show).join().includes(secret), "the secret is shown");
});

testSecure("Producer cannot be opened with both OIDC and onTokenRefresh, or with OAUTHBEARER and neither", (kafka) => {
  const onTokenRefresh = () => ({ token: unsignedToken(60), lifetimeMs: 60_000 });
  const both = assertThrows(
    () => new Producer(oidc(kafka, "http://127.0.0.1:1/token"), { onTokenRefresh }),
    KafkaError,
  );
  assertEquals(both.codeName, "_INVALID_ARG");
  const neither = assertThrows(() => new Producer(tokenLogin(kafka)), KafkaError);
  assert(neither.message.includes("onTokenRefresh"), neither.message);
});
