/** Opening a consumer, whichever way it waits. */
import { errorCodes } from "../kafka/error_codes.ts";
import { Client } from "../client/client.ts";
import { checkDeserializing } from "../client/deserializing.ts";
import type { ConsumerConfig } from "../config/mod.ts";
import { KafkaError } from "../kafka/error.ts";
import { tellCommit } from "./commits.ts";
import type { ConsumerOptions } from "./options.ts";
import type { Reading } from "./reading.ts";
import { readingFor } from "./traced_reading.ts";

/** What differs from librdkafka's defaults. A fast reader would else wait a second each time the prefetch queue was full. */
const defaults = { "fetch.queue.backoff.ms": "5" };
/** Set by this client alone: it stores an offset when the reader has had the message, and librdkafka would do so before. */
const forced = { "log.queue": "true", "enable.auto.offset.store": "false" };

/** Opens the two halves of a consumer. */
export function openReading(
  config: ConsumerConfig,
  options: ConsumerOptions,
  { blocks = false }: { readonly blocks?: boolean } = {},
): { readonly client: Client; readonly reading: Reading } {
  const given = config as Readonly<Record<string, unknown>>;
  if (typeof given === "object" && given !== null && !given["group.id"]) {
    throw new KafkaError(
      'Cannot open the consumer: "group.id" is not set. Offsets are kept under it, and librdkafka lets nobody without one ' +
        "read, not even with assign(): any name will do where nothing is committed",
      errorCodes._INVALID_ARG,
    );
  }
  checkDeserializing(options);
  const opened: { reading?: Reading } = {};
  const client: Client = new Client("consumer", config, defaults, forced, options, {
    onEvent: (event) => tellCommit(client, options, event),
    onWake: () => opened.reading?.wake(),
    blocks,
  });
  const reading = opened.reading = readingFor(client, options, {
    storesOffsets: client.setting(["enable.auto.offset.store"], "true") === "true",
    maxPollMs: Number(client.setting(["max.poll.interval.ms"], "300000")),
  });
  return { client, reading };
}
