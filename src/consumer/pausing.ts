/** Pausing: whether librdkafka fetches a partition that is assigned. */
import type { Client } from "../client/client.ts";
import { partitionKey, type TopicPartition } from "../kafka/topic_partition.ts";
import { readPartitionList, withPartitionList } from "../native/partition_list.ts";
import type { Reading } from "./reading.ts";

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

/** Pauses partitions. Disposing of what this returns resumes those of them that were flowing before and are still paused. */
export function pauseUntilDisposed(
  client: Client,
  reading: Reading,
  partitions: readonly TopicPartition[],
): Disposable {
  const { holdings } = reading;
  const paused = (): Set<string> => new Set(holdings.positions.paused().map(partitionKey));
  const before = paused();
  holdings.pause(partitions);
  const own = partitions.filter((partition) => !before.has(partitionKey(partition)))
    .map(({ topic, partition }) => ({ topic, partition }));
  return {
    [Symbol.dispose]() {
      if (client.isClosing || client.fatalError !== null) return;
      const now = paused();
      const still = own.filter((partition) => now.has(partitionKey(partition)));
      if (still.length > 0) reading.resume(still);
    },
  };
}
