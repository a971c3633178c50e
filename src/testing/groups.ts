/** A mock cluster's groups: how they are kept, who coordinates them, and what their members are given. */
import type { Pointer } from "../native/memory.ts";
import { pointerArray, readPointers, withMembers } from "../native/mock.ts";
import { checkInteger, handleOf, type MockHandle } from "./handle.ts";
import { MockFaults } from "./faults.ts";
import type { MockFunctionName } from "../native/mock.ts";
import type { MockConsumerGroups, MockShareGroups, MockTargetAssignment, MockTelemetry } from "./options.ts";

/** A setting that is one number. */
type Setting = Extract<MockFunctionName, `rd_kafka_mock_${"set_group_consumer" | "sharegroup_set"}_${string}`>;

/**
 * What a {@link MockCluster} does for groups.
 *
 * @example Give a member of a group certain partitions
 * ```ts
 * import type { Consumer } from "@kafka-ffi/kafka";
 * import type { MockCluster } from "@kafka-ffi/kafka/testing";
 *
 * function giveOne(cluster: MockCluster, consumer: Consumer): void {
 *   cluster.setConsumerGroups({ heartbeatIntervalMs: 100 });
 *   cluster.setTargetAssignment("kitchen", { [consumer.memberId]: [{ topic: "orders", partition: 1 }] });
 * }
 * ```
 */
export abstract class MockGroups extends MockFaults {
  /** How long a classic group that begins waits for more members. Default: 0; Kafka's is 3000. */
  setInitialRebalanceDelay(delayMs: number): void {
    const checked = checkInteger(delayMs, { what: "delayMs" });
    handleOf(this).do((c, cluster) => c.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, checked));
  }

  /**
   * Names the broker that coordinates a group or a transactional id. It need not be there. Without this, a hash of the name
   * decides.
   *
   * Source: `rd_kafka_mock_coordinator_set`.
   */
  setCoordinator(of: { readonly group: string } | { readonly transactionalId: string }, broker: number): void {
    const handle = handleOf(this);
    const { scratch } = handle.native;
    const isGroup = "group" in of;
    scratch.reset();
    const kind = scratch.text(isGroup ? "group" : "transaction", "kind");
    const name = isGroup ? scratch.text(of.group, "group") : scratch.text(of.transactionalId, "transactionalId");
    const id = checkInteger(broker, { what: "broker", min: 1 });
    handle.call("Cannot set the coordinator", (c, cluster) => c.rd_kafka_mock_coordinator_set(cluster, kind, name, id));
  }

  /** Sets how groups of KIP-848 are kept; what is left out stays as it is. */
  setConsumerGroups(settings: MockConsumerGroups): void {
    const { heartbeatIntervalMs, sessionTimeoutMs } = settings;
    set(handleOf(this), { heartbeatIntervalMs, sessionTimeoutMs }, {
      heartbeatIntervalMs: "rd_kafka_mock_set_group_consumer_heartbeat_interval_ms",
      sessionTimeoutMs: "rd_kafka_mock_set_group_consumer_session_timeout_ms",
    });
  }

  /**
   * Says what members of a group of KIP-848 are to have: they learn of it by their next signs of life. From then on nothing is
   * shared out by itself in this group, and a member that is left out keeps what it has. A group or member that is not there
   * is left alone.
   *
   * @param members Partitions by the members' names, which `Consumer.memberId` tells. With null, partitions are shared out by
   * themselves again.
   *
   * Source: `rd_kafka_mock_cgrp_consumer_target_assignment`.
   */
  setTargetAssignment(group: string, members: MockTargetAssignment | null): void {
    const handle = handleOf(this);
    if (members === null) {
      const { nullPointer } = handle.native.library;
      handle.do((c, cluster) =>
        c.rd_kafka_mock_cgrp_consumer_target_assignment(cluster, handle.text(group, "group"), nullPointer)
      );
      return;
    }
    withMembers(handle.native, new Map(Object.entries(members)), (names, lists, count) =>
      handle.do((c, cluster) => {
        const assignment = c.rd_kafka_mock_cgrp_consumer_target_assignment_new(names, count, lists);
        c.rd_kafka_mock_cgrp_consumer_target_assignment(cluster, handle.text(group, "group"), assignment);
        c.rd_kafka_mock_cgrp_consumer_target_assignment_destroy(assignment);
      }));
  }

  /**
   * Sets how share groups are kept; what is left out stays as it is. A group's begin is that of its first member.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.15.
   */
  setShareGroups(settings: MockShareGroups): void {
    const { autoOffsetReset, isolationLevel, ...numbers } = settings;
    set(handleOf(this), {
      ...numbers,
      autoOffsetReset: autoOffsetReset && Number(autoOffsetReset === "earliest"),
      isolationLevel: isolationLevel && Number(isolationLevel === "read_committed"),
    }, {
      autoOffsetReset: "rd_kafka_mock_sharegroup_set_auto_offset_reset",
      heartbeatIntervalMs: "rd_kafka_mock_sharegroup_set_heartbeat_interval",
      isolationLevel: "rd_kafka_mock_sharegroup_set_isolation_level",
      maxDeliveries: "rd_kafka_mock_sharegroup_set_max_delivery_attempts",
      maxLockedMessages: "rd_kafka_mock_sharegroup_set_max_record_locks",
      maxMembers: "rd_kafka_mock_sharegroup_set_max_size",
      maxSessions: "rd_kafka_mock_sharegroup_set_max_fetch_sessions",
      recordLockMs: "rd_kafka_mock_sharegroup_set_record_lock_duration",
      sessionTimeoutMs: "rd_kafka_mock_sharegroup_set_session_timeout",
    });
  }

  /**
   * Says what members of a share group are to have, as {@link setTargetAssignment} does for other groups.
   *
   * @param members Partitions by the members' names, which {@link shareMembers} tells.
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.15.
   *
   * Source: `rd_kafka_mock_sharegroup_target_assignment`.
   */
  setShareAssignment(group: string, members: MockTargetAssignment): void {
    const handle = handleOf(this);
    const { library } = handle.native;
    handle.need("rd_kafka_mock_sharegroup_target_assignment", "share groups");
    withMembers(handle.native, new Map(Object.entries(members)), (names, lists, count) =>
      handle.do((c, cluster) => {
        const name = handle.native.scratch.text(group, "group");
        c.rd_kafka_mock_sharegroup_target_assignment(cluster, name, names, lists, library.word(count));
      }));
  }

  /**
   * The names of a share group's members.
   *
   * @throws {UnsupportedFeatureError} if the librdkafka in use is older than 2.15.
   * @throws {KafkaError} `GROUP_ID_NOT_FOUND`.
   *
   * Source: `rd_kafka_mock_sharegroup_get_member_ids`.
   */
  shareMembers(group: string): string[] {
    const handle = handleOf(this);
    const { native } = handle;
    const { c: { rd_kafka_mem_free: free }, library } = native;
    handle.need("rd_kafka_mock_sharegroup_get_member_ids", "share groups");
    const out = library.block(16);
    const count = library.add(out.pointer, 8);
    handle.call(
      "Cannot read the members of the share group",
      (c, cluster) =>
        c.rd_kafka_mock_sharegroup_get_member_ids(cluster, handle.text(group, "group"), out.pointer, count),
    );
    const array = library.pointerAt(out, 0);
    const members = readPointers(native, array, out.u32[2]!).map((each) => {
      const name = native.text(each)!;
      free(library.nullPointer, each);
      return name;
    });
    if (!library.isNull(array)) free(library.nullPointer, array);
    return members;
  }

  /**
   * Says what clients are asked to tell of themselves (KIP-714); what is left out stays as it is. Clients ask once they have
   * connected, and push by {@link apiKeys}' `PushTelemetry`.
   *
   * Source: `rd_kafka_mock_telemetry_set_requested_metrics`, `rd_kafka_mock_telemetry_set_push_interval`.
   */
  setTelemetry({ metrics, pushIntervalMs }: MockTelemetry): void {
    const handle = handleOf(this);
    const { library, scratch } = handle.native;
    if (pushIntervalMs !== undefined) {
      const interval = library.word(checkInteger(pushIntervalMs, { what: "pushIntervalMs", min: 1 }));
      handle.call(
        "Cannot set the telemetry",
        (c, cluster) => c.rd_kafka_mock_telemetry_set_push_interval(cluster, interval),
      );
    }
    if (metrics === undefined) return;
    scratch.reset();
    const names: Pointer = pointerArray(handle.native, metrics.map((metric) => scratch.text(metric, "metrics")));
    const count = library.word(metrics.length);
    handle.call(
      "Cannot set the telemetry",
      (c, cluster) => c.rd_kafka_mock_telemetry_set_requested_metrics(cluster, names, count),
    );
  }
}

/** Calls the function of each setting that is given, once all of them are known to be right. */
function set<Name extends string>(
  handle: MockHandle,
  values: { readonly [Key in Name]?: number | undefined | "" },
  functions: Readonly<Record<Name, Setting>>,
): void {
  const given = (Object.keys(functions) as Name[]).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [[functions[name], checkInteger(value, { what: name })] as const];
  });
  for (const [name] of given) handle.need(name, "share groups");
  for (const [name, value] of given) handle.do((c, cluster) => c[name](cluster, value));
}
