/** Asks a key management service by HTTPS, and turns what goes wrong into errors that show no secret. */
import { errorCodes } from "../../../../kafka/error_codes.ts";
import { SchemaRegistryError } from "../../../../schema_registry/error.ts";
import { exchange, fetchTransport, type Transport } from "../../../../schema_registry/transport.ts";
import { EncryptionError } from "../error.ts";
import type { KmsOptions } from "./types.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1 << 20;

/** A request without its URL. */
export interface PostRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends requests to one service. */
export class ServiceClient {
  readonly #service: string;
  readonly #transport: Transport;
  readonly #timeoutMs: number;

  /** Makes a client of the service's name for errors, and the driver's options. */
  constructor(service: string, options: KmsOptions) {
    this.#service = service;
    this.#transport = options.transport ?? fetchTransport;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /**
   * Posts a request and gives the answer's text.
   *
   * @param task What is asked for, for errors: "encrypt a key".
   * @throws {EncryptionError} `_TRANSPORT` or `_TIMED_OUT` if there is no answer, `_AUTHENTICATION` for the statuses 401 and
   * 403, `_FAIL` for others.
   */
  async post(url: string, task: string, request: PostRequest): Promise<string> {
    const { headers = {}, body } = request;
    const limits = { timeoutMs: this.#timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES };
    let response;
    try {
      response = await exchange(this.#transport, { method: "POST", url, headers, body }, limits);
    } catch (error) {
      // It is not handed on, for what a transport throws may quote the request.
      throw this.#noAnswer(task, error instanceof SchemaRegistryError ? error.code : errorCodes._TRANSPORT);
    }
    if (response.status >= 200 && response.status < 300) return response.body;
    throw this.#refused(task, response.status, response.body);
  }

  /** Posts JSON, and gives the object of JSON that is answered. */
  async postJson(url: string, task: string, request: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
  }): Promise<Readonly<Record<string, unknown>>> {
    const headers = { "content-type": "application/json", ...request.headers };
    return this.object(task, await this.post(url, task, { headers, body: JSON.stringify(request.body) }));
  }

  /** Posts the fields of a form, and gives the object of JSON that is answered. */
  async postForm(url: string, task: string, fields: Readonly<Record<string, string>>): Promise<
    Readonly<Record<string, unknown>>
  > {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.object(task, await this.post(url, task, { headers, body: new URLSearchParams(fields).toString() }));
  }

  /** Reads an answer as an object of JSON. */
  object(task: string, text: string): Readonly<Record<string, unknown>> {
    const value = jsonObject(text);
    if (value !== null) return value;
    throw this.unusable(task, "it is no object of JSON");
  }

  /** Takes a text out of an answer. */
  text(task: string, answer: Readonly<Record<string, unknown>>, name: string): string {
    const value = answer[name];
    if (typeof value === "string" && value !== "") return value;
    throw this.unusable(task, `it has no "${name}"`);
  }

  /** The error of an answer that does not have what it should. */
  unusable(task: string, reason: string): EncryptionError {
    return new EncryptionError(
      `Cannot ${task} with ${this.#service}: the answer cannot be used, ${reason}`,
      errorCodes._FAIL,
    );
  }

  #noAnswer(task: string, code: number): EncryptionError {
    if (code === errorCodes._BAD_MSG) return this.unusable(task, "it is too long");
    const isLate = code === errorCodes._TIMED_OUT;
    const reason = isLate ? `there is no answer within ${this.#timeoutMs} ms` : "it cannot be reached";
    return new EncryptionError(`Cannot ${task} with ${this.#service}: ${reason}`, code, { isRetriable: true });
  }

  #refused(task: string, status: number, body: string): EncryptionError {
    const name = errorNameOf(jsonObject(body)) ?? errorNameOfXml(body);
    const isDenied = status === 401 || status === 403;
    const code = isDenied ? errorCodes._AUTHENTICATION : errorCodes._FAIL;
    const isRetriable = status === 408 || status === 429 || status >= 500;
    const reason = `it answers with status ${status}${name === undefined ? "" : ` (${name})`}`;
    return new EncryptionError(`Cannot ${task} with ${this.#service}: ${reason}`, code, { isRetriable });
  }
}

function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  } catch {
    return null;
  }
}

/** The name of an error, as AWS, Azure and Google have one each in another place. Their texts may quote anything. */
function errorNameOf(answer: Record<string, unknown> | null): string | undefined {
  const { __type, error } = answer ?? {};
  const inner = typeof error === "object" && error !== null ? error as { code?: unknown; status?: unknown } : {};
  return [__type, inner.status, inner.code, error].find(isName);
}

function errorNameOfXml(text: string): string | undefined {
  const name = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  return isName(name) ? name : undefined;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z][\w.#-]{0,79}$/.test(value);
}
