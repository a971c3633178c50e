/** Logs in by tokens: a handler fetches them, the first one while connecting and the others before they run out. */
import { Consumer, Producer, type Token, type TokenHandler } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string, fetchToken: TokenHandler = unsignedToken): Promise<void> {
  const config = {
    "bootstrap.servers": servers,
    // Over a network it has to be sasl_ssl: whoever reads a token can use it.
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "OAUTHBEARER",
    // The handler is given this text.
    "sasl.oauthbearer.config": "subject=postman",
  } as const;
  let fetched = 0;
  const onTokenRefresh: TokenHandler = (text) => {
    fetched++;
    // What it throws is told to onError, and it is called again soon.
    return fetchToken(text);
  };

  const topic = `letters-${crypto.randomUUID()}`;
  await using producer = new Producer(config, { onTokenRefresh });
  await producer.connect();
  await producer.send({ topic, partition: 0, value: "a postcard" });

  await using consumer = new Consumer({ ...config, "group.id": "postman" }, { onTokenRefresh });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  for await (const letter of consumer) {
    console.log(`delivered: ${new TextDecoder().decode(letter.value ?? undefined)}`);
    break;
  }
  console.log(`${fetched} tokens were fetched`);
}

/** A token that nobody has signed, which brokers take in tests only. Usually it is fetched from an identity provider. */
async function unsignedToken(text: string): Promise<Token> {
  const subject = new URLSearchParams(text).get("subject");
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: unknown): string =>
    btoa(JSON.stringify(part)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const claims = encode({ sub: subject, iat: now, exp: now + 300 });
  return await Promise.resolve({ token: `${encode({ alg: "none" })}.${claims}.`, expiresAt: (now + 300) * 1000 });
}

if (import.meta.main) await main(bootstrapServers());
