/** Messages that were handed over and wait for their reports: who is told, and when all of a call are settled. */
import { HandlerError, type KafkaError, type MessageStatus, ProduceError } from "../kafka/error.ts";
import type { DeliveryReport, ProducerMessage } from "../kafka/message.ts";
import { writtenSomewhere } from "../native/reports.ts";
import { TopicColumn } from "./topic_column.ts";

/** One call's messages, or one turn's: the unit that a slot number stands for. */
export interface PendingBatch {
  readonly messages: readonly ProducerMessage[];
  /**
   * The topic of each message that was gathered. The message is the caller's, who may have changed it since, or left something that
   * throws when it is read.
   */
  readonly topics: TopicColumn;
  /** How many of them have no report yet. It is counted down before each of the calls below. */
  remaining: number;
  /** The message at an index was written. */
  succeed(index: number, partition: number, offset: number, timestamp: number): void;
  /** The message at an index was not, or nobody knows. */
  fail(index: number, partition: number, timestamp: number, status: MessageStatus, error: KafkaError): void;
  /** No more reports will come: who still waits gets the error. */
  abandon(error: KafkaError): void;
}

function successReport(
  { topics, messages }: PendingBatch,
  index: number,
  partition: number,
  offset: number,
  timestamp: number,
): DeliveryReport {
  return {
    topic: topics.get(index)!,
    partition,
    offset: offset >= 0 ? offset : null,
    timestamp: timestamp >= 0 ? timestamp : null,
    // Without an offset nobody may have said so: `acks` is 0.
    status: offset >= 0 || offset === writtenSomewhere ? "PERSISTED" : "POSSIBLY_PERSISTED",
    error: null,
    message: messages[index]!,
  };
}

function failureReport(
  { topics, messages }: Pick<PendingBatch, "topics" | "messages">,
  index: number,
  partition: number,
  timestamp: number,
  status: MessageStatus,
  error: KafkaError,
): DeliveryReport {
  const message = messages[index]!;
  return {
    topic: topics.get(index) ?? topicOf(message),
    partition,
    offset: null,
    timestamp: timestamp >= 0 ? timestamp : null,
    status,
    error,
    message,
  };
}

/** The topic of what may have failed because it is no message. */
export function topicOf(message: unknown): string {
  try {
    const topic = (message as { readonly topic?: unknown } | null | undefined)?.topic;
    return typeof topic === "string" ? topic : "";
  } catch {
    return "";
  }
}

/** One error for all messages of a call, of which some failed. */
export function produceError(reports: readonly DeliveryReport[]): ProduceError {
  const failed = reports.filter((report) => report.error !== null);
  const first = failed[0]!;
  const error: KafkaError = first.error!;
  const others = reports.length > 1 ? ` (${failed.length} of ${reports.length} messages failed)` : "";
  const target = first.topic === "" ? "" : ` to ${first.topic}`;
  return new ProduceError(`Cannot deliver a message${target}: ${error.message}${others}`, error.code, {
    isFatal: error.isFatal,
    isRetriable: error.isRetriable,
    cause: error,
    status: first.status,
    reports,
  });
}

/** The reports of an array that was sent in two parts, once both are settled. */
export async function joined(...parts: readonly Promise<DeliveryReport[]>[]): Promise<DeliveryReport[]> {
  const reports = (await Promise.all(parts.map(reportsOf))).flat();
  if (reports.every((report) => report.error === null)) return reports;
  throw produceError(reports);
}

async function reportsOf(part: Promise<DeliveryReport[]>): Promise<readonly DeliveryReport[]> {
  try {
    return await part;
  } catch (error) {
    if (error instanceof ProduceError && error.reports.length > 0) return error.reports as readonly DeliveryReport[];
    throw error;
  }
}

/** The error of messages that were refused before anything was sent. */
export function notSent(messages: readonly ProducerMessage[], error: KafkaError): ProduceError {
  const batch = { messages, topics: new TopicColumn() };
  return produceError(messages.map((_, index) => failureReport(batch, index, -1, -1, "NOT_PERSISTED", error)));
}

/** Takes the report of a message. */
export type TakeReport = (report: DeliveryReport) => void;
type TakeError = (error: unknown) => void;

/** How many single messages share a batch at most: it keeps them all until the last has its report. */
export const maxSingles = 1024;

/** Settles a message's promise: by its report, or by what rejects it. */
export type Settle = (outcome: DeliveryReport | PromiseLike<never>) => void;

/**
 * What a promise is resolved with to be rejected.
 *
 * Not a promise: one that is rejected before anybody looks at it goes into the runtime's list of unhandled ones, and on Deno taking
 * it out again takes the longer the more are in it. 50,000 messages that fail at once took ten seconds.
 */
class Rejection implements PromiseLike<never> {
  readonly #reason: unknown;

  constructor(reason: unknown) {
    this.#reason = reason;
  }

  then<T, U>(_: T, onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null): PromiseLike<never> {
    onRejected?.(this.#reason);
    return this;
  }
}

/**
 * Single messages of one turn of the event loop with a promise each.
 *
 * What is kept of a promise while its message is under way is one function: a hundred thousand may be, and each object more
 * for each of them is one that the garbage collector copies.
 */
export class PromiseBatch implements PendingBatch {
  readonly messages: ProducerMessage[] = [];
  readonly topics: TopicColumn = new TopicColumn();
  remaining = 0;
  /** Null once the promise was settled. */
  readonly #settle: (Settle | null)[] = [];

  add(message: ProducerMessage, settle: Settle): void {
    this.remaining++;
    this.messages.push(message);
    this.#settle.push(settle);
  }

  succeed(index: number, partition: number, offset: number, timestamp: number): void {
    const settle = this.#settle[index]!;
    this.#settle[index] = null;
    settle(successReport(this, index, partition, offset, timestamp));
  }

  fail(index: number, partition: number, timestamp: number, status: MessageStatus, error: KafkaError): void {
    const settle = this.#settle[index]!;
    this.#settle[index] = null;
    // What was no message at all is a mistake of the caller's, as it is when there is room at once.
    const { cause } = error;
    const isNone = !(error instanceof HandlerError) && (cause instanceof TypeError || cause instanceof RangeError);
    const reason = isNone ? cause : produceError([failureReport(this, index, partition, timestamp, status, error)]);
    settle(new Rejection(reason));
  }

  abandon(error: KafkaError): void {
    for (let index = 0; index < this.messages.length; index++) {
      if (this.#settle[index] !== null) this.fail(index, -1, -1, "POSSIBLY_PERSISTED", error);
    }
  }
}

/** Single messages of one turn with a callback each, which takes the report however it ends. */
export class CallbackBatch implements PendingBatch {
  readonly messages: ProducerMessage[] = [];
  readonly topics: TopicColumn = new TopicColumn();
  remaining = 0;
  /** Null once it was called. */
  readonly #onReport: (TakeReport | null)[] = [];

  add(message: ProducerMessage, onReport: TakeReport): void {
    this.remaining++;
    this.messages.push(message);
    this.#onReport.push(onReport);
  }

  succeed(index: number, partition: number, offset: number, timestamp: number): void {
    this.#tell(index, successReport(this, index, partition, offset, timestamp));
  }

  fail(index: number, partition: number, timestamp: number, status: MessageStatus, error: KafkaError): void {
    this.#tell(index, failureReport(this, index, partition, timestamp, status, error));
  }

  abandon(error: KafkaError): void {
    for (let index = 0; index < this.messages.length; index++) {
      if (this.#onReport[index] !== null) this.fail(index, -1, -1, "POSSIBLY_PERSISTED", error);
    }
  }

  #tell(index: number, report: DeliveryReport): void {
    const onReport = this.#onReport[index]!;
    this.#onReport[index] = null;
    onReport(report);
  }
}

/** Single messages that nobody asks about. */
export class QuietBatch implements PendingBatch {
  readonly messages: ProducerMessage[] = [];
  readonly topics: TopicColumn = new TopicColumn();
  remaining = 0;
  readonly #onError: (error: KafkaError) => void;

  constructor(onError: (error: KafkaError) => void) {
    this.#onError = onError;
  }

  add(message: ProducerMessage): void {
    this.remaining++;
    this.messages.push(message);
  }

  succeed(): void {}

  fail(index: number, partition: number, timestamp: number, status: MessageStatus, error: KafkaError): void {
    this.#onError(produceError([failureReport(this, index, partition, timestamp, status, error)]));
  }

  abandon(error: KafkaError): void {
    this.#onError(error);
  }
}

/** Takes the outcome of an array of messages. */
export interface ArraySettle {
  resolve(reports: DeliveryReport[]): void;
  reject(error: unknown): void;
}

/** What is kept of each message of an array: its partition, offset and timestamp. */
const columns = 3;

/**
 * One call's array of messages, and the promise of all their reports.
 *
 * The reports are made when the last is in: thousands of objects that wait for it would be copied by each garbage collection.
 */
export class ArrayBatch implements PendingBatch {
  readonly messages: ProducerMessage[];
  readonly topics: TopicColumn = new TopicColumn();
  remaining: number;
  readonly promise: Promise<DeliveryReport[]>;
  readonly #facts: Float64Array;
  readonly #failures = new Map<number, DeliveryReport>();
  #resolve!: (reports: DeliveryReport[]) => void;
  #reject!: TakeError;

  /** With `settle`, the outcome goes there and not to the promise. */
  constructor(messages: ProducerMessage[], settle?: ArraySettle) {
    this.messages = messages;
    this.remaining = messages.length;
    this.#facts = new Float64Array(columns * messages.length);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = settle?.resolve ?? resolve;
      this.#reject = settle?.reject ?? reject;
    });
  }

  /** Keeps the first messages only, before any report has come. */
  cut(count: number): void {
    this.messages.length = this.remaining = count;
  }

  succeed(index: number, partition: number, offset: number, timestamp: number): void {
    const at = columns * index;
    this.#facts[at] = partition;
    this.#facts[at + 1] = offset;
    this.#facts[at + 2] = timestamp;
    if (this.remaining === 0) this.#finish();
  }

  fail(index: number, partition: number, timestamp: number, status: MessageStatus, error: KafkaError): void {
    this.#failures.set(index, failureReport(this, index, partition, timestamp, status, error));
    if (this.remaining === 0) this.#finish();
  }

  abandon(error: KafkaError): void {
    this.#reject(error);
  }

  #finish(): void {
    const facts = this.#facts;
    const failures = this.#failures;
    const count = this.messages.length;
    const reports = new Array<DeliveryReport>(count);
    for (let index = 0; index < count; index++) {
      const at = columns * index;
      const failure = failures.size > 0 ? failures.get(index) : undefined;
      reports[index] = failure ?? successReport(this, index, facts[at]!, facts[at + 1]!, facts[at + 2]!);
    }
    if (failures.size === 0) return this.#resolve(reports);
    this.#reject(produceError(reports));
  }
}

/** Batches by small numbers, which travel with each message as librdkafka's opaque. */
export class PendingBatches {
  readonly #slots: (PendingBatch | null)[] = [null];
  readonly #free: number[] = [];

  /** Gives a batch a number. Zero is no batch. */
  add(batch: PendingBatch): number {
    const slot = this.#free.pop();
    if (slot === undefined) return this.#slots.push(batch) - 1;
    this.#slots[slot] = batch;
    return slot;
  }

  /** All that still wait for reports. */
  all(): PendingBatch[] {
    return this.#slots.filter((batch) => batch !== null);
  }

  get(slot: number): PendingBatch {
    return this.#slots[slot]!;
  }

  /** Lets a number be used again. */
  remove(slot: number): void {
    this.#slots[slot] = null;
    this.#free.push(slot);
  }
}
