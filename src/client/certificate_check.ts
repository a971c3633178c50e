/** Finds out why a broker's certificate was refused: for whom it was made, or by whom. */
import type { Native } from "../native/native.ts";
import { pollEvent, readEvent } from "../native/events.ts";
import { createHandle } from "../native/handle.ts";
import type { Pointer } from "../native/memory.ts";
import { slice } from "./blocking.ts";
import { LoopWaking } from "./waking.ts";
import { settled, type Work } from "../kafka/work.ts";

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
export function* namesOtherHost(
  native: Native,
  settings: ReadonlyMap<string, string>,
  address: string,
  blocks: boolean,
): Work<boolean | undefined> {
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
  try {
    if (blocks) return lookNow(native, handle, queue);
    return yield* settled(lookLater(native, handle, queue));
  } finally {
    c.rd_kafka_queue_destroy(queue);
    if (blocks) c.rd_kafka_destroy(handle);
    else void native.callAway("rd_kafka_destroy", handle);
  }
}

/** What the log says by now: undefined if it says nothing yet. */
function verdict(native: Native, handle: Pointer, queue: Pointer, waitMs = 0): boolean | undefined {
  for (let event = pollEvent(native, queue, waitMs); event !== null; event = pollEvent(native, queue)) {
    const read = readEvent(native, handle, event);
    native.c.rd_kafka_event_destroy(event);
    if (read.type !== "log") continue;
    if (read.entry.facility === "SSLVERIFY") return true;
    if (/certificate verify failed/.test(read.entry.message)) return false;
  }
  return undefined;
}

function lookNow(native: Native, handle: Pointer, queue: Pointer): boolean | undefined {
  const end = performance.now() + patienceMs;
  for (let left = patienceMs; left > 0; left = end - performance.now()) {
    const found = verdict(native, handle, queue, slice(left));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function lookLater(native: Native, handle: Pointer, queue: Pointer): Promise<boolean | undefined> {
  let waking: LoopWaking | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<boolean | undefined>((resolve) => {
      const look = (): void => {
        const found = verdict(native, handle, queue);
        if (found !== undefined) resolve(found);
      };
      timer = setTimeout(() => resolve(undefined), patienceMs);
      waking = new LoopWaking(native, look);
      waking.listen(queue);
      waking.schedule();
    });
  } finally {
    clearTimeout(timer);
    waking?.forget(queue);
    waking?.close();
  }
}
