/** Ways to look at the headers of a message, which are a list: a name may come again. */
import type { Header } from "./message.ts";

/**
 * Headers by their names: each name's values, in the order in which they were sent.
 *
 * Source: `Message.headers()` in confluent-kafka-python, whose list is made a `dict` of by hand.
 *
 * @example Show the names of a message's headers, and how often each comes
 * ```ts
 * import { headersToMap, type Message } from "@kafka-ffi/kafka";
 *
 * function show({ headers }: Message): void {
 *   for (const [name, values] of headersToMap(headers)) console.log(name, values.length);
 * }
 * ```
 */
export function headersToMap(headers: readonly Header[]): Map<string, (Uint8Array | null)[]> {
  const map = new Map<string, (Uint8Array | null)[]>();
  for (const [name, value] of headers) {
    const values = map.get(name);
    if (values === undefined) map.set(name, [value]);
    else values.push(value);
  }
  return map;
}

/**
 * The value of a header; of several with the name, the last one's, which is the latest that was added.
 *
 * @returns Null if that header has no value, undefined if there is none of the name.
 *
 * Source: `Headers.lastHeader()` in Kafka's Java client.
 *
 * @example Find out who has sent a message
 * ```ts
 * import { lastHeader, type Message } from "@kafka-ffi/kafka";
 *
 * function senderOf(message: Message): string | null {
 *   const sender = lastHeader(message.headers, "sender");
 *   return sender ? new TextDecoder().decode(sender) : null;
 * }
 * ```
 */
export function lastHeader(headers: readonly Header[], name: string): Uint8Array | null | undefined {
  return headers.findLast(([each]) => each === name)?.[1];
}
