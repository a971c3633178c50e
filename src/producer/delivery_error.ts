/** The errors of messages that were not delivered. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Client } from "../client/client.ts";
import { KafkaError, ProduceError } from "../kafka/error.ts";
import { SerializationError } from "../kafka/serialization_error.ts";
import { queueFull } from "../native/reports.ts";

/** The codes of messages that were purged. */
export const purged: { readonly inQueue: number; readonly inFlight: number } = {
  inQueue: errorCodes._PURGE_QUEUE,
  inFlight: errorCodes._PURGE_INFLIGHT,
};

/** The error of a message, by librdkafka's code for it or by what its sending threw. */
export function deliveryError(client: Client, code: number, cause?: unknown): KafkaError {
  if (cause instanceof ProduceError) return cause.cause as KafkaError;
  if (cause instanceof SerializationError) return cause;
  if (cause instanceof Error) return new KafkaError(cause.message, code, { cause });
  const isRetriable = code === queueFull || code === purged.inQueue;
  const facts = { isRetriable, isFatal: code === errorCodes._FATAL };
  return new KafkaError(
    client.native.describe(code),
    code,
    code === errorCodes._FATAL ? { ...facts, cause: client.fatalError } : facts,
  );
}
