/** Tests that need a real Kafka with TLS and SASL: its addresses and passwords, and the configurations that go with them. */
import process from "node:process";
import type { ClientOptions, ProducerConfig } from "../../../mod.ts";
import { type KafkaSecurity, securityVariable } from "../../../scripts/kafka.ts";
import { type Broker, testBroker, type TestOptions } from "../../harness.ts";

/** What a secure test is given. */
export interface SecureBroker extends Broker, KafkaSecurity {}

/** Properties that every client takes. */
export type Config = Partial<ProducerConfig>;

/**
 * Registers a test that needs listeners with TLS and SASL, told by the environment variable `KAFKA_SECURITY`. Without it the
 * test fails, as one does without a broker.
 */
export function testSecure(
  name: string,
  fn: (broker: SecureBroker) => void | Promise<void>,
  options: TestOptions = {},
): void {
  testBroker(name, options, (broker) => fn({ ...broker, ...security() }));
}

function security(): KafkaSecurity {
  const text = process.env[securityVariable];
  if (text) return JSON.parse(text) as KafkaSecurity;
  throw new Error(
    `${securityVariable} is not set: run \`deno task kafka start --secure\` and set it to the second line that it prints, ` +
      "or run `deno task test`, which starts its own Kafka",
  );
}

/** TLS that trusts the cluster's authority. */
export function tls({ files }: KafkaSecurity, protocol: "ssl" | "sasl_ssl" = "ssl"): Config {
  return { "security.protocol": protocol, "ssl.ca.location": files.ca };
}

/** A login by name and password, over the listener without TLS. */
export function login({ listeners, username, password }: KafkaSecurity, mechanism = "PLAIN"): Config {
  return {
    "bootstrap.servers": listeners.sasl,
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": mechanism,
    "sasl.username": username,
    "sasl.password": password,
  };
}

/** A login by tokens, over the listener without TLS. */
export function tokenLogin({ listeners }: KafkaSecurity): Config {
  return {
    "bootstrap.servers": listeners.sasl,
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "OAUTHBEARER",
  };
}

/** A token that nobody signed, good for so many seconds from now on. */
export function unsignedToken(seconds: number, claims: Readonly<Record<string, unknown>> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown): string =>
    btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
  return `${part({ alg: "none" })}.${part({ sub: "ada", iat: now - 60, exp: now + seconds, ...claims })}.`;
}

/** Options of a client that keeps to itself. */
export const silent: ClientOptions = { onError: () => {}, onLog: false };
