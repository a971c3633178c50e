// @ts-check
// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript: types stand in comments
/** A message there and back, with clients of every kind, through a library that is named. */

/**
 * @param {any} library The public names of the library under test.
 * @param {string} libraryPath
 * @returns {Promise<string>} What came back.
 */
export async function roundTrip({ Producer, Consumer, MockCluster }, libraryPath) {
  const cluster = new MockCluster({ libraryPath });
  cluster.createTopic("permitted", { partitions: 1 });
  const servers = { "bootstrap.servers": cluster.bootstrapServers };
  const producer = new Producer(servers, { libraryPath });
  await producer.send({ topic: "permitted", key: "a key", value: "a message", headers: { name: "value" } });
  const consumer = new Consumer({
    ...servers,
    "group.id": "permitted",
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 5,
  }, { libraryPath });
  consumer.subscribe(["permitted"]);
  const message = await consumer.poll({ timeoutMs: 10_000 });
  await consumer.commit(message);
  await consumer.close();
  await producer.close();
  await cluster.close();
  return new TextDecoder().decode(message.value);
}
