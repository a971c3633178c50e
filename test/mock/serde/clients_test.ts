/** Serializers with a registry in producers and consumers: through a mock cluster and back, by prefix and by header. */
import {
  Consumer,
  Producer,
  SerializationError,
  ValueDeserializationError,
  ValueSerializationError,
} from "../../../mod.ts";
import { SchemaRegistryClient } from "../../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/json/mod.ts";
import { headerSchemaIdSerializer } from "../../../src/serde/mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertInstanceOf, assertRejects } from "../../support/assert.ts";
import { mockTopic } from "../../support/mock_topic.ts";
import { randomName } from "../../support/random.ts";

interface Order {
  readonly id: number;
  readonly items: readonly string[];
}

const avro = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},' +
  '{"name":"items","type":{"type":"array","items":"string"}}]}';
const json = '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["id"]}';
const numberOfMessages = 300;

function consumerConfig(servers: string): { [property: string]: string } {
  return { "bootstrap.servers": servers, "group.id": randomName("g"), "auto.offset.reset": "earliest" };
}

for (const place of ["in front of the payload", "in a header"]) {
  test(`Producer and Consumer carry what Avro and JSON serdes write, with the schema's id ${place}`, async () => {
    await using mock = mockTopic();
    await using registry = new SchemaRegistryClient({ url: "mock://" });
    const options = place === "in a header" ? { "schema.id.serializer": headerSchemaIdSerializer } : {};
    await using producer = new Producer({ "bootstrap.servers": mock.servers }, {
      keySerializer: new JsonSerializer<{ id: number }>(registry, json, options),
      valueSerializer: new AvroSerializer<Order>(registry, avro, options),
    });
    const sent = Array.from({ length: numberOfMessages }, (_, id) => ({ key: { id }, value: { id, items: ["a"] } }));
    await producer.send(sent.map((message) => ({ topic: mock.topic, ...message })));
    await producer.send({ topic: mock.topic, key: { id: -1 }, value: null });
    await using consumer = new Consumer(consumerConfig(mock.servers), {
      keyDeserializer: new JsonDeserializer<{ id: number }>(registry),
      valueDeserializer: new AvroDeserializer<Order>(registry),
    });
    consumer.subscribe([mock.topic]);
    const read: unknown[] = [];
    for await (const { key, value } of consumer) if (read.push({ key, value }) > numberOfMessages) break;
    assertEquals(read, [...sent, { key: { id: -1 }, value: null }]);
  });
}

test("Producer and Consumer say which schema a message failed with, and go on", async () => {
  await using mock = mockTopic();
  await using registry = new SchemaRegistryClient({ url: "mock://" });
  const valueSerializer = new AvroSerializer<Order>(registry, avro);
  await using producer = new Producer({ "bootstrap.servers": mock.servers }, { valueSerializer });
  const bad = { topic: mock.topic, value: { id: 1 } as Order };
  const refused = await assertRejects(
    () => producer.send({ ...bad, value: { id: 1, items: 5 as never } }),
    ValueSerializationError,
  );
  assertEquals(refused.subject, `${mock.topic}-value`);
  await using raw = new Producer({ "bootstrap.servers": mock.servers });
  await raw.send({ topic: mock.topic, value: Uint8Array.of(0, 0, 0, 0, 99, 1) });
  await producer.send({ topic: mock.topic, value: { id: 2, items: [] } });
  await using consumer = new Consumer(consumerConfig(mock.servers), {
    valueDeserializer: new AvroDeserializer<Order>(registry),
  });
  consumer.subscribe([mock.topic]);
  const messages = consumer[Symbol.asyncIterator]();
  const error = await assertRejects(async () => await messages.next(), ValueDeserializationError);
  assertEquals([error.schemaId, error.offset], [99, 0]);
  assertInstanceOf(error.cause, SerializationError);
  const next = await consumer[Symbol.asyncIterator]().next();
  assertEquals(next.value?.value, { id: 2, items: [] });
});
