/** How many partitions each topic has: asked once, then known, and asked again behind the sender's back now and then. */
import { errorCodes } from "../kafka/error_codes.ts";
import { ask } from "../client/asking.ts";
import { serveUntil } from "../client/blocking.ts";
import type { Client } from "../client/client.ts";
import type { Question } from "../client/requests.ts";
import { Gate } from "../client/wait.ts";
import { perform, type Work } from "../kafka/work.ts";
import { KafkaError } from "../kafka/error.ts";
import type { Pointer } from "../native/memory.ts";
import { readPartitionCount, requestPartitionCount } from "../native/topics.ts";

/** What a broker says of a topic that may be about to be created: unknown, or without a leader yet. */
const notYet: readonly number[] = [3, 5];
/** The time between two tries, which doubles from the first to the second. */
const retryMs = { first: 20, longest: 1000 };
/** How long one try is waited for. */
const requestMs = 10_000;
/** How soon a topic that could not be looked up is looked up again, if somebody sends to it. */
const againMs = 1000;

/** What is known of a topic. */
interface Topic {
  readonly name: string;
  count: number | null;
  /** Why the last look-up failed. */
  error: KafkaError | null;
  isAsked: boolean;
  /** When it is to be looked up again, by the clock of `performance.now()`. */
  dueAt: number;
}

/** The counts of one producer's topics. */
export class PartitionCounts {
  readonly #client: Client;
  readonly #topics = new Map<string, Topic>();
  readonly #onNews: () => void;
  readonly #stop = new Gate();
  /** librdkafka's handles of topics that are looked up: it asks for those itself, and so lets a broker create them. */
  readonly #handles = new Set<Pointer>();
  readonly #refreshMs: number;
  readonly #messageMs: number;
  readonly #creationMs: number;
  #last: Topic | null = null;

  /** `onNews` is told when a topic that was not known is, or has failed. */
  constructor(client: Client, onNews: () => void) {
    this.#client = client;
    this.#onNews = onNews;
    const setting = (names: readonly string[], otherwise: number): number =>
      Number(client.setting(names, `${otherwise}`));
    const refreshMs = setting(["topic.metadata.refresh.interval.ms"], 300_000);
    this.#refreshMs = refreshMs < 0 ? Infinity : refreshMs;
    this.#messageMs = setting(["message.timeout.ms", "delivery.timeout.ms"], 300_000) || Infinity;
    this.#creationMs = setting(["topic.metadata.propagation.max.ms"], 30_000);
  }

  /**
   * Whether a topic's count is known, or known not to be had. If neither, it is asked for; a client that blocks has to
   * {@link learn} it.
   */
  has(name: string): boolean {
    const topic = this.#topic(name);
    const { blocks } = this.#client;
    const isDue = performance.now() >= topic.dueAt;
    // A client that blocks tries again where it can wait.
    if (isDue && blocks && topic.count === null) topic.error = null;
    if (topic.count === null && topic.error === null) {
      if (!blocks) this.#ask(topic);
      return false;
    }
    if (isDue && blocks) this.#renew(topic);
    else if (isDue) this.#ask(topic);
    return true;
  }

  /** Looks a topic up, for as long as a message would wait for it; after `deadline` it is as unknown as before. */
  *learn(name: string, deadline: number): Work<void> {
    if (!this.has(name)) yield* this.#lookUp(this.#topic(name), deadline);
  }

  /**
   * A topic's count.
   *
   * @throws {KafkaError} why it is not known.
   */
  get(name: string): number {
    const topic = this.#topic(name);
    if (topic.count !== null) return topic.count;
    throw topic.error ??
      new KafkaError(`Cannot choose a partition of ${name}: it is not known yet`, errorCodes._UNKNOWN_PARTITION);
  }

  /** What is known may be wrong: all of it is asked for again when it is next used. */
  distrust(): void {
    for (const topic of this.#topics.values()) topic.dueAt = 0;
  }

  /** Ends the look-ups that are under way. It has to happen before the client is destroyed. */
  close(): void {
    for (const handle of this.#handles) this.#client.native.c.rd_kafka_topic_destroy(handle);
    this.#handles.clear();
    for (const topic of this.#topics.values()) {
      if (topic.count === null) {
        topic.error ??= new KafkaError("Cannot look up partitions: the producer is closed", errorCodes._DESTROY);
      }
    }
    this.#stop.notify();
  }

  #topic(name: string): Topic {
    if (this.#last !== null && this.#last.name === name) return this.#last;
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { name, count: null, error: null, isAsked: false, dueAt: 0 };
      // What is no topic's name is refused where messages are checked, and is not kept.
      if (typeof name === "string") this.#topics.set(name, topic);
    }
    return this.#last = topic;
  }

  #ask(topic: Topic): void {
    if (topic.isAsked) return;
    topic.isAsked = true;
    // Not within the call that sends: what is learnt at once would settle what it is still handing over.
    void Promise.resolve().then(() => perform(this.#lookUp(topic, Infinity)));
  }

  /** In a client that blocks: asks again for what is known, without waiting. */
  #renew(topic: Topic): void {
    // The answer is taken by a later call that waits; without one, what is known stays.
    topic.dueAt = performance.now() + this.#refreshMs;
    const { handle, replyQueue, requests } = this.#client;
    const question = this.#question(topic.name);
    requests.begin(
      question,
      { client: handle, queue: replyQueue, timeoutMs: requestMs },
      (count) => {
        if (count > 0) topic.count = count;
      },
      () => topic.dueAt = Math.min(topic.dueAt, performance.now() + againMs),
    );
  }

  /** Looks a topic up. One that is not known yet is tried for as long as a message would wait for it. */
  *#lookUp(topic: Topic, deadline: number): Work<void> {
    const isNew = topic.count === null && topic.error === null;
    const start = performance.now();
    let handle: Pointer | null = null;
    try {
      if (isNew) handle = this.#open(topic.name);
      for (let waitMs = retryMs.first;; waitMs = Math.min(2 * waitMs, retryMs.longest)) {
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) return;
        const answer = yield* this.#request(topic.name, Math.min(requestMs, Math.ceil(leftMs)));
        if (typeof answer === "number") {
          topic.count = answer;
          topic.error = null;
          break;
        }
        const limitMs = notYet.includes(answer.code) ? this.#creationMs : answer.isRetriable ? this.#messageMs : 0;
        if (!isNew || performance.now() - start + waitMs > limitMs) {
          topic.error = answer;
          break;
        }
        if (this.#client.blocks) serveUntil(this.#client, () => false, Math.min(waitMs, deadline - performance.now()));
        else yield this.#stop.waitFor(waitMs);
        if (topic.error !== null) break;
      }
    } catch (error) {
      topic.error = error instanceof KafkaError
        ? error
        : new KafkaError(String(error), errorCodes._INVALID_ARG, { cause: error });
    } finally {
      if (handle !== null && this.#handles.delete(handle)) this.#client.native.c.rd_kafka_topic_destroy(handle);
    }
    topic.dueAt = performance.now() + (topic.error === null ? this.#refreshMs : againMs);
    topic.isAsked = false;
    this.#onNews();
  }

  /** Asks once. What is about the brokers and not about the topic counts as retriable, since they may come back. */
  *#request(name: string, timeoutMs: number): Work<number | KafkaError> {
    const question = this.#question(name);
    let isAboutTopic = false;
    try {
      const read = (event: Pointer): number => {
        isAboutTopic = true;
        return question.read(event);
      };
      const count = yield* ask(this.#client, { ...question, read }, { timeoutMs });
      if (count > 0) return count;
      return new KafkaError(`Cannot look up the partitions of ${name}: it has none`, notYet[1]!);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      const isRetriable = !isAboutTopic && error.code !== errorCodes._DESTROY && this.#client.fatalError === null;
      return new KafkaError(error.message, error.code, { isRetriable, cause: error });
    }
  }

  #question(name: string): Question<number> {
    const { native } = this.#client;
    return {
      action: `Cannot look up the partitions of ${name}`,
      start: (request) => requestPartitionCount(native, request, name),
      read: (event) => readPartitionCount(native, event),
    };
  }

  #open(name: string): Pointer | null {
    const { native, handle: client } = this.#client;
    const { c, library, scratch } = native;
    const handle = c.rd_kafka_topic_new(client, scratch.reset().text(name, "topic"), library.nullPointer);
    if (library.isNull(handle)) return null;
    this.#handles.add(handle);
    return handle;
  }
}
