/** What tests of the producer share: ways to hand a message over, and clients that fail a test by what nobody expected. */
import {
  type DeliveryReport,
  type KafkaError,
  ProduceError,
  Producer,
  type ProducerConfig,
  type ProducerMessage,
  type ProducerOptions,
} from "../../mod.ts";

/** A producer whose errors are kept instead of printed. */
export function openProducer(
  config: ProducerConfig,
  options: ProducerOptions = {},
): { producer: Producer; errors: KafkaError[] } & AsyncDisposable {
  const errors: KafkaError[] = [];
  const producer = new Producer(config, { onLog: false, onError: (error) => void errors.push(error), ...options });
  return { producer, errors, [Symbol.asyncDispose]: async () => void await producer.close({ timeoutMs: 0 }) };
}

/** The outcome of a message: its report, whether it was delivered or not. */
export function outcome(promise: Promise<DeliveryReport>): Promise<DeliveryReport> {
  return promise.catch((error: unknown) => {
    if (error instanceof ProduceError) return error.reports[0]! as DeliveryReport;
    throw error;
  });
}

/** The ways to hand messages over. Each settles with a report for each message, in their order. */
export interface Path {
  readonly name: string;
  produce(config: ProducerConfig, messages: readonly ProducerMessage[]): Promise<DeliveryReport[]>;
}

async function use<T>(
  config: ProducerConfig,
  run: (producer: Producer) => Promise<T>,
  options: ProducerOptions = {},
): Promise<T> {
  await using opened = openProducer(config, options);
  const result = await run(opened.producer);
  if (opened.errors.length > 0) throw new AggregateError(opened.errors, "The producer had errors");
  return result;
}

async function produceEach(
  producer: Producer,
  messages: readonly ProducerMessage[],
  produce: (message: ProducerMessage) => boolean,
): Promise<void> {
  for (const message of messages) {
    while (!produce(message)) await producer.ready();
  }
  if (await producer.flush() > 0) throw new Error("Messages are left after a flush");
}

/** `send()` with a message, `send()` with an array, and `produce()` with a callback, a default handler or neither. */
export const paths: readonly Path[] = [
  {
    name: "send() of single messages",
    produce: (config, messages) =>
      use(config, (producer) => Promise.all(messages.map((message) => producer.send(message)))),
  },
  {
    name: "send() of an array",
    produce: (config, messages) => use(config, (producer) => producer.send(messages)),
  },
  {
    name: "produce() with a callback",
    produce: (config, messages) =>
      use(config, async (producer) => {
        const reports = new Map<ProducerMessage, DeliveryReport>();
        await produceEach(
          producer,
          messages,
          (message) => producer.produce(message, (report) => reports.set(message, report)),
        );
        return messages.map((message) => reports.get(message)!);
      }),
  },
  {
    name: "produce() with onDelivery",
    produce: async (config, messages) => {
      const reports: DeliveryReport[] = [];
      await use(config, (producer) => produceEach(producer, messages, (message) => producer.produce(message)), {
        onDelivery: (report) => void reports.push(report),
      });
      return messages.map((message) => reports.find((report) => report.message === message)!);
    },
  },
];

/** `produce()` that nobody asks about: it gives no reports. */
export function produceQuietly(config: ProducerConfig, messages: readonly ProducerMessage[]): Promise<void> {
  return use(config, (producer) => produceEach(producer, messages, (message) => producer.produce(message)));
}

/** Retries soon: these brokers come back when a test says so. */
export const hasty: ProducerConfig = {
  "reconnect.backoff.ms": 10,
  "reconnect.backoff.max.ms": 50,
  "retry.backoff.ms": 10,
  "retry.backoff.max.ms": 50,
};
