/** librdkafka's mock cluster: brokers inside this process, for tests and demonstrations without a Kafka. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Pointer } from "../native/memory.ts";
import { KafkaError } from "../kafka/error.ts";
import { createHandle } from "../native/handle.ts";
import { checkSharing } from "../native/share.ts";
import { type Native, openNative } from "../native/native.ts";
import { checkPartition } from "../native/partition_list.ts";
import { describe } from "../native/scratch.ts";

/** The options of a {@link MockCluster}. */
export interface MockClusterOptions {
  /** How many brokers. Default: 1. */
  readonly brokers?: number;
  /** The librdkafka to open. Default: the first that is found. */
  readonly libraryPath?: string;
}

/** How a {@link MockCluster} keeps share groups. */
export interface MockShareGroups {
  /** Where a new group begins. Default: `latest`. */
  readonly autoOffsetReset?: "earliest" | "latest";
  /** How often a member gives a sign of life. Default: 5000. */
  readonly heartbeatIntervalMs?: number;
  /** How often a message is delivered at most. Default: 5. */
  readonly maxDeliveries?: number;
  /** How long a message that was delivered is locked. Default: 30000. */
  readonly recordLockMs?: number;
  /** After how long without a sign of life a member is gone. Default: 45000. */
  readonly sessionTimeoutMs?: number;
}

/** The requests whose answers can be replaced, by their numbers in Kafka's protocol. */
export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
  ShareGroupHeartbeat: 76,
  ShareFetch: 78,
  ShareAcknowledge: 79,
} as const;

/**
 * A cluster inside this process, on loopback ports.
 *
 * It answers the requests of producers, consumers and groups, and can be told to fail. It is no judge of correctness: it knows
 * no SSL, no SASL, no quotas, shows records of aborted transactions, and keeps at most 5 MiB or 100,000 messages a partition.
 *
 * Source: `rd_kafka_mock_cluster_new`, outside librdkafka's promise of a stable interface.
 *
 * @example Send to a cluster that needs no set-up
 * ```ts
 * import { Producer } from "@kafka-ffi/kafka";
 * import { MockCluster } from "@kafka-ffi/kafka/testing";
 *
 * await using cluster = new MockCluster({ brokers: 3 });
 * cluster.createTopic("orders", { partitions: 4 });
 * await using producer = new Producer({ "bootstrap.servers": cluster.bootstrapServers });
 * console.log(await producer.send({ topic: "orders", value: "a sandwich" }));
 * ```
 */
export class MockCluster implements AsyncDisposable {
  readonly #native: Native;
  readonly #handle: Pointer;
  readonly #cluster: Pointer;
  /** What clients connect to. */
  readonly bootstrapServers: string;
  #isClosed = false;

  /** Starts the brokers. */
  constructor(options: MockClusterOptions = {}) {
    const { brokers = 1, libraryPath } = options;
    if (!Number.isInteger(brokers) || brokers < 1) {
      throw new RangeError(`Cannot start ${describe(brokers)} mock brokers: a number from 1 on is wanted`);
    }
    const native = openNative(libraryPath);
    const { c, library } = native;
    this.#native = native;
    // The handle only carries the cluster: it connects to nothing.
    this.#handle = createHandle(native, "producer", new Map([["client.id", "mock-cluster"], ["log_level", "3"]]));
    this.#cluster = c.rd_kafka_mock_cluster_new(this.#handle, brokers);
    if (library.isNull(this.#cluster)) {
      c.rd_kafka_destroy(this.#handle);
      throw new Error("Cannot start a mock cluster: librdkafka found no port for it");
    }
    c.rd_kafka_mock_group_initial_rebalance_delay_ms(this.#cluster, 0);
    try {
      // A request that describes topics goes to the controller, and left alone the cluster names a broker that it does not have.
      c.rd_kafka_mock_set_controller_id(this.#cluster, 1);
    } catch {
      // librdkafka before 2.15 has no such function, and its mock no controller.
    }
    this.bootstrapServers = native.text(c.rd_kafka_mock_cluster_bootstraps(this.#cluster)) ?? "";
  }

  /** Creates a topic. */
  createTopic(
    topic: string,
    options: { readonly partitions?: number; readonly replicationFactor?: number } = {},
  ): void {
    const { partitions = 4, replicationFactor = 1 } = options;
    this.#call(
      `Cannot create topic ${describe(topic)}`,
      (c) => c.rd_kafka_mock_topic_create(this.#cluster, this.#text(topic, "topic"), partitions, replicationFactor),
    );
  }

  /** Lets the next requests of a kind fail, one after another, with the given broker error codes (or -195 to disconnect). */
  failNext(request: keyof typeof apiKeys, codes: readonly number[]): void {
    const { library, c, scratch } = this.#native;
    const { bytes, pointer } = scratch.reset().take(4 * Math.max(1, codes.length));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    codes.forEach((code, i) => view.setInt32(4 * i, code, true));
    this.#check();
    c.rd_kafka_mock_push_request_errors_array(this.#cluster, apiKeys[request], library.word(codes.length), pointer);
  }

  /** Takes back what {@link failNext} asked for. */
  clearFailures(request: keyof typeof apiKeys): void {
    this.#check();
    this.#native.c.rd_kafka_mock_clear_request_errors(this.#cluster, apiKeys[request]);
  }

  /** Lets every use of a topic fail with a broker error code; 0 ends that. */
  setTopicError(topic: string, code: number): void {
    this.#check();
    this.#native.c.rd_kafka_mock_topic_set_error(this.#cluster, this.#text(topic, "topic"), code);
  }

  /** Moves a partition to another broker; null takes its leader away. */
  setLeader(topic: string, partition: number, broker: number | null): void {
    this.#call(
      "Cannot move the leader",
      (c) =>
        c.rd_kafka_mock_partition_set_leader(
          this.#cluster,
          this.#text(topic, "topic"),
          checkPartition(partition),
          broker ?? -1,
        ),
    );
  }

  /** Cuts a broker (counted from 1) off: it drops its connections and refuses new ones. */
  stopBroker(broker: number): void {
    this.#call("Cannot stop the broker", (c) => c.rd_kafka_mock_broker_set_down(this.#cluster, broker));
  }

  /** Lets a broker that was cut off take connections again. */
  startBroker(broker: number): void {
    this.#call("Cannot start the broker", (c) => c.rd_kafka_mock_broker_set_up(this.#cluster, broker));
  }

  /** Delays a broker's answers. */
  setRoundTripTime(broker: number, roundTripMs: number): void {
    this.#call("Cannot delay the broker", (c) => c.rd_kafka_mock_broker_set_rtt(this.#cluster, broker, roundTripMs));
  }

  /**
   * Sets how share groups are kept; what is left out stays as it is. A group's begin is that of its first member.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.15.
   */
  setShareGroups(settings: MockShareGroups): void {
    const { c } = this.#native;
    this.#check();
    const { autoOffsetReset, heartbeatIntervalMs, maxDeliveries, recordLockMs, sessionTimeoutMs } = settings;
    checkSharing(this.#native);
    const reset = autoOffsetReset === "earliest" ? 1 : 0;
    if (autoOffsetReset !== undefined) c.rd_kafka_mock_sharegroup_set_auto_offset_reset(this.#cluster, reset);
    if (heartbeatIntervalMs !== undefined) {
      c.rd_kafka_mock_sharegroup_set_heartbeat_interval(this.#cluster, heartbeatIntervalMs);
    }
    if (maxDeliveries !== undefined) {
      c.rd_kafka_mock_sharegroup_set_max_delivery_attempts(this.#cluster, maxDeliveries);
    }
    if (recordLockMs !== undefined) c.rd_kafka_mock_sharegroup_set_record_lock_duration(this.#cluster, recordLockMs);
    if (sessionTimeoutMs !== undefined) {
      c.rd_kafka_mock_sharegroup_set_session_timeout(this.#cluster, sessionTimeoutMs);
    }
  }

  /** Stops the brokers. Clients that still use them see lost connections. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#native.c.rd_kafka_mock_cluster_destroy(this.#cluster);
    await this.#native.callAway("rd_kafka_destroy", this.#handle);
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    if (this.#isClosed) throw new KafkaError("Cannot use the mock cluster: it is closed", errorCodes._DESTROY);
  }

  #text(value: string, argument: string): Pointer {
    return this.#native.scratch.reset().text(value, argument);
  }

  #call(action: string, call: (c: Native["c"]) => number): void {
    this.#check();
    this.#native.checkCode(action, call(this.#native.c));
  }
}
