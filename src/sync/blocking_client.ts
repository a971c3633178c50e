/** What every public client that blocks offers: facts about itself, and its end. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import { clusterMetadata } from "../client/metadata.ts";
import { checkOptions, checkTimeout } from "../client/wait.ts";
import { performNow } from "../kafka/work.ts";
import { KafkaError } from "../kafka/error.ts";
import type { ClusterMetadata } from "../kafka/metadata.ts";
import type { LibraryInfo } from "../native/native.ts";
import type { MetadataOptions, TimeoutOptions } from "./options.ts";

const defaultCloseMs = 30_000;

/** What a public client is made of. */
export interface Workings {
  readonly client: Client;
  /** Ends everything, and says what was left; called once. */
  close(timeoutMs: number): unknown;
  /** Whether a handler runs within which nothing can be waited for at all. */
  isRebalancing?(): boolean;
}

/** The workings are kept here and not in a field, so that no type of theirs becomes public. */
const workings = new WeakMap<BlockingClient, Workings>();
const closed = new WeakMap<BlockingClient, unknown>();

/** Gives a public client its workings, once, as it is made. */
export function attach(self: BlockingClient, what: Workings): void {
  workings.set(self, what);
}

/**
 * The shared part of a client, for a call that waits for nothing.
 *
 * @param action What the caller is about to do, for the message of the error.
 */
export function open(self: BlockingClient, action: string): Client {
  const { client } = workings.get(self)!;
  client.check(action);
  return client;
}

/** The shared part of a client, for a call that waits. Within a handler it would wait for what that handler holds up. */
export function openToWait(self: BlockingClient, action: string): Client {
  const client = open(self, action);
  if (client.isServing) {
    throw new KafkaError(`${action}: a handler of this ${client.role} is running`, errorCodes._CONFLICT);
  }
  return client;
}

/**
 * What the producer and the consumer that block have in common. `Closed` is what {@link BlockingClient.close} returns.
 *
 * @example Say which librdkafka is in use
 * ```ts
 * import type { BlockingClient } from "@kafka-ffi/kafka/sync";
 *
 * function describe(client: BlockingClient): string {
 *   return `librdkafka ${client.library.version} from ${client.library.path}`;
 * }
 * ```
 */
export abstract class BlockingClient<Closed = unknown> implements Disposable {
  /** The librdkafka in use: where it was found, its version and features. */
  get library(): LibraryInfo {
    return workings.get(this)!.client.info;
  }

  /** The error after which this client can no longer be used, or null. */
  get fatalError(): KafkaError | null {
    return workings.get(this)!.client.fatalError;
  }

  /**
   * Blocks until a broker has answered, after a login if there is one. Nothing needs it: every call connects by itself. It is
   * there to learn at the start whether addresses, certificates and passwords are right, and fails as soon as it is certain that
   * one of them is wrong: what it throws is what the `connect()` of the main entry's clients is rejected with.
   *
   * @param options `timeoutMs` (default: 30000) bounds the wait.
   * @throws {KafkaError} `_AUTHENTICATION`, `_SSL`, `_TRANSPORT`, `_RESOLVE`, `_TIMED_OUT`; `_CONFLICT` within a handler of this
   * client.
   *
   * Source: `rd_kafka_DescribeCluster`, and librdkafka's error events.
   */
  connect(options: TimeoutOptions = {}): void {
    performNow(openToWait(this, "Cannot connect").login.connecting.connect(options));
  }

  /**
   * Asks a broker what the cluster consists of.
   *
   * Asking a producer for a topic by its name may create it, as sending to it would (`allow.auto.create.topics`, and
   * `auto.create.topics.enable` of the brokers).
   *
   * @param options `topics`: those to tell of, by their names (default: all). `timeoutMs` (default: 10000) bounds the wait.
   * @returns Brokers, topics and partitions; a topic or partition that cannot be told of has its own `error`.
   * @throws {KafkaError} `_TRANSPORT` or `_TIMED_OUT`, both retriable, if no broker has answered; `_CONFLICT` within a handler of
   * this client.
   *
   * Source: `rd_kafka_metadata`, `rd_kafka_clusterid`, `rd_kafka_controllerid`; `list_topics()` in confluent-kafka-python.
   */
  metadata(options: MetadataOptions = {}): ClusterMetadata {
    const client = openToWait(this, "Cannot read the cluster's metadata");
    checkOptions(options);
    return performNow(clusterMetadata(client, options));
  }

  /**
   * Changes the name and password for PLAIN and SCRAM. Connections that are open stay as they are; new ones use the new ones.
   *
   * @throws {TypeError} if one of them is no text.
   *
   * Source: `rd_kafka_sasl_set_credentials`; `set_sasl_credentials()` in confluent-kafka-python.
   */
  setSaslCredentials(username: string, password: string): void {
    open(this, "Cannot set the credentials").login.setCredentials(username, password);
  }

  /**
   * Ends what is under way and frees everything. Calling it again does nothing.
   *
   * @param timeoutMs After so long, what is left is given up. Default: 30000. It ends with librdkafka's own threads: one
   * that looks up a name in vain may take some seconds more.
   * @throws {KafkaError} `_CONFLICT` within a handler of this client.
   */
  close(timeoutMs: number = defaultCloseMs): Closed {
    const { client, close, isRebalancing } = workings.get(this)!;
    checkTimeout(timeoutMs);
    if (client.isServing || isRebalancing?.()) {
      throw new KafkaError(`Cannot close: a handler of this ${client.role} is running`, errorCodes._CONFLICT);
    }
    if (!client.isClosing) {
      client.refuseCalls(isRebalancing);
      closed.set(this, close(timeoutMs));
    }
    return closed.get(this) as Closed;
  }

  /** The same as {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What `JSON.stringify` shows: no secret of the configuration is in it. */
  toJSON(): Record<string, unknown> {
    return workings.get(this)!.client.describe();
  }
}
