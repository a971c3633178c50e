/**
 * HTTP with one's own authorities, client certificates and proxy, by `node:https`, which all three runtimes have. It is
 * loaded only where `fetch` is not enough.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import process from "node:process";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** What is set; each file is a path or PEM text itself. */
export interface HttpsSettings {
  /** The authorities to trust: a file, a folder or PEM text. Null: the runtime's. */
  readonly ca?: string | null;
  /** Trusts the runtime's authorities beside those of `ca`. */
  readonly addsSystemAuthorities: boolean;
  /** Whether the server has to prove who it is. Default: true. */
  readonly isVerified?: boolean;
  readonly certificate?: string | null;
  /** Null: it is beside the certificate. */
  readonly key?: string | null;
  readonly keyPassword?: string | null;
  readonly proxy?: string | null;
}

/** A request. */
export interface HttpsRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal;
}

/** An answer, its headers by their names in small letters. */
export interface HttpsResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Sends requests, and keeps connections for later ones. */
export interface HttpsTransport {
  send(request: HttpsRequest): Promise<HttpsResponse>;
  close(): void;
}

/**
 * Reads the files and makes a transport.
 *
 * @throws {Error} if one of them cannot be used. It does not show what was given, which may be a key by mistake.
 */
export function openHttps(settings: HttpsSettings): HttpsTransport {
  const options = tlsOptions(settings);
  const { proxy } = settings;
  if (proxy && process.versions["bun"]) return bunProxyTransport(proxy, options);
  const plain = new http.Agent({ keepAlive: true });
  const secure = proxy ? new TunnelAgent(new URL(proxy), options) : new https.Agent({ keepAlive: true, ...options });
  return {
    send(request) {
      const url = new URL(request.url);
      const isSecure = url.protocol === "https:";
      if (proxy && !isSecure) return sendOver(http.request, plain, throughProxy(request, new URL(proxy)));
      const target = {
        request,
        url: { ...addressOf(url), path: `${url.pathname}${url.search}` },
        headers: request.headers,
      };
      return isSecure ? sendOver(https.request, secure, target) : sendOver(http.request, plain, target);
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

interface Target {
  readonly request: HttpsRequest;
  readonly url: { readonly hostname: string; readonly port: string; readonly path: string };
  readonly headers: Readonly<Record<string, string>>;
}

function addressOf({ hostname, port, protocol }: URL): { hostname: string; port: string } {
  // A URL puts IPv6 addresses into brackets, which sockets do not want.
  return { hostname: hostname.replace(/^\[|\]$/g, ""), port: port || (protocol === "https:" ? "443" : "80") };
}

function sendOver(send: typeof http.request, agent: http.Agent, target: Target): Promise<HttpsResponse> {
  const { method, body, signal, maxResponseBytes } = target.request;
  return new Promise((resolve, reject) => {
    const outgoing = send({ ...target.url, method, agent, headers: { ...target.headers }, signal }, (incoming) => {
      const decoder = new TextDecoder();
      let text = "";
      let length = 0;
      incoming.on("data", (chunk: Uint8Array) => {
        length += chunk.byteLength;
        if (length <= maxResponseBytes) text += decoder.decode(chunk, { stream: true });
        else {
          reject(tooLarge(maxResponseBytes));
          incoming.destroy();
        }
      });
      incoming.on("error", reject);
      // An answer that is cut off closes without an end.
      incoming.on("close", () => reject(new Error("The answer was cut off")));
      incoming.on("end", () => {
        const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: Object.fromEntries(headers) as Record<string, string>,
          body: text + decoder.decode(),
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body ?? undefined);
  });
}

function tooLarge(maxBytes: number): Error {
  const error = new RangeError(`Cannot read an answer of more than ${maxBytes} bytes`);
  error.name = "AnswerTooLargeError";
  return error;
}

/** A request without TLS is given to the proxy as it is, with the whole address in its first line. */
function throughProxy(request: HttpsRequest, proxy: URL): Target {
  return {
    request,
    url: { ...addressOf(proxy), path: request.url },
    headers: { ...request.headers, host: new URL(request.url).host, ...proxyLogin(proxy) },
  };
}

function proxyLogin({ username, password }: URL): Record<string, string> {
  if (username === "") return {};
  const login = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { "proxy-authorization": `Basic ${btoa(String.fromCharCode(...login))}` };
}

/** Makes TLS connections through a tunnel that the proxy opens. */
class TunnelAgent extends https.Agent {
  readonly #proxy: URL;
  readonly #tls: tls.SecureContextOptions;

  constructor(proxy: URL, options: tls.SecureContextOptions) {
    super({ keepAlive: true, ...options });
    this.#proxy = proxy;
    this.#tls = options;
  }

  /** Called for each new connection: answers by the callback, as the tunnel takes a while. */
  override createConnection(
    options: http.ClientRequestArgs,
    callback: (error: Error | null, stream: Duplex) => void = () => {},
  ): Duplex {
    const host = options.hostname ?? options.host ?? "";
    const authority = `${host.includes(":") ? `[${host}]` : host}:${options.port}`;
    const fail = (error: Error): void => callback(error, undefined as unknown as Duplex);
    const connect = this.#proxy.protocol === "https:" ? https.request : http.request;
    const request = connect({
      ...addressOf(this.#proxy),
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...proxyLogin(this.#proxy) },
      agent: false,
    });
    request.on("connect", (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        return fail(new Error(`The proxy refused the connection with ${response.statusCode}`));
      }
      const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
      const secured = tls.connect({ ...this.#tls, ...name, host, socket });
      secured.once("secureConnect", () => callback(null, secured));
      secured.once("error", fail);
    });
    request.on("error", fail);
    request.end();
    // Nothing says that it comes later; the types only lack it.
    return undefined as unknown as Duplex;
  }
}

/** Bun's `node:http` makes no tunnels, and its `fetch` does. */
function bunProxyTransport(proxy: string, options: tls.ConnectionOptions): HttpsTransport {
  return {
    async send({ method, url, headers, body, signal, maxResponseBytes }) {
      const init = { method, headers, body, signal, redirect: "manual", proxy, tls: options } as RequestInit;
      const response = await fetch(url, init);
      const decoder = new TextDecoder();
      let text = "";
      let length = 0;
      for await (const chunk of response.body ?? []) {
        length += chunk.byteLength;
        if (length > maxResponseBytes) throw tooLarge(maxResponseBytes);
        text += decoder.decode(chunk, { stream: true });
      }
      text += decoder.decode();
      return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
    },
    close() {},
  };
}

function tlsOptions(settings: HttpsSettings): tls.SecureContextOptions & { rejectUnauthorized: boolean } {
  const { ca, certificate, keyPassword } = settings;
  const cert = certificate ? reading("the certificate", () => readPem(certificate)) : undefined;
  const key = settings.key ? reading("the key", () => readPem(settings.key!)) : cert;
  const authorities = ca
    ? [
      ...settings.addsSystemAuthorities ? tls.rootCertificates : [],
      ...reading("the authorities", () => readAuthorities(ca)),
    ]
    : [];
  const options = {
    rejectUnauthorized: settings.isVerified ?? true,
    ...(authorities.length > 0 && { ca: authorities }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(keyPassword && { passphrase: keyPassword }),
  };
  if (cert !== undefined && key !== undefined) checkKey(cert, key, keyPassword || undefined);
  return options;
}

/** What is wrong with a login is told now, in words, rather than by each connection. */
function checkKey(certificate: string, key: string, passphrase: string | undefined): void {
  const parsed = reading("the key", () => createPrivateKey({ key: block(key, "PRIVATE KEY"), passphrase }));
  const owner = reading("the certificate", () => new X509Certificate(block(certificate, "CERTIFICATE")));
  if (!owner.checkPrivateKey(parsed)) throw new Error("the key is another one than the certificate's");
}

/** The first block of a kind in PEM text, which may have others around it. */
function block(text: string, kind: string): string {
  return new RegExp(`-----BEGIN [A-Z ]*${kind}-----.*?-----END [A-Z ]*${kind}-----`, "s").exec(text)?.[0] ?? text;
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new Error(`${what} cannot be read${typeof code === "string" ? ` (${code})` : ""}`);
  }
}

function readPem(pathOrText: string): string {
  return pathOrText.includes("-----BEGIN ") ? pathOrText : readFileSync(pathOrText, "utf8");
}

function readAuthorities(pathOrText: string): string[] {
  if (pathOrText.includes("-----BEGIN ") || !statSync(pathOrText).isDirectory()) return [readPem(pathOrText)];
  const files = readdirSync(pathOrText).map((name) => join(pathOrText, name)).filter((file) => statSync(file).isFile());
  return files.map(readPem).filter((text) => text.includes("-----BEGIN CERTIFICATE-----"));
}
