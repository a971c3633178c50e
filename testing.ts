/**
 * A Kafka cluster inside the process, for the tests of programs that use this client.
 *
 * @module
 */
export { apiKeys, MockCluster, type MockClusterOptions, type MockShareGroups } from "./src/testing/mock_cluster.ts";
