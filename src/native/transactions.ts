/** The transaction calls, which wait in C: each is made off the event loop, or here by a client that blocks. */
import { errorCodes } from "../kafka/error_codes.ts";
import { constants, type Pointer } from "../../ffi/mod.ts";
import type { KafkaError } from "../kafka/error.ts";
import type { ConsumerGroupMetadata } from "../kafka/group_metadata.ts";
import type { TopicPartitionOffset } from "../kafka/topic_partition.ts";
import type { Native } from "./native.ts";
import { checkPlaces, withPartitionList } from "./partition_list.ts";
import { describe } from "./scratch.ts";

/** The calls that go on behind a timeout, and are resumed by being made again. */
export type ResumableCall = "rd_kafka_init_transactions" | "rd_kafka_commit_transaction" | "rd_kafka_abort_transaction";

/** A call that yields the promise which it waits for, or nothing where it waits in C. It says why it is not done, or null. */
export type Calling = Generator<unknown, KafkaError | null, unknown>;

/** Who calls, and for what. */
export interface Caller {
  readonly native: Native;
  readonly client: Pointer;
  /** What cannot be done when it fails, for the error. */
  readonly action: string;
  /** Whether C may be waited for here. */
  readonly blocks: boolean;
}

/** Makes one of them for `timeoutMs`. */
export function* callFor(caller: Caller, call: ResumableCall, timeoutMs: number): Calling {
  const { native, client, blocks } = caller;
  return taken(
    caller,
    blocks ? native.c[call](client, timeoutMs) : (yield native.callAway(call, client, timeoutMs)) as Pointer,
  );
}

/** Begins a transaction. librdkafka asks no broker for it. */
export function* begin(caller: Caller): Calling {
  const { native, client, blocks } = caller;
  const call = "rd_kafka_begin_transaction";
  return taken(caller, blocks ? native.c[call](client) : (yield native.callAway(call, client)) as Pointer);
}

/**
 * Makes offsets a part of the transaction.
 *
 * @param timeoutMs librdkafka looks at it when something was answered; a coordinator that is away is waited for as long as
 * `socket.timeout.ms`.
 */
export function* sendOffsets(
  caller: Caller,
  offsets: readonly TopicPartitionOffset[],
  metadata: ConsumerGroupMetadata,
  timeoutMs: number,
): Calling {
  const { native, client, blocks } = caller;
  const { c } = native;
  // Both live until the call is over, and are copied within it.
  const list = withPartitionList(
    native,
    offsets,
    (made) => c.rd_kafka_topic_partition_list_copy(made),
    ({ offset }) => plainOffset(offset),
  );
  try {
    const group = newGroupMetadata(native, metadata);
    try {
      const call = "rd_kafka_send_offsets_to_transaction";
      return taken(
        caller,
        blocks
          ? c[call](client, list, group, timeoutMs)
          : (yield native.callAway(call, client, list, group, timeoutMs)) as Pointer,
      );
    } finally {
      c.rd_kafka_consumer_group_metadata_destroy(group);
    }
  } finally {
    c.rd_kafka_topic_partition_list_destroy(list);
  }
}

/** Throws what {@link sendOffsets} would find wrong with its arguments. */
export function checkOffsets(
  native: Native,
  offsets: readonly TopicPartitionOffset[],
  metadata: ConsumerGroupMetadata,
): void {
  checkPlaces(offsets, "offsets");
  withPartitionList(native, offsets, () => {}, ({ offset }) => plainOffset(offset));
  native.c.rd_kafka_consumer_group_metadata_destroy(newGroupMetadata(native, metadata));
}

/** Who a consumer is in its group. */
export function readGroupMetadata(native: Native, client: Pointer): ConsumerGroupMetadata {
  const { c } = native;
  const group = c.rd_kafka_consumer_group_metadata(client);
  // A client that is coming to its end has left its group.
  if (native.library.isNull(group)) throw native.error("Cannot read the group's metadata", errorCodes._DESTROY);
  try {
    return {
      groupId: native.text(c.rd_kafka_consumer_group_metadata_group_id(group)) ?? "",
      generationId: c.rd_kafka_consumer_group_metadata_generation_id(group),
      memberId: native.text(c.rd_kafka_consumer_group_metadata_member_id(group)) ?? "",
      groupInstanceId: native.text(c.rd_kafka_consumer_group_metadata_group_instance_id(group)),
    };
  } finally {
    c.rd_kafka_consumer_group_metadata_destroy(group);
  }
}

function newGroupMetadata(native: Native, metadata: ConsumerGroupMetadata): Pointer {
  const { c, library, scratch } = native;
  if (typeof metadata !== "object" || metadata === null) {
    throw new TypeError(
      `Cannot use ${describe(metadata)} as groupMetadata: what consumer.consumerGroupMetadata() returns is wanted`,
    );
  }
  const { groupId, generationId, memberId, groupInstanceId } = metadata;
  if (!Number.isInteger(generationId) || generationId < -1 || generationId > 0x7fffffff) {
    throw new RangeError(`Cannot use ${describe(generationId)} as generationId: a whole number from -1 on is wanted`);
  }
  scratch.reset();
  return c.rd_kafka_consumer_group_metadata_new_with_genid(
    scratch.text(groupId, "groupId"),
    generationId,
    scratch.text(memberId, "memberId"),
    groupInstanceId === null ? library.nullPointer : scratch.text(groupInstanceId, "groupInstanceId"),
  );
}

/** An offset that can be committed. Those that are null, as of a partition without a position, librdkafka leaves out. */
function plainOffset(offset: TopicPartitionOffset["offset"]): number {
  if (offset === null || offset === undefined) return constants.RD_KAFKA_OFFSET_INVALID;
  if (typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0) return offset;
  const found = typeof offset === "number" ? String(offset) : describe(offset);
  throw new RangeError(`Cannot use ${found} as offset: a whole number from 0 to 2^53 - 1 is wanted`);
}

function taken({ native, action }: Caller, error: Pointer): KafkaError | null {
  return native.library.isNull(error) ? null : native.takeError(action, error);
}
