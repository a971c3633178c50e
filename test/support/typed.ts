/** What tests of typed messages share. */
import { Consumer, type ConsumerConfig, type ConsumerOptions, Producer } from "../../mod.ts";
import { randomName } from "./random.ts";

/** The numbers below `count`, from `from` on. */
export const upTo = (count: number, from = 0): number[] => Array.from({ length: count - from }, (_, i) => i + from);

/** Writes values to a partition, numbers as text. */
export async function write(
  servers: string,
  topic: string,
  values: readonly (number | string | null)[],
  partition: number = 0,
): Promise<void> {
  await using producer = new Producer({ "bootstrap.servers": servers, "linger.ms": 1 });
  await producer.send(
    values.map((value) => ({ topic, partition, key: "k", value: typeof value === "number" ? `${value}` : value })),
  );
}

/** A consumer of one partition from its beginning. */
export function open<K = Uint8Array, V = Uint8Array>(
  servers: string,
  topic: string,
  options: ConsumerOptions<K, V>,
  config: Partial<ConsumerConfig> = {},
): Consumer<K, V> {
  const consumer = new Consumer<K, V>({
    "bootstrap.servers": servers,
    "group.id": randomName("typed"),
    "fetch.wait.max.ms": 20,
    ...config,
  }, options);
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  return consumer;
}
