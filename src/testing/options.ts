/** What the methods of a mock cluster take and give. */
import type { TopicPartition } from "../kafka/topic_partition.ts";
import type { ApiName } from "./api_keys.ts";

/** The options of a {@link MockCluster}. */
export interface MockClusterOptions {
  /** How many brokers. Default: 1. */
  readonly brokers?: number;
  /** The librdkafka to open. Default: the first that is found. */
  readonly libraryPath?: string;
}

/** How a {@link MockCluster} keeps groups of KIP-848, those of `group.protocol=consumer`. */
export interface MockConsumerGroups {
  /** How often a member gives a sign of life. Default: 3000. It holds for groups that begin afterwards. */
  readonly heartbeatIntervalMs?: number;
  /** After how long without a sign of life a member is gone. Default: 30000. It holds for groups that begin afterwards. */
  readonly sessionTimeoutMs?: number;
}

/** How a {@link MockCluster} keeps share groups. */
export interface MockShareGroups {
  /** Where a new group begins. Default: `latest`. */
  readonly autoOffsetReset?: "earliest" | "latest";
  /** How often a member gives a sign of life. Default: 5000. */
  readonly heartbeatIntervalMs?: number;
  /** Whether messages of transactions that are open or aborted are delivered. Default: `read_uncommitted`. */
  readonly isolationLevel?: "read_committed" | "read_uncommitted";
  /** How often a message is delivered at most; 0 is without limit. Default: 5. */
  readonly maxDeliveries?: number;
  /** How many messages of a partition are locked at once; 0 is without limit. Default: 2000. */
  readonly maxLockedMessages?: number;
  /** How many members a group has at most; 0 is without limit. Default: 0. */
  readonly maxMembers?: number;
  /** How many fetch sessions a broker has at most; 0 is without limit. Default: 2000. */
  readonly maxSessions?: number;
  /** How long a message that was delivered is locked. Default: 30000. */
  readonly recordLockMs?: number;
  /** After how long without a sign of life a member is gone. Default: 45000. */
  readonly sessionTimeoutMs?: number;
}

/** What members of a group are to have: partitions by member id. */
export type MockTargetAssignment = Readonly<Record<string, readonly TopicPartition[]>>;

/** An answer in place of a broker's own. */
export interface MockAnswer {
  /** A broker's error code, or -195 to disconnect. Default: 0, the broker's own answer. */
  readonly code?: number;
  /** How much later than usual it comes. Default: 0. */
  readonly delayMs?: number;
}

/** A request that a {@link MockCluster} was sent. */
export interface MockRequest {
  /** The number of the broker that got it. */
  readonly broker: number;
  /** What was asked. Null if it is none of {@link apiKeys}. */
  readonly request: ApiName | null;
  /** Its number in Kafka's protocol. */
  readonly apiKey: number;
  /** When it came, in milliseconds of a clock that only goes forward and has no date. */
  readonly timeMs: number;
}

/** The range of versions of a request that brokers say they know. */
export interface MockApiVersions {
  /** The lowest. Default: 0. */
  readonly min?: number;
  /** The highest. The mock cluster must have it. */
  readonly max: number;
}

/** What a {@link MockCluster} asks clients to tell of themselves (KIP-714). */
export interface MockTelemetry {
  /** The beginnings of the metrics' names. An empty text asks for all of them, and no text for none. */
  readonly metrics?: readonly string[];
  /** How often they are pushed. */
  readonly pushIntervalMs?: number;
}
