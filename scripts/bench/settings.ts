/** The configuration every client gets, whatever it is written in: what differs between the rows is the client alone. */
import type { Workload } from "./job.ts";

const producer: Readonly<Record<string, string>> = {
  "producer.acks": "all",
  "producer.queue.buffering.max.messages": "1000000",
  "producer.batch.num.messages": "10000",
  "producer.batch.size": "1000000",
};

const consumer: Readonly<Record<string, string>> = {
  "consumer.auto.offset.reset": "earliest",
  "consumer.queued.min.messages": "200000",
  // The default, a second, is how long a reader that is faster than the broker then waits for nothing.
  "consumer.fetch.queue.backoff.ms": "5",
};

/** librdkafka's properties for a workload. Throughput lets batches fill for 5 ms, latency does not wait at all. */
export function settingsOf(workload: Workload, bootstrapServers: string): Record<string, string> {
  const linger = workload === "send-latency" || workload === "idle" ? "0" : "5";
  const both = { "bootstrap.servers": bootstrapServers };
  if (workload === "idle") return { ...both, ...producer, "producer.linger.ms": linger, ...consumer };
  return workload.startsWith("consume")
    ? { ...both, ...consumer }
    : { ...both, ...producer, "producer.linger.ms": linger };
}
