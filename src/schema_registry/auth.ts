/** The headers that say who a request comes from, and the tokens in them: fetched when needed, and by one request at a time. */
import { type AuthSettings, bearerHeaders, type CustomTokenProvider, type TokenEndpoint } from "./credentials.ts";
import { OAuthTokenError, SchemaRegistryError } from "./error.ts";
import { type HttpCall, type HttpClient, isRetriableStatus, mayBeHeader } from "./http.ts";
import { withoutCause } from "./no_answer.ts";
import { SingleFlight } from "./single_flight.ts";
import type { HttpResponse } from "./transport.ts";

type HeaderFields = Readonly<Record<string, string>>;

/** Where the headers come from that are not always the same. */
interface TokenSource {
  headers(signal?: AbortSignal): Promise<HeaderFields>;
  /** Is told that headers were answered with 401. */
  refused(headers: HeaderFields): void;
}

/** Gives the headers of requests. */
export class Authentication {
  readonly #fixed: HeaderFields;
  readonly #source: TokenSource | null;

  /** @param tokenClient Sends the requests for tokens. */
  constructor(settings: AuthSettings, tokenClient: HttpClient) {
    this.#fixed = settings.kind === "custom" ? {} : settings.headers;
    this.#source = sourceOf(settings, tokenClient);
  }

  /** @throws {OAuthTokenError} if a token cannot be had. */
  async headers(signal?: AbortSignal): Promise<HeaderFields> {
    if (this.#source === null) return this.#fixed;
    return { ...this.#fixed, ...await this.#source.headers(signal) };
  }

  /** Is told that headers were answered with 401, and says whether it is worth asking for others. */
  refused(headers: HeaderFields): boolean {
    this.#source?.refused(headers);
    return this.#source !== null;
  }
}

function sourceOf(settings: AuthSettings, tokenClient: HttpClient): TokenSource | null {
  switch (settings.kind) {
    case "fixed":
      return null;
    case "custom":
      return new CustomTokens(settings.provider, settings.config);
    case "oauth":
      return new OAuthTokens(settings.endpoint, tokenClient);
  }
}

/** Tokens of the user's own function. */
class CustomTokens implements TokenSource {
  readonly #provider: CustomTokenProvider;
  readonly #config: Readonly<Record<string, unknown>>;

  constructor(provider: CustomTokenProvider, config: Readonly<Record<string, unknown>>) {
    this.#provider = provider;
    this.#config = config;
  }

  async headers(): Promise<HeaderFields> {
    const provider = this.#provider;
    try {
      const fields = await provider(this.#config);
      const token = fields["bearer.auth.token"];
      if (typeof token !== "string" || token === "") throw new TypeError('Its answer has no "bearer.auth.token"');
      const pools = fields["bearer.auth.identity.pool.id"];
      return {
        ...bearerHeaders(
          fields["bearer.auth.logical.cluster"] ?? null,
          pools === undefined ? null : [pools].flat().join(","),
        ),
        authorization: `Bearer ${token}`,
      };
    } catch (cause) {
      throw new OAuthTokenError('Cannot get a token from "bearer.auth.custom.provider.function"', { cause });
    }
  }

  refused(): void {}
}

interface Token {
  readonly authorization: string;
  /** When another one is fetched: after four fifths of its life. */
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** Tokens of an OAuth endpoint. */
class OAuthTokens implements TokenSource {
  readonly #endpoint: TokenEndpoint;
  readonly #client: HttpClient;
  readonly #flights = new SingleFlight<Token>();
  #token: Token | null = null;

  constructor(endpoint: TokenEndpoint, client: HttpClient) {
    this.#endpoint = endpoint;
    this.#client = client;
  }

  async headers(signal?: AbortSignal): Promise<HeaderFields> {
    const known = this.#token;
    const token = known !== null && performance.now() < known.refreshAt
      ? known
      : await this.#flights.run("token", async (shared) => await this.#renew(shared), signal);
    return { authorization: token.authorization };
  }

  refused(headers: HeaderFields): void {
    // Another request may have had the same answer before, and have a new token by now.
    if (headers["authorization"] === this.#token?.authorization) this.#token = null;
  }

  async #renew(signal?: AbortSignal): Promise<Token> {
    const known = this.#token;
    try {
      this.#token = await this.#fetch(signal);
    } catch (error) {
      const now = performance.now();
      if (known === null || known !== this.#token || now >= known.expiresAt || signal?.aborted) throw error;
      // It is good for a while yet, so nothing has to fail. After a quarter of that while it is tried again.
      this.#token = { ...known, refreshAt: now + (known.expiresAt - now) / 4 };
    }
    return this.#token;
  }

  async #fetch(signal?: AbortSignal): Promise<Token> {
    const { url, method, headers } = this.#endpoint;
    const asked = performance.now();
    const response = await this.#ask(url, { method, path: "", headers, body: bodyOf(this.#endpoint), signal });
    const answer = jsonOf(response);
    const token = answer?.["access_token"];
    if (response.status !== 200 || typeof token !== "string" || token === "") throw refusal(response.status, answer);
    if (!mayBeHeader(token)) {
      throw new OAuthTokenError("Cannot use the endpoint's token: it has characters that no header may have", {
        httpStatusCode: response.status,
      });
    }
    // Azure gives the seconds as text.
    const seconds = Number(answer?.["expires_in"] ?? Infinity);
    const lifeMs = seconds > 0 ? seconds * 1000 : 0;
    return { authorization: `Bearer ${token}`, refreshAt: asked + 0.8 * lifeMs, expiresAt: asked + lifeMs };
  }

  async #ask(url: string, call: HttpCall): Promise<HttpResponse> {
    try {
      return await this.#client.send([url], call);
    } catch (cause) {
      if (call.signal?.aborted || cause instanceof OAuthTokenError) throw cause;
      const message = "Cannot get a token: the endpoint gave no answer that can be used";
      if (!(cause instanceof SchemaRegistryError)) throw new OAuthTokenError(message);
      throw new OAuthTokenError(message, { isRetriable: cause.isRetriable, cause: withoutCause(cause) });
    }
  }
}

/** What is sent to an endpoint: an assertion is good for one request, and a server may take the second for stolen. */
function bodyOf({ body, assertion }: TokenEndpoint): HttpCall["body"] {
  if (assertion === null) return body;
  return async () => `${body}&${assertion.field}=${encodeURIComponent(await assertion.source())}`;
}

function jsonOf({ body }: HttpResponse): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

/** The answer itself may hold a token: of it only the error's name is shown, which has few letters to choose from. */
function refusal(httpStatusCode: number, answer: Record<string, unknown> | null): OAuthTokenError {
  const name = answer?.["error"];
  const shown = typeof name === "string" && /^[\w.-]{1,64}$/.test(name) ? ` and "${name}"` : "";
  const why = httpStatusCode === 200 ? "without a token" : `with ${httpStatusCode}${shown}`;
  return new OAuthTokenError(`Cannot get a token: the endpoint answered ${why}`, {
    httpStatusCode,
    isRetriable: isRetriableStatus(httpStatusCode),
  });
}
