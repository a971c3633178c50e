/**
 * Messages exchanged with confluent-kafka-python's serializers of a Schema Registry, through a real Kafka and a real registry.
 *
 * That registry, Apicurio's, knows no GUIDs, so ids in headers are tested on the mock. It also gives a schema as it was
 * registered whatever form is asked for: Python reads no Protobuf there whose schema was registered as text.
 */
import { Consumer, type Message, Producer } from "../../mod.ts";
import { SchemaRegistryClient } from "../../src/schema_registry/mod.ts";
import { AvroDeserializer, AvroSerializer } from "../../src/serde/avro/mod.ts";
import { testBroker } from "../harness.ts";
import { assertEquals } from "../support/assert.ts";
import { hex } from "../support/hex.ts";
import { randomName } from "../support/random.ts";
import {
  type PlainMessage,
  type PythonJob,
  readWithPythonDeserializers,
  writeWithPythonSerializers,
} from "../support/schema_registry/python.ts";
import { registryUrl } from "../support/schema_registry/real.ts";
import {
  avroTraffic,
  jsonTraffic,
  type MakeTraffic,
  protobufTraffic,
  type Traffic,
  untypedProtobufTraffic,
} from "../support/schema_registry/traffic.ts";

/** A topic, and what is sent to it. */
interface Exchange {
  readonly client: SchemaRegistryClient;
  readonly topic: string;
  readonly servers: string;
  readonly traffic: Traffic;
  readonly job: PythonJob;
  /** The messages as Python is given them. */
  readonly plain: readonly PlainMessage[];
}

const formats: Readonly<Record<string, MakeTraffic>> = {
  "Avro with a named reference": avroTraffic,
  "JSON Schema with a $ref": jsonTraffic,
  "Protobuf with imports": protobufTraffic,
};

for (const [format, makeTraffic] of Object.entries(formats)) {
  testExchange(`${format}: confluent-kafka-python reads what we wrote`, makeTraffic, async (exchange) => {
    await send(exchange);
    assertEquals(await readWithPythonDeserializers(exchange.job, exchange.plain.length), [...exchange.plain]);
  });

  testReading(`${format}: we read what confluent-kafka-python wrote`, makeTraffic);

  testExchange(`${format}: we write the same bytes as confluent-kafka-python`, makeTraffic, async (exchange) => {
    const { client, job, plain, topic } = exchange;
    await writeWithPythonSerializers(job, plain);
    await send(exchange);
    const messages = await read<Uint8Array>(exchange, 2 * plain.length);
    const bytes = messages.map(({ key, value }) => [key && hex(key), value && hex(value)]);
    assertEquals(bytes.slice(plain.length), bytes.slice(0, plain.length));
    // Both have found one schema, whose id is in front.
    for (const [index, field] of ["key", "value"].entries()) {
      assertEquals(await client.getVersions(`${topic}-${field}`), [1]);
      const { schemaId } = await client.getLatestVersion(`${topic}-${field}`);
      assertEquals(bytes[0]![index]!.slice(0, 10), `00${schemaId!.toString(16).padStart(8, "0")}`);
    }
  });
}

testReading("Protobuf: we read what confluent-kafka-python wrote without having its types", untypedProtobufTraffic);

const evolved = {
  writer: (name: string) => record(name, [{ name: "id", type: "int" }, { name: "nick", type: "string" }]),
  reader: (name: string) =>
    record(name, [
      { name: "id", type: "long" },
      { name: "name", aliases: ["nick"], type: "string" },
      { name: "age", type: ["null", "int"], default: null },
    ]),
  written: [{ id: 7, nick: "ada" }, { id: -1, nick: "" }],
  read: [{ id: 7, name: "ada", age: null }, { id: -1, name: "", age: null }],
};

testBroker(
  "Avro: both read what the other wrote with an older schema",
  { timeoutMs: 60_000 },
  async ({ bootstrapServers: servers }) => {
    await using client = new SchemaRegistryClient({ url: registryUrl(), "max.retries": 0 });
    const name = randomName("evolved").replaceAll("-", "_");
    const [schema, reader] = [evolved.writer(name), evolved.reader(name)];
    const value = { schema, references: [], reader };
    const key = { schema: '"long"', references: [] };
    const job: PythonJob = { format: "avro", servers, registry: registryUrl(), topic: name, key, value };
    await writeWithPythonSerializers(job, evolved.written.map((value) => ({ key: null, value })));
    const config = { "bootstrap.servers": servers };
    await using producer = new Producer(config, { valueSerializer: new AvroSerializer(client, schema) });
    await producer.send(evolved.written.map((value) => ({ topic: name, partition: 0, value })));
    const expected = [...evolved.read, ...evolved.read];
    const messages = await read<Uint8Array, unknown>({ servers, topic: name }, expected.length, {
      valueDeserializer: new AvroDeserializer(client, reader),
    });
    assertEquals(messages.map(({ value }) => value), expected);
    const byPython = await readWithPythonDeserializers(job, expected.length);
    assertEquals(byPython.map(({ value }) => value), expected);
  },
);

function record(name: string, fields: readonly object[]): string {
  return JSON.stringify({ type: "record", name, fields });
}

function testReading(name: string, makeTraffic: MakeTraffic): void {
  testExchange(name, makeTraffic, async (exchange) => {
    const { job, plain, traffic } = exchange;
    await writeWithPythonSerializers(job, plain);
    const messages = await read(exchange, plain.length, traffic.deserializers);
    assertEquals(messages.map(({ key, value }) => plainMessage(traffic, { key, value })), [...plain]);
  });
}

/** Registers a test with a topic and a registry. */
function testExchange(name: string, makeTraffic: MakeTraffic, fn: (exchange: Exchange) => Promise<void>): void {
  testBroker(name, { timeoutMs: 60_000 }, async ({ bootstrapServers: servers }) => {
    const registry = registryUrl();
    await using client = new SchemaRegistryClient({ url: registry, "max.retries": 0 });
    // It is a name in Avro and a package in Protobuf, too.
    const topic = randomName("t").replaceAll("-", "_");
    const traffic = await makeTraffic(client, topic);
    const { format, key, value } = traffic;
    const plain = traffic.messages.map((message) => plainMessage(traffic, message));
    await fn({ client, topic, servers, traffic, plain, job: { format, servers, registry, topic, key, value } });
  });
}

function plainMessage(traffic: Traffic, { key, value }: PlainMessage): PlainMessage {
  return { key: traffic.plainKey(key), value: traffic.plainValue(value) };
}

async function send({ servers, topic, traffic }: Exchange): Promise<void> {
  await using producer = new Producer({ "bootstrap.servers": servers }, traffic.serializers);
  await producer.send(traffic.messages.map((message) => ({ topic, partition: 0, ...message })));
}

/** Reads the first messages of the topic. */
async function read<K, V = K>(
  { servers, topic }: Pick<Exchange, "servers" | "topic">,
  count: number,
  options: object = {},
): Promise<Message<K, V>[]> {
  await using consumer = new Consumer<K, V>({ "bootstrap.servers": servers, "group.id": topic }, options as never);
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  return await consumer.consume(count, { timeoutMs: 30_000 });
}
