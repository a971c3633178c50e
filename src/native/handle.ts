/** Opening a librdkafka client. */
import { errorCodes } from "../kafka/error_codes.ts";
import { constants, type Pointer, type Word } from "../../ffi/mod.ts";
import { isSecret, type Role } from "../config/mod.ts";
import { KafkaError, UnsupportedFeatureError } from "../kafka/error.ts";
import type { Native } from "./native.ts";
import type { Throttling } from "./throttling.ts";

const eventsOf = {
  producer: constants.RD_KAFKA_EVENT_DR,
  consumer: constants.RD_KAFKA_EVENT_REBALANCE | constants.RD_KAFKA_EVENT_OFFSET_COMMIT,
};
const commonEvents = constants.RD_KAFKA_EVENT_ERROR | constants.RD_KAFKA_EVENT_LOG | constants.RD_KAFKA_EVENT_STATS |
  constants.RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH;

/**
 * Makes the librdkafka client, or throws one error and leaves nothing behind.
 *
 * @param throttling What is told of throttling, if anybody wants to hear of it.
 */
export function createHandle(
  native: Native,
  role: "producer" | "consumer",
  settings: ReadonlyMap<string, string>,
  throttling: Throttling | null = null,
): Pointer {
  const { c } = native;
  const conf = createConf(native, settings, eventsOf[role]);
  if (throttling !== null) c.rd_kafka_conf_set_throttle_cb(conf, throttling.pointer);
  const type = role === "producer" ? constants.RD_KAFKA_PRODUCER : constants.RD_KAFKA_CONSUMER;
  const handle = openWith(native, role, conf, (text, size) => c.rd_kafka_new(type, conf, text, size));
  if (makesTokens(settings)) serveTokens(native, handle);
  return handle;
}

/** Lets librdkafka ask itself for tokens. */
export function serveTokens({ c, library }: Native, handle: Pointer): void {
  // Without SASL in "security.protocol" there is no such queue, and nothing to serve.
  const error = c.rd_kafka_sasl_background_callbacks_enable(handle);
  if (!library.isNull(error)) c.rd_kafka_error_destroy(error);
}

/** Whether librdkafka makes unsecured tokens itself. */
export function makesTokens(settings: ReadonlyMap<string, string>): boolean {
  return settings.get("enable.sasl.oauthbearer.unsecure.jwt") === "true";
}

/** Makes a client of a configuration, which is destroyed if that fails: else it is the client's. */
export function openWith(
  native: Native,
  role: Role,
  conf: Pointer,
  open: (text: Pointer, size: Word) => Pointer,
): Pointer {
  const { c, library } = native;
  const text = library.block(1024);
  const handle = open(text.pointer, library.word(1024));
  if (library.isNull(handle)) {
    const reason = native.text(text.pointer) ?? "";
    c.rd_kafka_conf_destroy(conf);
    throw new KafkaError(`Cannot open the ${role}: ${reason}`, errorCodes._INVALID_ARG);
  }
  return handle;
}

/**
 * Makes a configuration that sends events.
 *
 * @param events Those beside errors, logs, statistics and requests for tokens.
 */
export function createConf(native: Native, settings: ReadonlyMap<string, string>, events: number): Pointer {
  const { c, library, scratch } = native;
  const conf = c.rd_kafka_conf_new();
  const text = library.block(1024);
  const size = library.word(1024);
  // `debug` first, so that it sees what the others do.
  const names = [...settings.keys()].sort((a, b) => Number(b === "debug") - Number(a === "debug"));
  for (const name of names) {
    scratch.reset();
    const result = c.rd_kafka_conf_set(
      conf,
      scratch.text(name, "a property"),
      scratch.text(settings.get(name)!, name),
      text.pointer,
      size,
    );
    if (result === constants.RD_KAFKA_CONF_OK) continue;
    c.rd_kafka_conf_destroy(conf);
    if (result === constants.RD_KAFKA_CONF_UNKNOWN) {
      throw new UnsupportedFeatureError(`the property "${name}"`, null, `librdkafka ${native.version}`);
    }
    // librdkafka's reason may quote the value.
    const reason = isSecret(name) ? "librdkafka does not take its value" : native.text(text.pointer) ?? "";
    throw new KafkaError(`Cannot set "${name}": ${reason}`, errorCodes._INVALID_ARG);
  }
  // librdkafka makes unsecured tokens itself, but all after the first on a thread that serves its own callbacks.
  const background = makesTokens(settings) ? constants.RD_KAFKA_EVENT_BACKGROUND : 0;
  if (background !== 0) c.rd_kafka_conf_enable_sasl_queue(conf, 1);
  c.rd_kafka_conf_set_events(conf, events | commonEvents | background);
  return conf;
}
