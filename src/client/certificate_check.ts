/** Finds out why a broker's certificate was refused: for whom it was made, or by whom. */
import type { Native } from "../native/native.ts";
import { pollEvent, readEvent } from "../native/events.ts";
import { createHandle } from "../native/handle.ts";
import { LoopWaking } from "./waking.ts";

/** How long it is tried. */
const patienceMs = 1000;

/** Of the client's properties those that say which certificates are good, and how to get to the broker. */
const copied = /^ssl\.(ca\.|crl\.|cipher\.|curves\.|sigalgs\.)|^https\.ca\.|^broker\.address\.family$|^socket\./;

/**
 * Whether a certificate is good but for the host it names; undefined if that cannot be known.
 *
 * librdkafka has one message for both reasons. So a connection is made that checks the authority and not the name, and shows
 * nothing but that somebody is there: without client certificate, without a login, and closed right after. What the client
 * itself connects with stays as strict as before.
 */
export async function namesOtherHost(
  native: Native,
  settings: ReadonlyMap<string, string>,
  address: string,
): Promise<boolean | undefined> {
  if (settings.get("ssl.endpoint.identification.algorithm") === "none") return false;
  const { c, library } = native;
  const handle = createHandle(
    native,
    "producer",
    new Map([
      ...[...settings].filter(([name]) => copied.test(name)),
      ["bootstrap.servers", address],
      ["security.protocol", "ssl"],
      ["ssl.endpoint.identification.algorithm", "none"],
      ["log.queue", "true"],
      ["debug", "security"],
    ]),
  );
  const queue = c.rd_kafka_queue_get_main(handle);
  c.rd_kafka_set_log_queue(handle, library.nullPointer);
  let waking: LoopWaking | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<boolean | undefined>((resolve) => {
      const look = (): void => {
        for (let event = pollEvent(native, queue); event !== null; event = pollEvent(native, queue)) {
          const read = readEvent(native, handle, event);
          c.rd_kafka_event_destroy(event);
          if (read.type !== "log") continue;
          if (read.entry.facility === "SSLVERIFY") resolve(true);
          if (/certificate verify failed/.test(read.entry.message)) resolve(false);
        }
      };
      timer = setTimeout(() => resolve(undefined), patienceMs);
      waking = new LoopWaking(native, look);
      waking.listen(queue);
      waking.schedule();
    });
  } finally {
    clearTimeout(timer);
    waking?.forget(queue);
    c.rd_kafka_queue_destroy(queue);
    waking?.close();
    void native.callAway("rd_kafka_destroy", handle);
  }
}
