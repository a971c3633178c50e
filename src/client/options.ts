/** The options that every client takes beside its configuration. */
import type { KafkaError } from "../kafka/error.ts";
import type { Statistics } from "../kafka/statistics.ts";
import type { LogEntry } from "../native/events.ts";
import type { ThrottleEvent } from "../native/throttling.ts";
import type { TokenHandler } from "./tokens.ts";

/** Handlers and choices of a client that are not configuration of librdkafka. */
export interface ClientOptions {
  /** The librdkafka to open. Default: the first that is found, see the README. */
  readonly libraryPath?: string;
  /** Lets the configuration name native libraries (`plugin.library.paths`), which then run in this process. Default: false. */
  readonly allowNativePlugins?: boolean;
  /**
   * Is told of errors that no call waits for: lost brokers, a failed login, a handler that threw or did not settle within
   * 30 seconds (`HandlerError`). Most mend themselves; one with `isFatal` ends this client. What this handler itself throws
   * goes to the console. Default: errors are written to the console.
   */
  readonly onError?: (error: KafkaError) => void | Promise<void>;
  /**
   * Fetches a token for `"sasl.mechanism": "OAUTHBEARER"`: the first one as soon as the client is open, and the next when four
   * fifths of a token's time are over. It is given the text of `sasl.oauthbearer.config`, and may take its time.
   *
   * When it throws, or takes more than 10 seconds, `onError` is told once, and it is called again: after 0.1, 0.2, 0.4, 0.8 and
   * 1.6 seconds, then every 10. Until its time is up, a token that was had before is used. A client that blocks calls it within
   * its calls that wait, and has no use for a promise: one is told as a failure.
   *
   * Source: `RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH` and `rd_kafka_oauthbearer_set_token`; `oauth_cb` in
   * confluent-kafka-python, whose times are in seconds.
   */
  readonly onTokenRefresh?: TokenHandler;
  /** Is told what librdkafka logs. Default: warnings and worse to the console; false: nothing. */
  readonly onLog?: ((entry: LogEntry) => void | Promise<void>) | false;
  /**
   * Is given librdkafka's statistics, and the JSON text they were read from, every `statistics.interval.ms`: every second if
   * that is not set, and never if it is 0. While a call of it has not settled it is not called again. A share consumer does
   * not hear of all.
   *
   * librdkafka's field names and units are kept. Listening keeps no process alive.
   *
   * Source: `RD_KAFKA_EVENT_STATS`; `stats_cb` in confluent-kafka-python, which is given the text.
   */
  readonly onStatistics?: (statistics: Statistics, json: string) => void | Promise<void>;
  /**
   * Is told when a broker makes this client wait for sending or asking more than its quota allows: once for each answer that
   * came late, and with 0 milliseconds for the first one after them that did not. Not for share consumers.
   *
   * On Deno it needs `--allow-ffi` without a path: librdkafka calls it back, and Deno lets nothing be called back with less.
   *
   * Source: `rd_kafka_conf_set_throttle_cb`; `throttle_cb` in confluent-kafka-python, whose time is in seconds.
   */
  readonly onThrottle?: (event: ThrottleEvent) => void | Promise<void>;
}

/** What bounds a call that waits. */
export interface WaitOptions {
  /** Milliseconds to wait at most. */
  readonly timeoutMs?: number;
  /** Ends the wait; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a client is closed. */
export interface CloseOptions {
  /** Milliseconds after which what is left is given up. Default: 30000. Only the first call's counts. */
  readonly timeoutMs?: number;
  /** Ends the wait of this call: the promise is rejected with the signal's reason, and the closing goes on. */
  readonly signal?: AbortSignal;
}
