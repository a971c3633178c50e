/** Requests that a queue event answers: offsets of a group, offsets of a log, commits. None of these calls waits. */
import { errorCodes } from "../kafka/error_codes.ts";
import { constants, type Pointer } from "../../ffi/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { PartitionOffset, TopicPartitionOffset } from "../kafka/topic_partition.ts";
import type { Native } from "./native.ts";
import { readOffset, readPartition, readPartitionList, withPartitionList } from "./partition_list.ts";

/** Where a request goes and how its answer is known. */
export interface Request {
  readonly client: Pointer;
  readonly queue: Pointer;
  /** The number that the answer's event carries. */
  readonly id: number;
  readonly timeoutMs: number;
}

/** What to look up in a partition's log, in `rd_kafka_ListOffsets`'s numbers. */
export const offsetSpec: { readonly earliest: number; readonly latest: number } = {
  earliest: constants.RD_KAFKA_OFFSET_SPEC_EARLIEST,
  latest: constants.RD_KAFKA_OFFSET_SPEC_LATEST,
};

/** Makes the options of a request, runs `use` with them and destroys them. */
export function withOptions(
  native: Native,
  operation: number,
  request: Request,
  use: (options: Pointer) => void,
): void {
  const { c, library, scratch } = native;
  const options = c.rd_kafka_AdminOptions_new(request.client, operation);
  try {
    const text = scratch.reset().take(512);
    const timeout = Math.min(Math.max(1, Math.ceil(request.timeoutMs)), 3_600_000);
    const code = c.rd_kafka_AdminOptions_set_request_timeout(options, timeout, text.pointer, library.word(512));
    native.checkCode("Cannot set the request's timeout", code);
    c.rd_kafka_AdminOptions_set_opaque(options, library.add(library.nullPointer, request.id));
    use(options);
  } finally {
    c.rd_kafka_AdminOptions_destroy(options);
  }
}

/** Asks for offsets by time, or for the ends of the log (see {@link offsetSpec}). */
export function requestOffsets(
  native: Native,
  request: Request,
  partitions: readonly (TopicPartitionOffset & { readonly spec: number })[],
  isReadCommitted: boolean,
): void {
  const { c } = native;
  const specs = partitions.map(({ spec }) => spec);
  withOptions(native, constants.RD_KAFKA_ADMIN_OP_LISTOFFSETS, request, (options) => {
    const level = isReadCommitted
      ? constants.RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
      : constants.RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED;
    native.checkError("Cannot choose an isolation level", c.rd_kafka_AdminOptions_set_isolation_level(options, level));
    let index = 0;
    withPartitionList(
      native,
      partitions,
      (list) => c.rd_kafka_ListOffsets(request.client, list, options, request.queue),
      () => specs[index++]!,
    );
  });
}

/** The answer to {@link requestOffsets}. */
export function readOffsets(native: Native, event: Pointer): PartitionOffset[] {
  const action = "Cannot look up an offset";
  const { c, library, scratch } = native;
  const result = c.rd_kafka_event_ListOffsets_result(event);
  const count = scratch.reset().take(8);
  const infos = c.rd_kafka_ListOffsets_result_infos(result, count.pointer);
  const length = new DataView(count.bytes.buffer, count.bytes.byteOffset).getUint32(0, true);
  const pointers = library.block(length * 8);
  c.memcpy(pointers.pointer, infos, library.word(length * 8));
  return Array.from({ length }, (_, i) => {
    const pointer = c.rd_kafka_ListOffsetsResultInfo_topic_partition(library.pointerAt(pointers, i));
    const entry = readPartition(native, pointer, action);
    // A leader that did not answer leaves its partitions as they were asked for, without an error.
    if (entry.error !== null || readOffset(native, pointer) !== constants.RD_KAFKA_OFFSET_INVALID) return entry;
    const where = `${entry.topic} [${entry.partition}]`;
    return {
      ...entry,
      error: new KafkaError(`${action} of ${where}: its leader did not answer`, errorCodes._TIMED_OUT, {
        isRetriable: true,
      }),
    };
  });
}

/**
 * How long librdkafka tries to ask a coordinator: until the client is closed. When such a request ran out of time while the
 * coordinator was looked for, and the client was closed then, an assertion of librdkafka's (2.16) ended the process.
 */
const patientMs = 3_600_000;

/** Asks for what a group has committed, for the given partitions. It does not end by itself. */
export function requestGroupOffsets(
  native: Native,
  request: Request,
  group: string,
  partitions: readonly TopicPartitionOffset[],
): void {
  const { c, library } = native;
  const patient = { ...request, timeoutMs: patientMs };
  withOptions(native, constants.RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, patient, (options) => {
    withPartitionList(native, partitions, (list) => {
      const name = native.scratch.reset().text(group, "group.id");
      const groups = library.block(8);
      const one = library.word(1);
      const query = c.rd_kafka_ListConsumerGroupOffsets_new(name, list);
      const address = library.number(query);
      groups.u32[0] = address >>> 0;
      groups.u32[1] = Math.floor(address / 2 ** 32);
      c.rd_kafka_ListConsumerGroupOffsets(request.client, groups.pointer, one, options, request.queue);
      c.rd_kafka_ListConsumerGroupOffsets_destroy(query);
    });
  });
}

/** The answer to {@link requestGroupOffsets}. */
export function readGroupOffsets(native: Native, event: Pointer): PartitionOffset[] {
  const { c, library, scratch } = native;
  const result = c.rd_kafka_event_ListConsumerGroupOffsets_result(event);
  const count = scratch.reset().take(8);
  const groups = c.rd_kafka_ListConsumerGroupOffsets_result_groups(result, count.pointer);
  const pointers = library.block(8);
  c.memcpy(pointers.pointer, groups, library.word(8));
  const group = library.pointerAt(pointers, 0);
  const error = c.rd_kafka_group_result_error(group);
  if (!library.isNull(error)) {
    // The error belongs to the result: it is read and not destroyed.
    const text = native.text(c.rd_kafka_error_string(error)) ?? "";
    throw new KafkaError(`Cannot read the group's offsets: ${text}`, c.rd_kafka_error_code(error));
  }
  return readPartitionList(native, c.rd_kafka_group_result_partitions(group), "Cannot read the committed offset");
}

/** Commits offsets; with null, those that are stored for the current assignment. */
export function requestCommit(native: Native, request: Request, offsets: readonly TopicPartitionOffset[] | null): void {
  const { c, library } = native;
  const commit = (list: Pointer): void => {
    const opaque = library.add(library.nullPointer, request.id);
    native.checkCode(
      "Cannot commit offsets",
      c.rd_kafka_commit_queue(request.client, list, request.queue, library.nullPointer, opaque),
    );
  };
  if (offsets === null) commit(library.nullPointer);
  else withPartitionList(native, offsets, commit);
}

/** The answer to {@link requestCommit}. */
export function readCommit(native: Native, event: Pointer): PartitionOffset[] {
  return readPartitionList(native, native.c.rd_kafka_event_topic_partition_list(event), "Cannot commit the offset");
}

/** The error of an answer's event as a whole, or null. */
export function answerError(native: Native, event: Pointer, action: string): KafkaError | null {
  const { c } = native;
  const code = c.rd_kafka_event_error(event);
  if (code === 0) return null;
  return new KafkaError(
    `${action}: ${native.text(c.rd_kafka_event_error_string(event)) ?? native.describe(code)}`,
    code,
  );
}
