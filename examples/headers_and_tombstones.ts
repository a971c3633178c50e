/** Headers, and the difference between an empty value and none: a table kept as a topic. */
import { Consumer, type Message, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

const decoder = new TextDecoder();

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  const topic = `menu-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send([
    // Headers as an object, or as pairs where a name comes twice or the order matters.
    { topic, key: "cheese", value: "3.50", headers: { currency: "EUR" } },
    { topic, key: "hummus", value: "4.20", headers: [["currency", "EUR"], ["tag", "vegan"], ["tag", "new"]] },
    { topic, key: "water", value: "", headers: [["price", null]] },
    // A tombstone: no value at all. A compacted topic forgets the key.
    { topic, key: "cheese", value: null },
  ]);

  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    "group.id": `reader-of-${topic}`,
    "auto.offset.reset": "earliest",
  });
  consumer.subscribe([topic]);
  const menu = new Map<string, string>();
  for (const message of await consumer.consume(4, { timeoutMs: 15_000 })) {
    const key = decoder.decode(message.key ?? undefined);
    console.log(`${key}: ${describe(message.value)}, headers: ${describeHeaders(message)}`);
    if (message.value === null) menu.delete(key);
    else menu.set(key, decoder.decode(message.value));
  }
  console.log(`on the menu: ${[...menu.keys()].sort().join(", ")}`);
}

function describe(value: Uint8Array | null): string {
  if (value === null) return "null";
  return value.length === 0 ? "empty" : `"${decoder.decode(value)}"`;
}

function describeHeaders({ headers }: Message): string {
  return headers.map(([name, value]) => `${name}=${describe(value)}`).join(" ") || "none";
}

if (import.meta.main) await main(bootstrapServers());
