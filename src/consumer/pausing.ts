/** Pausing: whether librdkafka fetches a partition that is assigned. */
import type { Client } from "../client/client.ts";
import type { TopicPartition } from "../kafka/topic_partition.ts";
import { readPartitionList, withPartitionList } from "../native/partition_list.ts";

/** Pauses or resumes partitions; one that librdkafka does not know is an error. */
export function setPaused(client: Client, partitions: readonly TopicPartition[], isPaused: boolean): void {
  if (partitions.length === 0) return;
  const { native, handle } = client;
  const action = isPaused ? "Cannot pause" : "Cannot resume";
  const call = isPaused ? native.c.rd_kafka_pause_partitions : native.c.rd_kafka_resume_partitions;
  const failed = withPartitionList(
    native,
    partitions.map(({ topic, partition }) => ({ topic, partition })),
    (list) => {
      native.checkCode(action, call(handle, list));
      return readPartitionList(native, list, action).filter(({ error }) => error !== null);
    },
  );
  if (failed.length > 0) throw failed[0]!.error!;
}
