/** The half of a client that is of its role, as the shared half sees it. */
import type { NativeEvent } from "../native/events.ts";

/** What a client of one role does with what arrives for it. */
export interface ClientPart {
  /** An event of the main queue that the shared part does not handle. It is destroyed afterwards. */
  onEvent(event: NativeEvent): void;
  /** After each time librdkafka has put something into any queue. */
  onWake(): void;
  /** Whether this client is served by its own calls alone, which wait in C. Default: false, and it is never waited for. */
  readonly blocks?: boolean;
}
