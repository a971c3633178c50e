/** What a secured Kafka offers beside its plaintext listener: TLS and SASL on ports of their own, with users and files. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type CertificateFiles, certificateFiles, makeCertificates } from "./certificates.ts";
import type { Listener } from "./properties.ts";

/** The environment variable with a {@link KafkaSecurity} as JSON. */
export const securityVariable = "KAFKA_SECURITY";

/** The secured listeners, by what they demand. */
export type SecureListener = "ssl" | "mutualSsl" | "wrongHostSsl" | "sasl" | "saslSsl" | "shortSessions";

/** What a client needs to know to log in: addresses, names, passwords and files. */
export interface KafkaSecurity {
  /**
   * Addresses for `"bootstrap.servers"`. `ssl`; `mutualSsl`, which wants the client's certificate; `wrongHostSsl`, whose
   * certificate names another host; `sasl` without TLS; `saslSsl`; and `shortSessions`, which is `sasl` but wants a new login
   * every {@link KafkaSecurity.sessionMs}. The mechanisms are PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER with
   * tokens that nobody signed.
   */
  readonly listeners: Readonly<Record<SecureListener, string>>;
  readonly sessionMs: number;
  /** One user for every mechanism, and a second one to change to. */
  readonly username: string;
  readonly password: string;
  readonly otherUsername: string;
  readonly otherPassword: string;
  readonly files: CertificateFiles;
  /** Of the client's locked key and of its keystore. */
  readonly keyPassword: string;
}

/** What is known of a cluster's security before it has ports. */
export type Secrets = Omit<KafkaSecurity, "listeners">;

/** Draws passwords, and names the files below a folder. */
export function drawSecrets(folder: string): Secrets {
  return {
    sessionMs: 2000,
    username: "ada",
    password: randomBytes(12).toString("hex"),
    otherUsername: "grace",
    otherPassword: randomBytes(12).toString("hex"),
    files: certificateFiles(join(folder, "tls")),
    keyPassword: randomBytes(12).toString("hex"),
  };
}

/** Makes the files. */
export async function makeFiles(folder: string, secrets: Secrets): Promise<void> {
  await makeCertificates(join(folder, "tls"), secrets.keyPassword);
}

/** The names of the listeners, in the order in which {@link secureListeners} takes their ports. */
export const listenerNames: readonly SecureListener[] = [
  "ssl",
  "mutualSsl",
  "wrongHostSsl",
  "sasl",
  "saslSsl",
  "shortSessions",
];

/** The secured listeners of one broker. */
export function secureListeners(ports: readonly number[], secrets: Secrets): Listener[] {
  const { files, sessionMs } = secrets;
  const tls = certificate(files.server);
  const login = logins(secrets);
  const settings: Record<SecureListener, Pick<Listener, "protocol" | "properties">> = {
    ssl: { protocol: "SSL", properties: tls },
    mutualSsl: {
      protocol: "SSL",
      properties: {
        ...tls,
        "ssl.client.auth": "required",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": files.ca,
      },
    },
    wrongHostSsl: { protocol: "SSL", properties: certificate(files.wrongHostServer) },
    sasl: { protocol: "SASL_PLAINTEXT", properties: login },
    saslSsl: { protocol: "SASL_SSL", properties: { ...tls, ...login } },
    shortSessions: {
      protocol: "SASL_PLAINTEXT",
      properties: { ...login, "connections.max.reauth.ms": String(sessionMs) },
    },
  };
  return listenerNames.map((name, index) => ({ name: name.toUpperCase(), port: ports[index]!, ...settings[name] }));
}

/** What the storage has to be formatted with: the users of SCRAM are records in it. */
export function formatOptions(secrets: Secrets): string[] {
  return users(secrets).flatMap(([name, password]) =>
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name=${name},password=${password}]`,
    ])
  );
}

function certificate(path: string): Record<string, string> {
  return { "ssl.keystore.type": "PEM", "ssl.keystore.location": path };
}

function users({ username, password, otherUsername, otherPassword }: Secrets): [name: string, password: string][] {
  return [[username, password], [otherUsername, otherPassword]];
}

function logins(secrets: Secrets): Record<string, string> {
  const modules = "org.apache.kafka.common.security";
  const plainUsers = users(secrets).map(([name, password]) => `user_${name}="${password}"`).join(" ");
  return {
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
    "plain.sasl.jaas.config": `${modules}.plain.PlainLoginModule required ${plainUsers};`,
    "scram-sha-256.sasl.jaas.config": `${modules}.scram.ScramLoginModule required;`,
    "scram-sha-512.sasl.jaas.config": `${modules}.scram.ScramLoginModule required;`,
    // Kafka's default validator takes tokens with {"alg":"none"} whose time has not run out.
    "oauthbearer.sasl.jaas.config": `${modules}.oauthbearer.OAuthBearerLoginModule required;`,
  };
}
