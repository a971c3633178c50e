/**
 * A program for Deno that opens clients of every kind with permission for one library and nothing else.
 *
 *     deno_clients.ts <path of librdkafka> <host and port of a TLS listener> <its authority, PEM> <another authority, PEM>
 */
import { Consumer, KafkaError, Producer, ShareConsumer } from "../../../mod.ts";
import * as sync from "../../../sync.ts";
import { MockCluster } from "../../../testing.ts";

const [libraryPath = "", address = "", authority = "", otherAuthority = ""] = Deno.args;
const text = (value: Uint8Array | null | undefined): string => value ? new TextDecoder().decode(value) : "nothing";
const quiet = { libraryPath, onLog: false, onError: () => {} } as const;

await using cluster = new MockCluster({ libraryPath });
for (const topic of ["written", "shared", "blocking"]) cluster.createTopic(topic, { partitions: 1 });
cluster.setShareGroups({ autoOffsetReset: "earliest", heartbeatIntervalMs: 100 });
const servers = { "bootstrap.servers": cluster.bootstrapServers };
const group = { ...servers, "group.id": "permitted", "auto.offset.reset": "earliest" } as const;

{
  await using producer = new Producer({ ...servers, "transactional.id": "permitted" }, quiet);
  await using consumer = new Consumer(group, quiet);
  await producer.initTransactions();
  await producer.withTransaction(async (transaction) => {
    await producer.send({ topic: "written", value: "a transaction" });
    await transaction.sendOffsets(
      [{ topic: "written", partition: 0, offset: 0 }],
      consumer.consumerGroupMetadata(),
    );
  });
  consumer.assign([{ topic: "written", partition: 0 }]);
  console.log(text((await consumer.poll({ timeoutMs: 10_000 }))?.value));
  await producer.metadata();
}

{
  await using producer = new Producer(servers, quiet);
  await producer.send({ topic: "shared", value: "a share" });
  await using consumer = new ShareConsumer({ ...servers, "group.id": "sharing" }, quiet);
  consumer.subscribe(["shared"]);
  const [message] = await consumer.poll({ timeoutMs: 10_000 });
  await consumer.commit();
  console.log(text(message?.value));
}

{
  using producer = new sync.Producer({ ...servers, "transactional.id": "blocking" }, quiet);
  producer.connect();
  producer.initTransactions();
  producer.withTransaction(() => producer.send({ topic: "blocking", value: "a blocking client" }));
  using consumer = new sync.Consumer(group, quiet);
  consumer.subscribe(["blocking"]);
  const message = consumer.poll(10_000);
  consumer.commit(message);
  console.log(text(message?.value), consumer.metadata().brokers.length);
}

/** How connecting ends with an authority: whoever listens there speaks TLS, and no Kafka. */
async function connecting(ca: string): Promise<string> {
  const config = { "bootstrap.servers": address, "security.protocol": "ssl", "ssl.ca.pem": ca } as const;
  await using producer = new Producer(config, quiet);
  const error = await producer.connect({ timeoutMs: 1500 }).catch((error: unknown) => error);
  return error instanceof KafkaError ? error.codeName : String(error);
}

if (address !== "") {
  console.log("trusted:", await connecting(authority));
  console.log("not trusted:", await connecting(otherAuthority));
  const config = { "bootstrap.servers": address, "security.protocol": "ssl", "ssl.ca.pem": otherAuthority } as const;
  using producer = new sync.Producer(config, quiet);
  try {
    producer.connect({ timeoutMs: 5000 });
  } catch (error) {
    console.log("blocking:", (error as KafkaError).codeName, (error as KafkaError).message);
  }
}
