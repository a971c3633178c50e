/** `rd_kafka_topic_partition_list_t` from our values and back. */
import { type Block, constants, layout, type Pointer } from "../../ffi/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import { checkTail, type OffsetLike } from "../kafka/offset.ts";
import {
  partitionKey,
  type PartitionOffset,
  type TopicPartition,
  type TopicPartitionOffset,
} from "../kafka/topic_partition.ts";
import type { Native } from "./native.ts";
import { checkText, describe } from "./scratch.ts";

const { cnt, elems, size: headSize } = layout.topicPartitionList;
const element = layout.topicPartition;

/** A partition number, checked. */
export function checkPartition(partition: unknown, argument = "partition"): number {
  if (typeof partition !== "number" || !Number.isInteger(partition)) {
    throw new TypeError(`Cannot use ${describe(partition)} as ${argument}: a whole number is wanted`);
  }
  if (partition < 0 || partition > 0x7fffffff) {
    throw new RangeError(`Cannot use ${partition} as ${argument}: the range is 0 to 2147483647`);
  }
  return partition;
}

/**
 * Refuses what is no partition of a topic.
 *
 * @throws {TypeError | RangeError} naming the argument, or what of it is wrong.
 */
export function checkPlace(place: unknown, argument = "partition"): void {
  if (typeof place !== "object" || place === null || Array.isArray(place)) {
    throw new TypeError(`Cannot use ${describe(place)} as ${argument}: an object with topic and partition is wanted`);
  }
  const { topic, partition } = place as Partial<TopicPartition>;
  checkText(topic, "topic");
  checkPartition(partition);
}

/** The same for a list of them, which is returned. */
export function checkPlaces<T extends TopicPartition>(places: readonly T[], argument = "partitions"): readonly T[] {
  checkArray(places, argument);
  for (const place of places) checkPlace(place);
  return places;
}

function checkArray(list: unknown, argument: string): void {
  if (!Array.isArray(list)) {
    throw new TypeError(`Cannot use ${describe(list)} as ${argument}: an array of partitions is wanted`);
  }
}

/** Refuses what is said of a partition and is not what it should be, but for its offset. */
function checkEntry(entry: TopicPartitionOffset): void {
  checkPlace(entry);
  const { metadata, leaderEpoch } = entry;
  if (metadata !== undefined && metadata !== null) checkText(metadata, "metadata");
  if (leaderEpoch === undefined || leaderEpoch === null) return;
  if (typeof leaderEpoch !== "number") {
    throw new TypeError(`Cannot use ${describe(leaderEpoch)} as leaderEpoch: a whole number or null is wanted`);
  }
  if (Number.isInteger(leaderEpoch) && leaderEpoch >= 0 && leaderEpoch <= 0x7fffffff) return;
  throw new RangeError(`Cannot use ${leaderEpoch} as leaderEpoch: a whole number from 0 to 2147483647 is wanted`);
}

/** The number that librdkafka knows an offset by. Negative numbers exist from here down only. */
export function nativeOffset(offset: OffsetLike | null | undefined): number {
  if (offset === null || offset === undefined) return constants.RD_KAFKA_OFFSET_STORED;
  if (typeof offset === "number") {
    if (Number.isSafeInteger(offset) && offset >= 0) return offset;
    throw new RangeError(
      `Cannot use ${String(offset)} as offset: a whole number from 0 to 2^53 - 1, or one of Offset's, is wanted`,
    );
  }
  switch (offset.kind) {
    case "beginning":
      return constants.RD_KAFKA_OFFSET_BEGINNING;
    case "end":
      return constants.RD_KAFKA_OFFSET_END;
    case "stored":
      return constants.RD_KAFKA_OFFSET_STORED;
    case "tail":
      return constants.RD_KAFKA_OFFSET_TAIL_BASE - checkTail(offset.count ?? 0);
    default:
      throw new TypeError(`Cannot use ${describe(offset)} as offset: a number, or one of Offset's, is wanted`);
  }
}

/** Makes a list, runs `use` with it and destroys it. */
export function withPartitionList<T>(
  native: Native,
  partitions: readonly TopicPartitionOffset[],
  use: (list: Pointer) => T,
  offsetOf: (partition: TopicPartitionOffset) => number = ({ offset }) => nativeOffset(offset),
): T {
  checkArray(partitions, "partitions");
  const offsets = partitions.map((partition) => {
    checkEntry(partition);
    return offsetOf(partition);
  });
  const { c, library, scratch } = native;
  const list = c.rd_kafka_topic_partition_list_new(partitions.length);
  const entry = library.block(element.size);
  try {
    for (const [i, partition] of partitions.entries()) {
      scratch.reset();
      const offset = offsets[i]!;
      const at = c.rd_kafka_topic_partition_list_add(
        list,
        scratch.text(partition.topic, "topic"),
        checkPartition(partition.partition),
      );
      // Only the offset is ours to change: the entry is read, changed and written back whole.
      c.memcpy(entry.pointer, at, library.word(element.size));
      entry.u32[element.offset / 4] = offset >>> 0;
      entry.i32[element.offset / 4 + 1] = Math.floor(offset / 2 ** 32);
      if (typeof partition.metadata === "string") setMetadata(native, entry, partition.metadata);
      c.memcpy(at, entry.pointer, library.word(element.size));
      if (typeof partition.leaderEpoch === "number") {
        c.rd_kafka_topic_partition_set_leader_epoch(at, partition.leaderEpoch);
      }
    }
    return use(list);
  } finally {
    c.rd_kafka_topic_partition_list_destroy(list);
  }
}

/** Throws what {@link withPartitionList} would, before anything is done with the list. */
export function checkList(native: Native, partitions: readonly TopicPartitionOffset[]): void {
  const seen = new Set<string>();
  for (const partition of checkPlaces(partitions)) {
    const key = partitionKey(partition);
    if (seen.has(key)) throw new TypeError(`Cannot use ${partition.topic} [${partition.partition}] twice in one list`);
    seen.add(key);
  }
  withPartitionList(native, partitions, () => {});
}

/** Gives an entry its metadata: memory that destroying the list frees, so it is libc's and not ours. */
function setMetadata(native: Native, entry: Block, metadata: string): void {
  const { c, library } = native;
  const { bytes, pointer } = native.scratch.bytes(metadata, "metadata");
  const copy = c.malloc(library.word(Math.max(1, bytes.length)));
  c.memcpy(copy, pointer, library.word(bytes.length));
  const address = library.number(copy);
  entry.u32[element.metadata / 4] = address >>> 0;
  entry.u32[element.metadata / 4 + 1] = Math.floor(address / 2 ** 32);
  entry.u32[element.metadataSize / 4] = bytes.length;
}

/** What a list holds. The list stays its owner's. */
export function readPartitionList(native: Native, list: Pointer, action: string): PartitionOffset[] {
  const { c, library } = native;
  if (library.isNull(list)) return [];
  const head = library.block(headSize);
  c.memcpy(head.pointer, list, library.word(headSize));
  const count = head.i32[cnt / 4]!;
  const first = library.pointerAt(head, elems / 8);
  const result: PartitionOffset[] = [];
  for (let i = 0; i < count; i++) result.push(readPartition(native, library.add(first, i * element.size), action));
  return result;
}

/** The offset of an entry as librdkafka has it, which may be one of its negative ones. */
export function readOffset(native: Native, pointer: Pointer): number {
  const entry = native.library.block(element.size);
  native.c.memcpy(entry.pointer, pointer, native.library.word(element.size));
  return entry.i32[element.offset / 4 + 1]! * 2 ** 32 + entry.u32[element.offset / 4]!;
}

/** One entry of a list, or one that stands alone. */
export function readPartition(native: Native, pointer: Pointer, action: string): PartitionOffset {
  const { c, library } = native;
  const entry = library.block(element.size);
  c.memcpy(entry.pointer, pointer, library.word(element.size));
  const topic = native.text(library.pointerAt(entry, element.topic / 8)) ?? "";
  const partition = entry.i32[element.partition / 4]!;
  const offset = entry.i32[element.offset / 4 + 1]! * 2 ** 32 + entry.u32[element.offset / 4]!;
  const metadataSize = entry.u32[element.metadataSize / 4]!;
  const metadata = metadataSize > 0
    ? native.textOf(library.pointerAt(entry, element.metadata / 8), metadataSize)
    : null;
  const code = entry.i32[element.err / 4]!;
  const leaderEpoch = c.rd_kafka_topic_partition_get_leader_epoch(pointer);
  return {
    topic,
    partition,
    offset: offset >= 0 ? offset : null,
    metadata,
    leaderEpoch: leaderEpoch >= 0 ? leaderEpoch : null,
    error: code === 0 ? null : new KafkaError(`${action} of ${topic} [${partition}]: ${native.describe(code)}`, code),
  };
}
