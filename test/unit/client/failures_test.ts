/** librdkafka's lines about connections, as they are logged by versions 2.8 to 2.16, and what they are taken for. */
import { type Access, failureOf, failureOfLog } from "../../../src/client/failures.ts";
import { KafkaError } from "../../../src/kafka/error.ts";
import { test } from "../../harness.ts";
import { assert, assertEquals, assertStrictEquals } from "../../support/assert.ts";

const plain: Access = { protocol: "plaintext", mechanism: "GSSAPI" };
const overTls: Access = { protocol: "ssl", mechanism: "GSSAPI" };
const login: Access = { protocol: "sasl_plaintext", mechanism: "PLAIN" };

const lines: [
  access: Access,
  code: number | "log",
  line: string,
  codeName: string,
  says: string,
  isLasting: boolean,
][] = [
  [
    plain,
    -195,
    "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
    "_TRANSPORT",
    "Cannot connect to 127.0.0.1:1: Connect to ipv4#127.0.0.1:1 failed: Connection refused",
    false,
  ],
  [
    overTls,
    -193,
    "ssl://kafka.example:9093/bootstrap: Failed to resolve 'kafka.example:9093': Name or service not known (after 4ms in state " +
    "CONNECT)",
    "_RESOLVE",
    "Cannot connect to kafka.example:9093: Failed to resolve 'kafka.example:9093': Name or service not known",
    false,
  ],
  // The same failure comes in two ways, of which one names no handshake and has another code.
  ...["SSL handshake failed: ", ""].map((prefix): typeof lines[number] => [
    overTls,
    prefix === "" ? -195 : -181,
    `ssl://127.0.0.1:9093/bootstrap: ${prefix}error:0A000086:SSL routines::certificate verify failed (after 9ms in state ` +
    "SSL_HANDSHAKE, 3 identical error(s) suppressed)",
    "_SSL",
    "Cannot connect to 127.0.0.1:9093: the broker's certificate could not be verified",
    true,
  ]),
  [
    overTls,
    -195,
    "ssl://127.0.0.1:9092/bootstrap: SSL handshake failed: Disconnected: SSL connection closed by peer: connecting to a " +
    "PLAINTEXT broker listener? (after 1ms in state SSL_HANDSHAKE)",
    "_TRANSPORT",
    "Cannot connect to 127.0.0.1:9092: the broker does not answer in TLS: is this a listener without TLS?",
    false,
  ],
  [
    plain,
    "log",
    "[thrd:127.0.0.1:9093/bootstrap]: 127.0.0.1:9093/bootstrap: Disconnected: connection closed by peer: receive 0 after " +
    "POLLIN (after 1ms in state APIVERSION_QUERY)",
    "_TRANSPORT",
    'Cannot connect to 127.0.0.1:9093: the broker closed the connection at the greeting: is TLS missing in "security.protocol"?',
    false,
  ],
  [
    overTls,
    "log",
    "[thrd:ssl://[::1]:9094/bootstrap]: ssl://[::1]:9094/1: Disconnected: SSL connection closed by peer (after 3ms in state UP)",
    "_TRANSPORT",
    'Cannot connect to [::1]:9094: the broker closed the connection at the first request: is SASL missing in "security.protocol"?',
    false,
  ],
  [
    login,
    "log",
    "[thrd:GroupCoordinator]: GroupCoordinator: 127.0.0.1:9092: Disconnected (after 30000ms in state UP)",
    "_TRANSPORT",
    "Cannot connect: [thrd:GroupCoordinator]: GroupCoordinator: 127.0.0.1:9092: Disconnected",
    false,
  ],
  [
    login,
    -169,
    "sasl_plaintext://127.0.0.1:9092/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism: " +
    "broker's supported mechanisms: SCRAM-SHA-512,OAUTHBEARER (after 1ms in state AUTH_HANDSHAKE)",
    "_AUTHENTICATION",
    "Cannot connect to 127.0.0.1:9092: the broker refused to log in by SASL PLAIN, it offers SCRAM-SHA-512,OAUTHBEARER: " +
    'is "sasl.mechanism" right?',
    true,
  ],
  [
    login,
    -169,
    "Failed to acquire SASL OAUTHBEARER token: no",
    "_AUTHENTICATION",
    "Cannot connect: Failed to acquire SASL OAUTHBEARER token: no",
    true,
  ],
];

test("failureOf() and failureOfLog() say what a line of librdkafka's means", () => {
  for (const [access, code, message, codeName, says, isLasting] of lines) {
    const failure = code === "log"
      ? failureOfLog({ facility: "FAIL", level: 6, message }, access)
      : failureOf(new KafkaError(message, code), access);
    assert(failure !== null, message);
    assertEquals([failure.error.codeName, failure.error.message, failure.isLasting], [codeName, says, isLasting]);
    assertEquals(failure.error.isRetriable, !isLasting);
    assertEquals(failure.isCertificate, message.includes("certificate verify failed"));
  }
});

test("failureOf() and failureOfLog() leave alone what is about something else", () => {
  assertStrictEquals(failureOf(new KafkaError("Application maximum poll interval exceeded", -147), plain), null);
  assertStrictEquals(failureOfLog({ facility: "SESSTMOUT", level: 4, message: "x" }, plain), null);
  // An error event tells of these too.
  assertStrictEquals(failureOfLog({ facility: "FAIL", level: 3, message: "x" }, plain), null);
});
