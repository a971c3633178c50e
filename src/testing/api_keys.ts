/** The requests that a mock cluster answers, by their numbers in Kafka's protocol. */

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
  ApiVersions: 18,
  InitProducerId: 22,
  OffsetForLeaderEpoch: 23,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
  ConsumerGroupHeartbeat: 68,
  GetTelemetrySubscriptions: 71,
  PushTelemetry: 72,
  ShareGroupHeartbeat: 76,
  ShareFetch: 78,
  ShareAcknowledge: 79,
} as const;

/** A kind of request, by its name in Kafka's protocol. */
export type ApiName = keyof typeof apiKeys;

const namesByKey = new Map<number, ApiName>(Object.entries(apiKeys).map(([name, key]) => [key, name as ApiName]));

/** The name of a kind of request; null for one that the mock cluster does not answer. */
export function apiNameOf(apiKey: number): ApiName | null {
  return namesByKey.get(apiKey) ?? null;
}
