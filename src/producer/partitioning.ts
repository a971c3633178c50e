/** Sending with partitions that a function of the user's chooses. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkTimeout, Gate } from "../client/wait.ts";
import type { Work } from "../kafka/work.ts";
import type { ProducerConfig } from "../config/mod.ts";
import { HandlerError, KafkaError } from "../kafka/error.ts";
import type { DeliveryReport, ProducerMessage } from "../kafka/message.ts";
import type { PartitionChooser } from "../native/outgoing.ts";
import { describe } from "../native/scratch.ts";
import type { Partitioner, ProducerOptions } from "./options.ts";
import { PartitionCounts } from "./partition_counts.ts";
import { notSent, topicOf } from "./pending.ts";
import { SerializedSending } from "./serialized_sending.ts";

const unassigned = -1;

/** A call whose messages wait until all their topics are known. */
interface Waiting {
  readonly topics: ReadonlySet<string>;
  readonly count: number;
  go(): void;
  giveUp(error: KafkaError): void;
}

/** Asks the user's function, just before a message is copied. */
class Chooser implements PartitionChooser {
  readonly #partitioner: Partitioner;
  /** Set once the client is there: it is opened together with what calls this. */
  counts!: PartitionCounts;
  /** Whether the function runs. What it sends itself would get the place of the message in hand. */
  isChoosing = false;

  constructor(partitioner: Partitioner) {
    if (typeof partitioner !== "function") {
      throw new TypeError(
        `Cannot use ${
          describe(partitioner)
        } as the option partitioner: a function is wanted; librdkafka's own are chosen ` +
          'by the property "partitioner"',
      );
    }
    this.#partitioner = partitioner;
  }

  choose(message: ProducerMessage): number {
    try {
      const count = this.counts.get(message.topic);
      const partition = this.#call(message, count);
      if (partition === null) return unassigned;
      if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
      throw new HandlerError(
        "partitioner",
        new RangeError(`it chose ${describe(partition)}, and ${message.topic} has the partitions 0 to ${count - 1}`),
      );
    } catch (error) {
      throw notSent([message], error as KafkaError);
    }
  }

  #call(message: ProducerMessage, count: number): number | null {
    this.isChoosing = true;
    try {
      return this.#partitioner(message, count);
    } catch (cause) {
      throw new HandlerError("partitioner", cause);
    } finally {
      this.isChoosing = false;
    }
  }

  distrust(): void {
    this.counts.distrust();
  }
}

/**
 * A message is sent once its topic's partitions are counted; until then it waits, in the order of the calls, and with it
 * whatever else goes to that topic. Messages to other topics go on.
 */
export class PartitionedSending extends SerializedSending {
  readonly #chooser: Chooser;
  readonly #counts: PartitionCounts;
  #waiting: Waiting[] = [];
  /** The topics of those that wait. */
  #held = new Set<string>();
  /** The topics that `produce()` has refused because they were not known. */
  readonly #refused = new Set<string>();
  #waitingMessages = 0;
  readonly #moved = new Gate();

  constructor(
    config: ProducerConfig,
    options: ProducerOptions & { readonly partitioner: Partitioner },
    blocks = false,
  ) {
    const chooser = new Chooser(options.partitioner);
    super(config, options, chooser, blocks);
    this.#chooser = chooser;
    this.#counts = chooser.counts = new PartitionCounts(this.client, () => this.#release());
  }

  override get pending(): number {
    return super.pending + this.#waitingMessages;
  }

  /**
   * In a client that blocks: looks up what has to be known before these messages can be handed over, and says whether that was
   * done by the deadline.
   */
  *learn(messages: readonly ProducerMessage[], deadline: number): Work<boolean> {
    this.#refuseWithin();
    for (const message of messages) {
      if (this.#isFree(message)) continue;
      yield* this.#counts.learn(message.topic, deadline);
      if (!this.#isFree(message)) return false;
    }
    return true;
  }

  /** The same for what `produce()` has refused, and says whether that is done. */
  *learnRefused(deadline: number): Work<boolean> {
    for (const topic of this.#refused) {
      yield* this.#counts.learn(topic, deadline);
      if (this.#counts.has(topic)) this.#refused.delete(topic);
    }
    return this.#refused.size === 0;
  }

  override send(message: ProducerMessage): Promise<DeliveryReport> {
    this.#refuseWithin();
    if (this.#isFree(message)) return super.send(message);
    return this.#wait([message], () => super.send(message));
  }

  override sendAll(messages: readonly ProducerMessage[]): Promise<DeliveryReport[]> {
    this.#refuseWithin();
    let areFree = true;
    // All of them are looked at, so that the look-ups of several topics run side by side.
    for (const message of messages) areFree = this.#isFree(message) && areFree;
    if (areFree) return super.sendAll(messages);
    const own = messages.slice();
    return this.#wait(own, () => super.sendAll(own));
  }

  override produce(message: ProducerMessage, onDelivery: ((report: DeliveryReport) => void) | undefined): boolean {
    this.#refuseWithin();
    if (this.#isFree(message)) return super.produce(message, onDelivery);
    this.#refused.add(message.topic);
    return false;
  }

  override async ready(options: WaitOptions): Promise<void> {
    const start = performance.now();
    const action = "Cannot wait for room";
    await this.#moved.until(() => this.#refused.size === 0, action, options);
    const timeoutMs = options.timeoutMs === undefined ? undefined : left(options.timeoutMs, start);
    await super.ready(timeoutMs === undefined ? options : { ...options, timeoutMs });
  }

  override async flush(options: WaitOptions): Promise<void> {
    const start = performance.now();
    const timeoutMs = checkTimeout(options.timeoutMs) ?? Infinity;
    if (!await this.#drain(timeoutMs, options.signal)) return;
    await super.flush(timeoutMs === Infinity ? options : { ...options, timeoutMs: left(timeoutMs, start) });
  }

  override giveUp(): void {
    this.#giveUpWaiting();
    super.giveUp();
  }

  override async close(timeoutMs: number): Promise<void> {
    const start = performance.now();
    if (this.client.fatalError === null) await this.#drain(timeoutMs);
    this.#giveUpWaiting();
    this.#counts.close();
    await super.close(left(timeoutMs, start));
  }

  #refuseWithin(): void {
    if (this.#chooser.isChoosing) {
      throw new KafkaError("Cannot send: the partitioner itself is at work", errorCodes._CONFLICT);
    }
  }

  /** Whether a message can be sent without waiting: its topic is known, or not needed, and nothing for it waits. */
  #isFree(message: ProducerMessage): boolean {
    const topic = topicOf(message);
    if (this.#held.has(topic)) return false;
    return topic === "" || (message.partition ?? null) !== null || this.#counts.has(topic);
  }

  #wait<T>(messages: readonly ProducerMessage[], send: () => Promise<T>): Promise<T> {
    const topics = new Set(messages.map(topicOf));
    for (const topic of topics) this.#held.add(topic);
    this.#waitingMessages += messages.length;
    return new Promise<T>((resolve, reject) => {
      const go = (): void => {
        try {
          resolve(send());
        } catch (error) {
          this.lost += messages.length;
          reject(error);
        }
      };
      this.#waiting.push({ topics, count: messages.length, go, giveUp: (error) => reject(notSent(messages, error)) });
    });
  }

  /** Something is known that was not: who has waited for it goes on, unless an earlier one for the same topic waits. */
  #release(): void {
    const held = new Set<string>();
    const released: Waiting[] = [];
    this.#waiting = this.#waiting.filter((one) => {
      const isFree = [...one.topics].every((topic) => !held.has(topic) && (topic === "" || this.#counts.has(topic)));
      if (isFree) released.push(one);
      else for (const topic of one.topics) held.add(topic);
      return !isFree;
    });
    this.#held = held;
    for (const topic of this.#refused) if (!held.has(topic) && this.#counts.has(topic)) this.#refused.delete(topic);
    for (const { count, go } of released) {
      this.#waitingMessages -= count;
      go();
    }
    this.#moved.notify();
  }

  #giveUpWaiting(): void {
    const waiting = this.#waiting;
    this.lost += this.#waitingMessages;
    this.#waiting = [];
    this.#held = new Set();
    this.#waitingMessages = 0;
    const error = new KafkaError(this.client.native.describe(errorCodes._PURGE_QUEUE), errorCodes._PURGE_QUEUE, {
      isRetriable: true,
    });
    for (const { giveUp } of waiting) giveUp(error);
    this.#refused.clear();
    this.#moved.notify();
  }

  /** Waits until nothing waits for its topic any more, and says whether that was in time. */
  async #drain(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#waiting.length === 0) return true;
    const options = { ...(signal && { signal }), ...(timeoutMs < Infinity && { timeoutMs }) };
    try {
      await this.#moved.until(() => this.#waiting.length === 0, "Cannot flush", options);
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== errorCodes._TIMED_OUT) throw error;
    }
    return this.#waiting.length === 0;
  }
}

/** What is left of a time that began at `start`. */
function left(timeoutMs: number, start: number): number {
  return Math.max(0, timeoutMs - (performance.now() - start));
}
