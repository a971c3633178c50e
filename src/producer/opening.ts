/** Opening the working half of a producer, whichever way it waits. */
import type { ProducerConfig } from "../config/mod.ts";
import type { DeliveryReport } from "../kafka/message.ts";
import { describe } from "../native/scratch.ts";
import type { ProducerOptions } from "./options.ts";
import { PartitionedSending } from "./partitioning.ts";
import { Sending } from "./sending.ts";
import { SerializedSending } from "./serialized_sending.ts";

/** The simplest way to send that does what the options ask for. */
export function sendingFor(
  config: ProducerConfig,
  options: ProducerOptions,
  { blocks = false }: { readonly blocks?: boolean } = {},
): Sending {
  const { partitioner, keySerializer, valueSerializer } = options;
  if (partitioner !== undefined) return new PartitionedSending(config, { ...options, partitioner }, blocks);
  const isTyped = (keySerializer ?? valueSerializer ?? null) !== null;
  return isTyped ? new SerializedSending(config, options, null, blocks) : new Sending(config, options, null, blocks);
}

/**
 * Checks what is to be given a report, if anything is.
 *
 * @throws {TypeError} naming the argument.
 */
export function takerOf<K, V>(
  onDelivery: ((report: DeliveryReport<K, V>) => void) | null | undefined,
): ((report: DeliveryReport) => void) | undefined {
  if (onDelivery === undefined || onDelivery === null) return undefined;
  if (typeof onDelivery === "function") return onDelivery as (report: unknown) => void;
  throw new TypeError(`Cannot use ${describe(onDelivery)} as onDelivery: a function is wanted`);
}
