/** Who a registry client says it is: the authentication keys of its configuration, checked. */
import { type AssertionSource, hasAssertion, readAssertion } from "./assertion.ts";
import { refuseUnused } from "./auth_keys.ts";
import type { ConfigReader, SchemaRegistryConfig } from "./config.ts";

/** What a {@link CustomTokenProvider} gives. */
export interface CustomToken {
  /** The token, without `Bearer`. */
  readonly "bearer.auth.token": string;
  /** Sent as `target-sr-cluster`. */
  readonly "bearer.auth.logical.cluster"?: string;
  /** Sent as `Confluent-Identity-Pool-Id`. */
  readonly "bearer.auth.identity.pool.id"?: string | readonly string[];
}

/**
 * Gives a token for a request. It may keep it: it is asked for each request, and once more after a 401. Nobody but itself
 * bounds the time it takes.
 */
export type CustomTokenProvider = (
  config: Readonly<Record<string, unknown>>,
) => CustomToken | Promise<CustomToken>;

/** Where OAuth tokens come from. */
export interface TokenEndpoint {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** What is added to the body, anew for each request, and under which name. */
  readonly assertion: { readonly field: string; readonly source: AssertionSource } | null;
}

/** How a client authenticates, beside headers that are always the same. */
export type AuthSettings =
  | { readonly kind: "fixed"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "oauth"; readonly headers: Readonly<Record<string, string>>; readonly endpoint: TokenEndpoint }
  | {
    readonly kind: "custom";
    readonly provider: CustomTokenProvider;
    readonly config: Readonly<Record<string, unknown>>;
  };

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const clientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const azureUrl = "http://169.254.169.254/metadata/identity/oauth2/token";
const none: AuthSettings = { kind: "fixed", headers: {} };

/** Reads the keys of authentication. */
export function readAuth(reader: ConfigReader, urlUserInfo: string | null): AuthSettings {
  refuseUnused(reader);
  const source = reader.text("bearer.auth.credentials.source");
  const userInfo = readUserInfo(reader, urlUserInfo);
  if (source === null) {
    return userInfo === null ? none : { kind: "fixed", headers: { authorization: basicAuth(userInfo) } };
  }
  if (userInfo !== null) {
    reader.refuse("bearer.auth.credentials.source", "basic authentication is set too, and a request has one of them");
  }
  switch (source) {
    case "STATIC_TOKEN":
      return readStatic(reader);
    case "OAUTHBEARER":
      return readOAuth(reader);
    case "OAUTHBEARER_AZURE_IMDS":
      return readAzure(reader);
    case "CUSTOM":
      return readCustom(reader);
    default:
      reader.refuse(
        "bearer.auth.credentials.source",
        `${JSON.stringify(source)} is none of OAUTHBEARER, OAUTHBEARER_AZURE_IMDS, STATIC_TOKEN, CUSTOM`,
      );
      return none;
  }
}

/** The headers that say which cluster and identity pools a token is for. */
export function bearerHeaders(cluster: string | null, pools: string | null): Record<string, string> {
  return {
    ...(cluster !== null && { "target-sr-cluster": cluster }),
    ...(pools !== null && { "confluent-identity-pool-id": pools }),
  };
}

/** `user:password` for basic authentication, from where the configuration says. */
function readUserInfo(reader: ConfigReader, urlUserInfo: string | null): string | null {
  const given = reader.text("basic.auth.user.info");
  if (given !== null && !given.includes(":")) reader.refuse("basic.auth.user.info", '"user:password" is expected');
  if (given !== null && urlUserInfo !== null) {
    reader.refuse("basic.auth.user.info", 'user and password are in the "url" too: take them out of one of the two');
  }
  const source = reader.text("basic.auth.credentials.source");
  switch (source) {
    case null:
      return given ?? urlUserInfo;
    case "URL":
      if (given !== null) reader.refuse("basic.auth.user.info", 'the source is "URL"');
      return urlUserInfo;
    case "USER_INFO":
      if (given === null) reader.refuse("basic.auth.user.info", 'it is missing, and the source is "USER_INFO"');
      return given;
    case "SASL_INHERIT":
      if (given !== null) reader.refuse("basic.auth.user.info", 'the source is "SASL_INHERIT"');
      return readSasl(reader);
    default:
      reader.refuse(
        "basic.auth.credentials.source",
        `${JSON.stringify(source)} is none of USER_INFO, URL, SASL_INHERIT`,
      );
      return null;
  }
}

function readSasl(reader: ConfigReader): string | null {
  const needed = requireTexts(reader, ["sasl.username", "sasl.password"], 'the source "SASL_INHERIT"');
  return needed && `${needed[0]}:${needed[1]}`;
}

function readStatic(reader: ConfigReader): AuthSettings {
  const fixed = readBearerHeaders(reader, "STATIC_TOKEN");
  const needed = requireTexts(reader, ["bearer.auth.token"], 'the source "STATIC_TOKEN"');
  return { kind: "fixed", headers: { ...fixed, authorization: `Bearer ${needed?.[0]}` } };
}

function readOAuth(reader: ConfigReader): AuthSettings {
  const headers = readBearerHeaders(reader, "OAUTHBEARER");
  const isJwtBearer = readGrant(reader) === jwtBearer;
  const isAssertion = isJwtBearer || hasAssertion(reader);
  const what = isJwtBearer ? `"${jwtBearer}"` : 'the source "OAUTHBEARER"';
  const needed = requireTexts(reader, [
    ...isJwtBearer ? [] : ["bearer.auth.client.id", "bearer.auth.scope"] as const,
    ...isAssertion ? [] : ["bearer.auth.client.secret"] as const,
    "bearer.auth.issuer.endpoint.url",
  ], what);
  const secret = reader.text("bearer.auth.client.secret");
  const id = reader.text("bearer.auth.client.id");
  if (secret !== null && isAssertion && !isJwtBearer) {
    reader.refuse("bearer.auth.client.secret", "an assertion takes its place, and one is set up too");
  } else if (secret !== null && id === null) {
    reader.refuse("bearer.auth.client.secret", '"bearer.auth.client.id" is missing');
  }
  const scope = reader.text("bearer.auth.scope");
  const url = reader.text("bearer.auth.issuer.endpoint.url") ?? "";
  if (url !== "") checkEndpoint(reader, url);
  const source = isAssertion ? readAssertion(reader, { audience: url, clientId: id }) : null;
  if (needed === null || (isAssertion && source === null)) return none;
  const form = new URLSearchParams({
    grant_type: isJwtBearer ? jwtBearer : "client_credentials",
    ...(scope !== null && { scope }),
    ...(isAssertion && !isJwtBearer && { client_id: id!, client_assertion_type: clientAssertionType }),
  });
  return {
    kind: "oauth",
    headers,
    endpoint: {
      url,
      method: "POST",
      headers: {
        ...(secret !== null && { authorization: basicAuth(`${id}:${secret}`) }),
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: form.toString(),
      assertion: source && { field: isJwtBearer ? "assertion" : "client_assertion", source },
    },
  };
}

function readGrant(reader: ConfigReader): string {
  const grant = reader.text("bearer.auth.grant.type") ?? "client_credentials";
  if (grant !== "client_credentials" && grant !== jwtBearer) {
    reader.refuse("bearer.auth.grant.type", `${JSON.stringify(grant)} is none of client_credentials, ${jwtBearer}`);
  }
  return grant;
}

function readAzure(reader: ConfigReader): AuthSettings {
  const headers = readBearerHeaders(reader, "OAUTHBEARER_AZURE_IMDS");
  const given = reader.text("bearer.auth.issuer.endpoint.url");
  const query = reader.text("bearer.auth.issuer.endpoint.query")?.replace(/^\?/, "");
  if (given === null && query === undefined) {
    reader.refuse("bearer.auth.issuer.endpoint.query", 'the source "OAUTHBEARER_AZURE_IMDS" needs it');
  }
  const base = given ?? azureUrl;
  checkEndpoint(reader, base);
  const url = query === undefined ? base : `${base}${base.includes("?") ? "&" : "?"}${query}`;
  return {
    kind: "oauth",
    headers,
    endpoint: { url, method: "GET", headers: { metadata: "true" }, body: null, assertion: null },
  };
}

function readCustom(reader: ConfigReader): AuthSettings {
  const provider = reader.get("bearer.auth.custom.provider.function");
  const config = reader.get("bearer.auth.custom.provider.config") ?? {};
  if (typeof provider !== "function") {
    reader.refuse("bearer.auth.custom.provider.function", 'the source "CUSTOM" needs a function');
    return none;
  }
  if (typeof config !== "object" || Array.isArray(config)) {
    reader.refuse("bearer.auth.custom.provider.config", "an object is expected");
    return none;
  }
  return {
    kind: "custom",
    provider: provider as CustomTokenProvider,
    config: config as Readonly<Record<string, unknown>>,
  };
}

function readBearerHeaders(reader: ConfigReader, source: string): Record<string, string> {
  const needed = requireTexts(reader, ["bearer.auth.logical.cluster"], `the source "${source}"`);
  const pools = reader.get("bearer.auth.identity.pool.id");
  if (pools !== undefined && !isNames(pools)) {
    reader.refuse("bearer.auth.identity.pool.id", "a string or an array of strings is expected");
    return {};
  }
  return bearerHeaders(needed?.[0] ?? null, pools === undefined ? null : [pools].flat().join(","));
}

function isNames(value: unknown): value is string | string[] {
  return [value].flat().every((each) => typeof each === "string" && each !== "");
}

/** The values of keys that are needed, or null with a problem for each that is missing. */
function requireTexts(
  reader: ConfigReader,
  keys: readonly (keyof SchemaRegistryConfig)[],
  why: string,
): string[] | null {
  const values: string[] = [];
  for (const key of keys) {
    const value = reader.text(key);
    if (value !== null) values.push(value);
    else if (!reader.has(key)) reader.refuse(key, `${why} needs it`);
  }
  return values.length === keys.length ? values : null;
}

function checkEndpoint(reader: ConfigReader, url: string): void {
  const key = "bearer.auth.issuer.endpoint.url";
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return reader.refuse(key, "it is no http or https URL");
  // Not only where one ends them: behind a slash in a password, what looks like host and path is a part of it.
  if (url.includes("@")) {
    reader.refuse(key, 'user and password have no place in it, and any other "@" is written as "%40"');
  }
}

/** The value of an `Authorization` header, in UTF-8 as registries expect it. */
export function basicAuth(userInfo: string): string {
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(userInfo)))}`;
}
