/** Typed messages exchanged with confluent-kafka-python, by its serializers and ours. */
import {
  Consumer,
  type DeserializationContext,
  type Deserializer,
  Producer,
  type Serde,
  Serdes,
  type SerializationContext,
  type Serializer,
} from "../../mod.ts";
import { testBroker } from "../harness.ts";
import { assertEquals } from "../support/assert.ts";
import { type PythonType, readTypedWithPython, type TypedPeerMessage, writeTypedWithPython } from "../support/peers.ts";
import { randomName } from "../support/random.ts";

type Plain = string | number;

const serdes = {
  string: Serdes.string(),
  integer: Serdes.integer(),
  double: Serdes.double(),
} as unknown as Record<PythonType, Serde<Plain>>;

const messages: readonly TypedPeerMessage[] = [
  { types: ["integer", "string"], key: 0, value: "" },
  { types: ["integer", "string"], key: -1, value: "žluťoučký 😀" },
  { types: ["integer", "string"], key: 2 ** 31 - 1, value: null },
  { types: ["integer", "string"], key: -(2 ** 31), value: "\ufeffbom" },
  { types: ["integer", "string"], key: null, value: "no key" },
  { types: ["string", "double"], key: "pi", value: Math.PI },
  { types: ["string", "double"], key: "least", value: 5e-324 },
  { types: ["string", "double"], key: "", value: -1e308 },
  { types: ["string", "double"], key: "tombstone", value: null },
  { types: ["double", "integer"], key: 0.1, value: 256 },
  { types: ["double", "integer"], key: null, value: -256 },
];

/** Each message in turn by the serializers of its own types. */
class InTurn implements Serializer<Plain>, Deserializer<Plain> {
  #sent = 0;

  serialize(value: Plain, { field }: SerializationContext): string | Uint8Array {
    // Null never gets here, so the place is found by the value.
    while (messages[this.#sent]![field] !== value) this.#sent++;
    return this.#of(this.#sent, field).serialize(value);
  }

  deserialize(data: Uint8Array, { field, offset }: DeserializationContext): Plain {
    return this.#of(offset!, field).deserialize(data);
  }

  #of(place: number, field: "key" | "value"): Serde<Plain> {
    return serdes[messages[place]!.types[field === "key" ? 0 : 1]];
  }
}

testBroker(
  "Producer's serializers write what confluent-kafka-python's deserializers read",
  { timeoutMs: 60_000 },
  async ({ bootstrapServers }) => {
    const topic = randomName("typed-to-python");
    const options = { keySerializer: new InTurn(), valueSerializer: new InTurn() };
    await using producer = new Producer({ "bootstrap.servers": bootstrapServers }, options);
    await producer.send(messages.map(({ key, value }) => ({ topic, partition: 0, key, value })));
    assertEquals(await readTypedWithPython(bootstrapServers, topic, messages.map(({ types }) => types)), [...messages]);
  },
);

testBroker(
  "Consumer's deserializers read what confluent-kafka-python's serializers wrote",
  { timeoutMs: 60_000 },
  async ({ bootstrapServers }) => {
    const topic = randomName("typed-from-python");
    await writeTypedWithPython(bootstrapServers, topic, messages);
    const options = { keyDeserializer: new InTurn(), valueDeserializer: new InTurn() };
    await using consumer = new Consumer({ "bootstrap.servers": bootstrapServers, "group.id": topic }, options);
    consumer.assign([{ topic, partition: 0, offset: 0 }]);
    const read = await consumer.consume(messages.length, { timeoutMs: 30_000 });
    assertEquals(read.map(({ key, value }) => ({ key, value })), messages.map(({ key, value }) => ({ key, value })));
  },
);
