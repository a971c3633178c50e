/** How requests reach a registry: a port of one function, and `fetch` behind it. The blocking client has a file of its own. */
import { errorCodes } from "../kafka/error_codes.ts";
import { SchemaRegistryError } from "./error.ts";

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
  /** Comes when the time is up or the caller has given up. */
  readonly signal: AbortSignal;
}

/** An answer, whatever its status. */
export interface HttpResponse {
  /** Such as 200. */
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** The text, empty if there is none. */
  readonly body: string;
}

/**
 * Sends one request and gives the answer: no retries, no redirects, no judgement of the status.
 *
 * It throws what it likes if there is no answer, which counts as a failure that may be gone the next time.
 */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** An answer is larger than was allowed. */
export class AnswerTooLargeError extends RangeError {
  /** The class, for logs. */
  override readonly name = "AnswerTooLargeError";

  /** Makes an error of the limit. */
  constructor(maxBytes: number) {
    super(`Cannot read an answer of more than ${maxBytes} bytes`);
  }
}

/** The {@link Transport} by the runtime's own `fetch`. */
export async function fetchTransport(request: HttpRequest): Promise<HttpResponse> {
  const { method, url, headers, body, signal } = request;
  const response = await fetch(url, { method, headers, body, signal, redirect: "manual" });
  const text = await textOf(response, request.maxResponseBytes);
  return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
}

async function textOf(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  // An error within the loop cancels the rest of the answer.
  for await (const chunk of response.body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new AnswerTooLargeError(maxBytes);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** What bounds an exchange. */
export interface ExchangeLimits {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a request and waits for the answer no longer than the time allows, whatever the transport does.
 *
 * @throws {SchemaRegistryError} `_TIMED_OUT` or `_TRANSPORT`, retriable; `_BAD_MSG` if the answer is too large. With the
 * signal's reason when that comes.
 */
export async function exchange(
  transport: Transport,
  request: Omit<HttpRequest, "signal" | "maxResponseBytes">,
  { timeoutMs, maxResponseBytes, signal }: ExchangeLimits,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort = () => {};
  const limit = new Promise<never>((_, reject) => {
    const end = (reason: unknown) => {
      reject(reason);
      controller.abort(reason);
    };
    const late = new SchemaRegistryError(`Cannot reach ${placeOf(request)}: no answer within ${timeoutMs} ms`, {
      code: errorCodes._TIMED_OUT,
      isRetriable: true,
    });
    timer = setTimeout(() => end(late), timeoutMs);
    onAbort = () => end(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([transport({ ...request, maxResponseBytes, signal: controller.signal }), limit]);
  } catch (cause) {
    throw failure(request, cause, signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function failure(request: Pick<HttpRequest, "url">, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
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
function placeOf({ url }: Pick<HttpRequest, "url">): string {
  return JSON.stringify(url.replace(/[?#].*$/s, ""));
}
