/** What a share consumer must not miss, kept from its main queue. */
import { makesTokens } from "../native/handle.ts";
import type { Client } from "./client.ts";

/** Lets logs and requests for tokens come by the reply queue: each call of a share consumer empties its main queue. */
export function keepFromMainQueue(client: Client): void {
  const { native: { c, library }, handle, replyQueue, settings } = client;
  c.rd_kafka_set_log_queue(handle, replyQueue);
  // Tokens that librdkafka makes itself are asked for on a thread of its own.
  const tokens = makesTokens(settings) ? library.nullPointer : c.rd_kafka_queue_get_sasl(handle);
  if (library.isNull(tokens)) return;
  client.addQueue(tokens);
  c.rd_kafka_queue_forward(tokens, replyQueue);
}
