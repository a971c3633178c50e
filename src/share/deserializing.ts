/** A share consumer's messages with keys and values of the reader's own types. */
import { isPromise } from "../kafka/promise.ts";
import type { Client } from "../client/client.ts";
import { Deserializing, hasDeserializers } from "../client/deserializing.ts";
import type { Message } from "../kafka/message.ts";
import { DeserializationError } from "../kafka/serialization_error.ts";
import type { ShareConsumerOptions, ShareMessage } from "./options.ts";

/** What became of messages: those to hand over, those to skip, and the error that the next one is. */
export interface Deserialized {
  readonly messages: ShareMessage[];
  readonly skipped: readonly ShareMessage[];
  readonly error: DeserializationError | null;
}

/** What deserializes a share consumer's messages, if anything does. */
export function deserializingOf(client: Client, options: ShareConsumerOptions): Deserializing | null {
  const any = options as ShareConsumerOptions<unknown, unknown>;
  if (!hasDeserializers(any)) return null;
  return new Deserializing(client, any, (raw, key, value, error) => {
    const message = { ...raw, key, value };
    return error === undefined ? message : { ...message, error };
  });
}

/** Deserializes messages in their order, up to the first that is an error. */
export async function deserialize(
  deserializing: Deserializing,
  raws: readonly ShareMessage[],
): Promise<Deserialized> {
  const messages: ShareMessage[] = [];
  const skipped: ShareMessage[] = [];
  for (const raw of raws) {
    let outcome = deserializing.outcome(raw as Message);
    if (isPromise(outcome)) outcome = await outcome;
    if (outcome === null) skipped.push(raw);
    else if (outcome instanceof DeserializationError) return { messages, skipped, error: outcome };
    // The remake above keeps what a share message has in addition.
    else messages.push(outcome as unknown as ShareMessage);
  }
  return { messages, skipped, error: null };
}
