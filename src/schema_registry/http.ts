/** Sends a request until there is an answer to keep: several addresses, retries with jitter, `Retry-After`, redirects. */
import { errorCodes } from "../kafka/error_codes.ts";
import { SchemaRegistryError } from "./error.ts";
import { pause } from "./pause.ts";
import { exchange, type HttpResponse, type Transport } from "./transport.ts";

/** How often and how long it is tried. */
export interface HttpSettings {
  /** How often an address is tried again. */
  readonly maxRetries: number;
  /** The wait before the first retry at most; it doubles with each. */
  readonly retriesWaitMs: number;
  /** The wait before any retry at most. */
  readonly retriesMaxWaitMs: number;
  /** The limit of one attempt. */
  readonly timeoutMs: number;
  /** The size of an answer at most. */
  readonly maxResponseBytes: number;
}

/** A request for one of several addresses. */
export interface HttpCall {
  readonly method: string;
  /** What follows the address: path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A function is called for each request, for what must not be sent twice. */
  readonly body: string | null | (() => Promise<string>);
  readonly signal?: AbortSignal | undefined;
}

/** What an attempt has come to. */
interface Attempt {
  readonly response: HttpResponse | null;
  readonly failure: SchemaRegistryError | null;
}

const retriableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const maxRedirects = 5;

/** Whether a request that was answered so may succeed the next time. */
export function isRetriableStatus(status: number): boolean {
  return retriableStatuses.has(status);
}

/** Whether a text may be the value of a header. */
export function mayBeHeader(value: string): boolean {
  return !/[^\t\x20-\x7e\x80-\xff]/.test(value);
}

/**
 * Sends requests over a transport.
 *
 * The addresses are tried in their order, one at once after the other, then after a wait all of them again. A call
 * begins with the first: nothing is remembered between calls, so none is misled by what another one met.
 */
export class HttpClient {
  readonly #transport: Transport;
  readonly #settings: HttpSettings;

  constructor(transport: Transport, settings: HttpSettings) {
    this.#transport = transport;
    this.#settings = settings;
  }

  /**
   * Gives the first answer that is not to be tried again; when all retries are used up, the last answer.
   *
   * @throws {SchemaRegistryError} if the last attempt had no answer, or a redirect leads elsewhere.
   */
  async send(addresses: readonly string[], call: HttpCall): Promise<HttpResponse> {
    const { maxRetries, retriesMaxWaitMs } = this.#settings;
    let left = addresses;
    for (let round = 0;; round++) {
      let longestMs = 0;
      const again: string[] = [];
      let last: Attempt = { response: null, failure: null };
      for (const address of left) {
        last = await this.#attempt(address, call);
        const { response } = last;
        if (response !== null && !isRetriableStatus(response.status)) return response;
        const askedMs = response === null ? null : retryAfterMs(response.headers["retry-after"], Date.now());
        // One that wants to be left alone for longer than anybody would wait is left alone.
        if (askedMs !== null && askedMs > retriesMaxWaitMs) continue;
        longestMs = Math.max(longestMs, askedMs ?? 0);
        again.push(address);
      }
      if (again.length === 0 || round >= maxRetries) return answerOf(last);
      left = again;
      await pause(waitMs(round, longestMs, this.#settings), call.signal);
    }
  }

  async #attempt(address: string, call: HttpCall): Promise<Attempt> {
    try {
      return { response: await this.#follow(`${address}${call.path}`, call), failure: null };
    } catch (error) {
      if (!(error instanceof SchemaRegistryError) || !error.isRetriable) throw error;
      return { response: null, failure: error };
    }
  }

  /** Sends a request, and follows redirects within the same origin: elsewhere the credentials are nobody's business. */
  async #follow(url: string, call: HttpCall): Promise<HttpResponse> {
    const { method, headers, signal } = call;
    const limits = { ...this.#settings, signal };
    let target = url;
    for (let count = 0;; count++) {
      const body = typeof call.body === "function" ? await call.body() : call.body;
      const response = await exchange(this.#transport, { method, url: target, headers, body }, limits);
      if (!isRedirect(response.status)) return response;
      if (count === maxRedirects) throw refusedRedirect(`more than ${maxRedirects} in a row`, response.status);
      target = redirectTarget(target, method, response);
    }
  }
}

function answerOf({ response, failure }: Attempt): HttpResponse {
  if (response !== null) return response;
  throw failure ?? new SchemaRegistryError("Cannot reach the registry: it has no address");
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function redirectTarget(from: string, method: string, { status, headers }: HttpResponse): string {
  const location = headers["location"];
  if (location === undefined) throw refusedRedirect("it does not say where to", status);
  // These would turn a request that changes something into one that reads.
  if (status <= 303 && method !== "GET") throw refusedRedirect(`${status} is an answer to GET only`, status);
  if (!URL.canParse(location, from)) throw refusedRedirect("it leads to what is no URL", status);
  const target = new URL(location, from);
  const { origin } = new URL(from);
  if (target.origin !== origin || target.username !== "" || target.password !== "") {
    throw refusedRedirect(`it leads away from ${JSON.stringify(origin)}`, status);
  }
  return target.href;
}

function refusedRedirect(why: string, httpStatusCode: number): SchemaRegistryError {
  return new SchemaRegistryError(`Cannot follow the registry's redirect: ${why}`, {
    httpStatusCode,
    code: errorCodes._FAIL,
  });
}

/** What is waited before a retry: all that a server asked for, and a part by chance, or its clients would all be back at once. */
export function waitMs(retry: number, askedMs: number, settings: BackoffSettings): number {
  return askedMs + backoffMs(retry, settings);
}

type BackoffSettings = Pick<HttpSettings, "retriesWaitMs" | "retriesMaxWaitMs">;

/** The wait before a retry, counted from 0: anything from nothing to a limit that doubles, so that clients spread out. */
export function backoffMs(retry: number, settings: BackoffSettings): number {
  return Math.random() * Math.min(settings.retriesWaitMs * 2 ** retry, settings.retriesMaxWaitMs);
}

/** What a `Retry-After` header asks for, from now on: it gives seconds or a date. Null if it does neither. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
