/** Reads ten orders as a member of a group; `produce.ts` sends them. */
import { Consumer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export async function main(servers: string): Promise<void> {
  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    "group.id": "kitchen",
    // Where a group starts that has committed nothing yet. The default is the end: only what comes from now on.
    "auto.offset.reset": "earliest",
  });
  consumer.subscribe(["orders"]);

  const decoder = new TextDecoder();
  let count = 0;
  for await (const { partition, offset, key, value } of consumer) {
    console.log(`${partition}:${offset}`, key && decoder.decode(key), value && decoder.decode(value));
    if (++count === 10) break;
  }
  // A message is done when the loop asks for the next one. After `break` the last one is not: it is read again next time.
}

if (import.meta.main) await main(bootstrapServers());
