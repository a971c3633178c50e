/** Which exported functions stay unbound, and why. */
import type { CFunction, CHeader } from "./c_header.ts";

const events = (name: string): string => `C callback: the event queue brings ${name}`;
const foreign = "C callback that librdkafka calls on its own threads, where JavaScript cannot run";
const socket = "C callback of the broker threads, where JavaScript cannot run";

/** Functions whose callback may be null, or runs only on the thread that makes the call. */
const bindable = new Set([
  "rd_kafka_commit_queue",
  "rd_kafka_conf_set_throttle_cb",
  "rd_kafka_share_set_acknowledgement_commit_cb",
  "rd_kafka_topic_partition_list_sort",
]);

const callbacks: Readonly<Record<string, string>> = {
  rd_kafka_conf_set_background_event_cb: foreign,
  rd_kafka_conf_set_closesocket_cb: socket,
  rd_kafka_conf_set_connect_cb: socket,
  rd_kafka_conf_set_consume_cb: "C callback: rd_kafka_consume_batch_queue returns the messages",
  rd_kafka_conf_set_dr_cb: events("RD_KAFKA_EVENT_DR"),
  rd_kafka_conf_set_dr_msg_cb: events("RD_KAFKA_EVENT_DR"),
  rd_kafka_conf_set_error_cb: events("RD_KAFKA_EVENT_ERROR"),
  rd_kafka_conf_set_log_cb: events("RD_KAFKA_EVENT_LOG"),
  rd_kafka_conf_set_oauthbearer_token_refresh_cb: events("RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH"),
  rd_kafka_conf_set_offset_commit_cb: events("RD_KAFKA_EVENT_OFFSET_COMMIT"),
  rd_kafka_conf_set_open_cb: foreign,
  rd_kafka_conf_set_rebalance_cb: events("RD_KAFKA_EVENT_REBALANCE"),
  rd_kafka_conf_set_resolve_cb: socket,
  rd_kafka_conf_set_socket_cb: socket,
  rd_kafka_conf_set_ssl_cert_verify_cb: socket,
  rd_kafka_conf_set_stats_cb: events("RD_KAFKA_EVENT_STATS"),
  rd_kafka_consume_callback: "C callback: rd_kafka_consume_batch returns the messages",
  rd_kafka_consume_callback_queue: "C callback: rd_kafka_consume_batch_queue returns the messages",
  rd_kafka_queue_cb_event_enable: `${foreign}: rd_kafka_queue_io_event_enable writes to a pipe instead`,
  rd_kafka_set_logger: "deprecated, and a C callback: the event queue brings RD_KAFKA_EVENT_LOG",
  rd_kafka_topic_conf_set_msg_order_cmp: foreign,
  rd_kafka_topic_conf_set_partitioner_cb: `${foreign}: the property \`partitioner\` names one`,
};

const variadic: Readonly<Record<string, string>> = {
  rd_kafka_error_new: "variadic: our own errors are made in TypeScript",
  rd_kafka_mock_push_request_errors: "variadic: rd_kafka_mock_push_request_errors_array takes an array",
  rd_kafka_producev: "variadic: rd_kafka_produceva takes an array",
};

/**
 * Variadic functions that are called with one fixed list of integers, whose form is their only one: what is passed after the
 * declared parameters. Calling conventions put a variadic integer where a declared one would be, in a register or in eight bytes
 * of the stack, but Apple's on arm64 has all of them on the stack. So the integers come twice, with zeros between them that use
 * up the eight registers: whichever place is read, one stands there, and nobody reads the others.
 */
export const variadicTails: Readonly<Record<string, readonly string[]>> = {
  // err, rtt_ms, 0, 0, err, rtt_ms
  rd_kafka_mock_broker_push_request_error_rtts: ["i64", "i64", "i64", "i64", "i64", "i64"],
  // err, 0, 0, err
  rd_kafka_mock_partition_push_request_errors: ["i64", "i64", "i64", "i64"],
};

/** The reason for which a function stays unbound; undefined if it is bound. Throws where a reason is still to be given. */
export function reasonFor(header: CHeader, each: CFunction): string | undefined {
  const takesCallback = each.parameters.some(({ type }) =>
    type === "(*)" || header.callbacks.has(type.replaceAll(/[ *]/g, ""))
  );
  let reason: string | undefined;
  if (Object.hasOwn(variadicTails, each.name)) return undefined;
  if (each.variadic) reason = variadic[each.name];
  else if (takesCallback && bindable.has(each.name)) return undefined;
  else if (takesCallback) {
    reason = callbacks[each.name] ?? (each.name.includes("_interceptor_add_") ? foreign : undefined);
  } else if (each.parameters.some(({ type }) => /\bFILE\b/.test(type))) return "takes a FILE of the C library";
  else if (each.deprecated) {
    return "deprecated, and about errno: rd_kafka_last_error holds the error of the calls that have no other way";
  } else return undefined;
  if (reason === undefined) throw new Error(`Cannot leave ${each.name} unbound without a reason`);
  return reason;
}
