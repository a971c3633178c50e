/** Works off a queue with a share consumer: each message is accepted, released for another try, or rejected. */
import { type Message, Producer, ShareConsumer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example, which needs librdkafka 2.15 and Kafka 4.2. */
export async function main(servers: string): Promise<void> {
  const topic = `orders-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send({ topic, value: "the kitchen opens" });

  await using cook = new ShareConsumer({
    "bootstrap.servers": servers,
    "group.id": `kitchen-of-${topic}`,
    "share.acknowledgement.mode": "explicit",
  });
  cook.subscribe([topic]);

  // A new share group begins at the end of the topic, so guests go on ordering until the cook has had one of each.
  const guests = setInterval(() => {
    for (const value of ["a sandwich", "a soufflé", "a brick"]) producer.produce({ topic, value });
  }, 50);
  const outcomes = new Set<string>();
  try {
    for await (const order of cook) {
      const dish = textOf(order);
      if (dish === "a brick") {
        cook.acknowledge(order, "reject");
        outcomes.add(`${dish}: nobody can cook that`);
      } else if (dish === "a soufflé" && order.deliveryCount === 1) {
        // Whoever is free gets it next: another cook, or this one.
        cook.acknowledge(order, "release");
        outcomes.add(`${dish}: collapsed, try again`);
      } else {
        cook.acknowledge(order, "accept");
        outcomes.add(`${dish}: served at attempt ${order.deliveryCount}`);
      }
      if (outcomes.size === 4) break;
    }
  } finally {
    clearInterval(guests);
  }
  for (const { error } of await cook.commit()) if (error !== null) throw error;
  for (const outcome of [...outcomes].sort()) console.log(outcome);
}

function textOf({ value }: Message): string {
  return new TextDecoder().decode(value ?? undefined);
}

if (import.meta.main) await main(bootstrapServers());
