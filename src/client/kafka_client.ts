/** What every public client offers: facts about itself, and its end. */
import type { KafkaError } from "../kafka/error.ts";
import type { ClusterMetadata } from "../kafka/metadata.ts";
import type { LibraryInfo } from "../native/native.ts";
import type { Client } from "./client.ts";
import { clusterMetadata, type MetadataOptions } from "./metadata.ts";
import type { CloseOptions, WaitOptions } from "./options.ts";
import { bounded, checkOptions, checkTimeout } from "./wait.ts";
import { perform } from "../kafka/work.ts";

const defaultCloseMs = 30_000;

/** What a public client is made of. */
export interface Workings {
  readonly client: Client;
  /** Ends everything, and says what was left; called once. */
  close(timeoutMs: number): Promise<unknown>;
  /** Whether calls are still answered although the end has begun, as within a handler that runs for it. */
  isUsable?(): boolean;
}

/** The workings are kept here and not in a field, so that no type of theirs becomes public. */
const workings = new WeakMap<KafkaClient, Workings>();
const closing = new WeakMap<KafkaClient, Promise<unknown>>();

/** Gives a public client its workings, once, as it is made. */
export function attach(self: KafkaClient, what: Workings): void {
  workings.set(self, what);
}

/**
 * The shared part of a public client that can be used.
 *
 * @param action What the caller is about to do, for the message of the error.
 * @throws {KafkaError} `_DESTROY` if the client is closed or being closed, or the error after which it cannot be used.
 */
export function open(self: KafkaClient, action: string): Client {
  const { client } = workings.get(self)!;
  client.check(action);
  return client;
}

/**
 * What producers and consumers have in common. `Closed` is what {@link KafkaClient.close} resolves with.
 *
 * @example Say which librdkafka is in use
 * ```ts
 * import type { KafkaClient } from "@kafka-ffi/kafka";
 *
 * function describe(client: KafkaClient): string {
 *   return `librdkafka ${client.library.version} from ${client.library.path}`;
 * }
 * ```
 */
export abstract class KafkaClient<Closed = unknown> implements AsyncDisposable {
  /** The librdkafka in use: where it was found, its version and features. */
  get library(): LibraryInfo {
    return workings.get(this)!.client.info;
  }

  /** The error after which this client can no longer be used, or null. */
  get fatalError(): KafkaError | null {
    return workings.get(this)!.client.fatalError;
  }

  /**
   * Waits until a broker has answered, after a login if there is one. Nothing needs it: every call connects by itself. It is
   * there to learn at the start whether addresses, certificates and passwords are right.
   *
   * It does not wait in vain: when no broker can be reached for a reason that lasts (a wrong password, a token that has run
   * out, a certificate of another authority or for another host), it fails as soon as that is certain. When brokers close
   * the connection, as they do when TLS or SASL is on one side only, when nobody listens, or when `onTokenRefresh` fails, it
   * fails after a second. The client goes on trying all the same, and `connect()` can be called again. A connection is never
   * made with less security than the configuration asks for.
   *
   * @param options `timeoutMs` (default: 30000) and `signal` bound the wait.
   * @throws {KafkaError} `_AUTHENTICATION`: the login failed, or there is no token. `_SSL`: TLS failed. `_TRANSPORT`: the
   * connection failed, or was closed by a broker that expects something else. `_RESOLVE`: a host's name is not known.
   * `_TIMED_OUT`. The message says what to look at, and `isRetriable` whether it may mend itself.
   *
   * Source: `rd_kafka_DescribeCluster`, and librdkafka's error events.
   *
   * @example Stop at once if the configuration is wrong
   * ```ts
   * import { KafkaError, Producer } from "@kafka-ffi/kafka";
   *
   * async function open(password: string): Promise<Producer> {
   *   const producer = new Producer({
   *     "bootstrap.servers": "kafka.example:9093",
   *     "security.protocol": "sasl_ssl",
   *     "sasl.mechanism": "SCRAM-SHA-512",
   *     "sasl.username": "orders",
   *     "sasl.password": password,
   *   });
   *   try {
   *     await producer.connect();
   *     return producer;
   *   } catch (error) {
   *     if (error instanceof KafkaError && error.codeName === "_AUTHENTICATION") console.error("The password is wrong");
   *     await producer.close();
   *     throw error;
   *   }
   * }
   * ```
   */
  async connect(options: WaitOptions = {}): Promise<void> {
    await perform(open(this, "Cannot connect").login.connecting.connect(options));
  }

  /**
   * Asks a broker what the cluster consists of.
   *
   * The question is put to any broker that is up, and again while none answers. Asking a producer for a topic by its name may
   * create it, as sending to it would (`allow.auto.create.topics`, and `auto.create.topics.enable` of the brokers).
   *
   * @param options `topics`: those to tell of, by their names (default: all). `timeoutMs` (default: 10000) and `signal` bound
   * the wait. The process lives until an attempt that was begun is over: the first one takes a second at most, and each
   * further one twice as long.
   * @returns Brokers, topics and partitions; a topic or partition that cannot be told of has its own `error`.
   * @throws {KafkaError} `_TRANSPORT` or `_TIMED_OUT`, both retriable, if no broker has answered.
   *
   * Source: `rd_kafka_metadata`, `rd_kafka_clusterid`, `rd_kafka_controllerid`; `list_topics()` in confluent-kafka-python.
   *
   * @example Find the partitions without a leader
   * ```ts
   * import type { KafkaClient } from "@kafka-ffi/kafka";
   *
   * async function report(client: KafkaClient): Promise<void> {
   *   const { topics } = await client.metadata();
   *   for (const { topic, partitions } of topics) {
   *     for (const { partition, leader } of partitions) if (leader === null) console.warn(topic, partition);
   *   }
   * }
   * ```
   */
  async metadata(options: MetadataOptions = {}): Promise<ClusterMetadata> {
    const action = "Cannot read the cluster's metadata";
    const client = open(this, action);
    checkOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();
    const work = client.during(perform(clusterMetadata(client, options)));
    return await bounded(work, action, signal === undefined ? {} : { signal });
  }

  /**
   * Changes the name and password for PLAIN and SCRAM. Connections that are open stay as they are; new ones, and those that log
   * in again (`connections.max.reauth.ms` of the broker), use the new ones.
   *
   * @throws {TypeError} if one of them is no text.
   * @throws {KafkaError} `_INVALID_ARG` if one of them has a null character.
   *
   * Source: `rd_kafka_sasl_set_credentials`; `set_sasl_credentials()` in confluent-kafka-python.
   *
   * @example Change the password without a new client
   * ```ts
   * import type { Producer } from "@kafka-ffi/kafka";
   *
   * function passwordChanged(producer: Producer, password: string): void {
   *   producer.setSaslCredentials("orders", password);
   * }
   * ```
   */
  setSaslCredentials(username: string, password: string): void {
    open(this, "Cannot set the credentials").login.setCredentials(username, password);
  }

  /**
   * Ends what is under way and frees everything. Calling it again returns the same promise.
   *
   * @param options After `timeoutMs` (default: 30000) what is left is given up. `signal` ends the wait of this call, and the
   * closing goes on.
   */
  close(options: CloseOptions = {}): Promise<Closed> {
    try {
      checkOptions(options);
      const timeoutMs = checkTimeout(options.timeoutMs) ?? defaultCloseMs;
      let ending = closing.get(this);
      if (ending === undefined) {
        const part = workings.get(this)!;
        ending = part.close(timeoutMs);
        part.client.refuseCalls(part.isUsable);
        closing.set(this, ending);
      }
      const { signal } = options;
      const closed = ending as Promise<Closed>;
      return signal === undefined ? closed : bounded(closed, "Cannot wait for the end", { signal });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close() as Promise<unknown> as Promise<void>;
  }

  /** What `JSON.stringify` shows: no secret of the configuration is in it. */
  toJSON(): Record<string, unknown> {
    return workings.get(this)!.client.describe();
  }
}
