/** The demo: sends messages, reads them back, checks every one, and tells how fast it went. */
import process from "node:process";
import { Consumer, type DeliveryReport, type KafkaError, type LogEntry, Producer } from "../../mod.ts";
import { MockCluster } from "../../testing.ts";
import { line, number, Progress, showChecks, showFigures, showVerdict } from "./display.ts";
import { measureLatency } from "./latency.ts";
import { Ledger } from "./ledger.ts";
import { DemoError, type DemoOptions } from "./options.ts";
import { customersOf, type Order, order } from "./orders.ts";

const latencyCount = 500;
const firstAnswerMs = 15_000;
/** Lines of librdkafka's log that are shown; a broker that is gone would fill the screen. */
const maxLogLines = 2;
/** A reader that is given nothing for so long has lost something. */
const silenceMs = 20_000;
/** The mock keeps 5 MiB a partition, which is some 25,000 of our messages; keys are not spread quite evenly. */
const messagesPerMockPartition = 8_000;

/** Where one run takes place. */
interface Stage {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly isMock: boolean;
  readonly messages: number;
  readonly ledger: Ledger;
  readonly onError: (error: KafkaError) => void;
  readonly onLog: (entry: LogEntry) => void;
}

/** How long a number of messages took. */
interface Pace {
  readonly messages: number;
  readonly seconds: number;
}

/** Runs the demo and returns the exit code. */
export async function runDemo({ messages, bootstrapServers }: DemoOptions): Promise<number> {
  const topic = `kafka-ffi-demo-${crypto.randomUUID().slice(0, 8)}`;
  await using cluster = bootstrapServers === undefined ? new MockCluster({ brokers: 3 }) : undefined;
  const partitions = Math.max(12, Math.ceil(messages / messagesPerMockPartition));
  cluster?.createTopic(topic, { partitions });
  const ledger = new Ledger(topic, messages);
  let logLines = 0;
  const stage: Stage = {
    bootstrapServers: bootstrapServers ?? cluster!.bootstrapServers,
    topic,
    isMock: cluster !== undefined,
    messages,
    ledger,
    onError: ({ codeName, message }) => ledger.fail("errors", `${codeName}: ${message}`),
    onLog: ({ level, facility, message }) => {
      if (level <= 4 && logLines++ < maxLogLines) line(`librdkafka: ${facility}: ${message}`);
    },
  };
  const place = cluster ? "a mock cluster of 3 brokers in this process" : bootstrapServers!;
  line(`Kafka    ${place}, topic ${topic}${cluster ? ` with ${partitions} partitions` : ""}`);

  const produced = await produce(stage);
  const consumed = await consume(stage);
  const latencyTopic = `${topic}-latency`;
  const progress = new Progress("one by one", latencyCount);
  const latency = await measureLatency({
    ...stage,
    topic: latencyTopic,
    count: latencyCount,
    onProgress: (done) => progress.update(done),
  });
  progress.end(latencyCount);

  const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
  const { send, sendToRead } = latency;
  line();
  showFigures([
    ["Produced", rate(produced, "from the first call to the last delivery report")],
    ["Consumed", rate(consumed, "from the first batch on, every message checked")],
    ["send(), awaited", `p50 ${ms(send.p50)}, p99 ${ms(send.p99)}   (one at a time, linger.ms=0)`],
    [
      "send() to read",
      `p50 ${ms(sendToRead.p50)}, p99 ${ms(sendToRead.p99)}${
        stage.isMock ? "   (of which the mock waits a millisecond)" : ""
      }`,
    ],
  ]);
  line();
  const checks = ledger.close();
  showChecks(checks);
  line();
  const isRight = checks.every(({ failures }) => failures === 0);
  showVerdict(isRight, isRight ? `All ${number(messages)} messages are right.` : "Not everything is right.");
  if (cluster === undefined) line(`The topics ${topic} and ${latencyTopic} stay in that Kafka.`);
  return isRight ? 0 : 1;
}

async function produce({ bootstrapServers, topic, messages, ledger, onError, onLog }: Stage): Promise<Pace> {
  await using producer = new Producer({
    "bootstrap.servers": bootstrapServers,
    // Order and no doubles also when a request has to be sent again.
    "enable.idempotence": true,
    "topic.metadata.propagation.max.ms": 10_000,
    "message.timeout.ms": 60_000,
  }, { onDelivery: (report) => ledger.enterReport(report), onError, onLog });
  const { version, interface: ffi, path } = producer.library;
  line(`Client   ${runtimeName()} by ${ffi}, librdkafka ${version} from ${path}`);
  line();
  const customers = customersOf(messages);
  ledger.enterReport(await firstReport(producer, order(topic, 0, customers)));
  const progress = new Progress("send", messages);
  const start = performance.now();
  for (let id = 1; id < messages; id++) {
    const message = order(topic, id, customers);
    while (!producer.produce(message)) {
      await producer.ready();
      progress.update(ledger.reported);
    }
    // A loop that never waits would leave no turn for the reports.
    if (id % 1000 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      progress.update(ledger.reported);
    }
  }
  await producer.flush();
  const seconds = (performance.now() - start) / 1000;
  progress.end(ledger.reported);
  return { messages: messages - 1, seconds };
}

/** The first message is waited for: a Kafka that cannot be reached, or that creates no topics, is told of here. */
async function firstReport(producer: Producer, message: Order): Promise<DeliveryReport> {
  try {
    return await producer.send(message, { timeoutMs: firstAnswerMs });
  } catch (cause) {
    producer.purge();
    const reason = cause instanceof Error ? cause.message : cause;
    throw new DemoError(
      `Cannot send the first message: ${reason}\n` +
        "Is the address right, and does this Kafka create topics by itself (auto.create.topics.enable)?",
    );
  }
}

async function consume({ bootstrapServers, topic, messages, ledger, onError, onLog }: Stage): Promise<Pace> {
  await using consumer = new Consumer({
    "bootstrap.servers": bootstrapServers,
    "group.id": `${topic}-readers`,
    "auto.offset.reset": "earliest",
  }, { onError, onLog });
  consumer.subscribe([topic]);
  const progress = new Progress("read", messages);
  let start = 0;
  let before = 0;
  const silence = new AbortController();
  const giveUp = (): void => silence.abort();
  let timer = setTimeout(giveUp, silenceMs);
  try {
    for await (const batch of consumer.batches({ maxMessages: 1000, signal: silence.signal })) {
      if (start === 0) {
        start = performance.now();
        before = batch.length;
      }
      for (const message of batch) ledger.enterMessage(message);
      progress.update(ledger.read);
      if (ledger.read >= messages) break;
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceMs);
    }
  } catch (error) {
    if (!silence.signal.aborted) throw error;
    ledger.fail("missing", `no message came for ${silenceMs / 1000} s after ${number(ledger.read)} were read`);
  } finally {
    clearTimeout(timer);
  }
  const end = performance.now();
  progress.end(ledger.read);
  await checkLog(consumer, ledger, messages);
  return { messages: ledger.read - before, seconds: (end - start) / 1000 };
}

/** What Kafka itself says of the partitions: as many messages as were sent, and a reader that is at every end. */
async function checkLog(consumer: Consumer, ledger: Ledger, messages: number): Promise<void> {
  let total = 0;
  await Promise.all(
    consumer.assignment().map(async (partition) => {
      const { low, high } = await consumer.getWatermarkOffsets(partition);
      total += high - low;
      const position = consumer.position([partition])[0]?.offset ?? 0;
      if (position !== high) ledger.fail("log", `[${partition.partition}] was read to ${position} and ends at ${high}`);
    }),
  );
  if (total !== messages) ledger.fail("log", `they hold ${number(total)} messages, ${number(messages)} were sent`);
}

function rate({ messages, seconds }: Pace, how: string): string {
  if (messages === 0 || !(seconds > 0)) return "too few messages to tell a rate";
  return `${number(messages / seconds)} messages/s   (${seconds.toFixed(2)} s, ${how})`;
}

function runtimeName(): string {
  const { deno, bun, node } = process.versions;
  return deno ? `Deno ${deno}` : bun ? `Bun ${bun}` : `Node ${node}`;
}
