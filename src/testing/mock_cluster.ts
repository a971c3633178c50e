/** librdkafka's mock cluster: brokers inside this process, for tests and demonstrations without a Kafka. */
import type { TopicPartition } from "../kafka/topic_partition.ts";
import { checkPartition } from "../native/partition_list.ts";
import { describe } from "../native/scratch.ts";
import { MockGroups } from "./groups.ts";
import { attachHandle, checkInteger, handleOf, MockHandle } from "./handle.ts";
import type { MockClusterOptions } from "./options.ts";

/**
 * A cluster inside this process, on loopback ports.
 *
 * It answers the requests of producers, consumers and groups, and can be told to fail. It is no judge of correctness: it knows
 * no SSL, no SASL, no quotas, shows records of aborted transactions, and keeps at most 5 MiB or 100,000 messages a partition.
 * Its brokers are numbered from 1 on.
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
export class MockCluster extends MockGroups implements AsyncDisposable {
  /** What clients connect to. */
  readonly bootstrapServers: string;

  /** Starts the brokers. */
  constructor(options: MockClusterOptions = {}) {
    super();
    const { brokers = 1, libraryPath } = options;
    const handle = new MockHandle(brokers, libraryPath);
    attachHandle(this, handle);
    const { native, functions, cluster } = handle;
    functions.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0);
    try {
      // A request that describes topics goes to the controller, and left alone the cluster names a broker that it does not have.
      functions.rd_kafka_mock_set_controller_id(cluster, 1);
    } catch {
      // librdkafka before 2.15 has no such function, and its mock no controller.
    }
    this.bootstrapServers = native.text(functions.rd_kafka_mock_cluster_bootstraps(cluster)) ?? "";
  }

  /** Creates a topic. */
  createTopic(
    topic: string,
    options: { readonly partitions?: number; readonly replicationFactor?: number } = {},
  ): void {
    const { partitions = 4, replicationFactor = 1 } = options;
    const handle = handleOf(this);
    handle.call(
      `Cannot create topic ${describe(topic)}`,
      (c, cluster) => c.rd_kafka_mock_topic_create(cluster, handle.text(topic, "topic"), partitions, replicationFactor),
    );
  }

  /**
   * Deletes a topic with its messages.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.15.
   * @throws {KafkaError} `UNKNOWN_TOPIC_OR_PART`.
   */
  deleteTopic(topic: string): void {
    const handle = handleOf(this);
    handle.need("rd_kafka_mock_topic_delete", "deleting topics");
    handle.call(
      `Cannot delete topic ${describe(topic)}`,
      (c, cluster) => c.rd_kafka_mock_topic_delete(cluster, handle.text(topic, "topic")),
    );
  }

  /**
   * Deletes a partition's messages before an offset. Brokers store messages in batches, as they were sent: one that has the
   * offset in its middle stays whole, and readers begin at the offset.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.15.
   */
  deleteRecords({ topic, partition }: TopicPartition, { before }: { readonly before: number }): void {
    const handle = handleOf(this);
    handle.need("rd_kafka_mock_partition_delete_records", "deleting records");
    const offset = handle.native.library.word(checkOffset(before, "before"));
    const number = checkPartition(partition);
    handle.call(
      "Cannot delete records",
      (c, cluster) => c.rd_kafka_mock_partition_delete_records(cluster, handle.text(topic, "topic"), number, offset),
    );
  }

  /** Lets every use of a topic fail with a broker error code; 0 ends that. */
  setTopicError(topic: string, code: number): void {
    const handle = handleOf(this);
    handle.do((c, cluster) => c.rd_kafka_mock_topic_set_error(cluster, handle.text(topic, "topic"), code));
  }

  /** Moves a partition to another broker; null takes its leader away. */
  setLeader(topic: string, partition: number, broker: number | null): void {
    const handle = handleOf(this);
    const number = checkPartition(partition);
    handle.call(
      "Cannot move the leader",
      (c, cluster) => c.rd_kafka_mock_partition_set_leader(cluster, handle.text(topic, "topic"), number, broker ?? -1),
    );
  }

  /**
   * Lets the next answer that tells of a partition's leader tell this, once, whoever the leader is. Told several times, it is
   * several answers.
   *
   * @param leader `broker`: the leader, or null for none. `epoch`: the leader epoch; clients take no answer whose epoch is lower
   * than the one that they know.
   *
   * Source: `rd_kafka_mock_partition_push_leader_response`.
   */
  pushLeader(
    { topic, partition }: TopicPartition,
    { broker, epoch }: { readonly broker: number | null; readonly epoch: number },
  ): void {
    const handle = handleOf(this);
    const number = checkPartition(partition);
    const checked = checkInteger(epoch, { what: "epoch" });
    handle.call(
      "Cannot push a leader",
      (c, cluster) =>
        c.rd_kafka_mock_partition_push_leader_response(
          cluster,
          handle.text(topic, "topic"),
          number,
          broker ?? -1,
          checked,
        ),
    );
  }

  /**
   * Names the broker from which consumers are to read a partition; null takes that back. The leader sends them there, whatever
   * their `client.rack` and the brokers' racks: these it does not compare, as a Kafka would.
   *
   * Source: `rd_kafka_mock_partition_set_follower`.
   */
  setFollower({ topic, partition }: TopicPartition, broker: number | null): void {
    const handle = handleOf(this);
    const number = checkPartition(partition);
    handle.call(
      "Cannot set the follower",
      (c, cluster) =>
        c.rd_kafka_mock_partition_set_follower(cluster, handle.text(topic, "topic"), number, broker ?? -1),
    );
  }

  /**
   * Says from where to where a partition's follower has messages, as far as it tells readers: an offset outside is out of range.
   * What is left out is what the leader has.
   *
   * Source: `rd_kafka_mock_partition_set_follower_wmarks`.
   */
  setFollowerWatermarks(
    { topic, partition }: TopicPartition,
    { low, high }: { readonly low?: number; readonly high?: number },
  ): void {
    const handle = handleOf(this);
    const { library } = handle.native;
    const number = checkPartition(partition);
    const from = library.word(low === undefined ? -1 : checkOffset(low, "low"));
    const to = library.word(high === undefined ? -1 : checkOffset(high, "high"));
    handle.call(
      "Cannot set the follower's watermarks",
      (c, cluster) =>
        c.rd_kafka_mock_partition_set_follower_wmarks(cluster, handle.text(topic, "topic"), number, from, to),
    );
  }

  /**
   * Adds a broker, which gets its share of the partitions.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.10.
   */
  addBroker(broker: number): void {
    const handle = handleOf(this);
    handle.need("rd_kafka_mock_broker_add", "adding brokers");
    const id = checkBroker(broker);
    handle.call("Cannot add the broker", (c, cluster) => c.rd_kafka_mock_broker_add(cluster, id));
  }

  /**
   * Removes a broker for good. Others take over its partitions.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.10.
   * @throws {KafkaError} `_UNKNOWN_BROKER`.
   *
   * Source: `rd_kafka_mock_broker_decommission`.
   */
  removeBroker(broker: number): void {
    const handle = handleOf(this);
    handle.need("rd_kafka_mock_broker_decommission", "removing brokers");
    const id = checkBroker(broker);
    handle.call("Cannot remove the broker", (c, cluster) => c.rd_kafka_mock_broker_decommission(cluster, id));
  }

  /**
   * Tells clients no more of a broker, whose connections stay. Others take over its partitions.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.15.
   *
   * Source: `rd_kafka_mock_broker_remove_from_metadata`.
   */
  hideBroker(broker: number): void {
    const handle = handleOf(this);
    handle.need("rd_kafka_mock_broker_remove_from_metadata", "hiding brokers");
    const id = checkBroker(broker);
    handle.call("Cannot hide the broker", (c, cluster) => c.rd_kafka_mock_broker_remove_from_metadata(cluster, id));
  }

  /**
   * Tells clients another address of a broker than its own.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.10.
   *
   * Source: `rd_kafka_mock_broker_set_host_port`.
   */
  setAddress(broker: number, { host, port }: { readonly host: string; readonly port: number }): void {
    const handle = handleOf(this);
    handle.need("rd_kafka_mock_broker_set_host_port", "changing addresses");
    const id = checkBroker(broker);
    const number = checkInteger(port, { what: "port", min: 1 });
    handle.do((c, cluster) => c.rd_kafka_mock_broker_set_host_port(cluster, id, handle.text(host, "host"), number));
  }

  /** Says in which rack a broker is. */
  setRack(broker: number, rack: string): void {
    const handle = handleOf(this);
    const id = checkBroker(broker);
    handle.call(
      "Cannot set the rack",
      (c, cluster) => c.rd_kafka_mock_broker_set_rack(cluster, id, handle.text(rack, "rack")),
    );
  }

  /** Cuts a broker off: it drops its connections and refuses new ones. */
  stopBroker(broker: number): void {
    handleOf(this).call("Cannot stop the broker", (c, cluster) => c.rd_kafka_mock_broker_set_down(cluster, broker));
  }

  /** Lets a broker that was cut off take connections again. */
  startBroker(broker: number): void {
    handleOf(this).call("Cannot start the broker", (c, cluster) => c.rd_kafka_mock_broker_set_up(cluster, broker));
  }

  /** Delays all of a broker's answers. */
  setRoundTripTime(broker: number, roundTripMs: number): void {
    handleOf(this).call(
      "Cannot delay the broker",
      (c, cluster) => c.rd_kafka_mock_broker_set_rtt(cluster, broker, roundTripMs),
    );
  }

  /** Stops the brokers. Clients that still use them see lost connections. */
  close(): Promise<void> {
    return handleOf(this).close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkBroker(broker: number): number {
  return checkInteger(broker, { what: "broker", min: 1 });
}

function checkOffset(offset: number, what: string): number {
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new RangeError(`Cannot use ${describe(offset)} as ${what}: a whole number from 0 to 2^53 - 1 is wanted`);
}
