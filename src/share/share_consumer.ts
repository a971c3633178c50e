/** The share consumer: several of one group read the same partitions, and each message is acknowledged by itself. */
import { errorCodes } from "../kafka/error_codes.ts";
import { Client } from "../client/client.ts";
import { checkDeserializing } from "../client/deserializing.ts";
import { attach, KafkaClient, open } from "../client/kafka_client.ts";
import type { WaitOptions } from "../client/options.ts";
import { checkOptions, checkTimeout } from "../client/wait.ts";
import { KafkaError } from "../kafka/error.ts";
import { currentShareSubscription, subscribeShare } from "../native/share.ts";
import { describe } from "../native/scratch.ts";
import type {
  AcknowledgementResult,
  AcknowledgementType,
  MessagePosition,
  ShareConsumerConfig,
  ShareConsumerOptions,
  ShareIterateOptions,
  ShareMessage,
} from "./options.ts";
import { Sharing } from "./sharing.ts";

/**
 * Set by this client alone. What is accepted implicitly is accepted here, when the reader asks for more: librdkafka would accept
 * all that it has given, also what was not handed over yet.
 */
const forced = { "log.queue": "true", "share.acknowledgement.mode": "explicit" };

/**
 * Reads messages from Kafka as from a queue (KIP-932): all members of a share group read from all partitions, each message goes
 * to one of them, and each is acknowledged by itself.
 *
 * **Experimental**, as in librdkafka, which calls it a preview: names and behaviour may change in any version. It needs
 * librdkafka 2.15 and Kafka 4.2.
 *
 * A message that was delivered is locked for this member for a while (`group.share.record.lock.duration.ms`, 30 seconds by
 * default), which cannot be prolonged. If it is not acknowledged by then, if it is released, or if this member leaves, somebody
 * else gets it, with a higher `deliveryCount`, until the broker gives up (`group.share.delivery.count.limit`, 5). Order is not
 * kept. Whoever needs long for a message should fetch few at a time (`max.poll.records`).
 *
 * By default (`share.acknowledgement.mode=implicit`) messages are accepted when the reader asks for more, or commits. With
 * `explicit`, each one has to be acknowledged before more can be fetched. Acknowledgements are sent with the next fetch, by
 * {@link commit} or {@link commitLater}, by {@link close}, and once a second while messages are handed over one by one.
 *
 * A new group begins at the end of a partition. That is a matter of the brokers: the group's `share.auto.offset.reset`.
 *
 * One reading call at a time; a second one meanwhile is refused.
 *
 * Source: `rd_kafka_share_t`; `ShareConsumer` in confluent-kafka-python.
 *
 * @example Deal with messages, and say of each what came of it
 * ```ts
 * import { ShareConsumer, type ShareMessage } from "@kafka-ffi/kafka";
 *
 * declare function cook(order: ShareMessage): Promise<void>;
 *
 * await using consumer = new ShareConsumer({
 *   "bootstrap.servers": "localhost:9092",
 *   "group.id": "kitchen",
 *   "share.acknowledgement.mode": "explicit",
 * });
 * consumer.subscribe(["orders"]);
 * for await (const message of consumer) {
 *   try {
 *     await cook(message);
 *     consumer.acknowledge(message, "accept");
 *   } catch {
 *     consumer.acknowledge(message, message.deliveryCount < 3 ? "release" : "reject");
 *   }
 * }
 * ```
 */
export class ShareConsumer<K = Uint8Array, V = Uint8Array> extends KafkaClient<void>
  implements AsyncIterable<ShareMessage<K, V>> {
  readonly #sharing: Sharing;

  /**
   * Opens a share consumer. It connects in the background; nothing waits here.
   *
   * @param config librdkafka's properties, by their own names. `group.id` is needed. Those that are the brokers' to decide, such
   * as `auto.offset.reset` and `isolation.level`, are refused.
   * @param options Handlers and choices that are not librdkafka's. `keyDeserializer` and `valueDeserializer` say what keys and
   * values are; without them they are bytes. A message that is skipped because it cannot be deserialized is rejected.
   * @throws {UnsupportedFeatureError} if the librdkafka that was found is older than 2.15.
   * @throws {KafkaError} `_INVALID_ARG`, naming what is wrong.
   */
  constructor(config: ShareConsumerConfig, options: ShareConsumerOptions<K, V> = {}) {
    super();
    const given = config as Readonly<Record<string, unknown>>;
    if (typeof given === "object" && given !== null && !given["group.id"]) {
      throw new KafkaError('Cannot open the share consumer: "group.id" is not set', errorCodes._INVALID_ARG);
    }
    // Below, a message of any type is handled as one of bytes.
    const anyOptions = options as unknown as ShareConsumerOptions;
    checkDeserializing(anyOptions as ShareConsumerOptions<unknown, unknown>);
    const client = new Client("share consumer", config, {}, forced, anyOptions, {
      onEvent: () => {},
      onWake: () => this.#sharing?.wake(),
    });
    this.#sharing = new Sharing(client, anyOptions, {
      isImplicit: client.setting(["share.acknowledgement.mode"], "implicit") !== "explicit",
      maxPollMs: Number(client.setting(["max.poll.interval.ms"], "300000")),
    });
    attach(this, { client, close: (timeoutMs) => this.#sharing.close(timeoutMs) });
  }

  /**
   * Subscribes to topics. It replaces an earlier subscription.
   *
   * @param topics Names; there are no patterns.
   * @throws {KafkaError} `_CONFLICT` while a commit is under way.
   *
   * Source: `rd_kafka_share_subscribe`; `ShareConsumer.subscribe()` in confluent-kafka-python.
   */
  subscribe(topics: readonly string[]): void {
    const { native, share } = this.#openFree("Cannot subscribe");
    for (const topic of topics) {
      if (typeof topic !== "string" || topic.startsWith("^")) {
        throw new TypeError(`Cannot subscribe to ${describe(topic)}: share groups know no patterns, only names`);
      }
    }
    native.checkCode("Cannot subscribe", subscribeShare(native, share!, topics));
  }

  /**
   * Ends the subscription, and with it the membership in the group. Messages that are not acknowledged go to others.
   *
   * @throws {KafkaError} `_CONFLICT` while a commit is under way.
   */
  unsubscribe(): void {
    const { native, share } = this.#openFree("Cannot unsubscribe");
    native.checkCode("Cannot unsubscribe", native.c.rd_kafka_share_unsubscribe(share!));
  }

  /**
   * The topics that were asked for.
   *
   * @throws {KafkaError} `_CONFLICT` while a commit is under way.
   */
  subscription(): string[] {
    const { native, share } = this.#openFree("Cannot read the subscription");
    return currentShareSubscription(native, share!);
  }

  /**
   * Iterates over messages one by one until the share consumer is closed.
   *
   * Leaving the loop leaves the share consumer open: a later loop goes on after the last message that was handed over. With
   * implicit acknowledgement the message in hand is accepted by then, or by {@link commit}, and not by {@link close}.
   */
  messages(options: ShareIterateOptions = {}): AsyncIterableIterator<ShareMessage<K, V>> {
    open(this, "Cannot read");
    return this.#sharing.messages(options.signal) as AsyncIterableIterator<ShareMessage<K, V>>;
  }

  /** The same as {@link messages}. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ShareMessage<K, V>> {
    return this.messages();
  }

  /**
   * Iterates over messages in batches, as they were fetched, until the share consumer is closed. A batch is never empty, and
   * has about `max.poll.records` messages at most.
   */
  batches(options: ShareIterateOptions = {}): AsyncIterableIterator<ShareMessage<K, V>[]> {
    open(this, "Cannot read");
    return this.#sharing.batches(options.signal) as AsyncIterableIterator<ShareMessage<K, V>[]>;
  }

  /**
   * Waits for messages, and hands over all that were fetched together.
   *
   * @returns About `max.poll.records` messages at most; none if `timeoutMs` was up or the share consumer was closed.
   * @throws {DeserializationError} for a message that cannot be deserialized, unless `onDeserializationError` says otherwise.
   * Its `raw` is the message, for {@link acknowledge}.
   * @throws {KafkaError} `_STATE` if there is no subscription, or if a message of the last poll is not acknowledged although
   * acknowledgement is explicit.
   *
   * Source: `rd_kafka_share_poll`; `ShareConsumer.poll()` in confluent-kafka-python, whose timeout is in seconds.
   */
  async poll(options: WaitOptions = {}): Promise<ShareMessage<K, V>[]> {
    open(this, "Cannot read");
    checkOptions(options);
    const messages = await this.#sharing.collect(Infinity, checkTimeout(options.timeoutMs), options.signal);
    return messages as ShareMessage<K, V>[];
  }

  /**
   * Says what becomes of messages, with `share.acknowledgement.mode=explicit`. Said again before it is sent, the last counts.
   *
   * While a commit is under way it is kept until its end, and if it cannot be done then, `onError` is told.
   *
   * @param what A message or messages.
   * @param type Default: `accept`.
   * @throws {KafkaError} `_STATE` if acknowledgement is implicit, or if this share consumer does not hold the message: it was
   * acknowledged and that was sent.
   *
   * Source: `rd_kafka_share_acknowledge_offset`; `ShareConsumer.acknowledge()` in confluent-kafka-python.
   */
  acknowledge(what: MessagePosition | readonly MessagePosition[], type: AcknowledgementType = "accept"): void {
    open(this, "Cannot acknowledge");
    this.#sharing.acknowledge(Array.isArray(what) ? what : [what as MessagePosition], type);
  }

  /**
   * The same for a message that is known by its place only.
   *
   * @param where Its topic, partition and offset.
   *
   * Source: `rd_kafka_share_acknowledge_offset`; `ShareConsumer.acknowledge_offset()` in confluent-kafka-python.
   */
  acknowledgeOffset(where: MessagePosition, type: AcknowledgementType = "accept"): void {
    this.acknowledge(where, type);
  }

  /**
   * Sends the acknowledgements and waits for the brokers' answers. With implicit acknowledgement, all messages that were handed
   * over are accepted, that in hand included.
   *
   * Meanwhile nothing is fetched, and {@link subscribe} and {@link unsubscribe} are refused. What failed is not sent again: the broker delivers these
   * messages once more.
   *
   * @param options `timeoutMs` (default: 60000) bounds the wait for the brokers; `signal` ends the wait of this call, though the
   * commit goes on.
   * @returns An entry for each partition; none if there was nothing to send, which is no error.
   *
   * Source: `rd_kafka_share_commit_sync`; `ShareConsumer.commit_sync()` in confluent-kafka-python.
   */
  async commit(options: WaitOptions = {}): Promise<AcknowledgementResult[]> {
    open(this, "Cannot commit");
    return await this.#sharing.commit(options);
  }

  /**
   * Sends the acknowledgements without waiting for answers. `onAcknowledgementCommit` is told of them.
   *
   * Source: `rd_kafka_share_commit_async`; `ShareConsumer.commit_async()` in confluent-kafka-python.
   */
  commitLater(): void {
    open(this, "Cannot commit");
    this.#sharing.commitLater();
  }

  /** For a call that cannot be made beside a commit. */
  #openFree(action: string): Client {
    const client = open(this, action);
    this.#sharing.checkFree(action);
    return client;
  }
}
