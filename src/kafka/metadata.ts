/** What a cluster says of itself: its brokers, topics and partitions, as plain values. */
import type { KafkaError } from "./error.ts";

/** A cluster as one of its brokers has described it. */
export interface ClusterMetadata {
  /** The cluster's own name, or null where the broker does not tell it. */
  readonly clusterId: string | null;
  /** The number of the broker that is the controller, or null if there is none. */
  readonly controllerId: number | null;
  /**
   * The broker that has answered: its address as `host:port/number`, and its number, or null while librdkafka knows it only as one
   * of `bootstrap.servers`.
   */
  readonly answeredBy: { readonly id: number | null; readonly name: string };
  /** The brokers that are up, by their numbers. */
  readonly brokers: readonly BrokerMetadata[];
  /** The topics that were asked for, or all of them, by their names. */
  readonly topics: readonly TopicMetadata[];
}

/** A broker. */
export interface BrokerMetadata {
  /** Its number. */
  readonly id: number;
  /** The name or address that it is reached by. */
  readonly host: string;
  /** The port that it is reached by. */
  readonly port: number;
}

/** A topic. */
export interface TopicMetadata {
  /** Its name. */
  readonly topic: string;
  /** Its partitions, in order. */
  readonly partitions: readonly PartitionMetadata[];
  /** Why there is nothing to say of it, such as `UNKNOWN_TOPIC_OR_PART`. */
  readonly error: KafkaError | null;
}

/** A partition. */
export interface PartitionMetadata {
  /** Its number, from 0 on. */
  readonly partition: number;
  /** The number of the broker that leads it, or null if there is none at the moment. */
  readonly leader: number | null;
  /** The numbers of the brokers that keep a copy. */
  readonly replicas: readonly number[];
  /** The numbers of those among them that are in sync with the leader. */
  readonly isrs: readonly number[];
  /** What is wrong with it, such as `LEADER_NOT_AVAILABLE`. */
  readonly error: KafkaError | null;
}
