/** A secret goes to the broker and nowhere else: no log, no error, no picture of a client has it. */
import { readFileSync } from "node:fs";
import { Consumer, type KafkaError, type LogEntry, Producer } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { randomName } from "../support/random.ts";
import { type Config, login, testSecure, tls, tokenLogin, unsignedToken } from "../support/scripts/secure.ts";
import { printed, show } from "../support/showing.ts";

testSecure(
  "Secrets occur in no log, error, JSON or inspection of a client that logs in, or fails to",
  async (kafka) => {
    const { username, password, files, keyPassword, listeners } = kafka;
    const canary = `canary-${randomName("x")}`;
    const goodToken = unsignedToken(60, { canary });
    const badToken = unsignedToken(-10, { canary });
    const tokenOf = (token: string) => ({ onTokenRefresh: () => Promise.resolve({ token, lifetimeMs: 60_000 }) });
    const keyText = readFileSync(files.clientLockedKey, "utf8");
    const cases: [config: Config, options?: object][] = [
      [login(kafka)],
      [login(kafka, "SCRAM-SHA-256")],
      [{ ...login(kafka), "sasl.password": canary }],
      [{ ...login(kafka, "SCRAM-SHA-512"), "sasl.password": canary }],
      [{ ...tokenLogin(kafka), "sasl.oauthbearer.config": `secret=${canary}` }, tokenOf(goodToken)],
      [tokenLogin(kafka), tokenOf(badToken)],
      [{
        ...tls(kafka),
        "bootstrap.servers": listeners.mutualSsl,
        "ssl.certificate.pem": readFileSync(files.clientCertificate, "utf8"),
        "ssl.key.pem": keyText,
        "ssl.key.password": keyPassword,
      }],
      // What librdkafka refuses at once.
      [{ "security.protocol": "ssl", "ssl.key.pem": `${canary}`, "bootstrap.servers": listeners.ssl }],
      [{
        ...tls(kafka),
        "bootstrap.servers": listeners.ssl,
        "ssl.key.location": files.clientLockedKey,
        "ssl.key.password": canary,
      }],
      [{ ...login(kafka), "sasl.password": `${canary}\0` }],
    ];
    const secrets = [password, keyPassword, canary, goodToken, badToken, ...keyText.split("\n").slice(1, -2)];
    assert(secrets.every((secret) => secret.length > 10));
    const seen: unknown[] = [];
    const lines = await printed(async () => {
      await Promise.all(cases.flatMap(([config, options]) =>
        [false, true].map(async (toConsole) => {
          const handlers = toConsole ? {} : {
            onError: (error: KafkaError) => void seen.push(error),
            onLog: (entry: LogEntry) => void seen.push(entry),
          };
          try {
            await using producer = new Producer({ ...config, debug: "all" }, { ...options, ...handlers });
            seen.push(producer);
            await producer.connect({ timeoutMs: 5000 }).catch((error) => seen.push(error));
            producer.setSaslCredentials(username, canary);
            await using consumer = new Consumer({ ...config, "group.id": "g" }, { ...options, ...handlers });
            seen.push(consumer, consumer.toJSON());
          } catch (error) {
            seen.push(error);
          }
          console.log(seen.at(-1));
        })
      ));
    });
    const shown = [...lines, ...seen.flatMap(show)];
    assert(shown.length > 1000, `only ${shown.length} texts were looked at`);
    for (const secret of secrets) assertEquals(shown.filter((text) => text.includes(secret)).slice(0, 3), []);
    // Not for want of a place where one could have been: a user's name may be shown.
    assert(shown.some((text) => text.includes(username)), "no text names the user");
  },
);
