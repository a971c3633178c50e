/** A mock cluster with one topic, for tests that need no more. */
import { MockCluster } from "../../testing.ts";
import { randomName } from "./random.ts";

/** The cluster, its one topic, and its address. */
export interface MockTopic extends AsyncDisposable {
  readonly cluster: MockCluster;
  readonly topic: string;
  readonly servers: string;
}

/** Starts a cluster and creates a topic. */
export function mockTopic(partitions = 1, brokers = 1): MockTopic {
  const cluster = new MockCluster({ brokers });
  const topic = randomName("t");
  cluster.createTopic(topic, { partitions, replicationFactor: brokers });
  return { cluster, topic, servers: cluster.bootstrapServers, [Symbol.asyncDispose]: () => cluster.close() };
}
