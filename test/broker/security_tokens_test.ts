/** Tokens over time, against a real Kafka: renewed before they run out, also while nobody reads, and in spite of handlers that fail. */
import { Consumer, HandlerError, type KafkaError, Producer, type Token } from "../../mod.ts";
import { assert, assertEquals, assertInstanceOf, assertLess, assertRejects } from "../support/assert.ts";
import { randomName } from "../support/random.ts";
import { login, silent, testSecure, tokenLogin, unsignedToken } from "../support/scripts/secure.ts";
import { waitFor } from "../support/wait.ts";

const token = (seconds: number): Token => ({ token: unsignedToken(seconds), lifetimeMs: seconds * 1000 });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends messages one after the other for so long. */
async function keepSending(producer: Producer, ms: number): Promise<void> {
  const topic = randomName("secure");
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await producer.send({ topic, partition: 0, value: "x" }, { timeoutMs: 5000 });
    await sleep(20);
  }
}

testSecure("Producer keeps sending while its tokens and sessions run out again and again", async (kafka) => {
  // The broker ends a session with its token, or after two seconds, unless the client logs in again before.
  const short = { "bootstrap.servers": kafka.listeners.shortSessions, "linger.ms": 0 };
  const errors: KafkaError[] = [];
  const options = { onError: (error: KafkaError) => void errors.push(error), onLog: false as const };
  let fetched = 0;
  await using byToken = new Producer({ ...tokenLogin(kafka), ...short }, {
    ...options,
    onTokenRefresh: async () => {
      fetched++;
      await sleep(10);
      // librdkafka looks once a second whether four fifths are over, and Kafka refuses two logins within a second: so more
      // has to be left of a token than that, and librdkafka is told of less than there is.
      return { token: unsignedToken(5), lifetimeMs: 2000 };
    },
  });
  await using byPassword = new Producer({ ...login(kafka, "SCRAM-SHA-256"), ...short }, options);
  await byToken.connect();
  await Promise.all([keepSending(byToken, 5700), keepSending(byPassword, 5700)]);
  assert(fetched >= 2, `${fetched} tokens were fetched`);
  assertEquals(errors, []);
});

testSecure("Consumer gets its tokens while nobody reads", async (kafka) => {
  let fetched = 0;
  await using consumer = new Consumer(
    { ...tokenLogin(kafka), "group.id": randomName("group") },
    {
      ...silent,
      onTokenRefresh: () => {
        fetched++;
        return Promise.resolve(token(2));
      },
    },
  );
  await waitFor(() => fetched >= 2, { what: "a second token" });
  await consumer.connect();
});

testSecure("onTokenRefresh is tried again soon, and what it threw is told once", async (kafka) => {
  let calls = 0;
  const errors: KafkaError[] = [];
  await using producer = new Producer(tokenLogin(kafka), {
    onTokenRefresh: () => {
      if (++calls < 4) throw new Error("not yet");
      return token(60);
    },
    onError: (error) => void errors.push(error),
    onLog: false,
  });
  const started = performance.now();
  await producer.connect();
  assertLess(performance.now() - started, 3000);
  assertEquals(calls, 4);
  assertEquals(errors.length, 1);
  assertInstanceOf(errors[0], HandlerError);
  assertEquals([errors[0].handler, (errors[0].cause as Error).message], ["onTokenRefresh", "not yet"]);
});

testSecure("onTokenRefresh that never answers stalls neither the constructor nor close()", async (kafka) => {
  const started = performance.now();
  const never = { onTokenRefresh: () => new Promise<never>(() => {}), ...silent };
  const producer = new Producer({ ...tokenLogin(kafka), "message.timeout.ms": 500 }, never);
  const consumer = new Consumer({ ...tokenLogin(kafka), "group.id": randomName("group") }, never);
  consumer.subscribe(["t"]);
  assertLess(performance.now() - started, 1000);
  const error = await assertRejects(() => producer.connect({ timeoutMs: 200 })) as KafkaError;
  assertEquals(error.codeName, "_TIMED_OUT");
  assert(error.message.endsWith("onTokenRefresh has given no token yet"), error.message);
  const lost = await assertRejects(() => producer.send({ topic: "t", value: "x" })) as KafkaError;
  assertEquals(lost.codeName, "_MSG_TIMED_OUT");
  await Promise.all([producer.close(), consumer.close()]);
  assertLess(performance.now() - started, 5000);
});

testSecure("onTokenRefresh may answer when the client is closed already", async (kafka) => {
  let answer!: (token: Token) => void;
  let isAsked = false;
  const producer = new Producer(tokenLogin(kafka), {
    ...silent,
    onTokenRefresh: () => {
      isAsked = true;
      return new Promise((resolve) => answer = resolve);
    },
  });
  await waitFor(() => isAsked, { what: "the handler" });
  await producer.close();
  answer(token(60));
  await sleep(0);
});

const bad: Record<string, unknown> = {
  "nothing": undefined,
  "a text": "token",
  "no time": { token: "t" },
  "a time that is no number": { token: "t", lifetimeMs: "60" },
  "an empty token": { token: "", lifetimeMs: 60_000 },
  "a token with a null character": { token: "canary\0", lifetimeMs: 60_000 },
  "an extension named auth": { token: "t", lifetimeMs: 60_000, extensions: { auth: "x" } },
  "an extension that is no text": { token: "t", lifetimeMs: 60_000, extensions: { a: 1 } },
};

testSecure("onTokenRefresh that answers with what is no token is told what is wrong", async (kafka) => {
  await Promise.all(
    Object.entries(bad).map(async ([name, answer]) => {
      const errors: KafkaError[] = [];
      await using producer = new Producer(tokenLogin(kafka), {
        onTokenRefresh: () => Promise.resolve(answer as Token),
        onError: (error) => void errors.push(error),
        onLog: false,
      });
      const error = await assertRejects(() => producer.connect()) as KafkaError;
      assertEquals(error.codeName, "_AUTHENTICATION", name);
      assertEquals(errors.map(({ name }) => name), ["HandlerError"], name);
      assert(!JSON.stringify([error.message, errors[0]!.message]).includes("canary"), name);
    }),
  );
});
