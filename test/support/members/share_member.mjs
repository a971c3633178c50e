/**
 * A member of a share group in a process of its own, which a test kills: prints `ready` once it holds messages, and never
 * acknowledges them. Arguments: the library's modules, the brokers, the group, the topic.
 */
import process from "node:process";

const [mod, , servers, group, topic] = process.argv.slice(2);
const { ShareConsumer } = await import(mod);

const consumer = new ShareConsumer({
  "bootstrap.servers": servers,
  "group.id": group,
  "share.acknowledgement.mode": "explicit",
});
consumer.subscribe([topic]);
const messages = await consumer.poll();
process.stdout.write(`${messages.map(({ offset }) => offset).join(" ")}\nready\n`);
setInterval(() => {}, 1000);
