/** Faults of other clients that only a real Kafka shows; the mock folder has the others, and says what they are. */
import { Consumer, Producer } from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { openConsumer, read, text } from "../support/group.ts";
import { randomName } from "../support/random.ts";
import { silent, testSecure, tokenLogin, unsignedToken } from "../support/scripts/secure.ts";

testBroker(
  "T5: an abort shows nothing to read_committed, neither what was sent nor what was waiting",
  async (kafka) => {
    const topic = randomName("t");
    const servers = { "bootstrap.servers": kafka.bootstrapServers };
    // What is not flushed waits longer than all of this takes.
    await using producer = new Producer({ ...servers, "transactional.id": randomName("tx"), "linger.ms": 10_000 });
    await producer.initTransactions();
    await producer.beginTransaction();
    const written = producer.send({ topic, partition: 0, value: "sent and aborted" });
    await producer.flush();
    await written;
    const waiting = producer.send({ topic, partition: 0, value: "waiting and aborted" }).catch((error) => error);
    await producer.abortTransaction();
    assert(await waiting instanceof Error);
    await producer.beginTransaction();
    const kept = producer.send({ topic, partition: 0, value: "committed" });
    await producer.commitTransaction();
    await kept;

    const readAs = async (isolation: "read_committed" | "read_uncommitted", count: number) => {
      await using consumer = openConsumer(kafka.bootstrapServers, { "isolation.level": isolation });
      consumer.assign([{ topic, partition: 0, offset: 0 }]);
      return (await read(consumer, count)).map(text);
    };
    assertEquals(await readAs("read_committed", 1), ["committed"]);
    // What was waiting never left: not even this reader sees it.
    assertEquals(await readAs("read_uncommitted", 2), ["sent and aborted", "committed"]);
  },
);

testSecure("T9: an asynchronous onTokenRefresh is awaited, and its token is used", async (kafka) => {
  const topic = randomName("t");
  const fetched: string[] = [];
  const onTokenRefresh = async (): Promise<{ token: string; lifetimeMs: number }> => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    fetched.push("token");
    return { token: unsignedToken(60), lifetimeMs: 60_000 };
  };
  await using producer = new Producer(tokenLogin(kafka), { ...silent, onTokenRefresh });
  assertEquals((await producer.send({ topic, value: "v", partition: 0 }, { timeoutMs: 10_000 })).offset, 0);
  await using consumer = new Consumer({ ...tokenLogin(kafka), "group.id": randomName("group") }, {
    ...silent,
    onTokenRefresh,
  });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  assertEquals((await read(consumer, 1)).map(text), ["v"]);
  assertEquals(fetched.length, 2);
});
