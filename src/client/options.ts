/** The options that every client takes beside its configuration. */
import type { KafkaError } from "../kafka/error.ts";
import type { LogEntry } from "../native/events.ts";

/** Handlers and choices of a client that are not configuration of librdkafka. */
export interface ClientOptions {
  /** The librdkafka to open. Default: the first that is found, see the README. */
  readonly libraryPath?: string;
  /** Lets the configuration name native libraries (`plugin.library.paths`), which then run in this process. Default: false. */
  readonly allowNativePlugins?: boolean;
  /**
   * Is told of errors that no call waits for: lost brokers, a failed login, a handler that threw. Most mend themselves; one
   * with `isFatal` ends this client. Default: written to the console.
   */
  readonly onError?: (error: KafkaError) => void | Promise<void>;
  /** Is told what librdkafka logs. Default: warnings and worse to the console; false: nothing. */
  readonly onLog?: ((entry: LogEntry) => void) | false;
  /** Is given librdkafka's statistics as JSON text every `statistics.interval.ms`. */
  readonly onStatistics?: (json: string) => void | Promise<void>;
}

/** What bounds a call that waits. */
export interface WaitOptions {
  /** Milliseconds to wait at most. */
  readonly timeoutMs?: number;
  /** Ends the wait; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}
