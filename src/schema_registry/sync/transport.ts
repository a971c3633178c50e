/** How requests of a client that blocks reach a registry: a port of one function, and a worker that fetches behind it. */
import { BlockingHttp, mayBlock } from "../../../ffi/blocking_http.ts";
import { errorCodes } from "../../kafka/error_codes.ts";
import { SchemaRegistryError } from "../error.ts";
import { lateAnswer, noAnswer } from "../no_answer.ts";
import type { HttpResponse } from "../transport.ts";

export type { HttpResponse };

/** A request as it is sent. */
export interface HttpRequest {
  /** `GET`, `POST`, `PUT` or `DELETE`. */
  readonly method: string;
  /** The whole address, without user and password. */
  readonly url: string;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent, or null. */
  readonly body: string | null;
  /** A larger answer is not read to its end: the transport throws an {@link AnswerTooLargeError}. */
  readonly maxResponseBytes: number;
  /** The time for the whole answer, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends one request and gives the answer: no retries, no redirects, no judgement of the status.
 *
 * It throws what it likes if there is no answer, which counts as a failure that may be gone the next time; an error with the
 * name `TimeoutError` says that the time was up.
 */
export type Transport = (request: HttpRequest) => HttpResponse;

/** The {@link Transport} over a worker of one's own. */
export function transportOver(http: BlockingHttp): Transport {
  return (request) => {
    if (!mayBlock()) {
      throw new SchemaRegistryError(
        "Cannot wait for an answer: this thread may not block, use the client that works with promises",
        { code: errorCodes._UNSUPPORTED_FEATURE },
      );
    }
    try {
      return http.send(request);
    } catch (cause) {
      if (!(cause instanceof Error) || cause.name !== "HttpsSettingsError") throw cause;
      throw new SchemaRegistryError(`Cannot prepare TLS: ${cause.message}`, { code: errorCodes._INVALID_ARG, cause });
    }
  };
}

/** The {@link Transport} over a worker that all share who have none of their own. It ends with the process. */
export const fetchTransport: Transport = transportOver(new BlockingHttp(null));

/** What bounds an exchange. */
export interface ExchangeLimits {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a request and waits for the answer, as long as the transport does.
 *
 * @throws {SchemaRegistryError} `_TIMED_OUT` or `_TRANSPORT`, retriable; `_BAD_MSG` if the answer is too large. With the
 * signal's reason if that has come before.
 */
export function exchange(
  transport: Transport,
  request: Omit<HttpRequest, "timeoutMs" | "maxResponseBytes">,
  { timeoutMs, maxResponseBytes, signal }: ExchangeLimits,
): HttpResponse {
  signal?.throwIfAborted();
  try {
    return transport({ ...request, maxResponseBytes, timeoutMs });
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === "TimeoutError";
    throw isLate ? lateAnswer(request, timeoutMs) : noAnswer(request, cause);
  }
}
