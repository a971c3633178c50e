/** The errors of requests without an answer that can be used. */
import { errorCodes } from "../kafka/error_codes.ts";
import { SchemaRegistryError } from "./error.ts";

/** A request's address. */
interface Addressed {
  readonly url: string;
}

/** An answer is larger than was allowed. */
export class AnswerTooLargeError extends RangeError {
  /** The class, for logs. */
  override readonly name = "AnswerTooLargeError";

  /** Makes an error of the limit. */
  constructor(maxBytes: number) {
    super(`Cannot read an answer of more than ${maxBytes} bytes`);
  }
}

/** Of a request whose time is up. */
export function lateAnswer(request: Addressed, timeoutMs: number): SchemaRegistryError {
  return new SchemaRegistryError(`Cannot reach ${placeOf(request)}: no answer within ${timeoutMs} ms`, {
    code: errorCodes._TIMED_OUT,
    isRetriable: true,
  });
}

/** Of a request whose transport threw. */
export function noAnswer(request: Addressed, cause: unknown): SchemaRegistryError {
  if (cause instanceof SchemaRegistryError) return cause;
  const isTooLarge = cause instanceof Error && cause.name === "AnswerTooLargeError";
  const why = isTooLarge ? `: ${cause.message}` : "";
  return new SchemaRegistryError(`Cannot reach ${placeOf(request)}${why}`, {
    code: isTooLarge ? errorCodes._BAD_MSG : errorCodes._TRANSPORT,
    isRetriable: !isTooLarge,
    cause,
  });
}

/** Where a request goes, without the query. */
function placeOf({ url }: Addressed): string {
  return JSON.stringify(url.replace(/[?#].*$/s, ""));
}
