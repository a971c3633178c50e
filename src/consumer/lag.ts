/** How far a consumer is behind: from what is known here, and asking only for what is not. */
import type { Client } from "../client/client.ts";
import type { Work } from "../kafka/work.ts";
import type { KafkaError } from "../kafka/error.ts";
import type { PartitionLag, PartitionOffset, TopicPartition } from "../kafka/topic_partition.ts";
import { cachedWatermarks, committedOffsets, edges } from "./lookups.ts";
import type { LookupOptions } from "./options.ts";

/** The values of `auto.offset.reset` that mean one end or the other; of the others, reading where nothing is committed fails. */
const atBeginning = ["smallest", "earliest", "beginning"];
const atEnd = ["largest", "latest", "end"];

/** An offset, or why there is none. */
interface Found {
  readonly offset: number | null;
  readonly error: KafkaError | null;
}

/**
 * The lag of partitions whose positions are given.
 *
 * @param positions Null where nothing was handed over yet.
 */
export function* lagOf(
  client: Client,
  positions: readonly PartitionOffset[],
  options: LookupOptions,
): Work<PartitionLag[]> {
  const cached = positions.map((each) => cachedWatermarks(client, each));
  const ends = yield* complete(
    positions,
    cached.map((watermarks) => watermarks?.high ?? null),
    (missing) => edges(client, missing, "latest", options),
  );
  const reached = yield* complete(
    positions,
    positions.map(({ offset }) => offset),
    (missing) => committedOffsets(client, missing, options),
  );
  const isNew = ({ offset, error }: Found): boolean => offset === null && error === null;
  const reset = client.setting(["auto.offset.reset"], "largest");
  let starts: readonly Found[] = reached;
  if (atEnd.includes(reset)) starts = ends;
  else if (atBeginning.includes(reset)) {
    starts = yield* complete(
      positions,
      // Only of those that are new it matters.
      reached.map((each, i) => isNew(each) ? cached[i]?.low ?? null : 0),
      (missing) => edges(client, missing, "earliest", options),
    );
  }
  return positions.map(({ topic, partition }, i) => {
    const from = isNew(reached[i]!) ? starts[i]! : reached[i]!;
    const { offset: end } = ends[i]!;
    const lag = from.offset === null || end === null ? null : Math.max(0, end - from.offset);
    return { topic, partition, position: from.offset, end, lag, error: from.error ?? ends[i]!.error };
  });
}

/** Asks for the offsets that are missing. */
function* complete(
  partitions: readonly TopicPartition[],
  known: readonly (number | null)[],
  look: (missing: readonly TopicPartition[]) => Work<PartitionOffset[]>,
): Work<Found[]> {
  const missing = partitions.filter((_, i) => known[i] === null);
  const answers = missing.length === 0 ? [] : yield* look(missing);
  let next = 0;
  return known.map((offset) => offset === null ? answers[next++]! : { offset, error: null });
}
