/** A share consumer's calls: its two handles, the messages of a poll, and acknowledgements. */
import type { Pointer } from "../../ffi/mod.ts";
import { type KafkaError, UnsupportedFeatureError } from "../kafka/error.ts";
import type { Message } from "../kafka/message.ts";
import { createConf, makesTokens, openWith, serveTokens } from "./handle.ts";
import { MessageReader, type QueueNotice } from "./incoming.ts";
import type { Native } from "./native.ts";
import { readPartitionList, withPartitionList } from "./partition_list.ts";
import { checkFunction } from "./since.ts";

/** What becomes of a message, by the names that Kafka has for it. */
const acknowledgementTypes: Readonly<Record<string, number>> = { accept: 1, release: 2, reject: 3 };

/** The number that librdkafka knows a way to acknowledge by; undefined if there is none of that name. */
export function acknowledgementCode(type: string): number | undefined {
  return Object.hasOwn(acknowledgementTypes, type) ? acknowledgementTypes[type] : undefined;
}

/**
 * Makes a share consumer.
 *
 * @returns The share consumer's handle and that of the client within it, which all that is not a share consumer's own takes:
 * queues, events, metadata, credentials.
 * @throws {UnsupportedFeatureError} if this librdkafka has no share consumers.
 */
export function createShareHandle(
  native: Native,
  settings: ReadonlyMap<string, string>,
): [share: Pointer, client: Pointer] {
  const { c, library } = native;
  checkSharing(native);
  const conf = createConf(native, settings, 0);
  // Requests for tokens get a queue of their own where there are any.
  c.rd_kafka_conf_enable_sasl_queue(conf, 1);
  // librdkafka has no function that gives the client of a share consumer. It is the first field of the handle, which is checked
  // by what the client says its opaque pointer is: an address that nothing else has.
  const mark = library.block(8);
  c.rd_kafka_conf_set_opaque(conf, mark.pointer);
  const share = openWith(
    native,
    "share consumer",
    conf,
    (text, size) => c.rd_kafka_share_consumer_new(conf, text, size),
  );
  c.memcpy(mark.pointer, share, library.word(8));
  const client = library.pointerAt(mark, 0);
  if (!library.isNull(client) && library.number(c.rd_kafka_opaque(client)) === mark.address) {
    if (makesTokens(settings)) serveTokens(native, client);
    return [share, client];
  }
  c.rd_kafka_share_destroy(share);
  throw new UnsupportedFeatureError("share groups", null, `librdkafka ${native.version}`);
}

/** Throws {@link UnsupportedFeatureError} if this librdkafka knows no share groups. */
export function checkSharing(native: Native): void {
  checkFunction(native, "rd_kafka_share_consumer_new", "share groups");
}

/** A message as a poll gives it, and how often it has been delivered. */
export interface Delivery {
  readonly message: Message;
  readonly deliveryCount: number;
}

/**
 * Sends the acknowledgements so far and takes the messages that are there, without waiting. Where there are none, the brokers
 * are asked for some.
 *
 * @returns The messages, and what is told of others; or the error.
 */
export function pollShare(
  native: Native,
  share: Pointer,
  reader: MessageReader,
): { readonly deliveries: Delivery[]; readonly notices: QueueNotice[] } | KafkaError {
  const { c, library } = native;
  const out = library.block(8);
  const error = c.rd_kafka_share_poll(share, 0, out.pointer);
  if (!library.isNull(error)) return native.takeError("Cannot read", error);
  const list = library.pointerAt(out, 0);
  const deliveries: Delivery[] = [];
  const notices: QueueNotice[] = [];
  try {
    const count = library.number(c.rd_kafka_messages_count(list));
    for (let start = 0; start < count; start += MessageReader.maxListed) {
      const length = Math.min(count - start, MessageReader.maxListed);
      const pointers = Array.from({ length }, (_, i) => c.rd_kafka_messages_get(list, library.word(start + i)));
      const { messages, addresses, notices: more } = reader.readList(pointers);
      notices.push(...more);
      messages.forEach((message, i) => {
        deliveries.push({ message, deliveryCount: c.rd_kafka_message_delivery_count(addresses[i]!) });
      });
    }
    return { deliveries, notices };
  } finally {
    c.rd_kafka_messages_destroy(list);
  }
}

/** Acknowledges one message that a poll gave, and returns librdkafka's code. It is sent with the next poll or commit. */
export function acknowledge(
  native: Native,
  share: Pointer,
  where: { readonly topic: string; readonly partition: number; readonly offset: number },
  type: number,
): number {
  const { c, library, scratch } = native;
  return c.rd_kafka_share_acknowledge_offset(
    share,
    scratch.reset().text(where.topic, "topic"),
    where.partition,
    library.word(where.offset),
    type,
  );
}

/** What became of a partition's acknowledgements. */
export interface PartitionOutcome {
  readonly topic: string;
  readonly partition: number;
  readonly error: KafkaError | null;
}

/**
 * Sends the acknowledgements so far and waits for the answers, off the event loop. No other call of this share consumer may be
 * made meanwhile: librdkafka would refuse it.
 *
 * @throws {KafkaError} if nothing was sent.
 */
export async function commitAway(native: Native, share: Pointer, timeoutMs: number): Promise<PartitionOutcome[]> {
  const { c, library } = native;
  // C's own memory: a worker that is terminated meanwhile takes its JavaScript memory with it, and C would write there.
  const out = c.malloc(library.word(8));
  const copy = library.block(8);
  try {
    const error = await native.callAway("rd_kafka_share_commit_sync", share, timeoutMs, out);
    native.checkError("Cannot commit", error);
    c.memcpy(copy.pointer, out, library.word(8));
  } finally {
    c.rd_kafka_mem_free(library.nullPointer, out);
  }
  const list = library.pointerAt(copy, 0);
  if (library.isNull(list)) return [];
  try {
    return readPartitionList(native, list, "Cannot commit the acknowledgements");
  } finally {
    c.rd_kafka_topic_partition_list_destroy(list);
  }
}

/** Subscribes to topics and returns librdkafka's code. */
export function subscribeShare(native: Native, share: Pointer, topics: readonly string[]): number {
  const partitions = topics.map((topic) => ({ topic, partition: 0 }));
  return withPartitionList(native, partitions, (list) => native.c.rd_kafka_share_subscribe(share, list));
}

/** The topics that were subscribed to. */
export function currentShareSubscription(native: Native, share: Pointer): string[] {
  const { c, library } = native;
  const action = "Cannot read the subscription";
  const out = library.block(8);
  native.checkCode(action, c.rd_kafka_share_subscription(share, out.pointer));
  const list = library.pointerAt(out, 0);
  try {
    return readPartitionList(native, list, action).map(({ topic }) => topic);
  } finally {
    c.rd_kafka_topic_partition_list_destroy(list);
  }
}
