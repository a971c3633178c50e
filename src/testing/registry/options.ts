/** What the methods of a mock registry take and give. */

/** The options of a {@link MockSchemaRegistry}. Whoever shows one of the logins that are set is let in; without any, everybody. */
export interface MockSchemaRegistryOptions {
  /** The port on the loopback interface. Default: one that is free. */
  readonly port?: number;
  /** `user:password` of basic authentication, as clients have it in `basic.auth.user.info`. */
  readonly userInfo?: string;
  /** A bearer token, as clients have it in `bearer.auth.token`. */
  readonly token?: string;
  /** Adds a token endpoint, whose tokens are a login. */
  readonly oauth?: MockOAuth;
  /** Speaks TLS. Default: plain HTTP. */
  readonly tls?: MockTls;
}

/** The client that the token endpoint of a {@link MockSchemaRegistry} knows. */
export interface MockOAuth {
  /** Its name, which its assertions have to have as `iss` and `sub`. */
  readonly clientId: string;
  /** Its secret, taken as basic authentication or from the form. Default: it has none. */
  readonly clientSecret?: string;
  /**
   * The public key, or the certificate, in PEM, by which its assertions are verified: RS256 or ES256, for the endpoint's address
   * as `aud`, within their time, and none of them twice. Default: it has none, and no assertion is taken.
   */
  readonly publicKey?: string;
  /** The scope that it has to ask for. Default: any. */
  readonly scope?: string;
  /** How long a token is good. Default: 300. */
  readonly lifetimeSeconds?: number;
}

/** How a {@link MockSchemaRegistry} speaks TLS. All of it is PEM text. */
export interface MockTls {
  /** The key of the certificate. */
  readonly key: string;
  /** The certificate, for `localhost`. */
  readonly certificate: string;
  /** Who has to have signed the certificates of clients. Default: clients need none. */
  readonly clientAuthorities?: string;
}

/** How an answer goes wrong on its way: see {@link MockHttpAnswer}. */
export type MockHttpFault = "drop" | "cut" | "garble" | "endless" | "silent";

/** An answer of a {@link MockSchemaRegistry} in place of its own. */
export interface MockHttpAnswer {
  /** A status, from 200 on: then nobody looks at the request, and nothing is changed. Default: the registry does what it is asked. */
  readonly status?: number;
  /** Are added to the answer's own, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the registry's answer, or one with the status as its `error_code`; nothing for 204, 205 and 304. */
  readonly body?: string;
  /** How much later than usual it comes. Default: 0. */
  readonly delayMs?: number;
  /**
   * `drop` closes the connection before the answer and `cut` within it, `garble` gives half of the body as if it were whole,
   * `endless` goes on with blanks for ever, and `silent` says nothing. Without a status, the registry has done what it was asked.
   * After a `drop` on a connection that it has used before, a runtime's `fetch` may send the same once more by itself.
   */
  readonly fault?: MockHttpFault;
  /** How often it is given; `Infinity` until it is taken back. Default: 1. */
  readonly times?: number;
}

/** Which requests an answer is for. */
export interface MockRequestFilter {
  /** Such as `POST`. Default: any. */
  readonly method?: string;
  /** The path without the query, as it was sent, or a pattern for it. Default: any but the token endpoint's. */
  readonly path?: string | RegExp;
}

/** A request that a {@link MockSchemaRegistry} was sent, with all that is secret in it. */
export interface MockHttpRequest {
  /** Such as `GET`. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** What follows the question mark, empty if there is none. */
  readonly query: string;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** The text, empty if there is none. */
  readonly body: string;
  /** What it was answered; null if it was to be nothing (`drop`, `silent`). */
  readonly answer: { readonly status: number; readonly body: string } | null;
  /** When it came, in milliseconds of a clock that only goes forward and has no date. */
  readonly timeMs: number;
}
