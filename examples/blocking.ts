/** A script without an event loop: every call waits, and returns what it waited for. */
import { Consumer, Producer } from "../sync.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example. */
export function main(servers: string): void {
  const topic = `notes-${crypto.randomUUID()}`;
  using producer = new Producer({ "bootstrap.servers": servers });
  const { offset } = producer.send({ topic, partition: 0, key: "first", value: "buy milk" });
  console.log(`the first note has offset ${offset}`);
  // Without waiting for each: the callback runs within a later call, here within flush().
  let delivered = 0;
  for (let i = 0; i < 10; i++) {
    producer.produce({ topic, partition: 0, value: `note ${i}` }, ({ error }) => delivered += error === null ? 1 : 0);
  }
  const left = producer.flush(10_000);
  console.log(`${delivered} more were delivered, ${left} are left`);

  using consumer = new Consumer({ "bootstrap.servers": servers, "group.id": `readers-${topic}` });
  consumer.assign([{ topic, partition: 0, offset: 0 }]);
  const first = consumer.poll(10_000);
  const rest = consumer.consume(10, 10_000);
  console.log(`${new TextDecoder().decode(first?.value ?? undefined)}, and ${rest.length} more`);
}

if (import.meta.main) main(bootstrapServers());
