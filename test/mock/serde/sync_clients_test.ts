/** The serdes that block, in producers and consumers that do. */
import { Consumer, Producer } from "../../../sync.ts";
import { SchemaRegistryClient } from "../../../src/schema_registry/sync/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../../src/serde/sync/avro/mod.ts";
import { JsonDeserializer, JsonSerializer } from "../../../src/serde/sync/json/mod.ts";
import { ValueSerializationError } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { assertEquals, assertThrows } from "../../support/assert.ts";
import { mockTopic } from "../../support/mock_topic.ts";
import { randomName } from "../../support/random.ts";

interface Key {
  readonly id: number;
}

interface Order {
  readonly item: string;
  readonly count: number;
}

const keySchema = '{"type":"record","name":"Key","fields":[{"name":"id","type":"long"}]}';
const valueSchema = JSON.stringify({
  title: "Order",
  type: "object",
  properties: { item: { type: "string" }, count: { type: "integer", minimum: 1 } },
  required: ["item", "count"],
});

test("sync Producer and Consumer work with serdes that block", async () => {
  await using at = mockTopic();
  const { topic } = at;
  using registry = new SchemaRegistryClient({ url: "mock://" });
  using producer = new Producer({ "bootstrap.servers": at.servers }, {
    keySerializer: new AvroSerializer<Key>(registry, keySchema),
    valueSerializer: new JsonSerializer<Order>(registry, valueSchema),
  });
  for (let id = 0; id < 3; id++) {
    assertEquals(producer.send({ topic, key: { id }, value: { item: "sandwich", count: id + 1 } }).offset, id);
  }
  const wrong = { topic, key: { id: 3 }, value: { item: "sandwich", count: 0 } };
  assertThrows(() => producer.send(wrong), ValueSerializationError);
  assertEquals(registry.getSubjects(), [`${topic}-key`, `${topic}-value`]);
  using consumer = new Consumer({
    "bootstrap.servers": at.servers,
    "group.id": randomName("group"),
    "auto.offset.reset": "earliest",
  }, {
    keyDeserializer: new AvroDeserializer<Key>(registry),
    valueDeserializer: new JsonDeserializer<Order>(registry),
  });
  consumer.assign([{ topic, partition: 0 }]);
  const read = [consumer.poll(10_000), consumer.poll(10_000), consumer.poll(10_000)];
  const counts: (number | undefined)[] = read.map((message) => message?.value?.count);
  assertEquals([read.map((message) => message?.key?.id), counts], [[0, 1, 2], [1, 2, 3]]);
});
