/** Logs in with a name and a password over TLS, and says at once if that cannot work. */
import process from "node:process";
import { KafkaError, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Who logs in, and which authority is trusted. */
export interface Login {
  readonly username: string;
  readonly password: string;
  /** The authority's certificate as PEM text. Without it, the system's authorities are trusted. */
  readonly ca?: string | undefined;
}

/** Runs the example. */
export async function main(servers: string, { username, password, ca }: Login): Promise<void> {
  await using producer = new Producer({
    "bootstrap.servers": servers,
    "security.protocol": "sasl_ssl",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": username,
    "sasl.password": password,
    // Given as text, it needs no permission to read files.
    "ssl.ca.pem": ca,
  }, {
    // connect() tells what is wrong, so it need not be told a second time.
    onError: () => {},
    onLog: false,
  });

  try {
    await producer.connect();
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    console.log(`${error.codeName}: ${error.message.replace(/^Cannot connect to \S+: /, "")}`);
    return;
  }
  const { topic } = await producer.send({ topic: "letters", value: "sealed" });
  console.log(`${username} is logged in, and has written to ${topic}`);

  // A password that changes needs no new client: the next connection uses it.
  producer.setSaslCredentials(username, password);
}

if (import.meta.main) {
  const { KAFKA_USERNAME: username = "", KAFKA_PASSWORD: password = "", KAFKA_CA_PEM: ca } = process.env;
  await main(bootstrapServers(), { username, password, ca });
}
