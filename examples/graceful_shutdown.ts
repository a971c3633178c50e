/** Ends a consumer on Ctrl-C or SIGTERM: the message in hand is finished, offsets are committed, the group is left. */
import process from "node:process";
import { Consumer, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example until `stop` is aborted. */
export async function main(servers: string, stop: AbortSignal = stopSignal(5000)): Promise<void> {
  const topic = `events-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send([1, 2, 3].map((n) => ({ topic, value: `event ${n}` })));

  // Closing is what commits and leaves the group: then others take over at once, not after session.timeout.ms.
  await using consumer = new Consumer({
    "bootstrap.servers": servers,
    "group.id": `watchers-of-${topic}`,
    "auto.offset.reset": "earliest",
  });
  consumer.subscribe([topic]);
  try {
    for await (const message of consumer.messages({ signal: stop })) {
      // The signal ends the waiting between messages, never the work on one.
      console.log(new TextDecoder().decode(message.value ?? undefined));
    }
  } catch (error) {
    if (!stop.aborted) throw error;
    console.log("stopped");
  }
}

/** Aborted by SIGINT or SIGTERM; and after a while, for this is an example that is to end. */
function stopSignal(timeoutMs: number): AbortSignal {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  return AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]);
}

if (import.meta.main) await main(bootstrapServers());
