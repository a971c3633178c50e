/** A mock registry's token endpoint: it gives tokens to the client that it knows, and knows them again. */
import { runtimeCrypto, type VerifyingKey } from "../../../ffi/crypto.ts";
import type { ServedRequest } from "../../../ffi/http_server.ts";
import type { HttpResponse } from "../../schema_registry/transport.ts";
import type { MockOAuth } from "./options.ts";

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const clientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const algorithms: Readonly<Record<string, VerifyingKey["kind"]>> = { RS256: "RSA", ES256: "P-256" };

/** Why there is no token: an error's name of OAuth's, and what a person may want to know. */
class Refusal extends Error {
  readonly error: string;

  constructor(error: string, message: string) {
    super(message);
    this.error = error;
  }
}

/** Gives tokens. */
export class MockTokens {
  readonly #oauth: MockOAuth;
  readonly #url: string;
  readonly #key: VerifyingKey | null;
  readonly #shownIds = new Set<unknown>();
  /** When each token is no good any more. */
  readonly #tokens = new Map<string, number>();

  /** @param url The endpoint's own address, for which assertions have to be. */
  constructor(oauth: MockOAuth, url: string) {
    this.#oauth = oauth;
    this.#url = url;
    this.#key = oauth.publicKey === undefined ? null : readKey(oauth.publicKey);
  }

  /** Whether a token was given, and is still good. */
  has(token: string): boolean {
    return performance.now() < (this.#tokens.get(token) ?? 0);
  }

  /** Makes no token good any more. */
  revoke(): void {
    this.#tokens.clear();
  }

  /** Answers a request for a token. */
  answer(request: ServedRequest): HttpResponse {
    try {
      if (request.method !== "POST") throw new Refusal("invalid_request", "the method is not POST");
      this.#check(new URLSearchParams(request.body), request.headers["authorization"]);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const status = error.error === "invalid_client" ? 401 : 400;
      return response(status, { error: error.error, error_description: error.message });
    }
    const { lifetimeSeconds = 300 } = this.#oauth;
    const token = crypto.randomUUID();
    this.#tokens.set(token, performance.now() + 1000 * lifetimeSeconds);
    return response(200, { access_token: token, token_type: "Bearer", expires_in: lifetimeSeconds });
  }

  #check(form: URLSearchParams, authorization: string | undefined): void {
    const grant = form.get("grant_type");
    if (grant === jwtBearer) {
      // Who comes with an assertion needs no login, but a wrong one is not let through.
      if (authorization !== undefined) this.#checkSecret(form, authorization);
      this.#checkAssertion(form.get("assertion"), "invalid_grant");
    } else if (grant !== "client_credentials") {
      throw new Refusal("unsupported_grant_type", `the grant ${grant} is not known`);
    } else if (form.has("client_assertion")) {
      if (form.get("client_assertion_type") !== clientAssertionType) {
        throw new Refusal("invalid_client", "the client_assertion_type is another one");
      }
      if ((form.get("client_id") ?? this.#oauth.clientId) !== this.#oauth.clientId) {
        throw new Refusal("invalid_client", "the client_id is another one");
      }
      this.#checkAssertion(form.get("client_assertion"), "invalid_client");
    } else {
      this.#checkSecret(form, authorization);
    }
    const { scope } = this.#oauth;
    if (scope !== undefined && form.get("scope") !== scope) {
      throw new Refusal("invalid_scope", "the scope is another one");
    }
  }

  #checkSecret(form: URLSearchParams, authorization: string | undefined): void {
    const { clientId, clientSecret } = this.#oauth;
    if (clientSecret === undefined) throw new Refusal("invalid_client", "the client has no secret");
    const isRight = authorization === undefined
      ? form.get("client_id") === clientId && form.get("client_secret") === clientSecret
      : authorization === basic(`${clientId}:${clientSecret}`);
    if (!isRight) throw new Refusal("invalid_client", "the client's id or secret is another one");
  }

  #checkAssertion(assertion: string | null, error: string): void {
    const refuse = (why: string): never => {
      throw new Refusal(error, why);
    };
    if (this.#key === null) return refuse("the client has no key");
    const [header, payload, signature, ...others] = assertion?.split(".") ?? [];
    const { alg } = fieldsOf(header) ?? refuse("the assertion cannot be read");
    const claims = fieldsOf(payload) ?? refuse("the assertion cannot be read");
    if (others.length > 0 || algorithms[String(alg)] !== this.#key.kind) refuse("the algorithm is not that of the key");
    const signed = new TextEncoder().encode(`${header}.${payload}`);
    const bytes = bytesOf(signature);
    if (bytes === null || !this.#key.verify(signed, bytes)) refuse("the signature is not that of the key");
    const { clientId } = this.#oauth;
    if (claims["iss"] !== clientId || claims["sub"] !== clientId) refuse("iss and sub have to be the client's id");
    if (![claims["aud"]].flat().includes(this.#url)) refuse(`aud has to be ${this.#url}`);
    const now = Date.now() / 1000;
    if (!(Number(claims["exp"]) > now)) refuse("exp is over, or missing");
    if (claims["nbf"] !== undefined && !(Number(claims["nbf"]) <= now)) refuse("nbf is yet to come");
    const { jti } = claims;
    if (jti !== undefined && this.#shownIds.has(jti)) refuse("the jti was shown before");
    this.#shownIds.add(jti);
  }
}

/** The value of an `Authorization` header of basic authentication. */
export function basic(userInfo: string): string {
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(userInfo)))}`;
}

function readKey(pem: string): VerifyingKey {
  const crypto = runtimeCrypto();
  if (crypto === null) throw new Error("Cannot verify assertions: this runtime has no node:crypto");
  try {
    return crypto.verifyingKey(pem);
  } catch (cause) {
    throw new TypeError("Cannot use publicKey: a public key or a certificate in PEM is wanted", { cause });
  }
}

function response(status: number, value: Readonly<Record<string, unknown>>): HttpResponse {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return { status, headers, body: JSON.stringify(value) };
}

function fieldsOf(part: string | undefined): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytesOf(part) ?? new Uint8Array(0)));
    return typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : null;
  } catch {
    return null;
  }
}

function bytesOf(base64Url: string | undefined): Uint8Array | null {
  if (base64Url === undefined || !/^[\w-]+$/.test(base64Url)) return null;
  try {
    const text = atob(base64Url.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(text, (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
