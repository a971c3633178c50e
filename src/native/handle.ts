/** Opening a librdkafka client. */
import { constants, type Pointer } from "../../ffi/mod.ts";
import { isSecret } from "../config/mod.ts";
import { KafkaError, UnsupportedFeatureError } from "../kafka/error.ts";
import type { Native } from "./native.ts";

const eventsOf = {
  producer: constants.RD_KAFKA_EVENT_DR,
  consumer: constants.RD_KAFKA_EVENT_REBALANCE | constants.RD_KAFKA_EVENT_OFFSET_COMMIT,
};
const commonEvents = constants.RD_KAFKA_EVENT_ERROR | constants.RD_KAFKA_EVENT_LOG | constants.RD_KAFKA_EVENT_STATS;

/** Makes the librdkafka client, or throws one error and leaves nothing behind. */
export function createHandle(
  native: Native,
  role: "producer" | "consumer",
  settings: ReadonlyMap<string, string>,
): Pointer {
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
    throw new KafkaError(`Cannot set "${name}": ${reason}`, -186);
  }
  c.rd_kafka_conf_set_events(conf, eventsOf[role] | commonEvents);
  const type = role === "producer" ? constants.RD_KAFKA_PRODUCER : constants.RD_KAFKA_CONSUMER;
  const handle = c.rd_kafka_new(type, conf, text.pointer, size);
  if (library.isNull(handle)) {
    const reason = native.text(text.pointer) ?? "";
    c.rd_kafka_conf_destroy(conf);
    throw new KafkaError(`Cannot open the ${role}: ${reason}`, -186);
  }
  return handle;
}
