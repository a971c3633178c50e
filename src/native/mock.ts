/** The C functions of the mock cluster, which are bound when one is started, and the memory of their arguments. */
import { type NativeFunctions, type Pointer, symbols } from "../../ffi/mod.ts";
import type { TopicPartition } from "../kafka/topic_partition.ts";
import type { Native } from "./native.ts";
import { withPartitionList } from "./partition_list.ts";

const names = [
  "rd_kafka_mock_cluster_new",
  "rd_kafka_mock_cluster_destroy",
  "rd_kafka_mock_cluster_bootstraps",
  "rd_kafka_mock_clear_request_errors",
  "rd_kafka_mock_push_request_errors_array",
  "rd_kafka_mock_broker_push_request_error_rtts",
  "rd_kafka_mock_broker_error_stack_cnt",
  "rd_kafka_mock_partition_push_request_errors",
  "rd_kafka_mock_group_initial_rebalance_delay_ms",
  "rd_kafka_mock_set_controller_id",
  "rd_kafka_mock_topic_create",
  "rd_kafka_mock_topic_delete",
  "rd_kafka_mock_topic_set_error",
  "rd_kafka_mock_partition_delete_records",
  "rd_kafka_mock_partition_set_leader",
  "rd_kafka_mock_partition_push_leader_response",
  "rd_kafka_mock_partition_set_follower",
  "rd_kafka_mock_partition_set_follower_wmarks",
  "rd_kafka_mock_broker_add",
  "rd_kafka_mock_broker_decommission",
  "rd_kafka_mock_broker_remove_from_metadata",
  "rd_kafka_mock_broker_set_host_port",
  "rd_kafka_mock_broker_set_down",
  "rd_kafka_mock_broker_set_up",
  "rd_kafka_mock_broker_set_rtt",
  "rd_kafka_mock_broker_set_rack",
  "rd_kafka_mock_coordinator_set",
  "rd_kafka_mock_set_apiversion",
  "rd_kafka_mock_start_request_tracking",
  "rd_kafka_mock_stop_request_tracking",
  "rd_kafka_mock_get_requests",
  "rd_kafka_mock_clear_requests",
  "rd_kafka_mock_request_id",
  "rd_kafka_mock_request_api_key",
  "rd_kafka_mock_request_timestamp",
  "rd_kafka_mock_request_destroy_array",
  "rd_kafka_mock_telemetry_set_requested_metrics",
  "rd_kafka_mock_telemetry_set_push_interval",
  "rd_kafka_mock_cgrp_consumer_target_assignment_new",
  "rd_kafka_mock_cgrp_consumer_target_assignment_destroy",
  "rd_kafka_mock_cgrp_consumer_target_assignment",
  "rd_kafka_mock_set_group_consumer_session_timeout_ms",
  "rd_kafka_mock_set_group_consumer_heartbeat_interval_ms",
  "rd_kafka_mock_sharegroup_set_auto_offset_reset",
  "rd_kafka_mock_sharegroup_set_heartbeat_interval",
  "rd_kafka_mock_sharegroup_set_isolation_level",
  "rd_kafka_mock_sharegroup_set_max_delivery_attempts",
  "rd_kafka_mock_sharegroup_set_max_fetch_sessions",
  "rd_kafka_mock_sharegroup_set_max_record_locks",
  "rd_kafka_mock_sharegroup_set_max_size",
  "rd_kafka_mock_sharegroup_set_record_lock_duration",
  "rd_kafka_mock_sharegroup_set_session_timeout",
  "rd_kafka_mock_sharegroup_target_assignment",
  "rd_kafka_mock_sharegroup_get_member_ids",
] as const;

/** The name of a function of the mock cluster. */
export type MockFunctionName = typeof names[number];

/** The functions of the mock cluster. */
export type MockFunctions = NativeFunctions<Pick<typeof symbols, MockFunctionName>>;

/** By library, for what is bound is never given back. */
const bound = new WeakMap<Native, MockFunctions>();

/** Binds the functions of the mock cluster, once for a library. */
export function mockFunctions(native: Native): MockFunctions {
  let functions = bound.get(native);
  if (functions === undefined) {
    const table = Object.fromEntries(names.map((name) => [name, symbols[name]])) as unknown as Pick<
      typeof symbols,
      MockFunctionName
    >;
    bound.set(native, functions = native.library.bind(table));
  }
  return functions;
}

/** An array of addresses in the scratch memory. */
export function pointerArray(native: Native, pointers: readonly Pointer[]): Pointer {
  const { bytes, pointer } = native.scratch.take(Math.max(1, pointers.length) * 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  pointers.forEach((each, i) => view.setBigUint64(8 * i, BigInt(native.library.number(each)), true));
  return pointer;
}

/** The addresses in an array of C's. */
export function readPointers(native: Native, array: Pointer, count: number): Pointer[] {
  const { c, library } = native;
  if (count === 0) return [];
  const block = library.block(count * 8);
  c.memcpy(block.pointer, array, library.word(count * 8));
  return Array.from({ length: count }, (_, i) => library.pointerAt(block, i));
}

/** Makes a partition list for each of a group's members, runs `use` with arrays of their names and lists, and destroys all. */
export function withMembers(
  native: Native,
  members: ReadonlyMap<string, readonly TopicPartition[]>,
  use: (names: Pointer, lists: Pointer, count: number) => void,
): void {
  const texts = [...members.keys()];
  const lists: Pointer[] = [];
  const next = (): void => {
    if (lists.length === texts.length) {
      // Making the lists has used the scratch memory.
      native.scratch.reset();
      const names = pointerArray(native, texts.map((text) => native.scratch.text(text, "member id")));
      use(names, pointerArray(native, lists), lists.length);
      return;
    }
    const partitions = members.get(texts[lists.length]!)!;
    withPartitionList(native, partitions.map(({ topic, partition }) => ({ topic, partition })), (list) => {
      lists.push(list);
      next();
    });
  };
  next();
}
