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

/** Where a request goes, without the query, and without user and password. */
function placeOf({ url }: Addressed): string {
  return JSON.stringify(url.replace(/[?#].*$/s, "").replace(/^([a-z]+:\/\/)?.*@/is, "$1"));
}

/**
 * The same failure without what the transport threw: that may quote the whole address, with a query that is nobody's business.
 * Only the error's code is told, or its class.
 */
export function withoutCause(error: SchemaRegistryError): SchemaRegistryError {
  const { message, cause, code, httpStatusCode, isRetriable } = error;
  const kind = kindOf(cause);
  return new SchemaRegistryError(kind === null ? message : `${message} (${kind})`, {
    code,
    httpStatusCode,
    isRetriable,
  });
}

/** Deno gives no codes: these are the words that say as much. No address can have them, for they have blanks. */
const reasons = /\b(dns error|connection refused|connection reset|invalid peer certificate: \w+)/i;

/** The code of an error or of what led to it; else its class. Null if that may be anything. */
function kindOf(thrown: unknown): string | null {
  let error = thrown;
  for (let depth = 0; depth < 4 && error instanceof Error; depth++) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    if (isName(code)) return code;
    const [reason] = reasons.exec(message) ?? [];
    if (reason !== undefined) return reason;
    error = error.cause;
  }
  return thrown instanceof Error && isName(thrown.name) ? thrown.name : null;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z]\w{0,63}$/.test(value);
}
