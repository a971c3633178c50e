/** When a login gives its secrets away to the network. */
import { plaintextWarning } from "../../../src/client/plaintext.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertStrictEquals } from "../../support/assert.ts";

const warningOf = (settings: Record<string, string>): string | null =>
  plaintextWarning(new Map(Object.entries(settings)));
const loginTo = (servers: string, mechanism = "PLAIN"): string | null =>
  warningOf({ "security.protocol": "sasl_plaintext", "sasl.mechanism": mechanism, "bootstrap.servers": servers });

test("plaintextWarning() names the first host that is not this machine", () => {
  const hosts = {
    "kafka.example": "kafka.example",
    "kafka.example:9092": "kafka.example",
    "localhost:9092, 10.0.0.1:9092": "10.0.0.1",
    "SASL_PLAINTEXT://kafka.example:9092": "kafka.example",
    "[2001:db8::1]:9092": "2001:db8::1",
    "2001:db8::1": "2001:db8::1",
    "127.example": "127.example",
    "localhost.example:1": "localhost.example",
  };
  for (const [servers, host] of Object.entries(hosts)) {
    assert(
      loginTo(servers)?.startsWith(`Logging in to ${host} without TLS: the password is sent`),
      String(loginTo(servers)),
    );
  }
});

test("plaintextWarning() has nothing to say about this machine, TLS, or no login", () => {
  for (
    const servers of [
      "localhost",
      "LOCALHOST:9092",
      "127.0.0.1:9092,127.8.8.8",
      "[::1]:9092",
      "::1",
      "a.localhost:1",
      "",
    ]
  ) {
    assertStrictEquals(loginTo(servers), null, servers);
  }
  for (const protocol of ["sasl_ssl", "ssl", "plaintext"]) {
    assertStrictEquals(warningOf({ "security.protocol": protocol, "bootstrap.servers": "kafka.example" }), null);
  }
});

test("plaintextWarning() says what each mechanism gives away", () => {
  assert(loginTo("a.example", "OAUTHBEARER")?.includes("the token is sent"));
  assert(loginTo("a.example", "SCRAM-SHA-512")?.includes("can try passwords"));
});

test("plaintextWarning() looks at the token endpoint too, and shows no name or password of its address", () => {
  const from = (url: string): string | null => warningOf({ "sasl.oauthbearer.token.endpoint.url": url });
  const text = from("http://user:canary@login.example:8080/token?key=canary");
  assertEquals(text?.includes("login.example"), true);
  assertEquals(text?.includes("canary"), false);
  assertStrictEquals(from("https://login.example/token"), null);
  assertStrictEquals(from("http://127.0.0.1:8080/token"), null);
});
