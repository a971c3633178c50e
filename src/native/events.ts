/** librdkafka's queue events as values: errors, logs, statistics, rebalances, commits and the answers of requests. */
import { errorCodes } from "../kafka/error_codes.ts";
import { constants, type Pointer } from "../../ffi/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import type { PartitionOffset } from "../kafka/topic_partition.ts";
import type { Native } from "./native.ts";
import { readPartitionList } from "./partition_list.ts";

/** The names of syslog's severities, the worst first. */
export type LogLevel = "emergency" | "alert" | "critical" | "error" | "warning" | "notice" | "info" | "debug";

/** A log line of librdkafka's. */
export interface LogEntry {
  /** The syslog severity: 0 (emergency) to 7 (debug). */
  readonly level: number;
  /** The same as a word. */
  readonly levelName: LogLevel;
  /** What the line is about, in capitals: `FAIL`, `SESSTMOUT`. */
  readonly facility: string;
  /** The line. */
  readonly message: string;
  /** librdkafka's name for the client: `client.id`, what it is and a number, as in `rdkafka#producer-1`. */
  readonly clientName: string;
}

const levelNames: readonly LogLevel[] = [
  "emergency",
  "alert",
  "critical",
  "error",
  "warning",
  "notice",
  "info",
  "debug",
];

/** A rebalance that waits for an answer. */
export interface RebalanceEvent {
  readonly kind: "assign" | "revoke" | "failed";
  readonly partitions: readonly PartitionOffset[];
  /** Why the group could not be joined, with `failed`. */
  readonly error: KafkaError | null;
  /** The event's own list, which the answer passes on. */
  readonly list: Pointer;
}

/** What `rd_kafka_event_t`s are, as far as this client listens to them. */
export type NativeEvent =
  | { readonly type: "error"; readonly error: KafkaError }
  | { readonly type: "log"; readonly entry: LogEntry }
  | { readonly type: "statistics"; readonly event: Pointer }
  | { readonly type: "token"; readonly config: string }
  | { readonly type: "rebalance"; readonly rebalance: RebalanceEvent }
  | { readonly type: "answer"; readonly id: number; readonly event: Pointer }
  | { readonly type: "reports"; readonly event: Pointer }
  | { readonly type: "other" };

/**
 * The next event of a queue, or null if there is none. The caller destroys it with `rd_kafka_event_destroy`.
 *
 * @param waitMs How long C waits for one, and this thread with it: for clients that block only.
 */
export function pollEvent(native: Native, queue: Pointer, waitMs = 0): Pointer | null {
  const event = native.c.rd_kafka_queue_poll(queue, waitMs);
  return native.library.isNull(event) ? null : event;
}

/** Reads an event. What it holds by address is good until the event is destroyed. */
export function readEvent(native: Native, client: Pointer, event: Pointer): NativeEvent {
  const { c, library } = native;
  switch (c.rd_kafka_event_type(event)) {
    case constants.RD_KAFKA_EVENT_DR:
      return { type: "reports", event };
    case constants.RD_KAFKA_EVENT_ERROR:
      return { type: "error", error: readError(native, client, event) };
    case constants.RD_KAFKA_EVENT_LOG:
      return { type: "log", entry: readLog(native, client, event) };
    case constants.RD_KAFKA_EVENT_STATS:
      return { type: "statistics", event };
    case constants.RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH:
      return { type: "token", config: native.text(c.rd_kafka_event_config_string(event)) ?? "" };
    case constants.RD_KAFKA_EVENT_REBALANCE:
      return { type: "rebalance", rebalance: readRebalance(native, event) };
    case constants.RD_KAFKA_EVENT_OFFSET_COMMIT:
    case constants.RD_KAFKA_EVENT_LISTOFFSETS_RESULT:
    case constants.RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
    case constants.RD_KAFKA_EVENT_DESCRIBECLUSTER_RESULT:
    case constants.RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT:
      return { type: "answer", id: library.number(c.rd_kafka_event_opaque(event)), event };
    default:
      return { type: "other" };
  }
}

function readError(native: Native, client: Pointer, event: Pointer): KafkaError {
  const { c, library, scratch } = native;
  const code = c.rd_kafka_event_error(event);
  const message = native.text(c.rd_kafka_event_error_string(event)) ?? native.describe(code);
  const isFatal = c.rd_kafka_event_error_is_fatal(event) !== 0;
  if (!isFatal) return new KafkaError(message, code);
  // A fatal error event carries _FATAL; the reason is asked for apart.
  const text = scratch.reset().take(512);
  const reason = c.rd_kafka_fatal_error(client, text.pointer, library.word(512));
  return new KafkaError(native.text(text.pointer) || message, reason === 0 ? code : reason, { isFatal });
}

/** The JSON text of a statistics event. */
export function readStatistics(native: Native, event: Pointer): string {
  return native.text(native.c.rd_kafka_event_stats(event)) ?? "{}";
}

/** librdkafka's name for a client. */
export function clientName(native: Native, client: Pointer): string {
  return native.text(native.c.rd_kafka_name(client)) ?? "";
}

function readLog(native: Native, client: Pointer, event: Pointer): LogEntry {
  const { c, library, scratch } = native;
  const out = scratch.reset().take(24);
  const at = (offset: number): Pointer => library.add(out.pointer, offset);
  c.rd_kafka_event_log(event, at(0), at(8), at(16));
  const view = new DataView(out.bytes.buffer, out.bytes.byteOffset);
  const text = (offset: number): string => {
    const address = view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
    return native.text(library.add(library.nullPointer, address)) ?? "";
  };
  const level = view.getInt32(16, true);
  return {
    level,
    levelName: levelNames[level] ?? "debug",
    facility: text(0),
    message: text(8),
    clientName: clientName(native, client),
  };
}

function readRebalance(native: Native, event: Pointer): RebalanceEvent {
  const { c } = native;
  const code = c.rd_kafka_event_error(event);
  const list = c.rd_kafka_event_topic_partition_list(event);
  const partitions = readPartitionList(native, list, "Cannot read the assignment");
  if (code === errorCodes._ASSIGN_PARTITIONS) return { kind: "assign", partitions, error: null, list };
  if (code === errorCodes._REVOKE_PARTITIONS) return { kind: "revoke", partitions, error: null, list };
  return { kind: "failed", partitions, error: native.error("Cannot join the group", code), list };
}
