/** One call of a registry's REST interface: JSON there and back, authentication, and errors out of answers. */
import { errorCodes } from "../kafka/error_codes.ts";
import type { Authentication } from "./auth.ts";
import { SchemaRegistryError, unreadable } from "./error.ts";
import { type HttpClient, isRetriableStatus, mayBeHeader } from "./http.ts";
import type { HttpResponse } from "./transport.ts";
import { version } from "./version.ts";

/** What a method of a client may be told beside its own options. */
export interface RequestOptions {
  /** Ends the call; the promise is rejected with the signal's reason, and what was asked for may still happen. */
  readonly signal?: AbortSignal | undefined;
}

/** The parameters of a query; those that are undefined or null are left out, an array is the same name several times. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

/** What goes with a call. */
export interface CallOptions extends RequestOptions {
  readonly query?: Query;
  /** Sent as JSON. Default: no body. */
  readonly body?: unknown;
}

const json = "application/vnd.schemaregistry.v1+json";
const accepted = `${json}, application/vnd.schemaregistry+json, application/json`;

/** Calls a registry. */
export class RestClient {
  readonly #http: HttpClient;
  readonly #urls: readonly string[];
  readonly #auth: Authentication;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    http: HttpClient,
    options: {
      readonly urls: readonly string[];
      readonly auth: Authentication;
      /** Go with each request. */
      readonly headers?: Readonly<Record<string, string>>;
    },
  ) {
    this.#http = http;
    this.#urls = options.urls;
    this.#auth = options.auth;
    this.#headers = options.headers ?? {};
  }

  /**
   * Makes a call and gives what the answer holds; null if it is empty.
   *
   * @throws {SchemaRegistryError} if the answer is no success or no JSON, or there is none.
   * @throws {OAuthTokenError} if there is no token.
   */
  async call(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const body = options.body === undefined ? null : JSON.stringify(options.body);
    const target = `${path}${queryText(options.query ?? {})}`;
    const headers = {
      accept: accepted,
      "confluent-client-version": `typescript/${version}`,
      ...(body !== null && { "content-type": json, "confluent-accept-unknown-properties": "true" }),
      ...this.#headers,
    };
    const call = { method, path: target, body, signal: options.signal };
    let login = await this.#auth.headers(options.signal);
    let response = await this.#http.send(this.#urls, { ...call, headers: sendable({ ...headers, ...login }) });
    if (response.status === 401 && this.#auth.refused(login)) {
      login = await this.#auth.headers(options.signal);
      response = await this.#http.send(this.#urls, { ...call, headers: sendable({ ...headers, ...login }) });
    }
    return read(`${method} ${JSON.stringify(path)}`, response);
  }
}

/** A part of a path. */
export function segment(text: string | number): string {
  return encodeURIComponent(text);
}

/** A transport's complaint about a value would quote it, and it may be a token. */
function sendable(headers: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (!mayBeHeader(value)) {
      throw new SchemaRegistryError(
        `Cannot send the header "${name}": its value has characters that no header may have`,
        {
          code: errorCodes._INVALID_ARG,
        },
      );
    }
  }
  return headers;
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const each of [value].flat()) parameters.append(name, String(each));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

function read(what: string, response: HttpResponse): unknown {
  const { status, body } = response;
  const isSuccess = status >= 200 && status < 300;
  let value: unknown = null;
  try {
    if (body.trim() !== "") value = JSON.parse(body);
  } catch {
    // The parser's own error quotes the text.
    if (isSuccess) throw unreadable(`${what} gave what is no JSON`, status);
  }
  if (isSuccess) return value;
  const { error_code: code, message } = (typeof value === "object" && value !== null ? value : {}) as {
    error_code?: unknown;
    message?: unknown;
  };
  const errorCode = typeof code === "number" ? code : -1;
  const errorMessage = typeof message === "string" ? shortened(message) : null;
  const facts = errorCode > 0 ? `status ${status}, error code ${errorCode}` : `status ${status}`;
  throw new SchemaRegistryError(
    `Cannot ${what} at the registry: ${errorMessage ?? "it was refused"} (${facts})`,
    { httpStatusCode: status, errorCode, errorMessage, isRetriable: isRetriableStatus(status) },
  );
}

/** A registry may quote a whole schema. */
function shortened(text: string): string {
  return text.length <= 1000 ? text : `${text.slice(0, 1000)}…`;
}
