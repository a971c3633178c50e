/** The dotted keys of a registry client's configuration: their types, their defaults, and the check of them. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError } from "../kafka/error.ts";
import { suggest } from "../kafka/suggest.ts";
import type { AssertionProvider } from "./assertion.ts";
import { type AuthSettings, type CustomTokenProvider, readAuth } from "./credentials.ts";
import type { HttpSettings } from "./http.ts";

/**
 * The configuration of a {@link SchemaRegistryClient}, by confluent-kafka-python's names.
 *
 * Null and undefined leave a key unset.
 */
export interface SchemaRegistryConfig {
  /**
   * One address or several with commas between, tried in order; `mock://` is a registry in memory, and `mock://name` one that
   * all clients of this process with that name share. User and password in the address are basic authentication.
   */
  readonly "url": string;
  /** `user:password`. */
  readonly "basic.auth.user.info"?: string | null;
  /** Where basic authentication comes from. Default: `USER_INFO` if `basic.auth.user.info` is set, else `URL`. */
  readonly "basic.auth.credentials.source"?: "USER_INFO" | "URL" | "SASL_INHERIT" | null;
  /** The user of `SASL_INHERIT`, as a Kafka client has it. */
  readonly "sasl.username"?: string | null;
  /** The password of `SASL_INHERIT`. */
  readonly "sasl.password"?: string | null;
  /** Where a bearer token comes from. Default: there is none. */
  readonly "bearer.auth.credentials.source"?:
    | "OAUTHBEARER"
    | "OAUTHBEARER_AZURE_IMDS"
    | "STATIC_TOKEN"
    | "CUSTOM"
    | null;
  /** The token of `STATIC_TOKEN`. */
  readonly "bearer.auth.token"?: string | null;
  /** Sent as `target-sr-cluster`; every source but `CUSTOM` needs it. */
  readonly "bearer.auth.logical.cluster"?: string | null;
  /** Sent as `Confluent-Identity-Pool-Id`. */
  readonly "bearer.auth.identity.pool.id"?: string | readonly string[] | null;
  /**
   * How `OAUTHBEARER` asks for a token: by client credentials, or by an assertion alone (RFC 7523). Default:
   * `client_credentials`, where a client has a secret or shows an assertion in its place (`private_key_jwt`).
   */
  readonly "bearer.auth.grant.type"?: "client_credentials" | "urn:ietf:params:oauth:grant-type:jwt-bearer" | null;
  /** Of `OAUTHBEARER`: client credentials need it, and an assertion that is signed here takes it for `iss` and `sub`. */
  readonly "bearer.auth.client.id"?: string | null;
  /** Of `OAUTHBEARER`, for client credentials without an assertion. Beside the grant of an assertion it is sent along. */
  readonly "bearer.auth.client.secret"?: string | null;
  /** Of `OAUTHBEARER`: what the token is to be good for. Client credentials need it. */
  readonly "bearer.auth.scope"?: string | null;
  /** How assertions are signed. Default: `RS256`, with an RSA key; `ES256` needs one on the curve P-256. */
  readonly "bearer.auth.assertion.algorithm"?: "RS256" | "ES256" | null;
  /**
   * A private key, as PEM text: each request for a token has an assertion of its own, signed with it. It needs `node:crypto`,
   * which Deno, Bun and Node have.
   */
  readonly "bearer.auth.assertion.private.key.pem"?: string | null;
  /** The file of a private key in PEM. It is read for each request for a token, so the key may be exchanged. */
  readonly "bearer.auth.assertion.private.key.file"?: string | null;
  /** The password of the private key, if it is encrypted. */
  readonly "bearer.auth.assertion.private.key.passphrase"?: string | null;
  /** The file of an assertion that somebody else has signed and renews. It is read for each request for a token. */
  readonly "bearer.auth.assertion.file"?: string | null;
  /** Gives an assertion that is signed elsewhere: called for each request for a token. */
  readonly "bearer.auth.assertion.provider.function"?: AssertionProvider | null;
  /** `aud`: for whom an assertion is. Default: the token endpoint's address. */
  readonly "bearer.auth.assertion.claim.aud"?: string | null;
  /** `exp`: how long an assertion is good, in seconds. Default: 300. */
  readonly "bearer.auth.assertion.claim.exp.seconds"?: number | null;
  /** `iss`: who has signed an assertion. Default: `bearer.auth.client.id`. */
  readonly "bearer.auth.assertion.claim.iss"?: string | null;
  /** Whether each assertion has a random `jti`. Default: true; librdkafka's is false. */
  readonly "bearer.auth.assertion.claim.jti.include"?: boolean | null;
  /** `nbf`: how many seconds ago an assertion began to be good, for servers whose clock is late. Default: 60. */
  readonly "bearer.auth.assertion.claim.nbf.seconds"?: number | null;
  /** `sub`: for whom the token is to be. Default: `bearer.auth.client.id`. */
  readonly "bearer.auth.assertion.claim.sub"?: string | null;
  /**
   * What assertions have beside that: a JSON file, or JSON text, such as `{"header":{"kid":"7"},"payload":{"tenant":"a"}}`.
   * The claims that have a key of their own come before it where they are set.
   */
  readonly "bearer.auth.assertion.jwt.template.file"?: string | null;
  /**
   * The token endpoint, without user and password. Default for `OAUTHBEARER_AZURE_IMDS`: Azure's address within a virtual
   * machine.
   */
  readonly "bearer.auth.issuer.endpoint.url"?: string | null;
  /** The query of `OAUTHBEARER_AZURE_IMDS`, such as `resource=…&api-version=2018-02-01`. */
  readonly "bearer.auth.issuer.endpoint.query"?: string | null;
  /** The source `CUSTOM`: called for each request. */
  readonly "bearer.auth.custom.provider.function"?: CustomTokenProvider | null;
  /** What that function is given. */
  readonly "bearer.auth.custom.provider.config"?: Readonly<Record<string, unknown>> | null;
  /**
   * The authorities to trust: a PEM file, a folder of them, or PEM text; `false` trusts everybody. Default: the runtime's.
   */
  readonly "ssl.ca.location"?: string | boolean | null;
  /** The client's certificate: a PEM file, or PEM text. */
  readonly "ssl.certificate.location"?: string | null;
  /** Its key: a PEM file, or PEM text. Default: it is in the certificate's file. */
  readonly "ssl.key.location"?: string | null;
  /** The password of the key. */
  readonly "ssl.key.password"?: string | null;
  /** The address of an HTTP proxy. Default: what the runtime's `fetch` does by itself. */
  readonly "proxy"?: string | null;
  /** The limit of one attempt, in **seconds**. Default: 30. */
  readonly "timeout"?: number | null;
  /** How many entries each cache has. Default: 1000. Long texts are fewer: see {@link SchemaRegistryClient}. */
  readonly "cache.capacity"?: number | null;
  /** How long a latest version is taken from the cache, in seconds; `Infinity`: for ever, as in Python. Default: 300. */
  readonly "cache.latest.ttl.sec"?: number | null;
  /** How often an address is tried again after no answer or the statuses 408, 429, 500, 502, 503, 504. Default: 3. */
  readonly "max.retries"?: number | null;
  /** The wait before the first retry at most, which doubles with each; it is drawn from nothing to that. Default: 1000. */
  readonly "retries.wait.ms"?: number | null;
  /**
   * The wait before any retry at most. A server that asks for a longer one is not tried again; what it asks for is waited for in
   * full, and with it what is drawn by `retries.wait.ms`. Default: 20000.
   */
  readonly "retries.max.wait.ms"?: number | null;
}

/** What TLS is told beside what the runtime does by itself. */
export interface TlsSettings {
  readonly ca: string | null;
  readonly isVerified: boolean;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly keyPassword: string | null;
}

/** A configuration that was checked. */
export interface RegistrySettings extends Omit<HttpSettings, "maxResponseBytes"> {
  /** Without user and password, and without a slash at the end. */
  readonly urls: readonly string[];
  readonly isMock: boolean;
  readonly auth: AuthSettings;
  /** Null if nothing of it is set. */
  readonly tls: TlsSettings | null;
  readonly proxy: string | null;
  readonly cacheCapacity: number;
  readonly latestTtlMs: number;
}

/** The values by their keys, and the problems found so far. */
export class ConfigReader {
  readonly problems: string[] = [];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** Whether a key is set. */
  has(key: keyof SchemaRegistryConfig): boolean {
    return this.get(key) !== undefined;
  }

  /** A value as it is. */
  get(key: keyof SchemaRegistryConfig): unknown {
    return Object.hasOwn(this.#values, key) ? this.#values[key] ?? undefined : undefined;
  }

  /** A string that is not empty, or null. */
  text(key: keyof SchemaRegistryConfig): string | null {
    const value = this.get(key);
    if (value === undefined) return null;
    if (typeof value === "string" && value !== "") return value;
    this.refuse(key, typeof value === "string" ? "it is empty" : `a string is expected, not ${kindOf(value)}`);
    return null;
  }

  /** A number within a range, or the default. */
  number(key: keyof SchemaRegistryConfig, range: NumberRange): number {
    const value = this.get(key);
    if (value === undefined) return range.default;
    if (typeof value !== "number" || Number.isNaN(value)) {
      this.refuse(key, `a number is expected, not ${Number.isNaN(value) ? "NaN" : kindOf(value)}`);
    } else if (value < range.min || value > range.max || (range.isInteger && !Number.isInteger(value))) {
      const what = range.isInteger ? "whole numbers" : range.unit ?? "numbers";
      this.refuse(key, `${what} from ${range.min} to ${range.max} are expected, not ${value}`);
    } else return value;
    return range.default;
  }

  /** True or false, or the default. */
  boolean(key: keyof SchemaRegistryConfig, byDefault: boolean): boolean {
    const value = this.get(key) ?? byDefault;
    if (typeof value === "boolean") return value;
    this.refuse(key, `true or false is expected, not ${kindOf(value)}`);
    return byDefault;
  }

  /** Notes what is wrong with a value, once and without showing it. */
  refuse(key: string, why: string): void {
    const problem = `Cannot set ${JSON.stringify(key)}: ${why}`;
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }
}

interface NumberRange {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly isInteger?: boolean;
  readonly unit?: string;
}

/**
 * Checks a configuration.
 *
 * @throws {KafkaError} `_INVALID_ARG`, with a line for each key that cannot be used. No line shows a secret.
 */
export function checkRegistryConfig(config: SchemaRegistryConfig): RegistrySettings {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new TypeError("Cannot configure a Schema Registry client: an object is expected");
  }
  const reader = new ConfigReader(config as unknown as Readonly<Record<string, unknown>>);
  for (const [key, value] of Object.entries(config)) {
    if (value === null || value === undefined || Object.hasOwn(keys, key)) continue;
    const meant = suggest(key, Object.keys(keys));
    reader.refuse(key, `there is no such key${meant === undefined ? "" : `, did you mean "${meant}"?`}`);
  }
  const { urls, isMock, userInfo } = readUrls(reader);
  const settings: RegistrySettings = {
    urls,
    isMock,
    auth: readAuth(reader, userInfo),
    tls: readTls(reader),
    proxy: readProxy(reader),
    timeoutMs: 1000 * reader.number("timeout", { default: 30, min: 0.001, max: 3600, unit: "seconds" }),
    cacheCapacity: reader.number("cache.capacity", { default: 1000, min: 0, max: 10_000_000, isInteger: true }),
    latestTtlMs: 1000 * reader.number("cache.latest.ttl.sec", { default: 300, min: 0, max: Infinity }),
    maxRetries: reader.number("max.retries", { default: 3, min: 0, max: 1000, isInteger: true }),
    retriesWaitMs: reader.number("retries.wait.ms", { default: 1000, min: 0, max: 3_600_000 }),
    retriesMaxWaitMs: reader.number("retries.max.wait.ms", { default: 20_000, min: 0, max: 3_600_000 }),
  };
  if (reader.problems.length > 0) throw new KafkaError(reader.problems.join("\n"), errorCodes._INVALID_ARG);
  return settings;
}

/** Every key: the compiler sees to it that the table is complete. */
const keys: Readonly<Record<keyof SchemaRegistryConfig, true>> = {
  "url": true,
  "basic.auth.user.info": true,
  "basic.auth.credentials.source": true,
  "sasl.username": true,
  "sasl.password": true,
  "bearer.auth.credentials.source": true,
  "bearer.auth.token": true,
  "bearer.auth.logical.cluster": true,
  "bearer.auth.identity.pool.id": true,
  "bearer.auth.grant.type": true,
  "bearer.auth.client.id": true,
  "bearer.auth.client.secret": true,
  "bearer.auth.scope": true,
  "bearer.auth.assertion.algorithm": true,
  "bearer.auth.assertion.private.key.pem": true,
  "bearer.auth.assertion.private.key.file": true,
  "bearer.auth.assertion.private.key.passphrase": true,
  "bearer.auth.assertion.file": true,
  "bearer.auth.assertion.provider.function": true,
  "bearer.auth.assertion.claim.aud": true,
  "bearer.auth.assertion.claim.exp.seconds": true,
  "bearer.auth.assertion.claim.iss": true,
  "bearer.auth.assertion.claim.jti.include": true,
  "bearer.auth.assertion.claim.nbf.seconds": true,
  "bearer.auth.assertion.claim.sub": true,
  "bearer.auth.assertion.jwt.template.file": true,
  "bearer.auth.issuer.endpoint.url": true,
  "bearer.auth.issuer.endpoint.query": true,
  "bearer.auth.custom.provider.function": true,
  "bearer.auth.custom.provider.config": true,
  "ssl.ca.location": true,
  "ssl.certificate.location": true,
  "ssl.key.location": true,
  "ssl.key.password": true,
  "proxy": true,
  "timeout": true,
  "cache.capacity": true,
  "cache.latest.ttl.sec": true,
  "max.retries": true,
  "retries.wait.ms": true,
  "retries.max.wait.ms": true,
};

/** The addresses, and the `user:password` in the first one that has it. */
function readUrls(reader: ConfigReader): { urls: string[]; isMock: boolean; userInfo: string | null } {
  const nothing = { urls: [], isMock: false, userInfo: null };
  if (!reader.has("url")) {
    reader.refuse("url", "it is missing");
    return nothing;
  }
  const text = reader.text("url");
  if (text === null) return nothing;
  const urls: string[] = [];
  const logins = new Set<string>();
  for (const part of text.split(",").map((each) => each.trim()).filter((each) => each !== "")) {
    if (part.startsWith("mock://")) {
      urls.push(part);
      continue;
    }
    const url = /^https?:\/\//i.test(part) && URL.canParse(part) ? new URL(part) : null;
    if (url === null) {
      reader.refuse("url", `${shown(part, text)} is no http, https or mock URL`);
      continue;
    }
    if (url.search !== "" || url.hash !== "") reader.refuse("url", "an address has no query");
    // Then what looks like host and path is a part of the password, and would be shown.
    if (url.pathname.includes("@")) reader.refuse("url", "user and password have to be percent-encoded in it");
    if (url.username !== "" || url.password !== "") logins.add(`${decoded(url.username)}:${decoded(url.password)}`);
    urls.push(`${url.origin}${url.pathname.replace(/\/+$/, "")}`);
  }
  const isMock = urls.some((url) => url.startsWith("mock://"));
  if (urls.length === 0 && reader.problems.length === 0) reader.refuse("url", "it holds no address");
  if (isMock && urls.length > 1) reader.refuse("url", "a mock:// address stands alone");
  if (logins.size > 1) reader.refuse("url", "its addresses have different users or passwords");
  const [userInfo = null] = logins;
  return { urls, isMock, userInfo };
}

/** An address as it may be shown: not at all where it may be a part of a password, which may have commas and slashes. */
function shown(address: string, text: string): string {
  return text.includes("@") || !URL.canParse(address) ? "what is given" : JSON.stringify(address);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A percent sign that stands for itself.
  }
}

function readTls(reader: ConfigReader): TlsSettings | null {
  const given = reader.get("ssl.ca.location");
  const ca = typeof given === "boolean" ? null : reader.text("ssl.ca.location");
  const settings: TlsSettings = {
    ca,
    isVerified: given !== false,
    certificate: reader.text("ssl.certificate.location"),
    key: reader.text("ssl.key.location"),
    keyPassword: reader.text("ssl.key.password"),
  };
  if (settings.certificate === null && (reader.has("ssl.key.location") || reader.has("ssl.key.password"))) {
    reader.refuse("ssl.certificate.location", 'it is missing, and "ssl.key.location" or "ssl.key.password" is set');
  }
  return ca === null && settings.isVerified && settings.certificate === null ? null : settings;
}

function readProxy(reader: ConfigReader): string | null {
  const text = reader.text("proxy");
  if (text === null) return null;
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  reader.refuse("proxy", `${shown(text, text)} is no http or https URL`);
  return null;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
