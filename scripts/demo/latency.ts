/** The demo's second part: one message at a time, and how long each step of its way takes. */
import { Consumer, Producer } from "../../mod.ts";

/** Milliseconds, of all the messages sent one after another. */
export interface Latency {
  readonly count: number;
  /** From the call of `send()` to its delivery report. */
  readonly send: Percentiles;
  /** From the call of `send()` to the message in the consumer's loop. */
  readonly sendToRead: Percentiles;
}

/** The middle, and what all but the slowest hundredth keep to. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** How to measure. */
export interface LatencyOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly count: number;
  readonly isMock: boolean;
  readonly onProgress: (done: number) => void;
}

const warmUp = 20;
const giveUpMs = 20_000;

/** Sends and reads `count` messages, the next only when the last has been reported and read. */
export async function measureLatency(options: LatencyOptions): Promise<Latency> {
  const { bootstrapServers, topic, count, isMock, onProgress } = options;
  await using producer = new Producer({ "bootstrap.servers": bootstrapServers, "acks": "all", "linger.ms": 0 });
  await using consumer = new Consumer({
    "bootstrap.servers": bootstrapServers,
    "group.id": topic,
    "enable.auto.commit": false,
    // The mock lets a reader that has read all wait this long even when a message comes; a real Kafka answers at once.
    ...(isMock ? { "fetch.wait.max.ms": 1 } : {}),
  });
  const first = await producer.send({ topic, partition: 0, value: "first" }, { timeoutMs: giveUpMs });
  consumer.assign([{ topic, partition: 0, offset: (first.offset ?? 0) + 1 }]);
  const sends: number[] = [];
  const reads: number[] = [];
  for (let i = 0; i < warmUp + count; i++) {
    const value = `message ${i}`;
    const start = performance.now();
    const read = consumer.poll({ timeoutMs: giveUpMs }).then((message) => ({ message, ms: performance.now() - start }));
    await producer.send({ topic, partition: 0, value });
    const sendMs = performance.now() - start;
    const { message, ms } = await read;
    const text = message?.value && new TextDecoder().decode(message.value);
    if (text !== value) throw new Error(`Expected to read ${JSON.stringify(value)} and got ${JSON.stringify(text)}`);
    if (i < warmUp) continue;
    sends.push(sendMs);
    reads.push(ms);
    onProgress(sends.length);
  }
  return { count, send: percentiles(sends), sendToRead: percentiles(reads) };
}

function percentiles(samples: number[]): Percentiles {
  samples.sort((a, b) => a - b);
  const at = (share: number): number => samples[Math.ceil(share * samples.length) - 1] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
