/** Two members of a group share four partitions: what is told when they are given and given back. */
import { Consumer, type ConsumerConfig, type Message, type PartitionOffset, Producer } from "../mod.ts";
import { bootstrapServers } from "./bootstrap_servers.ts";

/** Runs the example; `settings` are added to those of both members. */
export async function main(servers: string, settings: ConsumerConfig = {}): Promise<void> {
  const topic = `shifts-${crypto.randomUUID()}`;
  await using producer = new Producer({ "bootstrap.servers": servers });
  await producer.send({ topic, value: "the topic is made by its first message" });

  await using early = member("early", topic, { "bootstrap.servers": servers, ...settings });
  const earlyShift = work(early);
  await until(() => early.assignment().length > 0);
  const alone = early.assignment().length;

  // The second joins: with cooperative rebalancing the first keeps half and never stops.
  const late = member("late", topic, { "bootstrap.servers": servers, ...settings });
  const lateShift = work(late);
  await until(() => late.assignment().length > 0 && early.assignment().length + late.assignment().length === alone);

  // It leaves again, and the first gets everything back.
  await late.close();
  await lateShift;
  await until(() => early.assignment().length === alone);
  await early.close();
  await earlyShift;
}

function member(name: string, topic: string, settings: ConsumerConfig): Consumer {
  const tell = (what: string) => (partitions: readonly PartitionOffset[]): void => {
    // Every member is told of every rebalance, also when it changes nothing for it.
    if (partitions.length === 0) return;
    console.log(`${name}: ${what} ${partitions.map(({ partition }) => partition).sort().join(" ")}`);
  };
  const consumer = new Consumer({
    ...settings,
    "group.id": `staff-of-${topic}`,
    "auto.offset.reset": "earliest",
    "partition.assignment.strategy": "cooperative-sticky",
    // Members are asked to come together at their heartbeats.
    "heartbeat.interval.ms": 200,
  }, {
    // May be async, and may return offsets to start from. The group waits for it.
    onAssign: tell("takes"),
    // Offsets may still be committed here: the partitions are given back afterwards.
    onRevoke: tell("gives back"),
    // Too late for that: another member may have them already.
    onLost: tell("has lost"),
  });
  consumer.subscribe([topic]);
  return consumer;
}

/** Reads until the consumer is closed. Handlers run while something reads, between two messages. */
async function work(consumer: Consumer): Promise<void> {
  for await (const message of consumer) deal(message);
}

function deal(_message: Message): void {}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error("the group did not get there within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

if (import.meta.main) await main(bootstrapServers());
