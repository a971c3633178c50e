/** What the compiler infers of serializers. Nothing here runs but the compiler: a wrong type fails `deno task check`. */
import {
  Consumer,
  type DeliveryReport,
  type Deserializer,
  type Message,
  type MessageData,
  Producer,
  type ProducerMessage,
  Serdes,
  type Serializer,
} from "../../../mod.ts";
import { test } from "../../harness.ts";
import { assertEquals } from "../../support/assert.ts";

interface Order {
  readonly item: string;
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Asks the compiler whether a value is of exactly this type. */
function is<Expected>() {
  return <Found>(_value: Found, ..._wrong: Same<Found, Expected> extends true ? [] : [never]): void => {};
}

const producerConfig = { "bootstrap.servers": "127.0.0.1:1" };
const consumerConfig = { ...producerConfig, "group.id": "g" };
declare const asynchronous: Serializer<Order> & Deserializer<Order>;

async function producers(): Promise<void> {
  const plain = new Producer(producerConfig);
  is<Producer<MessageData, MessageData>>()(plain);
  is<Producer>()(plain);
  await plain.send({ topic: "t", key: "k", value: new Uint8Array() });
  // @ts-expect-error: a number is no bytes.
  await plain.send({ topic: "t", value: 5 });

  const orders = new Producer(producerConfig, { keySerializer: Serdes.integer(), valueSerializer: asynchronous });
  is<Producer<number, Order>>()(orders);
  is<DeliveryReport<number, Order>>()(await orders.send({ topic: "t", key: 1, value: { item: "soup" } }));
  is<DeliveryReport<number, Order>[]>()(await orders.send([{ topic: "t", key: null, value: undefined }]));
  orders.produce({ topic: "t" }, (report) => is<DeliveryReport<number, Order>>()(report));
  // @ts-expect-error: its keys are numbers.
  await orders.send({ topic: "t", key: "k" });
  // @ts-expect-error: its values are orders.
  await orders.send([{ topic: "t", value: { thing: "soup" } }]);
  // @ts-expect-error: whoever sends bytes cannot be given it.
  const bytes: Producer = orders;

  const half = new Producer(producerConfig, {
    valueSerializer: Serdes.json<Order>(),
    onDelivery: ({ message }) => is<ProducerMessage<MessageData, Order>>()(message),
  });
  is<Producer<MessageData, Order>>()(half);
  is<Producer<bigint, string>>()(
    new Producer(producerConfig, { keySerializer: Serdes.long(), valueSerializer: Serdes.uuid() }),
  );
  void bytes;
}

async function consumers(): Promise<void> {
  const plain = new Consumer(consumerConfig);
  is<Consumer<Uint8Array, Uint8Array>>()(plain);
  is<Message | null>()(await plain.poll());

  const orders = new Consumer(consumerConfig, { keyDeserializer: Serdes.integer(), valueDeserializer: asynchronous });
  is<Consumer<number, Order>>()(orders);
  is<Message<number, Order>[]>()(await orders.consume(5));
  for await (const { key, value } of orders) {
    is<number | null>()(key);
    is<Order | null>()(value);
  }
  for await (const batch of orders.batches()) {
    is<Message<number, Order>[]>()(batch);
    await orders.commit(batch);
    orders.storeOffsets(batch[0]!);
  }

  const skipping = new Consumer(consumerConfig, {
    valueDeserializer: Serdes.json<Order>(),
    onDeserializationError: (error, message) => {
      is<Message>()(message);
      is<Message>()(error.raw);
      return "skip";
    },
  });
  is<Consumer<Uint8Array, Order>>()(skipping);
  const options = { valueDeserializer: Serdes.json<Order>() };
  // @ts-expect-error: a raw message has bytes where its type would say that there is an order.
  const untrue = new Consumer(consumerConfig, { ...options, onDeserializationError: "raw" });
  const honest = new Consumer<Uint8Array, Order | Uint8Array>(consumerConfig, {
    ...options,
    onDeserializationError: "raw",
  });
  is<Message<Uint8Array, Uint8Array | Order> | null>()(await honest.poll());
  void untrue;
}

test("Producer and Consumer infer their types from serializers", () => {
  assertEquals([producers.length, consumers.length], [0, 0]);
});
