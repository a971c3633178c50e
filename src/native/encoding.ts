/** Messages that write themselves straight into the memory that C reads, so that their bytes are written once. */
import type { HeadersLike, MessageData, ProducerMessage } from "../kafka/message.ts";

/** A key or value that has no bytes yet. */
export interface Encoding {
  /** How many bytes it is likely to need. */
  readonly room: number;
  /**
   * Writes it behind an offset, and gives the number of its bytes, or -1 if that cannot be done here and now. What is behind the
   * offset may have been written to either way.
   */
  encodeInto(target: Uint8Array<ArrayBuffer>, offset: number): number;
}

/** A message whose value, and perhaps key, has no bytes yet: `Outgoing.write` comes first, and `Outgoing.add` right after it. */
export abstract class EncodedMessage {
  abstract readonly topic: string;
  abstract readonly partition: ProducerMessage["partition"];
  abstract readonly key: MessageData | Encoding;
  abstract readonly value: Encoding;
  /** Asked for when it is written, which may have added some. */
  abstract readonly headers: HeadersLike | null | undefined;
}

/** What is handed over: a message with bytes, or one that is written in its place. */
export type Crossing = ProducerMessage | EncodedMessage;

/** Whether something has no bytes yet. */
export function isEncoding(data: MessageData | Encoding): data is Encoding {
  return typeof data === "object" && data !== null && !(data instanceof Uint8Array);
}
