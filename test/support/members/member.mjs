/**
 * A member of a group in a process of its own, which a test kills: prints `<partition> <offset>` of each message once it is
 * handled, and `ready` after some of them. Arguments: the library's modules, the brokers, the group, the topic.
 */
import process from "node:process";

const [mod, , servers, group, topic] = process.argv.slice(2);
const { Consumer } = await import(mod);

const consumer = new Consumer({
  "bootstrap.servers": servers,
  "group.id": group,
  "auto.offset.reset": "earliest",
  "auto.commit.interval.ms": 20,
  "session.timeout.ms": 1500,
  "heartbeat.interval.ms": 200,
});
consumer.subscribe([topic]);
let handled = 0;
for await (const { partition, offset } of consumer) {
  await new Promise((resolve) => setTimeout(resolve, 1));
  process.stdout.write(`${partition} ${offset}\n`);
  if (++handled === 300) process.stdout.write("ready\n");
}
