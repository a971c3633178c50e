/** AWS's Signature Version 4 of an HTTP request whose path is `/` and which has no query but what its body says. */
import type { RuntimeCrypto } from "../../../../../ffi/crypto.ts";

/** What signs a request. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** What is signed. */
export interface SignableRequest {
  readonly method: string;
  readonly host: string;
  /** The query as it is sent, its parameters sorted and encoded. Default: none. */
  readonly query?: string;
  /** Headers by lower-case names, without `host` and those that are added here. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where the signature is good, and since when. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const encoder = new TextEncoder();

/**
 * Gives a request's headers with `authorization` and `x-amz-date` added, and `x-amz-security-token` if there is a session. All
 * of them are signed, and `host`, which the transport adds.
 */
export function signedHeaders(
  crypto: RuntimeCrypto,
  request: SignableRequest,
  credentials: AwsCredentials,
  scope: SigningScope,
): Record<string, string> {
  const time = new Date(scope.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const { sessionToken } = credentials;
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-date": time,
    ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
  };
  const signed = Object.entries({ ...headers, host: request.host }).sort(([a], [b]) => a < b ? -1 : 1);
  const names = signed.map(([name]) => name).join(";");
  const lines = signed.map(([name, value]) => `${name}:${value.trim()}\n`).join("");
  const hash = (text: string) => hex(crypto.sha256(encoder.encode(text)));
  const canonical = [request.method, "/", request.query ?? "", lines, names, hash(request.body)].join("\n");
  const place = [time.slice(0, 8), scope.region, scope.service, "aws4_request"];
  const toSign = [ALGORITHM, time, place.join("/"), hash(canonical)].join("\n");
  let key: Uint8Array = encoder.encode(`AWS4${credentials.secretAccessKey}`);
  for (const part of place) key = crypto.hmacSha256(key, encoder.encode(part));
  const signature = hex(crypto.hmacSha256(key, encoder.encode(toSign)));
  const credential = `${credentials.accessKeyId}/${place.join("/")}`;
  headers["authorization"] = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return headers;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
