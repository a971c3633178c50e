/**
 * A Kafka cluster and a Schema Registry inside the process, for the tests of programs that use this client.
 *
 * @module
 */
export { apiKeys, type ApiName } from "./src/testing/api_keys.ts";
export { MockFaults } from "./src/testing/faults.ts";
export { MockGroups } from "./src/testing/groups.ts";
export { MockCluster } from "./src/testing/mock_cluster.ts";
export type {
  MockAnswer,
  MockApiVersions,
  MockClusterOptions,
  MockConsumerGroups,
  MockRequest,
  MockShareGroups,
  MockTargetAssignment,
  MockTelemetry,
} from "./src/testing/options.ts";
export { MockSchemaRegistry } from "./src/testing/registry/mock_schema_registry.ts";
export type {
  MockHttpAnswer,
  MockHttpFault,
  MockHttpRequest,
  MockOAuth,
  MockRequestFilter,
  MockSchemaRegistryOptions,
  MockTls,
} from "./src/testing/registry/options.ts";
