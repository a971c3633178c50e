/** Who a consumer is in its group, as a transactional producer has to tell the group's coordinator. */

/**
 * A member of a consumer group at one moment, by which the coordinator knows whether it may still commit.
 *
 * It is a plain value: it can be sent to a worker, and outlives its consumer. It goes stale with the next rebalance, so ask
 * for it anew in each transaction.
 */
export interface ConsumerGroupMetadata {
  /** `group.id`. */
  readonly groupId: string;
  /** The group's generation; with `group.protocol=consumer` the member epoch; -1 while the consumer is in no group. */
  readonly generationId: number;
  /** The name that the coordinator knows the member by; empty while the consumer is in no group. */
  readonly memberId: string;
  /** `group.instance.id`, or null. */
  readonly groupInstanceId: string | null;
}
